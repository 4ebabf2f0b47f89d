"""Temporal hierarchy of areas from lags between their rates (Figure 8; Pronold et al. 2024).

A pair of areas has a lag if the cross-correlation of their rates has a peak that is the same in parts of the run. The
hierarchy places areas such that the differences of their positions are close to the lags.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks
from scipy.sparse.csgraph import connected_components

from humam.errors import HumamError

Array = NDArray[np.float64]

CHUNK: Final = 1111
"""Samples (ms) of a part of the run."""
MAX_CHUNKS: Final = 9
MIN_CHUNKS: Final = 3
"""Fewer parts tell nothing of the spread."""
MAX_LAG: Final = 50
PEAK_DISTANCE: Final = 5
MAX_DEVIATION_MS: Final = 4.0
"""Largest median absolute deviation of the peaks of the parts."""
MAX_SHIFT_MS: Final = 3.0
"""Largest difference between the peak of the whole run and the median of the parts."""
MAX_PEAK_MS: Final = 30.0
"""An accepted peak lies below."""

LAGS: Final = np.arange(-MAX_LAG, MAX_LAG + 1)


@dataclass(frozen=True)
class Hierarchy:
    """Lags between areas and their positions.

    Attributes
    ----------
    lag : ndarray, shape (n, n)
        ms; positive where the area of the row follows that of the column, NaN where undefined.
    position : ndarray, shape (n,)
        0 (earliest) to 1 (latest); NaN for areas that no lags connect with the others (:func:`hierarchy`).
    n_chunks : int
        Number of parts of the run that had to agree.
    """

    lag: Array
    position: Array
    n_chunks: int


def temporal_hierarchy(area_rate: NDArray[np.floating]) -> Hierarchy:
    """Return lags and hierarchy of areas.

    Parameters
    ----------
    area_rate : ndarray, shape (n_areas, n_samples)
        Rates in 1-ms bins, in any unit; published: 2500 to 12500 ms.

    Raises
    ------
    HumamError
        If the rates are too short for three parts of 1111 ms.
    """
    lag, n_chunks = lags(area_rate)
    return Hierarchy(lag, hierarchy(lag), n_chunks)


def cross_correlation(z: Array) -> Array:
    r"""Return :math:`C_{ij}(l) = \frac 1 n \sum_t z_i(t + l) z_j(t)` for lags of -50 to 50 samples.

    Parameters
    ----------
    z : ndarray, shape (n_areas, n_samples)
        Standardised series.

    Returns
    -------
    ndarray, shape (n_areas, n_areas, 101)
        A peak at a positive lag means that the area of the row follows that of the column.
    """
    n = z.shape[1]
    found = np.empty((len(z), len(z), len(LAGS)))
    for lag in range(MAX_LAG + 1):
        found[:, :, MAX_LAG + lag] = z[:, lag:] @ z[:, : n - lag].T / n
        found[:, :, MAX_LAG - lag] = found[:, :, MAX_LAG + lag].T
    return found


def lags(area_rate: NDArray[np.floating]) -> tuple[Array, int]:
    """Return the lags of all pairs in ms, NaN where undefined, shape (n_areas, n_areas), and the number of parts."""
    n_areas, n_samples = area_rate.shape
    n_chunks = min(MAX_CHUNKS, n_samples // CHUNK)
    if n_chunks < MIN_CHUNKS:
        raise HumamError(
            f"the temporal hierarchy needs {MIN_CHUNKS * CHUNK} ms of activity after the first 2500 ms, the run has"
            f" {n_samples} ms"
        )
    z = _standardise(np.asarray(area_rate, dtype=float))
    whole = cross_correlation(z)
    parts = np.stack(
        [cross_correlation(_standardise(z[:, k * CHUNK : (k + 1) * CHUNK])) for k in range(n_chunks)], axis=2
    )
    spread = (parts - whole[:, :, None]).std(axis=(2, 3))
    found = np.full((n_areas, n_areas), np.nan)
    for i, j in np.ndindex(n_areas, n_areas):
        if np.isfinite(spread[i, j]):
            found[i, j] = _lag(whole[i, j], parts[i, j], spread[i, j])
    return found, n_chunks


def _standardise(series: Array) -> Array:
    """Return series with mean 0 and standard deviation (ddof 0) 1; NaN for those that do not vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (series - series.mean(axis=1, keepdims=True)) / series.std(axis=1, keepdims=True)


