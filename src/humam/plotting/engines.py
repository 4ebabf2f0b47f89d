"""Panels that put two engines side by side on the same network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.analysis import statistics
from humam.analysis.statistics import Statistics
from humam.labels import N_POPULATIONS
from humam.plotting import style
from humam.plotting.missing import draw_missing
from humam.plotting.spiking import experiment_of

Array = npt.NDArray[Any]


def choose_pair(given: Mapping[str, str | Path]) -> tuple[str, Statistics, str, Statistics] | None:
    """Return name and statistics of two runs that differ in the engine alone (NEST first), None if there are none.

    Parameters
    ----------
    given : mapping
        Name of a run to the folder of its statistics.
    """
    runs = {name: statistics.read(path) for name, path in sorted(given.items())}

    def network(run: Statistics) -> tuple[Any, ...]:
        return experiment_of(run), *(float(run.data.attrs[key]) for key in ("scale", "in_degree_scale", "t_sim_ms"))

    for name, run in runs.items():
        for other, twin in runs.items():
            engines = run.manifest["engine"], twin.manifest["engine"]
            if engines == ("nest", "procedural") and network(run) == network(twin):
                return name, run, other, twin
    return None


def population_rates(ax: Axes, reference: Array, other: Array, labels: tuple[str, str]) -> None:
    """Draw rates of the populations under two engines, double logarithmic; dotted: equal.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    reference, other : (272,) arrays
        Rates in spikes/s; populations that are silent in one are left out.
    labels : tuple of str
        Names of the engines.
    """
    both = (reference > 0) & (other > 0)
    if not both.any():
        draw_missing(ax, "Too few spikes: no population fired in both runs.")
        return
    inhibitory = np.arange(len(reference)) % N_POPULATIONS % 2 == 1
    for i, (name, colour) in enumerate((("E", style.EXCITATORY), ("I", style.INHIBITORY))):
        chosen = both & (inhibitory == bool(i))
        ax.plot(reference[chosen], other[chosen], "os"[i], color=colour, markersize=2, markeredgewidth=0, label=name)
    low = min(reference[both].min(), other[both].min()) / 1.5
    high = max(reference[both].max(), other[both].max()) * 1.5
    ax.plot([low, high], [low, high], ":k")
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set(xlabel=f"{labels[0]} [spikes/s]", ylabel=f"{labels[1]} [spikes/s]")
    ax.legend(loc="upper left")


def neuron_rates(ax: Axes, rates: Mapping[str, Array]) -> None:
    """Draw the cumulative distribution of the rates [spikes/s] of neurons that fired, one line per engine."""
    if not all(len(values) for values in rates.values()):
        draw_missing(ax, "Too few spikes: no neuron fired.")
        return
    for (name, values), line, colour in zip(rates.items(), ("-", "--"), (style.GREY, style.EXCITATORY), strict=False):
        ordered = np.sort(values)
        ax.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), line, where="post", color=colour, label=name)
    ax.set(xscale="log", xlabel="rate of a neuron [spikes/s]", ylabel="cumulative fraction", ylim=(0, 1))
    ax.legend(loc="lower right")
