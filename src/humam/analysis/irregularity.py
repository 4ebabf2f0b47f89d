"""Irregularity of spike trains: coefficient of variation and revised local variation."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam.analysis.trains import Trains

MIN_SPIKES: Final = 10
"""Spikes that a train must have for CV and LvR (Pronold et al. 2024)."""

REFRACTORINESS_MS: Final = 2.0
"""Refractoriness constant R of LvR."""


def irregularity(
    trains: Trains, dt_ms: float, min_spikes: int = MIN_SPIKES, refractoriness_ms: float = REFRACTORINESS_MS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return CV and LvR of each train.

    With the :math:`n` inter-spike intervals :math:`I_i` of a train, CV is their standard deviation (ddof 0)
    divided by their mean, and

    .. math:: LvR = \frac{3}{n-1} \sum_{i=1}^{n-1}
        \left(1 - \frac{4 I_i I_{i+1}}{(I_i + I_{i+1})^2}\right)\left(1 + \frac{4R}{I_i + I_{i+1}}\right).

    Parameters
    ----------
    trains : Trains
        A neuron spikes at most once per time step.
    dt_ms : float
        Time step in ms.
    min_spikes : int
        Trains with fewer spikes have no value; at least 3.
    refractoriness_ms : float
        R in ms.

    Returns
    -------
    cv, lvr : ndarray of float64, shape (n_units,)
        NaN for trains with fewer than ``min_spikes`` spikes.

    References
    ----------
    Shinomoto et al. 2009, PLoS Comput Biol 5(7) e1000433, equation 3.

    Examples
    --------
    >>> from humam.analysis.trains import trains
    >>> cv, lvr = irregularity(trains([0] * 10, [100 * i for i in range(10)]), dt_ms=0.1)
    >>> cv.tolist(), lvr.tolist()
    ([0.0], [0.0])
    """
    if min_spikes < 3:
        raise ValueError("LvR needs two intervals: min_spikes must be at least 3")
    enough = trains.n_spikes >= min_spikes
    cv = np.full(len(trains), np.nan)
    lvr = np.full(len(trains), np.nan)
    if not enough.any():
        return cv, lvr
    chosen = trains.select(enough)
    n_trains = np.arange(len(chosen))

    # Differences across the border of two trains are no intervals.
    interval = np.delete(np.diff(chosen.step), chosen.start[1:-1] - 1) * dt_ms
    first = chosen.start[:-1] - n_trains
    n = chosen.n_spikes - 1
    mean = np.add.reduceat(interval, first) / n
    variance = np.add.reduceat((interval - np.repeat(mean, n)) ** 2, first) / n
    cv[enough] = np.sqrt(variance) / mean

    total = interval[:-1] + interval[1:]
    term = (1 - 4 * interval[:-1] * interval[1:] / total**2) * (1 + 4 * refractoriness_ms / total)
    term = np.delete(term, first[1:] - 1)
    lvr[enough] = 3 / (n - 1) * np.add.reduceat(term, first - n_trains)
    return cv, lvr


def population_mean(values: NDArray[np.floating]) -> float:
    """Return the mean over the neurons that have a value, 0 if there is none (the published convention).

    Examples
    --------
    >>> population_mean(np.array([1.0, np.nan, 0.5])), population_mean(np.array([np.nan]))
    (0.75, 0.0)
    """
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else 0.0
