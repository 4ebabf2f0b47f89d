"""Columns of some areas as icons on a view of the hemisphere, and arrows for their strongest projections."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.patheffects import withStroke

from humam.labels import AREAS
from humam.plotting import brain
from humam.plotting.style import EXCITATORY

Array = npt.NDArray[np.float64]

N_COLUMNS: Final = 12
"""Icons in the published drawing."""

WIDTH_MM: Final = 4.0
HEIGHT_PER_MM: Final = 2.8
"""Height of an icon in mm of the map for each mm of cortex."""

ABOVE_LABEL_MM: Final = 3.5
"""Distance of an icon from the middle of the name below it."""

SHRINK_PT: Final = 5
"""Distance of the ends of an arrow from the middle of an icon in points."""

SHRINK_FROM_BELOW_PT: Final = 9
"""That of a head which comes from below, where the name is."""

LAYER_COLOURS: Final = ("#f7f7f7", "#d9d9d9", "#bdbdbd", "#969696", "#737373")
"""Layer I to VI."""


def areas_with_room(view: str) -> list[str]:
    """Return the areas of a view that have most room for an icon, as many as were published, largest first.

    Examples
    --------
    >>> len(set(areas_with_room("lateral")))
    12
    """
    room = {area: brain.label_positions(view)[area][2] for area in brain.labelled_in(view)}
    return sorted(room, key=lambda area: room[area], reverse=True)[:N_COLUMNS]


def strongest_sources(areas: list[str], synapses: npt.NDArray[np.integer]) -> dict[str, str]:
    """Return for each of some areas that of the others which makes most synapses in it.

    Parameters
    ----------
    areas : list of str
        The areas.
    synapses : (34, 34) array
        Synapses between areas, row target, column source.
    """
    index = [AREAS.index(area) for area in areas]
    chosen = synapses[np.ix_(index, index)].astype(float)
    np.fill_diagonal(chosen, -1)
    return {area: areas[int(source)] for area, source in zip(areas, chosen.argmax(axis=1), strict=True)}


def draw_columns(ax: Axes, view: str, areas: list[str], thickness: Array) -> None:
    """Draw the column of each area above its name: layers I to VI as thick as in the model.

    Parameters
    ----------
    ax : Axes
        With the view drawn by :func:`humam.plotting.brain.draw`.
    view : str
        One of :data:`humam.plotting.brain.VIEWS`.
    areas : list of str
        Areas to draw.
    thickness : (34, 5) array
        Thickness of the layers in mm.
    """
    for area in areas:
        x, y = _foot(view, area)
        for height, colour in zip(thickness[AREAS.index(area), ::-1] * HEIGHT_PER_MM, LAYER_COLOURS[::-1], strict=True):
            ax.add_patch(
                Rectangle(
                    (x - WIDTH_MM / 2, y), WIDTH_MM, height, facecolor=colour, edgecolor="k", linewidth=0.3, zorder=4
                )
            )
            y += height


def draw_projections(ax: Axes, view: str, sources: dict[str, str], thickness: Array) -> None:
    """Draw an arrow to each area from its source, from column to column."""
    for target, source in sources.items():
        start, end = (_middle(view, area, thickness) for area in (source, target))
        ax.add_patch(
            FancyArrowPatch(
                start,
                end,
                arrowstyle="-|>",
                connectionstyle="arc3,rad=0.25",
                mutation_scale=6,
                shrinkA=SHRINK_PT,
                shrinkB=SHRINK_PT if start[1] > end[1] else SHRINK_FROM_BELOW_PT,
                color=EXCITATORY,
                linewidth=0.9,
                zorder=2.5,  # below the names
                path_effects=[withStroke(linewidth=2.2, foreground="w")],
            )
        )


def _foot(view: str, area: str) -> tuple[float, float]:
    x, y, _ = brain.label_positions(view)[area]
    return x, y + ABOVE_LABEL_MM


def _middle(view: str, area: str, thickness: Array) -> tuple[float, float]:
    x, y = _foot(view, area)
    return x, y + float(thickness[AREAS.index(area)].sum()) * HEIGHT_PER_MM / 2
