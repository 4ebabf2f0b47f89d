"""Panels of the scaling figure: similarity against chi, distributions, functional connectivity in network order."""

from __future__ import annotations

from collections.abc import Mapping
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
from humam.analysis.similarity import ks_similarity
from humam.analysis.statistics import Statistics
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

STATE_STYLES: Final = {
    "human": ("human", EXPERIMENT, "-"),
    "base": ("base", BASE, "--"),
    "best_fit": ("best fit", BEST_FIT, "-."),
}
"""Label, colour and line of each state."""


def draw_similarity(ax: Axes, table: pd.DataFrame, hemisphere: str = "right", faint: bool = False) -> None:
    """Draw the similarities of one series of simulations to human data against chi.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    table : DataFrame
        ``chi, measure, hemisphere, similarity`` as from :func:`humam.published.similarity`.
    hemisphere : str
        Hemisphere of the fMRI data.
    faint : bool
        Draw small light marks without lines and legend: another seed, to show the spread.
    """
    for measure, (label, colour, marker) in MEASURES.items():
        rows = table[(table["measure"] == measure) & table["hemisphere"].isin(["", hemisphere])].sort_values("chi")
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
    ax.set(xlabel=r"$\chi$", ylabel="similarity", ylim=(-0.08, 1))


def similarities_of_run(run: Statistics, human: Mapping[str, Array]) -> pd.DataFrame:
    """Return the single-unit similarities of a run of this archive, as the published curves define them.

    Parameters
    ----------
    run : Statistics
        Statistics of a run; needs windows of 2 s, hence at least 4.5 s.
    human : mapping
        ``rate``, ``cv`` and ``lvr`` of the recordings.

    Returns
    -------
    DataFrame
        ``chi, measure, hemisphere, similarity``; no rows if the run is too short, NaN where it has too few spikes.
    """
    chi = run.parameters["chi"]
    units = run.windows
    if units.empty:
        return pd.DataFrame(columns=["chi", "measure", "hemisphere", "similarity"])
    many = units[units["n_spikes"] > 10]  # the published curves ask for more than 10, the distributions for 10
    values = {"rate": units["rate"], "cv": many["cv"], "lvr": many["lvr"]}
    rows = [(chi, name, "", ks_similarity(own.to_numpy(dtype=float), human[name])) for name, own in values.items()]
    return pd.DataFrame(rows, columns=["chi", "measure", "hemisphere", "similarity"])


def draw_runs(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the similarities of runs of this archive as large hollow marks over the published curves."""
    for measure, rows in table.groupby("measure"):
        _, colour, _ = MEASURES[str(measure)]
        ax.scatter(
            rows["chi"], rows["similarity"], s=22, facecolors="none", edgecolors=colour, linewidths=0.9, zorder=4
        )


def draw_rates(ax: Axes, rates: Mapping[str, Array]) -> None:
    """Draw the relative frequencies of single-unit rates, one line per state, at the left edges of the bins.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    rates : mapping
        State to rates in spikes/s, one per neuron and 2-s window, at least 0.5.
    """
    for state, values in rates.items():
        label, colour, line = STATE_STYLES[state]
        ax.plot(RATE_EDGES[:-1], rate_frequencies(values), line, color=colour, label=label)
    ax.set(xscale="log", xlim=(0.5, 10), ylim=(0, 0.5), xlabel="rate (spikes/s)", ylabel="fraction")
    ax.set_xticks([0.5, 1, 2, 5, 10], labels=["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()


def draw_densities(ax: Axes, values: Mapping[str, Array], label: str) -> None:
    """Draw histograms and Gaussian kernel density estimates (Scott's bandwidth) of an irregularity measure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    values : mapping
        State to values; a state with fewer than two is named as such instead of drawn.
    label : str
        Name of the measure.
    """
    grid = np.linspace(0, 4, 100)
    for state, numbers in values.items():
        name, colour, line = STATE_STYLES[state]
        if len(numbers) < 2:
            ax.plot([], [], line, color=colour, label=f"{name}: too few spikes")
            continue
        ax.hist(numbers, np.linspace(0, 4, 100).tolist(), density=True, color=colour, alpha=0.35)
        ax.plot(grid, gaussian_kde(numbers)(grid), line, color=colour, label=name)
    ax.set(xlim=(0, 3), xlabel=label, ylabel="density")


def draw_connectivity(ax: Axes, matrix: Array) -> AxesImage:
    """Draw a matrix of functional connectivity, areas in the order of resting-state networks, lines between these.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    matrix : (34, 34) array
        Correlations in canonical order.

    Returns
    -------
    AxesImage
        For the colour bar.
    """
    if matrix.shape != (len(AREAS), len(AREAS)):
        raise HumamError(f"functional connectivity has the shape {matrix.shape}: must be {(len(AREAS), len(AREAS))}")
    order, networks = network_order()
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
