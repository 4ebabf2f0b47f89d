"""Brain maps: the 34 Desikan-Killiany areas of a hemisphere, coloured by a quantity.

The outlines are data of this package (``desikan_killiany.json``, made by ``datasets/brain_outlines``), so
that a map needs neither a mesh nor a network connection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Colormap, Normalize, to_hex
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from humam.errors import HumamError, nearest
from humam.labels import AREAS, SHORT_NAMES

Array = npt.NDArray[np.float64]

VIEWS: Final = ("lateral", "medial")
"""Views of the left hemisphere: from outside (front on the left) and from the middle (front on the right)."""

FITS_MM: Final = 1.2
"""A short name is written inside an outline if its largest circle has this radius for each letter."""

OTHER: Final = "#d9d9d9"
"""Colour of what is no area of the model (medial wall) and of areas without a value."""


@cache
def _document() -> dict:
    text = files("humam.plotting").joinpath("desikan_killiany.json").read_text(encoding="utf-8")
    return json.loads(text)


@cache
def outlines(view: str) -> dict[str, Path]:
    """Return the outline of each area that is visible in a view.

    Parameters
    ----------
    view : str
        One of :data:`VIEWS`.

    Returns
    -------
    dict
        Area name to closed path in mm (x to the right, y up), in canonical order of the areas.

    Raises
    ------
    HumamError
        If there is no such view.

    Examples
    --------
    >>> seen = set(outlines("lateral")) | set(outlines("medial"))
    >>> len(seen)
    34
    """
    if view not in VIEWS:
        raise HumamError(f"no brain view {view!r}{nearest(view, VIEWS)}: allowed are {', '.join(VIEWS)}")
    areas = _document()["views"][view]["areas"]
    return {area: _compound(areas[area]) for area in AREAS if area in areas}


@cache
def medial_wall(view: str) -> Path:
    """Return the outline of what is visible in a view and is no cortical area, in mm."""
    return _compound(_document()["views"][view]["not_cortex"])


def _compound(rings: list[list[list[float]]]) -> Path:
    paths = [Path(np.asarray(ring), closed=True) for ring in rings]
    return Path.make_compound_path(*paths)


@cache
def label_positions(view: str) -> dict[str, tuple[float, float, float]]:
    """Return where a label fits best into each area of a view.

    Returns
    -------
    dict
        Area name to (x, y, radius) in mm: centre and radius of the largest circle within the outline.

    Examples
    --------
    >>> x, y, radius = label_positions("lateral")["precentral"]
    >>> bool(outlines("lateral")["precentral"].contains_point((x, y))) and radius > 4
    True
    """
    return {area: _largest_circle(path) for area, path in outlines(view).items()}


def _largest_circle(path: Path) -> tuple[float, float, float]:
    corners = np.asarray(path.vertices)
    low, high = corners.min(axis=0), corners.max(axis=0)
    n = 40  # candidates along each side
    grid = np.stack(np.meshgrid(np.linspace(low[0], high[0], n), np.linspace(low[1], high[1], n)), axis=-1)
    inside = grid.reshape(-1, 2)
    inside = inside[path.contains_points(inside)]
    border = np.concatenate([Path(ring).interpolated(8).vertices for ring in path.to_polygons(closed_only=False)])
    distance = np.hypot(*(inside[:, None, :] - border[None, :, :]).transpose(2, 0, 1)).min(axis=1)
    best = int(distance.argmax())
    return float(inside[best, 0]), float(inside[best, 1]), float(distance[best])


def draw(
    ax: Axes,
    view: str,
    values: Mapping[str, float],
    cmap: Colormap,
    norm: Normalize,
    *,
    labels: bool = True,
    label_size: float = 5.0,
    edge: str = "white",
) -> None:
    """Draw one view of the hemisphere with areas coloured by a quantity.

    Every area is labelled with its short name in the view that shows more of it: inside where the name fits,
    at the end of a line otherwise.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into; its frame is removed, its aspect set equal.
    view : str
        One of :data:`VIEWS`.
    values : mapping
        Area name to number; an area that is missing or not finite is grey.
    cmap, norm
        Colour map and its normalisation.
    labels : bool
        Write the short names.
    label_size : float
        Size of the labels in points.
    edge : str
        Colour of the borders.
    """
    unknown = sorted(set(values) - set(AREAS))
    if unknown:
        raise HumamError(f"unknown area {unknown[0]!r}{nearest(unknown[0], AREAS)}")
    shapes = outlines(view)
    colours = {a: _colour(values.get(a, np.nan), cmap, norm) for a in shapes}
    ax.add_collection(PatchCollection([PathPatch(medial_wall(view))], facecolor=OTHER, edgecolor=edge, linewidth=0.6))
    ax.add_collection(
        PatchCollection(
            [PathPatch(path) for path in shapes.values()],
            facecolor=[colours[a] for a in shapes],
            edgecolor=edge,
            linewidth=0.6,
        )
    )
    if labels:
        _label(ax, view, colours, label_size)
    points = np.concatenate([np.asarray(path.vertices) for path in shapes.values()])
    low, high = points.min(axis=0) - 2, points.max(axis=0) + 2
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()


def labelled_in(view: str) -> list[str]:
    """Return the areas that are labelled in a view: those of which no other view shows more.

    Examples
    --------
    >>> len(labelled_in("lateral")) + len(labelled_in("medial"))
    34
    """
    largest = {
        area: max((v for v in VIEWS if area in outlines(v)), key=lambda v: label_positions(v)[area][2])
        for area in AREAS
    }
    return [area for area in AREAS if largest[area] == view]


def _label(ax: Axes, view: str, colours: Mapping[str, str], size: float) -> None:
    short = dict(zip(AREAS, SHORT_NAMES, strict=True))
    for area in labelled_in(view):
        x, y, radius = label_positions(view)[area]
        if radius >= FITS_MM * len(short[area]):
            ink = "white" if luminance(colours[area]) < 0.25 else "black"
            outline = [withStroke(linewidth=1.2, foreground=colours[area])]  # stands out from what crosses it
            ax.text(x, y, short[area], size=size, color=ink, ha="center", va="center", zorder=6, path_effects=outline)
            continue
        end = _beside(view, np.array([x, y]))
        ax.annotate(
            short[area],
            (x, y),
            (float(end[0]), float(end[1])),
            size=size,
            ha="right" if end[0] < x else "left",
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "#555555", "shrinkA": 0, "shrinkB": 0},
        )


def _beside(view: str, point: Array, clearance_mm: float = 4.0) -> Array:
    """Return the nearest place for a label outside of every area, away from or towards the middle of the view."""
    shapes = list(outlines(view).values())
    middle = np.mean([np.asarray(path.vertices).mean(axis=0) for path in shapes], axis=0)
    outwards = (point - middle) / np.linalg.norm(point - middle)
    for distance in range(1, 100):
        for sense in (1, -1):
            place = point + sense * distance * outwards
            ahead = point + sense * (distance + clearance_mm) * outwards
            if not any(path.contains_point(p) for path in shapes for p in (place, ahead)):
                return place + sense * clearance_mm * outwards
    return point


def luminance(colour: str) -> float:
    """Return the relative luminance (0 black, 1 white; WCAG 2) of a colour.

    Examples
    --------
    >>> luminance("#000000"), round(luminance("#ffffff"), 6)
    (0.0, 1.0)
    """
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _colour(value: float, cmap: Colormap, norm: Normalize) -> str:
    return to_hex(cmap(norm(value))) if np.isfinite(value) else OTHER
