"""Matrices of the connectivity: rows are targets, columns sources, cells without synapses are blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from humam.labels import AREAS, CORTICAL_LAYERS, LAYERS, N_POPULATIONS, SHORT_NAMES

Array = npt.NDArray[Any]

POPULATION_TICKS: Final = ("2/3E", "2/3I", "4E", "4I", "5E", "5I", "6E", "6I")
"""The eight populations of an area in Arabic numerals, since V I and VI would look alike."""


def alphabetical() -> npt.NDArray[np.int64]:
    """Return the order that sorts the areas by full name, as in the published matrices.

    Examples
    --------
    >>> [AREAS[i] for i in alphabetical()[5:8]]
    ['frontalpole', 'fusiform', 'inferiorparietal']
    """
    return np.argsort(AREAS)


def alphabetical_populations() -> npt.NDArray[np.int64]:
    """Return the order of the 272 populations that sorts their areas by full name."""
    return (alphabetical()[:, None] * N_POPULATIONS + np.arange(N_POPULATIONS)).ravel()


def heat_map(
    ax: Axes, matrix: Array, label: str, cmap: str, limits: tuple[float, float] | None = None, ticks: Any = None
) -> AxesImage:
    """Draw a matrix with its colour bar; NaN is left blank.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    matrix : (n, m) array
        Rows from top to bottom.
    label : str
        Quantity and unit, at the colour bar.
    cmap : str
        Colour map.
    limits : tuple of float, optional
        Values of the ends of the colour map; default: the extremes of the matrix.
    ticks : sequence of float, optional
        Ticks of the colour bar.
    """
    low, high = limits if limits is not None else (float(np.nanmin(matrix)), float(np.nanmax(matrix)))
    image = ax.imshow(matrix, cmap=cmap, vmin=low, vmax=high, interpolation="nearest", aspect="equal")
    for spine in ax.spines.values():
        spine.set_visible(True)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03, ticks=ticks)
    bar.set_label(label)
    return image


def _ticks(ax: Axes, rows: Sequence[str], columns: Sequence[str], size: float | None, rotation: float) -> None:
    ax.set_xticks(range(len(columns)), columns, rotation=rotation, fontsize=size)
    ax.set_yticks(range(len(rows)), rows, fontsize=size)
    ax.set_xlabel("source")
    ax.set_ylabel("target")


def microcircuit(ax: Axes, per_pair: Array) -> None:
    """Draw the mean synapses per pair of neurons of the local microcircuit, shape (8, 8)."""
    heat_map(ax, np.where(per_pair > 0, per_pair, np.nan), "average pairwise synapses", "YlGn", (0, per_pair.max()))
    for row, column in np.argwhere(per_pair == 0):  # else blank cells would hardly differ from those close to 0
        ax.text(column, row, "0", ha="center", va="center", fontsize=5, color="#777777")
    _ticks(ax, POPULATION_TICKS, POPULATION_TICKS, None, 0)


def areas(
    ax: Axes, matrix: Array, label: str, cmap: str, limits: tuple[float, float] | None = None, tick_size: float = 3.5
) -> None:
    """Draw a (34, 34) matrix of areas in canonical order, sorted by full name, with short names as ticks."""
    order = alphabetical()
    heat_map(ax, matrix[np.ix_(order, order)], label, cmap, limits)
    names = [SHORT_NAMES[i] for i in order]
    _ticks(ax, names, names, tick_size, 90)
    ax.tick_params(length=1, pad=1)


def synapse_to_soma(ax: Axes, probability: Array) -> None:
    """Draw the probability of the layer of the cell body (4 rows) given the layer of the synapse (5 columns)."""
    heat_map(ax, probability, "probability", "YlGn", (0, 1), [0, 0.5, 1])
    for (row, column), value in np.ndenumerate(probability):
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=5, color="w" if value > 0.6 else "k")
    _ticks(ax, LAYERS, CORTICAL_LAYERS, None, 0)
    ax.set_xlabel("layer of synapse")
    ax.set_ylabel("layer of cell body")


def populations(ax: Axes, synapses: Array, tick_size: float = 3.5) -> None:
    """Draw log10 of the synapse numbers of all 272 populations, areas sorted by full name."""
    order = alphabetical_populations()
    sorted_synapses = synapses[np.ix_(order, order)].astype(float)
    logarithms = np.log10(np.where(sorted_synapses > 0, sorted_synapses, np.nan))
    heat_map(ax, logarithms, "log$_{10}$ synapses", "viridis")
    centres = np.arange(len(AREAS)) * N_POPULATIONS + (N_POPULATIONS - 1) / 2
    names = [SHORT_NAMES[i] for i in alphabetical()]
    _ticks(ax, [], [], None, 0)
    ax.set_xticks(centres, names, rotation=90, fontsize=tick_size)
    ax.set_yticks(centres, names, fontsize=tick_size)
    ax.tick_params(length=1, pad=1)


def tidy(
    matrix: Array, rows: Sequence[str], columns: Sequence[str], name: str, row: str = "target", column: str = "source"
) -> pd.DataFrame:
    """Return a matrix as a table with one line per cell.

    Examples
    --------
    >>> tidy(np.eye(2), "ab", "cd", "x").values.tolist()[1]
    ['a', 'd', 0.0]
    """
    index = pd.MultiIndex.from_product([list(rows), list(columns)], names=[row, column])
    return pd.Series(np.asarray(matrix).ravel(), index, name=name).reset_index()


def frame(matrix: xr.DataArray) -> pd.DataFrame:
    """Return a labelled matrix as a table with one line per cell that is not NaN."""
    return matrix.to_series().dropna().reset_index()
