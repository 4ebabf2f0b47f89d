"""Panels of mean-field theory: rates along pseudo-time, theory against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.labels import N_POPULATIONS, SHORT_NAMES
from humam.plotting import style
from humam.plotting.missing import draw_missing

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
    bar.set_label("log$_{10}$ rate [spikes/s]")
    bar.outline.set_linewidth(0.5)
    areas = np.repeat(np.arange(len(SHORT_NAMES)), N_POPULATIONS)[there]
    centres = [np.flatnonzero(areas == i).mean() for i in range(len(SHORT_NAMES))]
    ax.set_yticks(centres, SHORT_NAMES, fontsize=tick_size)
    ax.tick_params(axis="y", length=1, pad=1)
    ax.set_xlabel("pseudo-time")
    ax.set_ylabel("populations by area")


def against_simulation(ax: Axes, theory: Array, simulation: Array, label: str) -> None:
    """Draw simulated against predicted rates of the populations, double logarithmic, E and I in their colours.

    Parameters
    ----------
    theory, simulation : (272,) arrays
        Rates in spikes/s; what is not positive is left out.
    label : str
        What the simulation is, for its axis.
    """
    both = (theory > 0) & (simulation > 0)
    if not both.any():
        draw_missing(ax, "The simulation has too few spikes: no population fired after the first 500 ms.")
        return
    for i, (name, colour) in enumerate(style.POPULATION_COLOURS.items()):
        chosen = both & (np.arange(len(theory)) % 2 == i)
        ax.plot(theory[chosen], simulation[chosen], "os"[i], color=colour, markersize=2, markeredgewidth=0, label=name)
    low = min(theory[both].min(), simulation[both].min()) / 1.5
    high = max(theory[both].max(), simulation[both].max()) * 1.5
    ax.plot([low, high], [low, high], "k:", linewidth=0.7)
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set_xlabel("theory [spikes/s]")
    ax.set_ylabel(label)
    ax.legend(loc="upper left", borderaxespad=0.3, handlelength=0.8)
