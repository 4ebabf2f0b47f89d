"""Functional connectivity: correlation of areas, ordered by resting-state network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from humam.datasets.published_names import RESTING_STATE_NETWORKS
from humam.labels import AREAS


def functional_connectivity(series: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Pearson correlation of all pairs of areas at zero lag.

    Parameters
    ----------
    series : ndarray, shape (n_areas, n_samples)
        One series per area, for example synaptic currents from 2500 ms on.

    Returns
    -------
    ndarray of float64, shape (n_areas, n_areas)
        NaN for pairs with an area whose series does not vary.

    Examples
    --------
    >>> functional_connectivity(np.array([[0.0, 1.0, 2.0], [5.0, 4.0, 3.0]])).round(3)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.corrcoef(np.asarray(series, dtype=float))


def network_order() -> tuple[NDArray[np.int64], list[str]]:
    """Return the order of areas in all published matrices of functional connectivity.

    Returns
    -------
    order : ndarray of int64, shape (34,)
        Indices of the areas, by resting-state network of the right hemisphere (Kabbara et al. 2017).
    networks : list of str
        The network of each, same order.

    Examples
    --------
    >>> order, networks = network_order()
    >>> AREAS[order[0]], networks[0], networks[-1]
    ('isthmuscingulate', 'DMN', 'other')
    """
    members = [(AREAS.index(area), name) for name, areas in RESTING_STATE_NETWORKS.items() for area in areas]
    return np.array([i for i, _ in members]), [name for _, name in members]


def block_means(matrix: NDArray[np.floating]) -> dict[tuple[str, str], float]:
    """Return mean off-diagonal correlations within and between resting-state networks.

    Parameters
    ----------
    matrix : ndarray, shape (34, 34)
        Symmetric, canonical order.

    Returns
    -------
    dict
        ``{(network, network): mean}``, each pair once, without ``other`` and without the single area of AUD itself.
    """
    names = [name for name in RESTING_STATE_NETWORKS if name != "other"]
    index = {name: [AREAS.index(area) for area in RESTING_STATE_NETWORKS[name]] for name in names}
    different = ~np.eye(len(matrix), dtype=bool)
    result = {}
    for i, first in enumerate(names):
        for second in names[i:]:
            block = np.ix_(index[first], index[second])
            if different[block].any():
                result[first, second] = float(matrix[block][different[block]].mean())
    return result
