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
from humam.files import atomic_path
from humam.plotting import style
from humam.provenance import machine, software
from humam.validation.checks import Check
from humam.validation.ensembles import Comparison, bands

CHECKS_NAME: Final = "values.csv"
BANDS_NAME: Final = "distances.csv"
RECORD_NAME: Final = "validation.json"
PAGE_NAME: Final = "index.html"

EXPLANATIONS: Final[dict[str, str]] = {
    "Wrong models": "A test that nothing fails proves nothing. Each of these deliberate errors must turn a check red.",
    "Neuron model": "The same input into the same neurons, and whole small networks whose regenerated synapses were "
    "built into NEST one by one: the spikes of both simulators, step by step.",
    "Drive": "Numbers of external events per neuron and step against the Poisson distribution; independence over "
    "neurons and time.",
    "Synapses": "What the engine regenerates, read from the inputs that arrive when single neurons fire, against the "
    "definitions: out-degrees, targets, multapses, autapses, weights, delays, and their independence.",
    "Both engines": "Many seeds of both engines on the same networks. If they simulate the same model, all runs are "
    "exchangeable: the distance between engines must not stand out among all ways to divide the runs in two groups.",
}


def write(
    folder: Path,
    sections: Mapping[str, Sequence[Check]],
    comparisons: Sequence[Comparison],
    settings: Mapping[str, Any],
) -> None:
    """Write ``index.html``, ``values.csv``, ``distances.csv``, ``validation.json`` (settings, versions) and figures.

    Parameters
    ----------
    folder : path
        Where to.
    sections : mapping
        Checks by the titles of :data:`EXPLANATIONS`.
    comparisons : sequence of Comparison
        What is drawn.
    settings : mapping
        How the validation was run.
    """
    checks_frame(sections).pipe(_write_csv, folder / CHECKS_NAME)
    distances_frame(comparisons).pipe(_write_csv, folder / BANDS_NAME)
    record = {
        "settings": dict(settings),
        "provenance": _provenance(),
        "networks": {c.case.name: c.case.title for c in comparisons},
    }
    with atomic_path(folder / RECORD_NAME) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    figures = [(c, draw(c, folder)) for c in comparisons]
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
        if title == "Both engines":
            body += [_figure(c, name) for c, name in figures]
        if len(checks) > 40:
            body += [_by_quantity(checks), f"<details><summary>All {len(checks)} checks</summary>"]
            body += [_checks_table(checks), "</details>"]
        else:
            body.append(_checks_table(checks))
    body += ["<h2>Software and machine</h2>", page.table(["What", "Version"], list(_provenance().items()))]
    with atomic_path(folder / PAGE_NAME) as temporary:
        temporary.write_text(page.page("Validation of the procedural engine", "\n".join(body)), encoding="utf-8")


def checks_frame(sections: Mapping[str, Sequence[Check]]) -> pd.DataFrame:
    """Return all checks as a table: section, group, quantity, expected, found, p, verdict, note."""
    rows = [
        (section, c.group, c.quantity, c.expected, c.found, c.p, "passed" if c.passed else "red", c.note)
        for section, checks in sections.items()
        for c in checks
    ]
    return pd.DataFrame(rows, columns=["section", "group", "quantity", "expected", "found", "p", "verdict", "note"])


def distances_frame(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return the distances of pairs of runs: case, statistic, populations, pair, mean, sd, smallest, largest, p."""
    rows = []
    for c in comparisons:
        for b in bands(c):
            for pair, x in (("nest", b.nest), ("procedural", b.procedural), ("between", b.between)):
                spread = (x.mean(), x.std(ddof=1), x.min(), x.max())
                rows.append((c.case.name, b.statistic, b.populations, pair, *spread, b.p, b.splits))
    columns = ["case", "statistic", "populations", "pair", "mean", "sd", "smallest", "largest", "p", "divisions"]
    return pd.DataFrame(rows, columns=columns)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.6g")


def _checks_table(checks: Sequence[Check]) -> str:
    rows = [[c.group, c.quantity, c.expected, c.found, c.p, "passed" if c.passed else "red", c.note] for c in checks]
    header = ["Group", "Quantity", "Expected", "Found", "p", "Verdict", "Note"]
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


def figure_name(case: str) -> str:
    """Return the name of a network's figure, without its ending."""
    return f"ensemble_{case}"


def _figure(comparison: Comparison, name: str) -> str:
    caption = (
        f"{comparison.case.title}; {len(comparison.nest)} seeds of each engine. Left: population rates, mean and "
        "standard deviation over seeds. Right: distances between two seeds of NEST, two of the procedural engine, "
        "and between one run of each, relative to the mean of the first; boxes: quartiles, whiskers: all."
    )
    picture = f'<img src="{escape(name)}.svg" alt="{escape(comparison.case.title)}">'
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def draw(comparison: Comparison, folder: Path) -> str:
    """Draw rates and distances of a case; return the name of the figure."""
    style.use()
    figure = style.figure(height_in=2.0)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.3])
    labels = list(comparison.nest[0].samples["rate"])
    for runs, name, colour in (
        (comparison.nest, "NEST", style.BEST_FIT),
        (comparison.procedural, "procedural", style.EXPERIMENT),
    ):
        rates = np.array([[r.samples["rate"][label].mean() for label in labels] for r in runs])
        mean, sd = rates.mean(axis=0), rates.std(axis=0, ddof=1)
        order = np.argsort(np.mean([[r.samples["rate"][x].mean() for x in labels] for r in comparison.nest], axis=0))
        shift = 0.15 if name == "procedural" else -0.15
        left.errorbar(
            np.arange(len(labels)) + shift, mean[order], sd[order], fmt="o", markersize=1.5, linewidth=0.6,
            color=colour, label=name,
        )  # fmt: skip
    left.set(xlabel="population, in the order of its rate", ylabel="rate (spikes/s)")
    left.legend()
    found = bands(comparison)
    colours = (style.BEST_FIT, style.EXPERIMENT, style.GREY)
    for i, b in enumerate(found):
        for j, x in enumerate((b.nest, b.procedural, b.between)):
            box = right.boxplot(
                [x / b.nest.mean()], positions=[i + 0.25 * (j - 1)], widths=0.18, whis=(0, 100), patch_artist=True,
                medianprops={"color": "black", "linewidth": 0.6}, whiskerprops={"linewidth": 0.5},
                capprops={"linewidth": 0.5},
            )  # fmt: skip
            box["boxes"][0].set(facecolor=colours[j], linewidth=0.4)
    right.set_xticks(range(len(found)), [f"{b.statistic}\np = {b.p:.2g}" for b in found])
    right.set(xlim=(-0.6, len(found) - 0.4), ylabel="distance / mean between seeds of NEST")
    names = ("NEST, NEST", "procedural, procedural", "NEST, procedural")
    handles = [style.mpl.patches.Patch(color=c, label=n) for c, n in zip(colours, names, strict=True)]
    right.legend(handles=handles, loc="upper right")
    name = figure_name(comparison.case.name)
    style.save(figure, folder / name)
    return name


def _provenance() -> dict[str, str]:
    versions = software.versions(["nest-simulator", "numba", "numpy", "scipy"])
    facts = machine.describe()
    return versions | {key: str(facts[key]) for key in ("processor", "cores", "system")}
