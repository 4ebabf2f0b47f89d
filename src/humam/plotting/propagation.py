"""Panels of the propagation of a single extra spike: where and when two runs differ, first times by area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from humam.labels import N_AREAS, N_POPULATIONS, SHORT_NAMES
from humam.plotting.missing import draw_missing
from humam.plotting.scaling import STATE_STYLES

Array = npt.NDArray[Any]

LATEST_MS = 75.0
"""Right end of the axis of first times, as published; times beyond its ends are drawn at the margin."""


def draw_differences(
    ax: Axes, differs: npt.NDArray[np.bool_], time_ms: Array, distance_ms: Array, order: Array, tick_size: float = 4
) -> ScalarMappable | None:
    """Draw where the activity of two runs differs, populations against time since the extra spike.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    differs : (272, n) array of bool
        Whether the numbers of spikes of a population differ in a bin.
    time_ms : (n,) array
        Left edges of the bins, from the extra spike on.
    distance_ms : (272,) array
        Distance of each population from the perturbed one, for the colour; NaN for populations without neurons.
    order : (34,) array of int
        Areas from top to bottom.
    tick_size : float
        Size of the names of the areas in points.

    Returns
    -------
    ScalarMappable or None
        For the colour bar; None where the runs do not differ.
    """
    if not differs.any():
        draw_missing(ax, "The two runs do not differ within this time: no spike reached another population.")
        return None
    rows = (np.asarray(order)[:, None] * N_POPULATIONS + np.arange(N_POPULATIONS)).ravel()
    rows = rows[np.isfinite(distance_ms[rows])]
    norm = Normalize(0, np.nanmax(distance_ms))
    colours = np.where(differs, distance_ms[:, None], np.nan)[rows]
    half = (time_ms[1] - time_ms[0]) / 2
    extent = (time_ms[0] - half, time_ms[-1] + half, len(rows) - 0.5, -0.5)
    image = ax.imshow(
        np.ma.masked_invalid(colours), aspect="auto", cmap="summer", norm=norm, extent=extent, interpolation="nearest"
    )
    areas = rows // N_POPULATIONS
    for start in np.flatnonzero(np.diff(areas)) + 0.5:
        ax.axhline(start, color="#e5e5e5", linewidth=0.3, zorder=0)
    centres = [np.flatnonzero(areas == area).mean() for area in order]
    ax.set_yticks(centres, [SHORT_NAMES[i] for i in order], fontsize=tick_size)
    ax.tick_params(axis="y", length=1, pad=1)
    ax.set_xlabel("time since the extra spike (ms)")
    return image


def draw_first_times(ax: Axes, times_ms: Mapping[str, Array], bound_ms: Array, order: Array) -> None:
    """Draw for each area when its activity first differs, and the bound that mean delays set.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    times_ms : mapping
        State to (34,) array of first times; may be empty.
    bound_ms : (34,) array
        Smallest sum of mean delays from the perturbed population.
    order : (34,) array of int
        Areas from top to bottom.
    """
    rows = np.arange(N_AREAS)
    label = "bound of mean delays"
    ax.plot(np.asarray(bound_ms)[order], rows, "|", color="k", markersize=4, markeredgewidth=0.8, label=label)
    for place, (state, values) in enumerate(times_ms.items()):
        name, colour, _ = STATE_STYLES[state]
        beside = rows + 0.4 * (place - (len(times_ms) - 1) / 2)  # equal times are both seen
        ordered = np.asarray(values)[order]
        shown, early, late = ordered.clip(0, LATEST_MS), ordered < 0, ordered > LATEST_MS
        for rest, mark, text in ((~early & ~late, "s", name), (early, "<", None), (late, ">", None)):
            (line,) = ax.plot(shown[rest], beside[rest], mark, color=colour, markersize=2, clip_on=False, label=text)
            line.set_in_layout(False)  # without a point, it would have no place and leave no room for any axes
    ax.set_yticks(rows, [SHORT_NAMES[i] for i in order], fontsize=4)
    ax.grid(axis="y", color="#e5e5e5", linewidth=0.4)
    ax.set_axisbelow(True)
    ax.set(xlim=(0, LATEST_MS), ylim=(N_AREAS - 0.5, -0.5), xlabel="first difference (ms)")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, columnspacing=1, handlelength=1, borderaxespad=0.2)


def distance_bar(ax: Axes, image: ScalarMappable) -> None:
    """Add the colour bar of :func:`draw_differences`."""
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=30)
    bar.set_label("distance by mean delays (ms)")


def no_pair(ax: Axes, state: str) -> None:
    """Draw a panel without its pair of runs."""
    draw_missing(ax, f"no pair of a perturbed and an unperturbed run of the {STATE_STYLES[state][0]} version here", 24)
