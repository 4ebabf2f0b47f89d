"""Degrees of the network: out-degrees by direction, numbers of target areas, autapses, multapses."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from humam.labels import N_AREAS, N_POPULATIONS

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DIRECTIONS: Final = ("feedforward", "lateral", "feedback")
"""Classes of projections between areas by SLN."""

TARGET_THRESHOLD: Final = 100
"""Out-degree above which an area counts as target of a population (Pronold et al. 2024, Figure 3 D)."""


def out_degree(synapses: IntArray, neurons: IntArray) -> Array:
    """Return the synapses that one neuron of a source population makes in a target area.

    Parameters
    ----------
    synapses : (272, 272) array
        Row target, column source.
    neurons : (272,) array
        Neurons of each population.

    Returns
    -------
    (34, 272) array
        Row target area, column source population; NaN for populations without neurons.
    """
    by_area = synapses.reshape(N_AREAS, N_POPULATIONS, -1).sum(axis=1)
    return by_area / np.where(neurons > 0, neurons, np.nan)


def target_areas(degree: Array, direction: npt.NDArray[np.str_], own_area: bool = True) -> IntArray:
    """Return the number of areas in which a neuron makes more than :data:`TARGET_THRESHOLD` synapses.

    Parameters
    ----------
    degree : (34, 272) array
        As from :func:`out_degree`.
    direction : (34, 34) array of str
        As from :func:`humam.connectivity.area_level.direction`.
    own_area : bool
        Whether a population's own area counts: it does in the published figure, where its SLN, Phi(a0), makes it
        a lateral target.

    Returns
    -------
    (3, 272) array
        Row direction, column source population.
    """
    counted = degree > TARGET_THRESHOLD
    if not own_area:
        counted = counted & ~np.repeat(np.eye(N_AREAS, dtype=bool), N_POPULATIONS, axis=1)
    by_population = np.repeat(direction, N_POPULATIONS, axis=1)
    return np.stack([(counted & (by_population == name)).sum(axis=0) for name in DIRECTIONS])


def _diagonal_blocks(matrix: Array) -> Array:
    """Return the 8 x 8 block of each area, shape (34, 8, 8)."""
    blocks = matrix.reshape(N_AREAS, N_POPULATIONS, N_AREAS, N_POPULATIONS)
    return blocks[np.arange(N_AREAS), :, np.arange(N_AREAS), :]


def autapses_as_coded(synapses: IntArray, neurons: IntArray, skip_empty: bool = True) -> Array:
    """Return what the published figure shows as autapses per neuron, shape (34,).

    The mean of an area's 8 x 8 block of synapses / N_source^2. It is not the number of autapses: it counts pairs
    of different populations too and weighs populations, not neurons. See :func:`autapses`.

    Parameters
    ----------
    synapses, neurons : arrays
        As for :func:`out_degree`.
    skip_empty : bool
        Leave out populations without neurons. The published code does not: the bar of an area with an absent layer
        is missing there (NaN here).
    """
    size = np.where(neurons > 0, neurons, np.nan).astype(float)
    blocks = _diagonal_blocks(synapses / size**2)
    # Of an absent layer the columns are undefined (0 / 0), while its rows count as zeros.
    return np.nanmean(blocks, axis=(1, 2)) if skip_empty else blocks.mean(axis=(1, 2))


def autapses(synapses: IntArray, neurons: IntArray) -> Array:
    """Return the expected number of autapses per neuron of each area, shape (34,).

    Of n synapses within a population of N neurons, each placed at random, n / N connect a neuron to itself.
    """
    size = np.where(neurons > 0, neurons, 1)
    expected = (np.diagonal(synapses) / size).reshape(N_AREAS, N_POPULATIONS).sum(axis=1)
    return expected / neurons.reshape(N_AREAS, N_POPULATIONS).sum(axis=1)


def multapse_degree(synapses: IntArray, neurons: IntArray) -> Array:
    """Return the mean number of synapses of a connected pair of neurons, by target area, shape (34,).

    For n synapses placed at random on P pairs, a pair is connected with probability p = 1 - (1 - 1/P)^n, and a
    connected pair has n / (p P) of them. Averaged over the source populations of a target population, then over the
    target populations of an area. Inside a population of N neurons the autapses are left out: n / N of the synapses,
    N of the N^2 pairs.
    """
    n = synapses.astype(float)
    size = np.where(neurons > 0, neurons, np.nan).astype(float)
    pairs = np.outer(size, size)
    np.fill_diagonal(n, np.diagonal(n) * (1 - 1 / size))
    np.fill_diagonal(pairs, size * (size - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        degree = n / pairs / -np.expm1(n * np.log1p(-1 / pairs))
    degree[synapses == 0] = np.nan
    target = _mean_skipping(degree).reshape(N_AREAS, N_POPULATIONS)
    return _mean_skipping(target)


def _mean_skipping(values: Array) -> Array:
    """Return the mean of each row without NaN; NaN, silently, where nothing is left."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    return np.where(count > 0, np.where(there, values, 0.0).sum(axis=1), np.nan) / np.maximum(count, 1)
