"""``humam validate-engine``: the procedural engine against the definitions of the model and against NEST."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import xarray as xr

from humam import network as networks
from humam.anatomy import tables as anatomy_tables
from humam.errors import HumamError, nearest
from humam.labels import AREAS
from humam.parameters import Parameters
from humam.progress import progress
from humam.provenance import machine
from humam.validation import cases, ensembles, limits, mutations, neuron, structure, summary
from humam.validation.checks import Check, failed
from humam.validation.ensembles import Band, Comparison
from humam.validation.runs import WINDOWED, Case


def main(
    *,
    out: Path,
    seeds: int = 10,
    quick: bool = False,
    network: Path | None = None,
    scale: float = 0.02,
    area: str = cases.SMALLEST_AREA,
    area_scale: float = 1.0,
    column_scale: float = 0.2,
) -> None:
    """Compare the procedural engine with NEST and with the definitions of the model; write a page and tables.

    Runs that are done are kept in the folder and not repeated when the command is given again.

    Parameters
    ----------
    out
        The folder to write: index.html, values.csv, distances.csv, figures, and runs/ with the statistics of each run.
    seeds
        Seeds of each engine, at least 7: with fewer, no comparison of engines could turn red.
    quick
        A shorter form: fewer synapses are looked at, and two small coupled columns replace the four networks.
    network
        The network file of the model; default: built from the shipped tables with the parameters of the base version.
    scale
        Scale of the model (neurons and in-degrees).
    area
        The area that is simulated alone, in the network of the model and in that of the archived best-fit version.
    area_scale
        Share of its neurons (in-degrees stay whole); docs/validation.md tells what memory NEST needs.
    column_scale
        Scale of the microcircuit of Potjans & Diesmann (neurons and in-degrees).
    """
    if seeds < ensembles.MIN_SEEDS:
        raise HumamError(
            f"seeds = {seeds}: must be at least {ensembles.MIN_SEEDS}, with fewer no comparison of engines can turn red"
        )
    if area not in AREAS:
        raise HumamError(f"area {area!r}: unknown{nearest(area, AREAS)}")
    cases.check_scales(scale=scale, area_scale=area_scale, column_scale=column_scale)
    if out.exists() and not out.is_dir():
        raise HumamError(f"{str(out)!r} is a file: a folder is written")
    runs = out / "runs"
    start = time.monotonic()
    chosen = _cases(quick, network, scale, area, area_scale, column_scale)
    for case in chosen:
        limits.check_memory(case, range(1, seeds + 1), runs, machine.available_memory())
    runs.mkdir(parents=True, exist_ok=True)
    sections = _definitions(quick)
    compared: list[tuple[Comparison, list[Band]]] = []
    for case in chosen:
        comparison = ensembles.compare(case, range(1, seeds + 1), runs)
        compared.append((comparison, ensembles.bands(comparison)))
    for title, wanted in (("Both engines", True), ("Default window", False)):
        sections[title] = [
            check
            for comparison, found in compared
            for pair in comparison.pairs
            if (WINDOWED not in pair) == wanted
            for check in ensembles.checks(comparison, pair, found)
        ]
    settings = {
        "form": "quick" if quick else "thorough",
        "seeds of each engine": seeds,
        "networks": "; ".join(c.case.title for c, _ in compared),
        "time of this call [s]": round(time.monotonic() - start),
    }
    summary.write(out, sections, compared, settings)
    red = failed([check for checks in sections.values() for check in checks])
    for line in red:
        print(f"humam: red: {line}", file=sys.stderr)
    if red:
        raise HumamError(f"{len(red)} checks of the procedural engine are red: see {str(out / summary.PAGE_NAME)!r}")


def _definitions(quick: bool) -> dict[str, list[Check]]:
    """Return the checks that need no ensembles, by section."""
    effort = structure.QUICK if quick else structure.THOROUGH
    n_steps = 400 if quick else 4000
    parts: dict[str, list[Callable[[], list[Check]]]] = {
        "Wrong models": [mutations.check_mutations],
        "Neuron model": [
            lambda: neuron.check_neuron_model(500.0 if quick else 2000.0),
            neuron.check_spread,
            lambda: [neuron.check_network(window) for window in (1, 4)],
        ],
        "Drive": [lambda: neuron.check_drive(n_steps=n_steps)],
        "Synapses": [lambda: structure.check_structure(effort), structure.check_same_at_each_spike],
    }
    sections: dict[str, list[Check]] = {}
    with progress("definitions", len(parts), "parts") as report:
        for i, (title, judges) in enumerate(parts.items()):
            report(i, title.lower())
            sections[title] = [check for judge in judges for check in judge()]
            report(i + 1, title.lower())
    return sections


def _cases(
    quick: bool, network: Path | None, scale: float, area: str, area_scale: float, column_scale: float
) -> list[Case]:
    """Return the networks that both engines simulate."""
    if quick:
        settings = (0.02, 0.1, 1000.0, 200.0, 4)
        return [cases.two_columns(*settings), cases.isolated_column(*settings)]
    model = _model() if network is None else networks.read(network)
    return [
        cases.one_column(column_scale),
        cases.single_area(model, area, area_scale),
        cases.active_area(area, area_scale),
        cases.scaled_model(model, scale),
    ]


def _model() -> xr.Dataset:
    """Return the base version, built from the shipped tables."""
    return networks.build(anatomy_tables.read(), Parameters(name="base"))
