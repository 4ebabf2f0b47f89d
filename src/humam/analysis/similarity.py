"""Similarity of simulated and recorded activity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray


def ks_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the two-sample Kolmogorov-Smirnov distance, the largest difference of two empirical distributions.

    Parameters
    ----------
    a, b : ndarray, shapes (n,) and (m,)
        Samples; NaN values are left out.

    Returns
    -------
    float
        In 0 ... 1; NaN if a sample is empty.

    Examples
    --------
    >>> ks_distance(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.5
    """
    a, b = np.sort(a[~np.isnan(a)]), np.sort(b[~np.isnan(b)])
    if not (len(a) and len(b)):
        return float("nan")
    values = np.concatenate([a, b])
    distance = np.searchsorted(a, values, side="right") / len(a) - np.searchsorted(b, values, side="right") / len(b)
    return float(np.abs(distance).max())


def ks_similarity(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return 1 minus the distance of two samples (:func:`ks_distance`).

    Examples
    --------
    >>> ks_similarity(np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    0.5
    """
    return 1 - ks_distance(a, b)


def off_diagonal(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the entries of a square matrix outside its diagonal, both triangles, shape (n * (n - 1),)."""
    return matrix[~np.eye(len(matrix), dtype=bool)]


def pearson_similarity(model: NDArray[np.floating], human: NDArray[np.floating]) -> float:
    """Return the Pearson correlation of the off-diagonal entries of two matrices, shapes (n, n).

    NaN if an entry is undefined.
    """
    return float(np.corrcoef(off_diagonal(model), off_diagonal(human))[0, 1])


def rmse_similarity(model: NDArray[np.floating], human: NDArray[np.floating]) -> float:
    """Return exp(-RMSE / RMS) over the off-diagonal entries; RMS is the root mean square of the human ones.

    Examples
    --------
    >>> round(rmse_similarity(np.eye(2), np.ones((2, 2))), 4)
    0.3679
    """
    human_entries = off_diagonal(human)
    squared_error = np.mean((off_diagonal(model) - human_entries) ** 2)
    return float(np.exp(-np.sqrt(squared_error / np.mean(human_entries**2))))


FMRI_MEASURES: Final = {"fmri_pearson": pearson_similarity, "fmri_rmse": rmse_similarity}
"""Measures of the similarity of two matrices of functional connectivity, by their names in the tables."""


def fmri_similarities(
    model: NDArray[np.floating], human: Mapping[str, NDArray[np.floating]]
) -> Iterator[tuple[str, str, float]]:
    """Yield measure, hemisphere and similarity of functional connectivity to human ones.

    Parameters
    ----------
    model : ndarray, shape (34, 34)
        Correlations of the model.
    human : mapping
        The same of human subjects by hemisphere.
    """
    for hemisphere, reference in human.items():
        for measure, function in FMRI_MEASURES.items():
            yield measure, hemisphere, function(model, reference)
