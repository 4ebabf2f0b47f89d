"""Box panels: one statistic of the eight populations, one value per area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats

from humam.errors import HumamError
from humam.labels import AREAS, LAYER_POPULATIONS, N_AREAS, N_LABELS, N_POPULATIONS
from humam.plotting.style import POPULATION_COLOURS

Array = npt.NDArray[np.float64]


def by_population(values: Array) -> pd.DataFrame:
    """Return values of the 272 populations as a tidy table.

    Parameters
    ----------
    values : (272,) array
        In canonical order; NaN where there is none.

    Returns
    -------
    DataFrame
        ``area, layer, population, value`` without the missing ones.
    """
    if values.shape != (N_LABELS,):
        raise HumamError(f"box panels need {N_LABELS} values, one per population, not the shape {values.shape}")
    layers, populations = zip(*LAYER_POPULATIONS, strict=True)
    table = pd.DataFrame(
        {
            "area": np.repeat(AREAS, N_POPULATIONS),
            "layer": layers * N_AREAS,
            "population": populations * N_AREAS,
            "value": values,
        }
    )
    return table[np.isfinite(values)].reset_index(drop=True)


def box_statistics(values: Array) -> pd.DataFrame:
    """Return what the boxes of the eight populations show.

    Parameters
    ----------
    values : (272,) array
        In canonical order; NaN where there is none.

    Returns
    -------
    DataFrame
        ``layer, population, n, lower_whisker, lower_quartile, median, upper_quartile, upper_whisker``: whiskers
        reach to the extreme value within 1.5 interquartile ranges of the box. NaN where n is 0.

    Examples
    --------
    >>> values = np.full(272, np.nan)
    >>> values[0:40:8] = [1.0, 2.0, 3.0, 4.0, 100.0]
    >>> [float(x) for x in box_statistics(values).loc[0, ["n", "median", "upper_whisker"]]]
    [5.0, 3.0, 4.0]
    """
    table = by_population(values)
    rows = []
    for layer, population in LAYER_POPULATIONS:
        own = table[(table["layer"] == layer) & (table["population"] == population)]["value"].to_numpy()
        if len(own):
            box = boxplot_stats(own)[0]
            numbers = [box[key] for key in ("whislo", "q1", "med", "q3", "whishi")]
        else:
            numbers = [np.nan] * 5
        rows.append((layer, population, len(own), *numbers))
    names = ["lower_whisker", "lower_quartile", "median", "upper_quartile", "upper_whisker"]
    return pd.DataFrame(rows, columns=["layer", "population", "n", *names])


def whisker_range(values: Array) -> tuple[float, float]:
    """Return the lowest and the highest whisker over the populations, NaN without values."""
    boxes = box_statistics(values)
    return float(boxes["lower_whisker"].min()), float(boxes["upper_whisker"].max())


def draw_boxes(ax: Axes, values: Array, label: str, from_zero: bool = False) -> None:
    """Draw horizontal boxes of the eight populations, II/III on top; E blue, I red; outliers as dots.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    values : (272,) array
        In canonical order; NaN where there is none.
    label : str
        Quantity and unit.
    from_zero : bool
        Let the axis start at 0.
    """
    table = by_population(values)
    for i, (layer, population) in enumerate(LAYER_POPULATIONS):
        own = table[(table["layer"] == layer) & (table["population"] == population)]["value"].to_numpy()
        colour = POPULATION_COLOURS[population]
        ax.boxplot(
            [own],
            positions=[i],
            orientation="horizontal",
            widths=0.6,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": colour, "edgecolor": "black", "linewidth": 0.5},
            medianprops={"color": "black", "linewidth": 0.8},
            whiskerprops={"linewidth": 0.5},
            capprops={"linewidth": 0.5},
            flierprops={"marker": "o", "markersize": 1.6, "markerfacecolor": colour, "markeredgewidth": 0.2},
        )
    ax.set_yticks(range(N_POPULATIONS), [f"{layer} {population}" for layer, population in LAYER_POPULATIONS])
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(N_POPULATIONS - 0.4, -0.6), xlabel=label)
    if from_zero:
        ax.set_xlim(left=0)
