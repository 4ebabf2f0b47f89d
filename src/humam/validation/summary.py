"""The page and the tables of a thorough validation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from humam import page
from humam.engines.procedural import kernels
from humam.files import atomic_path
from humam.provenance import machine, software
from humam.validation import figure
from humam.validation.checks import Check
from humam.validation.ensembles import Band, Comparison

CHECKS_NAME: Final = "values.csv"
BANDS_NAME: Final = "distances.csv"
RECORD_NAME: Final = "validation.json"
PAGE_NAME: Final = "index.html"
FIGURES_IN: Final = "Both engines"
"""The section that shows the figures."""

EXPLANATIONS: Final[dict[str, str]] = {
    "Wrong models": "A test that nothing fails proves nothing. Each of these deliberate errors must turn a check red.",
    "Neuron model": "The same input into the same neurons, and whole small networks whose regenerated synapses were "
    "built into NEST one by one: the spikes of both simulators, step by step.",
    "Drive": "Numbers of external events per neuron and step against the Poisson distribution; independence over "
    "neurons and time.",
    "Synapses": "What the engine regenerates, read from the inputs that arrive when single neurons fire, against the "
    "definitions: out-degrees, targets, multapses, autapses, weights, delays, and their independence.",
    "Both engines": "Many seeds of both engines on the same networks, windows of one step. If they simulate the same "
    "model, all runs are exchangeable: the distance between engines must not stand out among all ways to divide the "
    "runs in two groups.",
    "Default window": "The same with the window that the procedural engine has where the user says nothing, which "
    "raises the shortest delays between areas: against NEST, and against windows of one step.",
}


def write(
    folder: Path,
    sections: Mapping[str, Sequence[Check]],
    comparisons: Sequence[tuple[Comparison, list[Band]]],
    settings: Mapping[str, Any],
) -> None:
    """Write ``index.html``, ``values.csv``, ``distances.csv``, figures, and ``validation.json``.

    The latter has settings, versions, and the digest of the kernels judged.

    Parameters
    ----------
    folder : path
        Where to.
    sections : mapping
        Checks by the titles of :data:`EXPLANATIONS`.
    comparisons : sequence of (Comparison, list of Band)
        What is drawn.
    settings : mapping
        How the validation was run.
    """
    checks_frame(sections).pipe(_write_csv, folder / CHECKS_NAME)
    distances_frame(comparisons).pipe(_write_csv, folder / BANDS_NAME)
    record = {
        "settings": dict(settings),
        "provenance": _provenance(),
        "kernels": kernels.digest(),
        "networks": {c.case.name: c.case.title for c, _ in comparisons},
    }
    with atomic_path(folder / RECORD_NAME) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    figures = [(c, figure.draw(c, found, folder)) for c, found in comparisons]
    everything = [c for checks in sections.values() for c in checks]
    red = [c for c in everything if not c.passed]
    verdict = f"<b>All {len(everything)} checks passed.</b>"
    if red:
        verdict = f"<b>{len(red)} of {len(everything)} checks are red.</b>"
    body = [
        "<h1>The procedural engine against the definitions of the model and against NEST</h1>",
        f'<div class="notice"><p>{verdict}</p></div>',
        page.table(["Setting", "Value"], [[k, str(v)] for k, v in settings.items()]),
    ]
    if red:
        body += ["<h2>Red checks</h2>", _checks_table(red)]
    for title, checks in sections.items():
        body += [f"<h2>{escape(title)}</h2>", f"<p>{escape(EXPLANATIONS[title])}</p>"]
        if title == FIGURES_IN:
            body += [_figure(c, name) for c, name in figures]
        if len(checks) > 40:
            body += [_by_quantity(checks), f"<details><summary>All {len(checks)} checks</summary>"]
            body += [_checks_table(checks), "</details>"]
        else:
            body.append(_checks_table(checks))
    body += ["<h2>Software and machine</h2>", page.table(["What", "Version"], _facts())]
    with atomic_path(folder / PAGE_NAME) as temporary:
        temporary.write_text(page.page("Validation of the procedural engine", "\n".join(body)), encoding="utf-8")


CHECK_COLUMNS: Final = ("section", "group", "quantity", "expected", "found", "p", "tolerance", "verdict", "note")
BAND_COLUMNS: Final = (
    "case", "statistic", "populations", "first", "second", "mean", "sd", "smallest", "largest", "p", "divisions",
)  # fmt: skip


def checks_frame(sections: Mapping[str, Sequence[Check]]) -> pd.DataFrame:
    """Return all checks as a table with :data:`CHECK_COLUMNS`."""
    rows = [
        (section, c.group, c.quantity, c.expected, c.found, c.p, c.tolerance, "passed" if c.passed else "red", c.note)
        for section, checks in sections.items()
        for c in checks
    ]
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def distances_frame(comparisons: Sequence[tuple[Comparison, list[Band]]]) -> pd.DataFrame:
    """Return the distances of pairs of runs with :data:`BAND_COLUMNS`: of an engine twice, and of two engines."""
    rows: list[tuple[Any, ...]] = []
    for c, found in comparisons:
        for b in found:
            what = (c.case.name, b.statistic, b.populations)
            rows += [(*what, e, e, *_spread(x), None, None) for e, x in b.within.items()]
            rows += [(*what, *pair, *_spread(x.distances), x.p, x.splits) for pair, x in b.between.items()]
    return pd.DataFrame(rows, columns=list(BAND_COLUMNS)).astype({"divisions": "Int64"})


def _spread(x: np.ndarray) -> tuple[float, float, float, float]:
    return float(x.mean()), float(x.std(ddof=1)), float(x.min()), float(x.max())


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.6g")


def _checks_table(checks: Sequence[Check]) -> str:
    rows = [
        [c.group, c.quantity, c.expected, c.found, c.p, c.tolerance, "passed" if c.passed else "red", c.note]
        for c in checks
    ]
    header = ["Group", "Quantity", "Expected", "Found", "p", "Tolerance", "Verdict", "Note"]
    return page.table(header, rows, ["good" if c.passed else "bad" for c in checks])


def _by_quantity(checks: Sequence[Check]) -> str:
    """Return a table of one row per quantity: how many checks, the smallest p-value beside what chance gives, red."""
    rows = []
    for quantity in dict.fromkeys(c.quantity for c in checks):
        mine = [c for c in checks if c.quantity == quantity]
        p = [c.p for c in mine if not np.isnan(c.p)]
        rows.append([quantity, len(mine), *smallest_p(p), sum(not c.passed for c in mine)])
    header = ["Quantity", "Checks", "Smallest p", "Probability of one so small", "Red"]
    return page.table(header, rows, ["bad" if row[-1] else "good" for row in rows])


def smallest_p(p: Sequence[float]) -> tuple[float, float]:
    """Return the smallest of some p-values, and the probability that the smallest of so many is that small.

    Examples
    --------
    >>> smallest_p([0.5, 0.5])
    (0.5, 0.75)
    >>> smallest_p([])
    (nan, nan)
    """
    if not p:
        return float("nan"), float("nan")
    return min(p), 1 - (1 - min(p)) ** len(p)


def _figure(comparison: Comparison, name: str) -> str:
    picture = f'<img src="{escape(name)}.svg" alt="{escape(comparison.case.title)}">'
    return f"<figure>{picture}<figcaption>{escape(figure.caption(comparison))}</figcaption></figure>"


def _facts() -> list[list[str]]:
    return [["kernels (SHA-256)", kernels.digest()], *([k, v] for k, v in _provenance().items())]


def _provenance() -> dict[str, str]:
    versions = software.versions(["nest-simulator", "numba", "numpy", "scipy"])
    facts = machine.describe()
    return versions | {key: str(facts[key]) for key in ("processor", "cores", "system")}
