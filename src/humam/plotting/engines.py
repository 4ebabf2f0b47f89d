"""Panels that put two engines side by side on the same network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from humam.analysis.series import Facts, Runs
from humam.analysis.statistics import Statistics
from humam.plotting import style
from humam.plotting.missing import draw_missing

Array = npt.NDArray[Any]


def choose_pair(given: Mapping[str, str | Path]) -> tuple[str, Statistics, str, Statistics] | None:
    """Return name and statistics of two runs that differ in the engine alone (NEST first), None if there are none.

    Parameters
    ----------
    given : mapping
        Name of a run to the folder of its statistics.
    """
    runs = Runs(given)

    def network(facts: Facts) -> tuple[Any, ...]:
        return facts.experiment, facts.chi, facts.scale, facts.in_degree_scale, facts.t_sim_ms

    for name, facts in runs.facts.items():
        for other, twin in runs.facts.items():
            if (facts.engine, twin.engine) == ("nest", "procedural") and network(facts) == network(twin):
                return name, runs[name], other, runs[other]
    return None


def _cumulative(values: Array) -> tuple[Array, Array]:
    """Return the different values in ascending order and the fraction of all up to each."""
    ordered, counts = np.unique(values, return_counts=True)
    return ordered, counts.cumsum() / len(values)


def neuron_rates_table(rates: Mapping[str, Array]) -> pd.DataFrame:
    """Return what :func:`neuron_rates` draws: ``engine, rate`` (spikes/s) and ``cumulative_fraction``."""
    parts = []
    for name, values in rates.items():
        rate, fraction = _cumulative(values)
        parts.append(pd.DataFrame({"engine": name, "rate": rate, "cumulative_fraction": fraction}))
    return pd.concat(parts, ignore_index=True)


def neuron_rates(ax: Axes, rates: Mapping[str, Array]) -> None:
    """Draw the cumulative distribution of the rates in spikes/s of neurons that fired, one line per engine."""
    if not all(len(values) for values in rates.values()):
        draw_missing(ax, "Too few spikes: no neuron fired.")
        return
    for (name, values), line, colour in zip(rates.items(), ("-", "--"), (style.GREY, style.EXCITATORY), strict=False):
        ax.step(*_cumulative(values), line, where="post", color=colour, label=name)
    ax.set(xscale="log", xlabel="rate of a neuron (spikes/s)", ylabel="cumulative fraction", ylim=(0, 1))
    ax.legend(loc="lower right")
