"""How far the activity of a run made again on another machine may lie from that of the archived one.

Spikes of two machines part after the first difference of rounding, for the activity is chaotic. From then on the two
runs are as alike as two stretches of the same run, or as two runs that differ in one spike. So the tolerance of a run
comes from the run itself: how its mean rate and the rates of its areas vary from one stretch of the compared duration
to the next. It is never tighter than what two archived runs of the base version with different seeds differ by.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from humam.analysis.rates import log_correlation

RATES: Final = (0.01, 0.5)
"""Smallest and largest tolerance of the mean rate: two seeds of the base version lie closer together than the first,
the two states of the best-fit version farther apart than the second (``docs/model.md``)."""

CORRELATIONS: Final = (0.9, 0.99)
"""Smallest and largest correlation that is demanded: two seeds of the base version reach more than the second."""

PROBABILITY: Final = 0.99
"""Share of runs like the archived one whose mean rate is within the tolerance."""

START_MS: Final = 500
"""Stretches are taken from here on."""
STRETCHES: Final = 5
"""Number of stretches that a run is divided into where the compared duration leaves fewer."""

Counts = NDArray[np.floating] | NDArray[np.integer]


class Tolerance(NamedTuple):
    """What a run made again may differ by.

    Attributes
    ----------
    rate : float
        Relative difference of the mean rate.
    correlation : float
        Correlation of log10 spike numbers of areas that must be reached.
    """

    rate: float
    correlation: float


def of_run(counts: Counts, t_sim_ms: float) -> Tolerance:
    """Return the tolerance of a run.

    Parameters
    ----------
    counts : (area, time) array
        Spikes of the archived run by area, 1-ms bins.
    t_sim_ms : float
        Duration that is compared.

    Examples
    --------
    >>> steady = np.full((3, 6500), 4.0)
    >>> of_run(steady, 100.0)
    Tolerance(rate=0.01, correlation=0.99)
    """
    later = counts.shape[1] - START_MS
    length = int(min(t_sim_ms, later // STRETCHES))
    if length < 1:  # too short to tell
        return Tolerance(RATES[0], CORRELATIONS[1])
    n = later // length
    stretches = counts[:, counts.shape[1] - n * length :].reshape(len(counts), n, length).sum(axis=2)
    total = stretches.sum(axis=0)
    spread = total.std(ddof=1) / total.mean() if total.any() else 0.0
    # Both runs vary, so the difference of the two has twice the variance.
    rate = float(stdtrit(n - 1, (1 + PROBABILITY) / 2) * np.sqrt(2) * spread)
    found = np.array([_correlation(stretches[:, i], stretches[:, i + 1]) for i in range(n - 1)])
    lowest = float(found[np.isfinite(found)].min(initial=1.0))
    return Tolerance(*(float(np.clip(value, *limits)) for value, limits in ((rate, RATES), (lowest, CORRELATIONS))))


def difference(archived: Counts, here: Counts) -> Tolerance:
    """Return the relative difference of the mean rate and the correlation of log10 spike numbers of areas.

    Parameters
    ----------
    archived, here : (area, time) arrays
        Spikes by area and bin, of the same duration.

    Examples
    --------
    >>> difference(np.array([[1, 1], [10, 10], [30, 50]]), np.array([[1, 1], [10, 10], [30, 50]]))
    Tolerance(rate=0.0, correlation=1.0)
    """
    before, after = float(archived.sum()), float(here.sum())
    relative = abs(after - before) / before if before else float(after > 0)
    return Tolerance(relative, _correlation(archived.sum(axis=1), here.sum(axis=1)))


def _correlation(first: Counts, second: Counts) -> float:
    """Return the correlation of log10 of two sets of numbers where both are positive; NaN of fewer than three."""
    return 1.0 if np.array_equal(first, second) else log_correlation(first, second)
