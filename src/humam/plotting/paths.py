"""Panels of distances on the graph of populations, and bars by area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.labels import SHORT_NAMES

Array = npt.NDArray[Any]


def steps(ax: Axes, path_steps: Array) -> None:
    """Draw the counts of shortest path lengths in steps; NaN is left out."""
    lengths, counts = np.unique(path_steps[np.isfinite(path_steps)], return_counts=True)
    bars = ax.bar(lengths, counts, width=0.8, color="#777777")
    ax.bar_label(bars, [f"{n:,}" for n in counts], fontsize=5, padding=1)
    ax.set_yscale("log")
    ax.set(xticks=lengths, ylim=(100, 10 ** np.ceil(np.log10(counts.max()))))
    ax.set_xlabel("shortest path (steps)")
    ax.set_ylabel("pairs of populations")


def delays(ax: Axes, distance_ms: Array) -> None:
    """Draw the histogram of delay distances (25 bins), coloured along the axis; NaN is left out."""
    values = distance_ms[np.isfinite(distance_ms)]
    _, edges, bars = ax.hist(values, bins=25, log=True)
    colours = mpl.colormaps["summer"](np.linspace(0, 1, len(edges) - 1))
    for bar, colour in zip(bars, colours, strict=True):  # type: ignore[arg-type]
        bar.set(facecolor=colour, edgecolor="k", linewidth=0.3)
    ax.axvline(values.mean(), color="k", linestyle="--", linewidth=0.7, label=f"mean {values.mean():.2f} ms")
    ax.set(xlim=(0, None), ylim=(100, 20_000))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("smallest sum of mean delays (ms)")
    ax.set_ylabel("pairs of populations")
    ax.legend(loc="upper right", borderaxespad=0)


def area_bars(ax: Axes, values: Array, label: str, baseline: float = 0.0) -> None:
    """Draw one bar per area in canonical order, from a baseline."""
    positions = np.arange(len(values))
    ax.bar(positions, values - baseline, bottom=baseline, color="#88aacc", width=0.75)
    ax.set_xticks(positions, SHORT_NAMES, rotation=90, fontsize=5)
    ax.set(xlim=(-0.7, len(values) - 0.3))
    ax.set_ylabel(label)


AUTAPSES: Final = {PUBLISHED: "as published: mean of synapses / $N_\\mathrm{source}^2$", CORRECTED: "expected"}
"""Label of autapses per neuron by the conventions that count them."""


def autapses(
    ax: Axes,
    values: Mapping[Conventions, Array],
    missing: npt.NDArray[np.bool_],
    conventions: Conventions = PUBLISHED,
) -> None:
    """Draw autapses by area: bars by the chosen conventions, dots by the other ones.

    Parameters
    ----------
    values : mapping
        Conventions to (34,) array, as from :func:`humam.analysis.figure_values.autapses_by_area`.
    missing : (34,) array of bool
        Areas whose bar is missing in the published figure: marked by a star.
    conventions : Conventions
        Those of the bars.
    """
    other = CORRECTED if conventions is PUBLISHED else PUBLISHED
    area_bars(ax, values[conventions], "autapses per neuron")
    ax.plot(np.arange(len(values[other])), values[other], ".", color="k", markersize=3)
    highest = np.maximum(*values.values())
    for i in np.flatnonzero(missing).tolist():
        ax.text(i, highest[i], "*", ha="center", va="bottom")
    bars, dots = ax.containers[0], ax.lines[0]
    ax.legend([bars, dots], [AUTAPSES[conventions], AUTAPSES[other]], loc="upper right")
