"""The run of an experiment that a report shows."""

from __future__ import annotations

from html import escape

import numpy as np

from humam.analysis import comparable, experiments
from humam.analysis.series import Runs
from humam.analysis.statistics import Statistics
from humam.plotting import spiking
from humam.reports.report import Report


def choose(report: Report, runs: Runs, experiment: str) -> tuple[str, Statistics | None]:
    """Return name and statistics of the run closest to the published one, noted as a source of the report.

    Parameters
    ----------
    report : Report
        Where its parameters and the origin of its data are noted.
    runs : Runs
        What there is.
    experiment : str
        Name of the experiment.

    Returns
    -------
    tuple
        An empty name and None where there is no such run.
    """
    name = runs.closest(experiment)
    if not name:
        return "", None
    run = runs[name]
    report.input("statistics", name)
    report.parameters(name, run.resolved)
    report.origin(name, run.origin)
    return name, run


def describe(name: str, run: Statistics) -> str:
    """Return name and settings of a run, and why it is not compared if so, in HTML, without a stop at the end."""
    return f"Run <b>{escape(name)}</b>: {settings(run)}{not_compared(run.incomparable)}"


def settings(run: Statistics) -> str:
    """Return engine, time, seed and scales of a run in HTML."""
    attributes = run.data.attrs
    return (
        f"{escape(str(attributes['engine']))}, {attributes['t_sim_ms'] / 1000:g} s, seed {attributes['seed']}, "
        f"{spiking.scales(run)}"
    )


def silent_area(run: Statistics | None) -> str:
    """Return a sentence with a space before it where an area has fallen silent in an active run, in HTML; else nothing.

    In the low state many areas hardly fire, so nothing is said of it.
    """
    if run is None or not comparable.is_active(run.parameters["name"], comparable.mean_rate(run.data.attrs)):
        return ""
    since = experiments.silent_from(run)
    if np.isnan(since):
        return ""
    return (
        f" In this run the excitatory neurons of {experiments.SILENT} are silent from {since / 1000:g} s on; in the "
        "published simulations, by their functional connectivity, they are not (docs/states.md)."
    )


def not_compared(reason: str) -> str:
    """Return why a run is held against nothing in HTML, to follow its scales; nothing where there is no reason.

    Parameters
    ----------
    reason : str
        :attr:`Statistics.incomparable`, or :attr:`Statistics.other_model` where length does not matter.
    """
    return f", <b>not compared</b>: {escape(reason)}" if reason else ""