def _lag(whole: Array, parts: Array, spread: float) -> float:
    """Return the lag of one pair.

    Parameters
    ----------
    whole, parts : ndarray, shapes (101,) and (n_chunks, 101)
        Cross-correlations.
    spread : float
        Standard deviation of the parts around the whole.
    """
    # The mean of n parts scatters less by the root of n (3 for the published nine).
    spread_whole = spread / np.sqrt(len(parts))
    peak_of_whole = _peaks(whole, spread_whole)
    peaks_of_parts = np.array([_peaks(part, spread) for part in parts])
    accepted = []
    for side in (0, 1):
        peak, several = peak_of_whole[side], peaks_of_parts[:, side]
        if np.isnan(peak) or np.isnan(several).any():
            continue
        median = np.median(several)
        steady = np.median(np.abs(several - median)) <= MAX_DEVIATION_MS
        if steady and abs(peak - median) <= MAX_SHIFT_MS and abs(peak) < MAX_PEAK_MS:
            accepted.append(peak)
    if len(accepted) == 2:
        first, second = (whole[int(peak) + MAX_LAG] for peak in accepted)
        if abs(first - second) <= 2 * spread_whole:
            return float("nan")
        return float(accepted[0] if first > second else accepted[1])
    return float(accepted[0]) if accepted else float("nan")


def _peaks(correlation: Array, spread: float) -> tuple[float, float]:
    """Return the lags of the peaks at lags >= 0 and < 0, NaN where there is none.

    The peak nearest to 0, unless one farther away is higher by more than the spread.
    """
    index, _ = find_peaks(correlation, height=spread, distance=PEAK_DISTANCE)
    lag = LAGS[index]
    chosen = []
    for side in (lag[lag >= 0], lag[lag < 0][::-1]):
        best = float("nan")
        for each in side:
            if np.isnan(best) or correlation[each + MAX_LAG] > correlation[int(best) + MAX_LAG] + spread:
                best = float(each)
        chosen.append(best)
    return chosen[0], chosen[1]


def hierarchy(lag: Array) -> Array:
    r"""Return the positions :math:`h` that minimise :math:`\sum_{ij} (h_i - h_j - L_{ij})^2` over the defined lags.

    The published code minimises the root of this numerically from a random start; this is its exact minimum. Only
    differences matter: positions are shifted and scaled to 0 ... 1. Where the lags do not connect all areas, they place
    no group against another: the largest group gets positions (of several the one with the first area).

    Parameters
    ----------
    lag : ndarray, shape (n, n)
        NaN where undefined.

    Returns
    -------
    ndarray, shape (n,)
        NaN for areas that no chain of lags connects with the largest group, and if there is no lag at all.

    Examples
    --------
    >>> lag = np.array([[0.0, -2.0, -4.0], [2.0, 0.0, np.nan], [4.0, 2.0, 0.0]])
    >>> hierarchy(lag).tolist()
    [0.0, 0.5, 1.0]
    """
    n = len(lag)
    defined = ~np.isnan(lag) & ~np.eye(n, dtype=bool)
    position = np.full(n, np.nan)
    if not defined.any():
        return position
    _, group = connected_components(defined, directed=False)
    there = np.flatnonzero(group == np.bincount(group).argmax())
    row, column = np.nonzero(defined & np.isin(np.arange(n), there)[:, None])
    equations = np.zeros((len(row), n))
    equations[np.arange(len(row)), row] = 1
    equations[np.arange(len(row)), column] = -1
    solution = np.linalg.lstsq(equations, lag[row, column], rcond=None)[0]
    position[there] = solution[there] - solution[there].min()
    largest = position[there].max()
    return (position / largest if largest > 0 else position).round(12)
