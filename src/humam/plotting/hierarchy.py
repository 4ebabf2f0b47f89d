"""Panels of the temporal hierarchy: the matrix of lags between areas, and a brain map of their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.image import AxesImage
from matplotlib.patches import Patch

from humam.datasets.published_names import LOBES
from humam.labels import AREAS, N_AREAS, SHORT_NAMES
from humam.plotting import brain
from humam.plotting.style import GREY

Array = npt.NDArray[Any]

LOBE_COLOURS: Final = {"frontal": "#AAFFAA", "occipital": "#EEFFEE", "temporal": "#BBBBFF", "parietal": "#DDDDDD"}

EARLY_TO_LATE: Final = LinearSegmentedColormap.from_list("early_to_late", [(1, 1, 1), (0, 0, 0.2)])


def lobe_of(area: str) -> str:
    """Return the lobe of an area.

    Examples
    --------
    >>> lobe_of("cuneus"), sum(len(areas) for areas in LOBES.values())
    ('occipital', 34)
    """
    return next(lobe for lobe, areas in LOBES.items() if area in areas)


def draw_lags(ax: Axes, lag_ms: Array, position: Array, tick_size: float = 5) -> AxesImage:
    """Draw the lags between areas in the order of the hierarchy, earliest first.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    lag_ms : (34, 34) array
        Row target, column source; positive where the source leads; NaN where no lag is defined.
    position : (34,) array
        Position in the hierarchy, 0 (early) to 1 (late).
    tick_size : float
        Size of the names of the areas in points.

    Returns
    -------
    AxesImage
        For the colour bar.
    """
    order = np.argsort(position, kind="stable")
    ordered = lag_ms[np.ix_(order, order)]
    off_diagonal = ~np.eye(N_AREAS, dtype=bool)
    largest = np.nanmax(np.abs(ordered), initial=1.0)
    shown = np.where(off_diagonal, ordered, np.nan)
    image = ax.imshow(np.ma.masked_invalid(shown), cmap="seismic", vmin=-largest, vmax=largest, interpolation="nearest")
    rows, columns = np.nonzero(np.isnan(ordered) & off_diagonal)
    ax.plot(columns, rows, "x", color=GREY, markersize=1.8, markeredgewidth=0.4)
    ax.plot(range(N_AREAS), range(N_AREAS), ".", color="k", markersize=1.5)
    names = [SHORT_NAMES[i] for i in order]
    ax.set_xticks(range(N_AREAS), names, rotation=90, fontsize=tick_size)
    ax.set_yticks(range(N_AREAS), names, fontsize=tick_size)
    ax.tick_params(length=0, pad=2.5)
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        colour = LOBE_COLOURS[lobe_of(AREAS[SHORT_NAMES.index(label.get_text())])]
        label.set_bbox({"facecolor": colour, "edgecolor": "none", "pad": 0.8})
    ax.spines[:].set_visible(True)
    ax.set(xlabel="source", ylabel="target")
    return image


def lag_bar(ax: Axes, image: AxesImage) -> None:
    """Add the colour bar of :func:`draw_lags`."""
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=30, shrink=0.8)
    bar.set_label("lag (ms), positive when the source leads")


def lobe_legend(ax: Axes) -> None:
    """Add the colours of the lobes above an axes."""
    handles = [Patch(facecolor=colour, label=lobe) for lobe, colour in LOBE_COLOURS.items()]
    ax.legend(handles=handles, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1, handlelength=1)


def draw_brain(ax: Axes, view: str, position: Array) -> None:
    """Draw a view of the hemisphere with the areas coloured by rank: white (early) to dark blue (late)."""
    rank = np.argsort(np.argsort(position, kind="stable")).astype(float)  # NaN comes last
    rank[np.isnan(position)] = np.nan
    values = dict(zip(AREAS, rank.tolist(), strict=True))
    brain.draw(ax, view, values, EARLY_TO_LATE, Normalize(0, N_AREAS - 1), edge=GREY)
    ax.set_title(view)


def rank_bar(axes: Sequence[Axes]) -> None:
    """Add the colour bar of :func:`draw_brain` beside several views."""
    image = ScalarMappable(Normalize(1, N_AREAS), EARLY_TO_LATE)
    bar = axes[0].figure.colorbar(image, ax=list(axes), shrink=0.7, aspect=20, ticks=[1, N_AREAS])
    bar.set_ticklabels(["first", "last"])
