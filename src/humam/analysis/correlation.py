"""Mean pairwise correlation of spike counts."""

from __future__ import annotations

from typing import Final

import numpy as np

from humam.analysis.trains import Trains

MAX_TRAINS: Final = 2000
"""Trains per population that enter, the first ones in the order of neuron identifiers (Pronold et al. 2024)."""


def mean_correlation(trains: Trains, first: int, stop: int, steps_per_bin: int, max_trains: int = MAX_TRAINS) -> float:
    r"""Return the mean of all off-diagonal Pearson coefficients of binned spike trains.

    Coefficients of trains with the same count in every bin are undefined and count as 0. With the standardised
    trains :math:`z_i` (mean 0, norm 1) the sum of the coefficients of all pairs is
    :math:`|\sum_i z_i|^2 - \sum_i |z_i|^2`, so that no matrix of coefficients is needed.

    Parameters
    ----------
    trains : Trains
        Spike trains of one population.
    first, stop : int
        Time steps of the window ``first <= step < stop``; a bin that does not fit is left out.
    steps_per_bin : int
        Bin width in time steps.
    max_trains : int
        Number of trains used, of those with a spike in the window.

    Returns
    -------
    float
        0 for fewer than two trains.

    Examples
    --------
    >>> from humam.analysis.trains import trains
    >>> mean_correlation(trains([0, 0, 1, 1], [2, 25, 3, 27]), 0, 40, 10)
    1.0
    """
    n_bins = (stop - first) // steps_per_bin
    chosen = trains.window(first, first + n_bins * steps_per_bin)
    chosen = chosen.units(0, int(chosen.unit[max_trains])) if len(chosen) > max_trains else chosen
    n = len(chosen)
    if n < 2:
        return 0.0
    train = np.repeat(np.arange(n), chosen.n_spikes)
    # Counts of the occupied (train, bin) cells only: trains are sparse.
    cell, count = np.unique(train * n_bins + (chosen.step - first) // steps_per_bin, return_counts=True)
    train, bin_ = np.divmod(cell, n_bins)
    mean = np.bincount(train, count, minlength=n) / n_bins
    squared_norm = np.bincount(train, count.astype(float) ** 2, minlength=n) - n_bins * mean**2
    # Of integer counts that vary, the squared norm is at least 1 - 1 / n_bins; of constant ones, exactly 0.
    varies = squared_norm > 0.25
    scale = np.where(varies, 1 / np.sqrt(np.where(varies, squared_norm, 1.0)), 0.0)
    total = np.bincount(bin_, count * scale[train], minlength=n_bins) - float(mean @ scale)
    return float((total @ total - varies.sum()) / (n * (n - 1)))
