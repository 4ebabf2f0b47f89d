"""Distances on the graph of populations: an edge leads from source to target where there are synapses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, shortest_path

Array = npt.NDArray[np.float64]


def step_distance(connected: npt.NDArray[np.bool_]) -> Array:
    """Return the smallest number of synaptic steps between nodes.

    Parameters
    ----------
    connected : (n, n) array of bool
        Row target, column source.

    Returns
    -------
    (n, n) array
        Row target, column source; 0 on the diagonal, infinite where there is no path.

    Examples
    --------
    >>> step_distance(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=bool))[:, 0].tolist()
    [0.0, 1.0, 2.0]
    """
    return shortest_path(csr_array(connected.T.astype(float)), unweighted=True).T


def delay_distance(connected: npt.NDArray[np.bool_], delay: Array) -> Array:
    """Return the smallest sum of mean delays along a path between nodes (Dijkstra).

    Parameters
    ----------
    connected : (n, n) array of bool
        Row target, column source.
    delay : (n, n) array
        Mean delays in ms, positive where connected.

    Returns
    -------
    (n, n) array
        In ms; row target, column source; 0 on the diagonal, infinite where there is no path.

    Examples
    --------
    >>> delay = np.array([[np.nan, np.nan, np.nan], [1.5, np.nan, np.nan], [9.0, 0.5, np.nan]])
    >>> delay_distance(delay > 0, delay)[:, 0].tolist()
    [0.0, 1.5, 2.0]
    """
    return dijkstra(csr_array(np.where(connected, delay, 0.0).T)).T


def distances(network: xr.Dataset) -> tuple[Array, Array]:
    """Return step and delay distances of a network, both (272, 272), NaN for populations without neurons."""
    there = network["neurons"].values > 0
    connected = network["synapses"].values > 0
    pair = np.outer(there, there)
    steps = np.where(pair, step_distance(connected), np.nan)
    return steps, np.where(pair, delay_distance(connected, network["delay"].values), np.nan)
