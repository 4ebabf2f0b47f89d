"""Box panels: one statistic of the eight populations, one value per area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.analysis.boxes import by_population
from humam.labels import LAYER_POPULATIONS, N_POPULATIONS
from humam.plotting.style import POPULATION_COLOURS

Array = npt.NDArray[np.float64]


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
    for i, (own, (_, population)) in enumerate(zip(by_population(values), LAYER_POPULATIONS, strict=True)):
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
