"""Runs in which areas leave the active state and fire near the highest rate that neurons can have."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from humam.analysis.rates import in_bins
from humam.analysis.statistics import Statistics

BIN_MS: Final = 100
"""Bins in time."""

SATURATED: Final = 100.0
"""Mean rate of an area from which it counts as saturated [spikes/s]; in the active state no area reaches half of it."""


class Saturation(NamedTuple):
    """How a run saturates.

    Attributes
    ----------
    areas : dict
        Highest rate of each saturated area [spikes/s], highest first.
    begin_s : float
        From then on the mean rate of all neurons stays above twice its median.
    median, end : float
        Median of the mean rate of all neurons, and that at the end [spikes/s].
    limit : float
        Rate of a neuron that fires whenever it is not refractory [spikes/s].
    """

    areas: dict[str, float]
    begin_s: float
    median: float
    end: float
    limit: float


def of_run(run: Statistics) -> Saturation | None:
    """Return how a run saturates, or None if no area does (nor could, in less than a bin)."""
    highest = (in_bins(run.area_rate.to_numpy(), BIN_MS).mean(axis=-1) * 1e3).max(axis=-1, initial=0)
    found = {str(run.data["area"].values[i]): float(highest[i]) for i in np.argsort(-highest) if highest[i] > SATURATED}
    if not found:
        return None
    time, rate = run.rate_over_time(BIN_MS)
    median = float(np.median(rate))
    usual = np.flatnonzero(rate <= 2 * median)
    begin_s = float(time[usual[-1]] + BIN_MS) / 1e3  # half of the bins lie at or below the median
    return Saturation(found, begin_s, median, float(rate[-1]), 1e3 / float(run.parameters["t_ref"]))
