"""The panel that sets the rates of areas in time of a run above those of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure

from humam.labels import SHORT_NAMES
from humam.plotting.missing import draw_missing

Array = npt.NDArray[Any]


def draw_area_rates(
    fig: Figure | SubFigure, here: Array, archived: Array | None, bin_ms: float, missing: str, tick_size: float = 0
) -> Axes:
    """Draw rates of areas in time, those here above the archived ones, in the same colours.

    The colours span the rates of the later half: neurons start with a burst.

    Parameters
    ----------
    fig : Figure or SubFigure
        Where to draw.
    here, archived : (34, n) arrays
        Rates in spikes/s; None where there is no archived run.
    bin_ms : float
        Width of a bin; the first begins at 0.
    missing : str
        Why there is no archived run.
    tick_size : float
        Size of the names of areas in points; 0 for none.

    Returns
    -------
    Axes
        The upper ones.
    """
    axes = fig.subplots(2, 1, sharex=archived is not None)
    shown = [rates for rates in (here, archived) if rates is not None]
    late = [rates[:, rates.shape[1] // 2 :] for rates in shown]
    finite = np.concatenate([rates[np.isfinite(rates)] for rates in late])
    top = float(np.quantile(finite, 0.995)) if len(finite) else 0.0
    colours = ScalarMappable(Normalize(0, top or 1), "cividis")
    for ax, rates, label in zip(axes, (here, archived), ("here", "archive"), strict=True):
        if rates is None:
            draw_missing(ax, missing, 24)
            continue
        ax.imshow(
            rates, aspect="auto", interpolation="nearest", cmap=colours.cmap, norm=colours.norm,
            extent=(0, rates.shape[1] * bin_ms / 1000, len(rates) - 0.5, -0.5),
        )  # fmt: skip
        ax.set_yticks(range(len(rates)) if tick_size else [], SHORT_NAMES if tick_size else [], fontsize=tick_size or 5)
        ax.tick_params(axis="y", length=0, pad=1)
        ax.set_ylabel(label)
    axes[0 if archived is None else 1].set_xlabel("time (s)")
    axes[0].set_xlim(0, here.shape[1] * bin_ms / 1000)
    if archived is not None:
        axes[0].tick_params(labelbottom=False)
    bar = fig.colorbar(colours, ax=list(axes), pad=0.02, aspect=25, extend="max")
    bar.set_label("rate (spikes/s)")
    return axes[0]
