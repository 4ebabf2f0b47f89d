"""Panels of the scaling figure: similarity against chi, distributions, functional connectivity in network order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from scipy.stats import gaussian_kde

from humam.analysis.fc import network_order
from humam.analysis.scaling_values import RATE_EDGES, rate_frequencies
from humam.datasets.published_names import SERIES_LABELS
from humam.errors import HumamError
from humam.labels import AREAS, SHORT_NAMES
from humam.plotting.style import BASE, BEST_FIT, EXPERIMENT

Array = npt.NDArray[np.float64]

MEASURES: Final = {
    "rate": ("rates", "#CCBB44", "o"),
    "cv": ("CV", "#66CCEE", "x"),
    "lvr": ("LvR", "#228833", "+"),
    "fmri_pearson": ("fMRI, Pearson", "#EE6677", "s"),
    "fmri_rmse": ("fMRI, RMSE", "#4477AA", "^"),
}
"""Label, colour and marker of each similarity, in the order of the legend."""

HEMISPHERE: Final = "right"
"""Hemisphere of the fMRI data that is drawn, as published."""

OTHER_STATE: Final = "#888888"
"""Colour of runs in the state of activity that the published ones are not in."""

DENSITY_GRID: Final = np.linspace(0, 4, 100)
"""Points of density curves of CV and LvR, and edges of their bars."""

STATE_STYLES: Final = {
    "human": ("human", EXPERIMENT, "-"),
    "base": ("base", BASE, "--"),
    "best_fit": ("best fit", BEST_FIT, "-."),
}
"""Label, colour and line of each state."""


def draw_similarity(ax: Axes, table: pd.DataFrame, faint: bool = False) -> None:
    """Draw the similarities of one series of simulations to human data against chi.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    table : DataFrame
        ``chi, measure, hemisphere, similarity`` as from :func:`humam.published.similarity`.
    faint : bool
        Draw small light marks without lines and legend: another seed, to show the spread.
    """
    for measure, (label, colour, marker) in MEASURES.items():
        rows = table[(table["measure"] == measure) & table["hemisphere"].isin(["", HEMISPHERE])].sort_values("chi")
        ax.plot(
            rows["chi"],
            rows["similarity"],
            marker=marker,
            markersize=2 if faint else 3,
            linestyle="none" if faint else "-",
            linewidth=0.8,
            color=colour,
            alpha=0.45 if faint else 1,
            label=None if faint else label,
            zorder=1 if faint else 2,
        )
    ax.set(xlabel=r"$\chi$", ylabel="similarity", ylim=(-0.1, 1))


def draw_runs(
    ax: Axes,
    table: pd.DataFrame,
    other_state: bool = False,
    points: Iterable[float] = (),
) -> None:
    """Draw the similarities of runs of this archive as large hollow marks, joined by dots, over published curves.

    A bar goes from the lowest to the highest value of single windows. Runs in another state of activity than the
    published one have no bar and no line: a grey mark each, as no point of the curve.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    table : DataFrame
        ``chi, measure, hemisphere, similarity, lowest, highest`` as from :func:`humam.analysis.series.curve`.
    other_state : bool
        Whether the runs are in the other state.
    points : iterable of float
        Factors chi of the published series. Where one has no run, the line is interrupted.
    """
    points = set(points)
    for measure, rows in table[table["hemisphere"].isin(["", HEMISPHERE])].groupby("measure", sort=False):
        _, colour, marker = MEASURES[str(measure)]
        if other_state:
            ax.plot(
                rows["chi"], rows["similarity"], marker, color=OTHER_STATE, fillstyle="none", markersize=4, zorder=3
            )
            continue
        line = rows.set_index("chi")["similarity"].reindex(sorted(points.union(rows["chi"])))
        ax.plot(
            line.index, line, ":", marker=marker, fillstyle="none", markersize=5, markeredgewidth=1,
            linewidth=0.6, color=colour, zorder=4,
        )  # fmt: skip
        ax.vlines(rows["chi"], rows["lowest"], rows["highest"], color=colour, linewidth=0.8, zorder=3)


def draw_rates(ax: Axes, rates: Mapping[str, Array], published: Mapping[str, Array] | None = None) -> None:
    """Draw the relative frequencies of single-unit rates, one line per state, at the left edges of the bins.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    rates : mapping
        State to rates in spikes/s, one per neuron and 2-s window, at least 0.5.
    published : mapping, optional
        The published ones of some states, drawn dotted beside.
    """
    for state, values, label, colour, line in _lines(rates, published or {}):
        ax.plot(
            RATE_EDGES[:-1], rate_frequencies(values), line, color=colour, label=label, zorder=2 + (state == "human")
        )
    ax.set(xscale="log", xlim=(0.5, 10), ylim=(0, 0.5), xlabel="rate (spikes/s)", ylabel="fraction")
    ax.set_xticks([0.5, 1, 2, 5, 10], labels=["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()


def _lines(
    values: Mapping[str, Array], published: Mapping[str, Array]
) -> Iterator[tuple[str, Array, str, str, str | tuple]]:
    """Yield state, values, label, colour and line style of what is drawn, published ones first."""
    for state, numbers in published.items():
        name, colour, _ = STATE_STYLES[state]
        yield state, numbers, f"{name}, published", colour, ":"
    for state, numbers in values.items():
        name, colour, line = STATE_STYLES[state]
        yield state, numbers, name, colour, "-" if state in published else line


def draw_densities(
    ax: Axes, values: Mapping[str, Array], label: str, published: Mapping[str, Array] | None = None
) -> None:
    """Draw histograms and Gaussian kernel density estimates (Scott's bandwidth) of an irregularity measure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    values : mapping
        State to values; a state with fewer than two is named as such instead of drawn.
    label : str
        Name of the measure.
    published : mapping, optional
        The published ones of some states, drawn dotted beside, with a histogram where there is no other of the state.
    """
    for state, numbers, name, colour, line in _lines(values, published or {}):
        if not _spread(numbers):
            ax.plot([], [], line, color=colour, label=f"{name}: too few spikes")
            continue
        if line != ":" or state not in values:
            ax.hist(numbers, DENSITY_GRID.tolist(), density=True, color=colour, alpha=0.35)
        ax.plot(DENSITY_GRID, gaussian_kde(numbers)(DENSITY_GRID), line, color=colour, label=name)
    ax.set(xlim=(0, 3), xlabel=label, ylabel="density")


def _spread(numbers: Array) -> bool:
    """Return whether there is a density to estimate."""
    return len(numbers) >= 2 and bool(np.ptp(numbers) > 0)


def densities_table(values: Mapping[str, Array]) -> pd.DataFrame:
    """Return what :func:`draw_densities` draws: the points of the curves, and the bars by their left edges.

    Parameters
    ----------
    values : mapping
        Name of a column to values of an irregularity measure.

    Returns
    -------
    DataFrame
        ``value`` and for each name ``NAME`` (kernel density at the value) and ``NAME_histogram`` (density of the bar
        that starts there, NaN at the last value); NaN where there are fewer than two different values.
    """
    columns = {"value": DENSITY_GRID}
    for name, numbers in values.items():
        curve, bars = np.full((2, len(DENSITY_GRID)), np.nan)
        if _spread(numbers):
            curve = gaussian_kde(numbers)(DENSITY_GRID)
            bars[:-1] = np.histogram(numbers, DENSITY_GRID, density=True)[0]
        columns |= {name: curve, f"{name}_histogram": bars}
    return pd.DataFrame(columns)


def rates_table(rates: Mapping[str, Array]) -> pd.DataFrame:
    """Return what :func:`draw_rates` draws: ``rate_from`` (left edge, spikes/s) and a column of fractions by name."""
    columns = {name: rate_frequencies(values) for name, values in rates.items()}
    return pd.DataFrame({"rate_from": RATE_EDGES[:-1], **columns})


def draw_connectivity(ax: Axes, matrix: Array, above: Array | None = None) -> AxesImage:
    """Draw a matrix of functional connectivity, areas in the order of resting-state networks, lines between these.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    matrix : (34, 34) array
        Correlations in canonical order.
    above : (34, 34) array, optional
        What to draw above the diagonal in place of it: both are symmetric, so that one square can show two.

    Returns
    -------
    AxesImage
        For the colour bar.
    """
    if matrix.shape != (len(AREAS), len(AREAS)):
        raise HumamError(f"functional connectivity has the shape {matrix.shape}: must be {(len(AREAS), len(AREAS))}")
    order, networks = network_order()
    if above is not None:
        place = np.empty(len(AREAS), dtype=int)
        place[order] = np.arange(len(AREAS))
        matrix = np.where(place[:, None] < place[None, :], above, matrix)
    image = ax.imshow(matrix[np.ix_(order, order)], cmap="RdYlBu_r", vmin=-1, vmax=1, interpolation="nearest")
    names = list(dict.fromkeys(networks))
    starts = [networks.index(name) for name in names]
    for start in starts[1:]:
        ax.axhline(start - 0.5, color="black", linewidth=0.5)
        ax.axvline(start - 0.5, color="black", linewidth=0.5)
    centres = [(start + stop - 1) / 2 for start, stop in pairwise([*starts, len(networks)])]
    ax.set_xticks(centres, names, rotation=90)
    ax.set_yticks(range(len(AREAS)), [SHORT_NAMES[i] for i in order], fontsize=3.2)
    ax.tick_params(length=0, pad=1)
    ax.spines[:].set_visible(True)
    return image


def draw_by_series(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the similarity of stored states by series, horizontally: filled as published, hollow from our runs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    table : DataFrame
        ``series, state, run, similarity``; ``run`` is ``published`` for the authors' simulations.
    """
    names = list(dict.fromkeys(table["series"]))
    for (state, own), rows in table.groupby(["state", table["run"] != "published"]):
        label, colour, _ = STATE_STYLES[str(state)]
        places = [names.index(name) for name in rows["series"]]
        face, size = ("none", 22) if own else (colour, 12)
        text = f"{label}, here" if own else label
        ax.scatter(
            rows["similarity"],
            places,
            size,
            facecolors=face,
            edgecolors=colour,
            linewidths=0.9,
            label=text,
            clip_on=False,
        )
    ax.set_yticks(range(len(names)), [SERIES_LABELS[name] for name in names])
    ax.grid(axis="y", color="#e5e5e5", linewidth=0.4)
    ax.set_axisbelow(True)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, 0.65)


def matrix_table(matrices: Mapping[str, Array]) -> pd.DataFrame:
    """Return matrices over pairs of areas as a tidy table: ``area_1, area_2`` and a column per matrix."""
    pairs = pd.MultiIndex.from_product([AREAS, AREAS], names=["area_1", "area_2"])
    return pd.DataFrame({name: matrix.ravel() for name, matrix in matrices.items()}, index=pairs).reset_index()
