"""The command line: finds a command, runs it, reports errors in one line.

One module of :mod:`humam.commands` is one command. It is imported only when it is called, so that a step depends on
(and is re-run after a change of) nothing but the modules it uses.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import cyclopts

from humam import __version__, errors

COMMANDS: Final[dict[str, str]] = {
    "dataset": "Build the DataLad dataset of raw input data from the web, a mirror or the shipped tables.",
    "extract": "Turn the raw files of a dataset into the tables the model needs.",
    "network": "Build the network: neuron and synapse numbers, weights, delays, external drive.",
    "theory": "Predict stationary firing rates with mean-field theory.",
    "structure": "Graph distances, out-degrees, autapses and multapses of a network.",
    "simulate": "Simulate a network and write its spikes.",
    "rank": "Be one process of a simulation in several (started by simulate --ranks).",
    "analyse": "Compute spike statistics, synaptic currents and functional connectivity.",
    "export": "Write spikes in a format of other programs: Parquet, SONATA, Neo.",
    "archive": "Keep compact results of a run, with everything needed to make it again.",
    "reproduce": "Make an archived run again and compare.",
    "campaign": "Make the runs of a samplesheet one after another, from the network to the archive.",
    "report": "Execute one report notebook and render it as HTML with its figures.",
    "verdicts": "Collect the table 'quantity, published, here, difference, verdict'.",
    "compare": "Set two results side by side, or a result and the archive.",
    "index": "Write the front page of a results folder.",
    "show": "Print the comparison of a results folder.",
    "crate": "Record a finished run as a Workflow Run RO-Crate.",
    "bench": "Measure speed and memory of the engines on this machine.",
    "validate-engine": "Compare the procedural engine with NEST and with the definitions of the model.",
    "validate": "Check workflow parameters and the samplesheet before anything runs.",
    "code": "Pack the modules that each step imports (the code input of a workflow task).",
}
"""Commands in the order of the data, with what each does."""


def build_app() -> cyclopts.App:
    """Return the application with every command registered, none imported."""
    app = cyclopts.App(
        name="humam",
        help="Reproducibility archive of the human multi-area spiking model (Pronold et al. 2024).",
        version=__version__,
        result_action="return_value",
        suppress_keyboard_interrupt=False,  # cyclopts would end without a word
    )
    for name, text in COMMANDS.items():
        app.command(f"humam.commands.{name.replace('-', '_')}:main", name=name, help=text)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: return, or exit with a code and one line on standard error (:func:`errors.in_one_line`)."""
    with errors.in_one_line(cyclopts.CycloptsError):
        errors.check_words(sys.argv[1:] if arguments is None else arguments)
        build_app()(
            arguments,
            exit_on_error=False,
            print_error=False,
            help_on_error=False,
        )
        if process := os.environ.get("HUMAM_VERSIONS"):
            # Here, where everything the command needed is imported. Only a workflow task asks for it.
            from humam.provenance import task

            task.write(process)
