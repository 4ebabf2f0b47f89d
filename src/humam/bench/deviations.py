"""How far the tables of the procedural engine are from the definitions of the model, in numbers.

The table in ``docs/engine.md`` is made of these (``python -m humam.bench.page``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from humam import network as networks
from humam.analysis.rates import mean_over_neurons
from humam.anatomy import tables as anatomy_tables
from humam.engines.base import SimulationJob
from humam.engines.procedural.build import build
from humam.engines.procedural.counts import count_distribution, group_parameters, normal_levels
from humam.engines.procedural.limits import MAX_CUT, longest_delay
from humam.engines.procedural.tables import (
    DELAYS,
    LATE_DELAYS,
    LEVELS,
    LOCAL_STEPS,
    Constants,
    Tables,
    alias_probabilities,
    delay_cdf,
)
from humam.engines.procedural.totals import MAX_SYNAPSES
from humam.labels import N_POPULATIONS, within_areas
from humam.parameters import Parameters

Array = NDArray[np.float64]


def base_job() -> SimulationJob:
    """Return the base version at full scale."""
    network = networks.build(anatomy_tables.read(), Parameters())
    return SimulationJob(network, Parameters(), t_sim_ms=100.0, seed=1)


def variation_distance(p: Array, mean: float) -> float:
    """Return the total variation distance between a distribution over 0, 1, ... and a Poisson distribution."""
    exact = stats.poisson.pmf(np.arange(len(p)), mean)
    return float(np.abs(p - exact).sum() + (1 - exact.sum())) / 2


def drive_distribution(thresholds: NDArray[np.int16]) -> Array:
    """Return P(n) of the Poisson input in a step: the number of thresholds that a signed 16-bit word exceeds."""
    exceed = np.sort((32767 - thresholds.astype(int)) / 65536)[::-1]  # of 1, 2, ... at least
    return np.asarray(np.diff(np.concatenate([[0.0], 1 - exceed, [1.0]])))


def totals(job: SimulationJob) -> float:
    """Return the relative sd of the number of synapses of a pair of populations, of the pair of the median synapse."""
    pairs = np.sort(job.network["synapses"].values.ravel())
    median = pairs[np.searchsorted(np.cumsum(pairs), pairs.sum() / 2)]
    return float(1 / np.sqrt(median))


def counts(tables: Tables) -> dict[str, tuple[float, float]]:
    """Return the largest deviation over all groups, and the mean over synapses, of what is named.

    Returns
    -------
    dict
        ``mean``, ``variance`` (relative) and ``distance`` (total variation, from Poisson).
    """
    means = np.round(tables.slot_mean[tables.slot_mean > 0].astype(float), 1)
    grid, which = np.unique(means, return_inverse=True)
    found = np.empty((3, len(grid)))
    for i, m in enumerate(grid):
        p = count_distribution(*(float(x) for x in group_parameters(m)))
        n = np.arange(len(p))
        found[:, i] = abs(p @ n / m - 1), abs(p @ (n - m) ** 2 / m - 1), variation_distance(p, m)
    names = ("mean", "variance", "distance")
    return {k: (float(v.max()), float(v[which] @ means / means.sum())) for k, v in zip(names, found, strict=True)}


def late_share(tables: Tables) -> float:
    """Return the share of synapses within areas that are drawn one by one."""
    late, dense = float(tables.late_mean.sum()), float(tables.slot_mean.sum())
    return late / (late + dense)


def delays_within(job: SimulationJob, tables: Tables) -> tuple[float, float]:
    """Return how far delays within areas are from their distribution, in the worst pair of block and population.

    Delays with groups of events are exact on the grid; those drawn one by one have :data:`LATE_DELAYS` equally
    probable values.

    Returns
    -------
    distance, mean : float
        Largest difference of the distribution functions of all delays; error of their mean [steps].
    """
    p, steps = job.parameters, np.arange(LOCAL_STEPS)
    delay = job.network["delay"].values
    distance = error = 0.0
    for b, s in np.argwhere(tables.late_mean > 0):
        label = tables.block_label[b]
        mean = float(delay[label, label // N_POPULATIONS * N_POPULATIONS + s])
        exact = np.diff(delay_cdf(steps, mean, p.delay_rel_sd, p.delay_distribution, p.dt), prepend=0.0)
        exact[1], exact[0] = exact[:2].sum(), 0.0
        made = np.bincount(tables.late_delay[b, s], minlength=LOCAL_STEPS) * float(tables.late_mean[b, s]) / LATE_DELAYS
        made[: tables.slot_mean.shape[2]] += tables.slot_mean[b, s]
        difference = made / made.sum() - exact
        distance = max(distance, float(np.abs(difference.cumsum()).max()))
        error = max(error, abs(float(difference @ steps)))
    return distance, error


def delays_between(job: SimulationJob, constants: Constants) -> tuple[float, float, float]:
    """Return, of delays between areas, the share raised to the window (all, worst pair), and the error of a mean.

    The error [steps] is the largest of a pair's mean, before delays are raised.
    """
    p, worst, error = job.parameters, 0.0, 0.0
    delay, synapses = job.network["delay"].values, job.network["synapses"].values
    between = ~within_areas() & (synapses > 0)
    q = (np.arange(DELAYS) + 0.5) / DELAYS
    steps = np.arange(longest_delay(constants.window) + 1)
    for mean in np.unique(delay[between]):
        cdf = delay_cdf(steps, float(mean), p.delay_rel_sd, p.delay_distribution, p.dt)
        worst = max(worst, float(cdf[constants.window - 1]))
        exact = float((1 - cdf).sum())
        error = max(error, abs(float(np.searchsorted(cdf, q).mean()) - exact))
    return constants.floored_share, worst, error


def drive(job: SimulationJob, tables: Tables) -> tuple[float, float]:
    """Return the largest relative error of the mean, and variation distance, of the Poisson input of a step."""
    net = job.network
    mean = net["rate_external"].values * net["synapses_external"].values / np.maximum(net["neurons"].values, 1)
    error = distance = 0.0
    for b, label in enumerate(tables.block_label):
        exact = float(mean[label] * job.parameters.dt * 1e-3)
        p = drive_distribution(tables.drive_thresholds[b, : tables.drive_levels[b]])
        error = max(error, abs(float(p @ np.arange(len(p))) / exact - 1))
        distance = max(distance, variation_distance(p, exact))
    return error, distance


def alias(job: SimulationJob, tables: Tables, constants: Constants) -> float:
    """Return the largest error of the share of a block among a neuron's synapses onto an area."""
    synapses = job.network["synapses"].values * (job.network["weight"].values != 0)
    neurons = job.network["neurons"].values
    label = tables.block_label
    onto = synapses[label] * (tables.block_size / neurons[label])[:, None]  # (block, 272)
    worst = 0.0
    for area in range(len(tables.n_links)):
        blocks = slice(tables.area_block[area], tables.area_block[area + 1])
        for link in range(tables.n_links[area]):
            source = constants.areas[tables.link_source[area, link]] * N_POPULATIONS
            for s in np.flatnonzero(tables.link_mean[area, link] > 0):
                exact = onto[blocks, source + s]
                made = alias_probabilities(tables.link_alias[area, link, s], len(exact))
                worst = max(worst, float(np.abs(made - exact / exact.sum()).max()))
    return worst


