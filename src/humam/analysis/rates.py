"""Firing rates: of populations, of areas in time, of single neurons."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from humam.labels import N_AREAS, N_POPULATIONS

LOG_RATE_EDGES: Final = np.arange(-3, 5, 0.5)
"""Edges of the bins of log10(rate / (spikes/s)): -3 ... 4.5 by 0.5."""


def histogram(step: NDArray[np.integer], n_bins: int, steps_per_bin: int) -> NDArray[np.int64]:
    """Return the number of spikes in bins ``[i, i + 1) * steps_per_bin`` from step 0 on.

    Parameters
    ----------
    step : ndarray of int, shape (n_spikes,)
        Time steps in any order; spikes after the last bin do not count.
    n_bins : int
        Number of bins.
    steps_per_bin : int
        Bin width in time steps.

    Returns
    -------
    ndarray of int64, shape (n_bins,)

    Examples
    --------
    >>> histogram(np.array([10, 19, 20, 30]), n_bins=3, steps_per_bin=10)
    array([0, 2, 1])
    """
    return np.bincount(step // steps_per_bin, minlength=n_bins)[:n_bins]


def in_bins(values: NDArray[Any], per_bin: int) -> NDArray[Any]:
    """Return values in time, the last axis, cut into bins: shape (..., n_bins, per_bin); a rest is left out.

    Examples
    --------
    >>> in_bins(np.arange(7), 3).sum(axis=-1)
    array([ 3, 12])
    """
    n_bins = values.shape[-1] // per_bin
    return values[..., : n_bins * per_bin].reshape(*values.shape[:-1], n_bins, per_bin)


def mean_over_neurons(rates: NDArray[np.floating], neurons: NDArray[np.integer]) -> float:
    """Return the mean rate of all neurons from the rates and sizes of populations, whose unit it has.

    NaN where there are no neurons.

    Examples
    --------
    >>> mean_over_neurons(np.array([1.0, 4.0, np.nan]), np.array([200, 100, 0]))
    2.0
    >>> mean_over_neurons(np.array([np.nan]), np.array([0]))
    nan
    """
    there = neurons > 0
    return float(np.average(rates[there], weights=neurons[there])) if there.any() else float("nan")


def log_correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the correlation of the logarithms of rates, or of numbers of spikes, that are positive in both.

    NaN if these are fewer than three, or all the same.

    Examples
    --------
    >>> round(log_correlation(np.array([1.0, 10.0, 100.0, 0.0]), np.array([2.0, 20.0, 200.0, 1.0])), 12)
    1.0
    """
    both = (a > 0) & (b > 0)
    if both.sum() < 3 or not (np.ptp(a[both]) and np.ptp(b[both])):
        return float("nan")
    return float(np.corrcoef(np.log10(a[both]), np.log10(b[both]))[0, 1])


def population_rate(
    n_spikes: NDArray[np.integer], neurons: NDArray[np.integer], duration_ms: float
) -> NDArray[np.float64]:
    """Return mean rates in spikes/s, NaN for populations without neurons.

    Parameters
    ----------
    n_spikes, neurons : ndarray of int, shape (n_populations,)
        Spikes in the window and size of each population.
    duration_ms : float
        Length of the window in ms.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(neurons > 0, n_spikes / neurons, np.nan) / (duration_ms * 1e-3)


def area_rate(counts: NDArray[np.integer], neurons: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the rate of each area in time, its E and I neurons together.

    Parameters
    ----------
    counts : ndarray of int, shape (34, n_bins)
        Spikes per area and 1-ms bin.
    neurons : ndarray of int, shape (272,)
        Sizes of the populations.

    Returns
    -------
    ndarray of float64, shape (34, n_bins)
        Spikes/ms per neuron; NaN for an area without neurons.
    """
    size = neurons.reshape(N_AREAS, N_POPULATIONS).sum(axis=1).astype(float)
    return counts / np.where(size > 0, size, np.nan)[:, None]


def log_rate_density(rate: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the density of log10(rate) over the neurons of a population that spiked in the window.

    Parameters
    ----------
    rate : ndarray of float, shape (n_neurons,)
        Rates in spikes/s; zero rates fall out.

    Returns
    -------
    ndarray of float64, shape (15,)
        Over the bins of :data:`LOG_RATE_EDGES`, integral 1; NaN if no neuron spiked.

    Examples
    --------
    >>> density = log_rate_density(np.array([0.0, 0.2, 2.0]))
    >>> [float(x) for x in (density[4], density[6], density.sum() * 0.5)]
    [1.0, 1.0, 1.0]
    """
    counts, _ = np.histogram(np.log10(rate[rate > 0]), LOG_RATE_EDGES)
    total = counts.sum()
    return counts / (np.diff(LOG_RATE_EDGES) * total) if total else np.full(len(counts), np.nan)
