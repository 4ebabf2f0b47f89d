"""Parameters of the random numbers of synapses.

A kernel draws a Poisson number from one normal quantile z and one uniform number u as floor(a + u), at least 0, with
a = location + sd z + (z^2 - 1) / 6 (Cornish-Fisher expansion: skewness as Poisson's). With location = mean and
sd^2 = mean - 2/9 (the expansion and rounding add 1/18 and 1/6), mean and variance are exact where a is never negative;
at a mean of 1 they would be 2 % too high and 6 % too low. So both are solved for.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from humam.engines.procedural.random import SMALL_MEAN

Array = NDArray[np.float64]

NORMAL_LEVELS: Final = 1024
"""Quantiles that stand for the normal distribution."""
MEANS: Final = (0.6, 20.0)
"""Means between which location and sd are solved for; groups have at least about 1."""


def normal_levels(n: int, low: float = 0.0) -> Array:
    """Return ``n`` equidistant quantiles of the standard normal distribution above its quantile ``low``.

    They are scaled so that the variance is 1 for ``low`` = 0.

    Examples
    --------
    >>> levels = normal_levels(512)
    >>> bool(abs(levels.mean()) < 1e-12), round(float(levels.std()), 12)
    (True, 1.0)
    """
    q = (np.arange(n) + 0.5) / n
    return np.asarray(ndtri(low + (1 - low) * q) / ndtri(q).std())


def poisson_helper(mean: ArrayLike) -> NDArray[np.float32]:
    """Return what :func:`humam.engines.procedural.random.poisson_count` needs beside the mean."""
    mean = np.asarray(mean, np.float64)
    return np.where(mean >= SMALL_MEAN, np.sqrt(np.maximum(mean - 2 / 9, 0)), np.exp(-mean)).astype(np.float32)


def group_parameters(mean: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return location and sd that give Poisson's mean and variance (:func:`humam...local.select_groups`).

    Parameters
    ----------
    mean : array
        Mean numbers of synapses; both results are 0 where it is 0.

    Examples
    --------
    >>> location, sd = group_parameters(1.5)
    >>> p = count_distribution(float(location), float(sd))
    >>> n = np.arange(len(p))
    >>> round(float(p @ n), 5), round(float(p @ (n - 1.5) ** 2), 4)
    (1.5, 1.5)
    """
    mean = np.asarray(mean, np.float64)
    grid, shift, surplus = _corrections()
    location = np.where(mean > 0, mean + np.interp(mean, grid, shift), 0.0)
    variance = np.where(mean > 0, mean - 2 / 9 + np.interp(mean, grid, surplus), 0.0)
    return location.astype(np.float32), np.sqrt(np.maximum(variance, 0)).astype(np.float32)


def count_distribution(location: float, sd: float) -> Array:
    """Return P(n), n = 0, 1, ..., of the numbers that a kernel draws with these parameters."""
    low, share = _parts(np.array([location]), np.array([sd]))
    p = np.zeros(int(low.max()) + 2)
    np.add.at(p, low[0].astype(int), 1 - share[0])
    np.add.at(p, low[0].astype(int) + 1, share[0])
    return p / NORMAL_LEVELS


def _parts(location: Array, sd: Array) -> tuple[Array, Array]:
    """Return, per parameter and normal quantile, the integer below and the probability of the one above."""
    z = normal_levels(NORMAL_LEVELS)
    a = np.maximum(location[:, None] + sd[:, None] * z + (z * z - 1) / 6, 0.0)
    low = np.floor(a)
    return low, a - low


@cache
def _corrections() -> tuple[Array, Array, Array]:
    """Return a grid of means, and what to add to location and variance there (fixed-point iteration, to 1e-8)."""
    grid = np.geomspace(*MEANS, 256)
    shift, surplus = np.zeros_like(grid), np.zeros_like(grid)
    for _ in range(40):
        low, share = _parts(grid + shift, np.sqrt(grid - 2 / 9 + surplus))
        mean = (low + share).mean(axis=1)
        variance = (low**2 + share * (2 * low + 1)).mean(axis=1) - mean**2
        shift += grid - mean
        surplus += grid - variance
    return grid, shift, surplus