def rows() -> list[tuple[str, str]]:
    """Return what is approximated and by how much, for the base version."""
    job = base_job()
    tables, constants = build(job, 4)
    levels = normal_levels(LEVELS)
    number = counts(tables)
    raised, worst, error = delays_between(job, constants)
    within_distance, within_error = delays_within(job, tables)
    drive_error, drive_distance = drive(job, tables)
    smallest = np.abs(job.network["weight"].values[job.network["synapses"].values > 0]).min()
    return [
        (
            "numbers of synapses are Poisson, so the total of a pair of populations is not fixed",
            f"relative sd {totals(job):.1e} (pair of the median synapse), what that does to rates is told below; in"
            f" networks of up to {MAX_SYNAPSES / 1e8:.0f} × 10⁸ synapses they are corrected",
        ),
        (
            "number of synapses in a group (spike, block, delay) by the Cornish-Fisher expansion",
            "; ".join(
                f"{what} {mean:.1e} in the mean over synapses, at most {largest:.1e}"
                for what, (largest, mean) in (
                    ("relative error of the mean", number["mean"]),
                    ("of the variance", number["variance"]),
                    ("distance (total variation) from Poisson", number["distance"]),
                )
            ),
        ),
        (
            f"weights: {LEVELS} equally probable levels",
            f"variance exact; largest distance between distribution functions {1 / (2 * LEVELS):.1e}; none beyond"
            f" {levels.max():.2f} sd; excess kurtosis {stats.kurtosis(levels):.2f}",
        ),
        (
            "sums of weights in integers",
            f"unit {constants.quantum_pa:.1e} pA, {constants.quantum_pa / smallest:.1e} of the smallest mean weight",
        ),
        (
            "population of a synapse between areas: alias table of 14 bits",
            f"probabilities to {alias(job, tables, constants):.1e}",
        ),
        (
            f"delays within areas: exact on the grid of 0.1 ms, but the rarest, of which {LATE_DELAYS} equally"
            " probable levels are drawn one by one",
            f"{late_share(tables):.1e} of the synapses are; distance between distribution functions of all"
            f" {within_distance:.1e}, mean to {within_error:.1e} steps, in the worst pair",
        ),
        (
            f"delays between areas: {DELAYS} equally probable levels on the grid",
            f"mean to {error:.2f} steps in the worst pair; none beyond the quantile {1 - 0.5 / DELAYS:.5f}",
        ),
        (
            f"delays between areas are at least a window of {constants.window} steps",
            f"{raised:.1e} of them are raised, {worst:.1e} in the worst pair; 0 with a window of 1",
        ),
        (
            f"delays between areas beyond {longest_delay(1) * job.parameters.dt:g} ms with a window of 1,"
            f" {longest_delay(4) * job.parameters.dt:g} ms with 4, have no place",
            f"{build(job, 1)[1].cut_share:.1e} of them with a window of 1, {constants.cut_share:.1e} with 4;"
            f" more than {MAX_CUT:g} of a pair of areas are refused",
        ),
        (
            "Poisson input: thresholds of 16 bits",
            f"mean to {drive_error:.1e}, distance (total variation) from Poisson {drive_distance:.1e}",
        ),
        ("potentials and currents in single precision", "relative error of a step 6e-8"),
    ]


