"""Panels of mean-field theory: rates along pseudo-time, theory against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.labels import N_POPULATIONS, SHORT_NAMES

Array = npt.NDArray[Any]


def pseudo_time(ax: Axes, time: Array, rates: Array, tick_size: float = 3.5) -> None:
    """Draw log10 rates of the populations with neurons along pseudo-time.

    Parameters
    ----------
    time : (n,) array
        Pseudo-time, evenly spaced.
    rates : (n, 272) array
        Rates in spikes/s; not positive or NaN for populations without neurons.
    """
    there = rates[-1] > 0
    half = (time[1] - time[0]) / 2
    extent = (time[0] - half, time[-1] + half, there.sum() - 0.5, -0.5)
    image = ax.imshow(
        np.log10(rates[:, there].T), aspect="auto", cmap="cividis", extent=extent, interpolation="nearest"
    )
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02)
    bar.set_label("log$_{10}$ rate (spikes/s)")
    areas = np.repeat(np.arange(len(SHORT_NAMES)), N_POPULATIONS)[there]
    centres = [np.flatnonzero(areas == i).mean() for i in range(len(SHORT_NAMES))]
    ax.set_yticks(centres, SHORT_NAMES, fontsize=tick_size)
    ax.tick_params(axis="y", length=1, pad=1)
    ax.set_xlabel("pseudo-time")
    ax.set_ylabel("populations by area")
