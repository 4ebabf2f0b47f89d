"""From a network to the tables that the kernels look up.

Neurons are numbered through all populations that have any, area by area. A population is the source of spikes; as a
target it is cut into *blocks* of at most :data:`BLOCK_NEURONS`, so that the inputs of a block stay in the cache while
events scatter into them. Synapses from a neuron to a block are Poisson in number (``fixed_total_number`` gives each
neuron a binomial share of the total, which is Poisson to 1e-4), with uniform targets. The totals of pairs of
populations would fluctuate by the square root of themselves, a few 1e-4 of a population's input in the full model;
``totals`` makes them exact in smaller ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import poisson

from humam.engines.base import SimulationJob
from humam.labels import N_AREAS, N_LABELS, N_POPULATIONS

Array = NDArray[np.float64]

# Part of the definition of the random numbers, whose keys contain the number of the block: another size of blocks
# gives other synapses, as another seed does.
BLOCK_NEURONS = 1 << 15
LEVELS = 512  # quantiles that stand for the normal distribution of weights
CLASSES = 8  # distinct mean weights into one area
DELAYS = 4096  # quantiles that stand for the delays of a projection between areas
CELLS = 64  # of an alias table
MAX_WINDOW = 4  # steps
MAX_SLOT = 127  # greatest age of a spike in the list of recent spikes [steps]; 7 bits of a key
# Longest delay that is delivered from that list: the spikes that are kept for the first step of a window are older in
# its last. The same for all windows, which thus have the same synapses.
LONGEST_SLOT = MAX_SLOT - (MAX_WINDOW - 1)
MIN_MEAN = 1.0  # synapses with one delay onto one block, below which they are drawn one by one
LATE_DELAYS = 1024
ADDRESS_BITS = 20  # of a queue record: neuron in area and step in window
LOCAL_STEPS = 1024  # delays within areas are shorter
WINDOWS = 4096  # ring of windows that the queue looks ahead


class Tables(NamedTuple):
    """What the kernels read. n: neurons, a: areas, b: blocks, s: 8 source populations, l: links of an area."""

    area_first: NDArray[np.int64]  # (a + 1,) first neuron
    block_first: NDArray[np.int64]  # (b + 1,)
    area_block: NDArray[np.int64]  # (a + 1,) first block
    block_offset: NDArray[np.uint32]  # (b,) first neuron within the area
    block_size: NDArray[np.uint32]  # (b,)
    block_population: NDArray[np.int64]  # (b,) population within the area, 0 to 7
    block_label: NDArray[np.int64]  # (b,) population among the 272
    block_order: NDArray[np.int64]  # (b,) blocks area by area, within an area those with most synapses first
    # within areas
    slot_mean: NDArray[np.float32]  # (b, s, MAX_SLOT + 1) synapses of one neuron with this delay; 0: drawn one by one
    slot_location: NDArray[np.float32]  # the same shape: parameters of the number that is drawn
    slot_sd: NDArray[np.float32]
    slots: NDArray[np.int64]  # (a,) longest delay in slot_mean, at most LONGEST_SLOT
    late_mean: NDArray[np.float32]  # (b, s) synapses drawn one by one
    late_helper: NDArray[np.float32]
    late_delay: NDArray[np.uint16]  # (b, s, LATE_DELAYS) quantiles [steps]
    local_row: NDArray[np.int64]  # (b, s) row of weights
    local_class: NDArray[np.uint32]  # (b, s) class of weights in queue records
    # between areas
    n_links: NDArray[np.int64]  # (a,)
    link_source: NDArray[np.int64]  # (a, l) source area
    link_mean: NDArray[np.float32]  # (a, l, s) synapses of one neuron in the target area
    link_helper: NDArray[np.float32]
    link_alias: NDArray[np.uint32]  # (a, l, s, CELLS) threshold << 16 | other << 8 | block
    link_class: NDArray[np.uint32]  # (a, l, s, blocks of an area)
    link_delay: NDArray[np.uint16]  # (a, l, DELAYS) quantiles [steps]
    # weights
    weights: NDArray[np.int32]  # (rows, LEVELS) in units of the quantum
    class_weights: NDArray[np.int32]  # (a, CLASSES x LEVELS)
    class_excitatory: NDArray[np.bool_]  # (a, CLASSES)
    excitatory_row: NDArray[np.bool_]  # (rows,)
    # drive and neurons
    drive_levels: NDArray[np.int64]  # (b,)
    drive_thresholds: NDArray[np.int16]  # (b, levels)
    replaced_levels: NDArray[np.int64]  # (b,) the same for input that replaces areas left out
    replaced_thresholds: NDArray[np.int16]
    replaced_weight: NDArray[np.int32]  # (b,) in units of the quantum
    threshold: NDArray[np.float32]  # (n or b,) [mV above E_L]
    decay_V: NDArray[np.float32]
    current_ex: NDArray[np.float32]  # [mV/pA] per step
    current_in: NDArray[np.float32]
    constant: NDArray[np.float32]  # [mV] per step
    normal_quantiles: NDArray[np.float32]  # (1024,)


@dataclass(frozen=True)
class Constants:
    """Numbers that are the same for all neurons."""

    window: int
    quantum_pa: float
    decay_ex: float
    decay_in: float
    reset: float
    refractory_steps: int
    two_currents: bool
    individual: bool
    floored_share: float
    cut_share: float
    areas: tuple[int, ...]


def cut_of(job: SimulationJob) -> float:
    """Return the quantile above which delays are drawn again; 1, no cut, where none is given."""
    return 1.0 if job.delay_quantile is None else job.delay_quantile


def lognormal_parameters(mean: float, rel_sd: float) -> tuple[float, float]:
    """Return median and sd of the logarithm of a log-normal distribution of given mean and relative sd.

    Examples
    --------
    >>> median, sigma = lognormal_parameters(1.5, 0.5)
    >>> round(median * float(np.exp(sigma**2 / 2)), 12)
    1.5
    """
    return float(mean / np.sqrt(1 + rel_sd**2)), float(np.sqrt(np.log1p(rel_sd**2)))


def delay_cdf(steps: ArrayLike, mean_ms: float, rel_sd: float, distribution: str, dt: float, cut: float = 1.0) -> Array:
    """Return P(delay rounded to the grid <= steps); delays below one step are drawn again, as NEST did for the paper.

    Parameters
    ----------
    steps : array
        Delays in steps of ``dt``.
    mean_ms, rel_sd : float
        Mean [ms] and relative sd of the distribution before rounding.
    distribution : {"lognormal", "clipped_normal"}
        The distribution.
    cut : float
        Delays above this quantile, but none up to two steps, are drawn again; 1 for no cut.

    Examples
    --------
    >>> delay_cdf([11, 12, 13], 1.0, 0.2, "clipped_normal", 0.1, cut=0.9).round(3).tolist()
    [0.859, 0.994, 1.0]
    """
    edge = (np.asarray(steps, float) + 0.5) * dt
    if rel_sd == 0:
        return (edge > mean_ms).astype(float)
    low, high = _kept(mean_ms, rel_sd, distribution, dt, cut)
    return np.clip((_cdf(edge, mean_ms, rel_sd, distribution) - low) / (high - low), 0.0, 1.0)


def delay_quantiles(mean_ms: float, rel_sd: float, distribution: str, dt: float, q: Array, cut: float = 1.0) -> Array:
    """Return quantiles of the delay in steps, rounded to the grid, at least 1 (parameters of :func:`delay_cdf`)."""
    if rel_sd == 0:
        delay = np.full(len(q), mean_ms)
    else:
        low, high = _kept(mean_ms, rel_sd, distribution, dt, cut)
        z = ndtri(low + q * (high - low))
        if distribution == "lognormal":
            median, sigma = lognormal_parameters(mean_ms, rel_sd)
            delay = median * np.exp(sigma * z)
        else:
            delay = mean_ms * (1 + rel_sd * z)
    return np.maximum(np.floor(delay / dt + 0.5), 1)


def _cdf(delay_ms: Array, mean_ms: float, rel_sd: float, distribution: str) -> Array:
    """Return the distribution function of the delay before rounding."""
    if distribution == "lognormal":
        median, sigma = lognormal_parameters(mean_ms, rel_sd)
        return ndtr((np.log(delay_ms) - np.log(median)) / sigma)
    return ndtr((delay_ms - mean_ms) / (rel_sd * mean_ms))


def _kept(mean_ms: float, rel_sd: float, distribution: str, dt: float, cut: float) -> tuple[float, float]:
    """Return the quantiles between which delays are not drawn again."""
    low, two_steps = _cdf(dt * np.array([1.0, 2.0]), mean_ms, rel_sd, distribution)
    return float(low), 1.0 if cut == 1 else max(cut, float(two_steps))


def poisson_thresholds(mean: float) -> NDArray[np.int16]:
    """Return thresholds of a signed 16-bit word whose exceedances add up to a Poisson number of the given mean.

    Rounding errors are handed on from one threshold to the next, so the mean is exact to 2^-17.

    Examples
    --------
    >>> t = poisson_thresholds(1.8392)
    >>> round(float(((32767 - t.astype(int)) / 65536).sum()), 4)
    1.8392
    """
    levels = np.arange(int(poisson.isf(1e-7, mean)) + 1) if mean > 0 else np.arange(0)
    exact = 65536 * poisson.sf(levels, mean)
    counts = np.diff(np.concatenate([[0], np.round(np.cumsum(exact))]))
    counts = np.minimum(np.sort(counts)[::-1], 65535)
    return (32767 - counts).astype(np.int16)


def alias_table(probability: Array) -> NDArray[np.uint32]:
    """Return an alias table (Vose 1991) of :data:`CELLS` cells: threshold (14 bits) << 16 | other << 8 | first.

    Parameters
    ----------
    probability : (m,) array
        Probabilities of m <= CELLS outcomes, sum 1.
    """
    outcomes = np.flatnonzero(probability > 0)
    first = outcomes[np.arange(CELLS) % len(outcomes)]
    share = probability[first] / np.bincount(first, minlength=len(probability))[first] * CELLS
    keep, other = np.ones(CELLS), first.copy()
    small = [c for c in range(CELLS) if share[c] < 1]
    large = [c for c in range(CELLS) if share[c] >= 1]
    while small and large:
        c, g = small.pop(), large.pop()
        keep[c], other[c] = share[c], first[g]
        share[g] -= 1 - share[c]
        (small if share[g] < 1 else large).append(g)
    # The error of rounding one cell is made good in the next.
    threshold = np.diff(np.concatenate([[0], np.round(np.cumsum(keep * 2**14))]))
    packed = threshold.astype(np.int64) << 16 | other << 8 | first
    return packed.astype(np.uint32)


def alias_probabilities(table: NDArray[np.uint32], m: int) -> Array:
    """Return the probabilities that an alias table realises, shape (m,)."""
    keep = (table >> 16) / 2**14
    p = np.bincount(table & 255, keep, m) + np.bincount((table >> 8) & 255, 1 - keep, m)
    return np.asarray(p / CELLS, np.float64)


def blocks_of(neurons: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return label and size of the blocks of 272 populations (large ones are cut into equal parts)."""
    labels, sizes = [], []
    for label, n in enumerate(neurons):
        parts = -(-int(n) // BLOCK_NEURONS)
        for i in range(parts):
            labels.append(label)
            sizes.append((i + 1) * n // parts - i * n // parts)
    return np.array(labels, np.int64), np.array(sizes, np.int64)


def weight_rows(job: SimulationJob) -> tuple[Array, NDArray[np.int64], float]:
    """Return the distinct mean weights [pA], the row of each pair of populations, and the quantum [pA].

    The quantum is the power of two that keeps any possible sum of inputs to a neuron within 31 bits: a synapse acts at
    most once in a time step, so the in-degree bounds the number of events. In-degrees are Poisson; what their tail adds
    to the mean, 8 sd and 10 synapses, is less than a half except for small ones.
    """
    net = job.network
    weight = np.where(net["synapses"].values > 0, net["weight"].values, 0.0)
    means, row = np.unique(weight, return_inverse=True)
    neurons = np.maximum(net["neurons"].values, 1)
    largest = (np.abs(weight) * net["synapses"].values).sum(axis=1) / neurons
    spread = 1 + 6 * job.parameters.weight_rel_sd
    mean, replaced = replaced_input(job)
    bound = largest * spread + (mean + 8 * np.sqrt(mean) + 10) * np.abs(replaced)
    variance = (weight**2 * net["synapses"].values).sum(axis=1) / neurons
    tail = (8 * np.sqrt(variance) + 10 * np.abs(weight).max(axis=1)) * spread
    highest = max(float(np.maximum(1.5 * bound, bound + tail).max()), 1e-6)
    return means, row.reshape(weight.shape), 2.0 ** np.ceil(np.log2(highest / 2**31))


def replaced_input(job: SimulationJob) -> tuple[Array, Array]:
    """Return mean events per step and weight [pA] of the input that replaces areas left out, per label."""
    net = job.network
    if "rate_replaced" not in net:
        return np.zeros(N_LABELS), np.zeros(N_LABELS)
    return net["rate_replaced"].values * job.parameters.dt * 1e-3, net["weight_replaced"].values


def areas_of(neurons: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the areas that have neurons."""
    return np.flatnonzero(neurons.reshape(N_AREAS, N_POPULATIONS).sum(axis=1) > 0)


def first_of_populations(t: Tables) -> NDArray[np.int64]:
    """Return the first neuron, within its area, of each population, shape (areas, 8); 0 for those without neurons."""
    first = np.zeros((len(t.area_first) - 1, N_POPULATIONS), np.int64)
    area = np.searchsorted(t.area_block, np.arange(len(t.block_label)), side="right") - 1
    begins = np.diff(t.block_label, prepend=-1) != 0  # the first of the blocks of a population
    first[area[begins], t.block_population[begins]] = t.block_offset[begins]
    return first
