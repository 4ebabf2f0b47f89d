"""Panels of the distributions of firing rates over neurons, one per layer and cell type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.labels import LAYER_POPULATIONS, N_AREAS, N_POPULATIONS
from humam.plotting import style
from humam.plotting.missing import draw_missing

Array = npt.NDArray[Any]


def of_population(density: Array, index: int) -> Array:
    """Return the distributions of one of the eight populations in the areas that have one.

    Parameters
    ----------
    density : (272, n) array
        Density of log10 rates by population; NaN without neurons or spikes.
    index : int
        Place of the population in :data:`humam.labels.LAYER_POPULATIONS`.

    Returns
    -------
    (m, n) array
        One row per area with spikes of the population.
    """
    rows = density.reshape(N_AREAS, N_POPULATIONS, -1)[:, index]
    return rows[np.isfinite(rows).all(axis=1) & (rows.sum(axis=1) > 0)]


def draw_distribution(ax: Axes, density: Array, log_rate: Array, index: int) -> None:
    """Draw the distributions of one population: a thin line per area, mean over areas and a band of one sd.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    density : (272, n) array
        Density of log10 rates by population.
    log_rate : (n,) array
        Left edges of the bins of log10(rate / (1/s)): the lines are drawn there, as published.
    index : int
        Place of the population in :data:`humam.labels.LAYER_POPULATIONS`.
    """
    layer, population = LAYER_POPULATIONS[index]
    rows = of_population(density, index)
    if not len(rows):
        draw_missing(ax, "no neuron of this population spiked", 20)
        return
    rate, colour = 10.0 ** np.asarray(log_rate), style.POPULATION_COLOURS[population]
    ax.plot(rate, rows.T, color=colour, alpha=0.35, linewidth=0.4)
    mean, sd = rows.mean(axis=0), rows.std(axis=0)
    ax.fill_between(rate, mean - sd, mean + sd, color=style.GREY, alpha=0.3, linewidth=0)
    ax.plot(rate, mean, color="k")
    ax.set(xscale="log", xlim=(1e-3, 1e4), ylim=(0, None))
    ax.set_title(f"{layer} {population}", loc="right")