def memory(rates: Mapping[str, Array]) -> list[tuple[str, str]]:
    """Return what is kept in memory and how much that is, for the base version.

    Parameters
    ----------
    rates : mapping of str to ndarray of float, shape (272,)
        Mean rates of the populations [spikes/s] by the name of a run at full density, for the queue.
    """
    job = base_job()
    tables, _ = build(job, 4)
    neurons = job.network["neurons"].to_numpy()
    synapses, delay = job.network["synapses"].values, job.network["delay"].values
    between = synapses * ~within_areas()
    waiting = (between * np.nan_to_num(delay)).sum(axis=0) * 1e-3  # events in the queue per spike/s of a population
    queue = ", ".join(
        f"{4e-6 * float(np.nan_to_num(rate) @ waiting):.0f} MB in {name}"
        f" ({mean_over_neurons(rate, neurons):.2g} spikes/s)"
        for name, rate in rates.items()
    )
    return [
        ("synapses", "0"),
        ("tables: mean numbers, weights, delays, thresholds", f"{sum(a.nbytes for a in tables) / 1e6:.0f} MB"),
        ("neurons: potential, current, weight of the Poisson input", f"{12e-6 * neurons.sum():.0f} MB (12 bytes each)"),
        ("spikes of the last 60 steps", "9 bytes each"),
        (
            f"queue: 4 bytes per event that is on its way, of {between.sum() / 1e9:.1f} × 10⁹ synapses between areas",
            f"in the mean over time {queue}",
        ),
    ]
