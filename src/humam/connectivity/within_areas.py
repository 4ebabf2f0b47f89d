"""Synapses within an area: from its own column (type I) and from the rest of the area (type II).

Population level after the microcircuit of Potjans & Diesmann (2014, Cerebral Cortex 24(3), Table 5). Rows are targets,
columns sources, in the order II/III E, II/III I, IV E, IV I, V E, V I, VI E, VI I.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CONNECTION_PROBABILITIES = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000],
        [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
    ]
)
MICROCIRCUIT_NEURONS = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
EXTERNAL_IN_DEGREES = np.array([1600.0, 1500, 2100, 1900, 2000, 1900, 2900, 2100])


def microcircuit_synapses() -> Array:
    """Return the number of synapses K of the pairs of populations in the microcircuit, shape (8, 8), not rounded.

    It follows from the connection probability, K = ln(1 - p) / ln(1 - 1 / (N_t N_s)).
    """
    return np.log1p(-CONNECTION_PROBABILITIES) / np.log1p(-1 / _microcircuit_pairs())


def _microcircuit_pairs() -> Array:
    return np.outer(MICROCIRCUIT_NEURONS, MICROCIRCUIT_NEURONS).astype(float)


def synapses_per_pair() -> Array:
    """Return the mean number of synapses per pair of neurons in the microcircuit, shape (8, 8).

    Examples
    --------
    >>> round(float(synapses_per_pair().max()), 4)
    0.4662
    """
    return microcircuit_synapses() / _microcircuit_pairs()


def column_synapses(neurons: IntArray, totals: Array) -> IntArray:
    """Return type-I synapses of the pairs of populations of each area, shape (area, 8, 8).

    Parameters
    ----------
    neurons : (area, 8) integer array
        Neuron numbers.
    totals : (area,) array
        Type-I synapses of the areas.
    """
    share = synapses_per_pair() * neurons[:, :, None] * neurons[:, None, :]
    return np.rint(totals[:, None, None] * share / share.sum(axis=(1, 2), keepdims=True)).astype(np.int64)


def external_synapses(neurons: IntArray, totals: Array) -> IntArray:
    """Return type-II synapses, replaced by Poisson input, onto the populations of each area, shape (area, 8)."""
    share = EXTERNAL_IN_DEGREES * neurons
    return np.rint(totals[:, None] * share / share.sum(axis=1, keepdims=True)).astype(np.int64)
