"""Fill the tables of :mod:`humam.engines.procedural.tables` from a simulation job."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from humam.engines.base import SimulationJob
from humam.engines.procedural.counts import NORMAL_LEVELS, group_parameters, normal_levels, poisson_helper
from humam.engines.procedural.limits import check_network, check_refractory, longest_delay
from humam.engines.procedural.random import PARAMETERS
from humam.engines.procedural.tables import (
    CELLS,
    CLASSES,
    DELAYS,
    LATE_DELAYS,
    LEVELS,
    LOCAL_STEPS,
    LONGEST_SLOT,
    MAX_SLOT,
    MIN_MEAN,
    Array,
    Constants,
    Tables,
    alias_table,
    areas_of,
    blocks_of,
    cut_of,
    delay_cdf,
    delay_quantiles,
    lognormal_parameters,
    poisson_thresholds,
    replaced_input,
    weight_rows,
)
from humam.labels import N_LABELS, N_POPULATIONS


def build(job: SimulationJob, window: int) -> tuple[Tables, Constants]:
    """Return the tables of a job for a window of ``window`` steps.

    Raises
    ------
    HumamError
        If the network is outside the limits of the engine.
    """
    check_network(job, window)
    net, p = job.network, job.parameters
    neurons = net["neurons"].values.astype(np.int64)
    areas = areas_of(neurons)
    label, size = blocks_of(neurons)
    compact = {int(a): i for i, a in enumerate(areas)}
    block_area = np.array([compact[int(x) // N_POPULATIONS] for x in label])
    block_first = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    area_block = np.searchsorted(block_area, np.arange(len(areas) + 1)).astype(np.int64)
    area_first = block_first[area_block]

    means, row, quantum = weight_rows(job)
    out_degree = net["synapses"].values * (net["weight"].values != 0) / np.maximum(neurons, 1)[None, :]
    share = size / neurons[label]  # of the population that the block is
    per_block = out_degree[label] * share[:, None]  # (block, 272) synapses of one neuron onto the block
    row_of_block = row[label]
    own = np.arange(N_LABELS) // N_POPULATIONS == label[:, None] // N_POPULATIONS
    inside = (per_block * neurons * own).sum(axis=1)  # synapses onto the block from its area

    fields: dict[str, Any] = {
        "area_first": area_first,
        "block_first": block_first,
        "area_block": area_block,
        "block_offset": (block_first[:-1] - area_first[block_area]).astype(np.uint32),
        "block_size": size.astype(np.uint32),
        "block_population": label % N_POPULATIONS,
        "block_label": label,
        "block_order": np.lexsort((-inside, block_area)),
        "weights": weight_levels(means, p.weight_rel_sd, quantum),
        "excitatory_row": means >= 0,
        "normal_quantiles": normal_levels(NORMAL_LEVELS).astype(np.float32),
    }
    classes = class_table(row, means, net["synapses"].values, areas)
    fields["class_weights"] = fields["weights"][classes].reshape(len(areas), CLASSES * LEVELS)
    fields["class_excitatory"] = fields["excitatory_row"][classes]
    fields.update(local_tables(job, label, block_area, areas, per_block, row_of_block, classes))
    remote, floored, cut = remote_tables(job, areas, area_block, per_block, row_of_block, classes, window)
    fields.update(remote)
    fields.update(drive_tables(job, label, quantum))
    fields.update(neuron_tables(job, label, size))
    individual = neurons_vary(job)
    constants = Constants(
        window=window,
        quantum_pa=quantum,
        decay_ex=float(np.exp(-p.dt / p.tau_syn_ex)),
        decay_in=float(np.exp(-p.dt / p.tau_syn_in)),
        reset=p.V_reset - p.E_L,
        refractory_steps=round(p.t_ref / p.dt),
        two_currents=p.tau_syn_ex != p.tau_syn_in,
        individual=individual,
        floored_share=floored,
        cut_share=cut,
        areas=tuple(int(a) for a in areas),
    )
    return Tables(**fields), constants


def weight_levels(means: Array, rel_sd: float, quantum: float) -> NDArray[np.int32]:
    """Return the quantiles of each distribution of weights in units of the quantum, shape (rows, LEVELS).

    Weights of the wrong sign are drawn again, as NEST did for the paper.
    """
    wrong_sign = float(ndtr(-1 / rel_sd)) if rel_sd > 0 else 0.0
    relative = np.maximum(1 + rel_sd * normal_levels(LEVELS, wrong_sign), 0.0)
    return np.rint(means[:, None] * relative[None, :] / quantum).astype(np.int32)


def class_table(
    row: NDArray[np.int64], means: Array, synapses: NDArray[np.int64], areas: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the rows of weights that occur onto each area, shape (area, CLASSES)."""
    table = np.zeros((len(areas), CLASSES), np.int64)
    for i, area in enumerate(areas):
        targets = slice(area * N_POPULATIONS, (area + 1) * N_POPULATIONS)
        used = np.unique(row[targets][synapses[targets] > 0])
        used = used[means[used] != 0]
        table[i, : len(used)] = used
    return table


def local_tables(
    job: SimulationJob,
    label: NDArray[np.int64],
    block_area: NDArray[np.int64],
    areas: NDArray[np.int64],
    per_block: Array,
    row_of_block: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> dict[str, Any]:
    """Return the tables of delivery within areas: synapses per delay slot, and those drawn one by one."""
    p = job.parameters
    n_blocks = len(label)
    sources = areas[block_area][:, None] * N_POPULATIONS + np.arange(N_POPULATIONS)
    rows = np.arange(n_blocks)[:, None]
    mean = per_block[rows, sources]  # (b, s)
    delay = job.network["delay"].values[label[:, None], sources]
    delay = np.where(mean > 0, delay, p.delay_E)  # there is none where there are no synapses
    steps = np.arange(LOCAL_STEPS)
    probability = np.zeros((n_blocks, N_POPULATIONS, LOCAL_STEPS))
    for value in np.unique(delay):
        cdf = delay_cdf(steps, value, p.delay_rel_sd, p.delay_distribution, p.dt, cut_of(job))
        pmf = np.diff(np.concatenate([[0.0], cdf]))
        pmf[1] += pmf[0]
        pmf[0] = 0.0
        probability[delay == value] = pmf / pmf.sum()
    by_slot = mean[:, :, None] * probability
    dense = (by_slot >= MIN_MEAN) & (steps <= LONGEST_SLOT)
    slot = np.where(dense, by_slot, 0.0)[:, :, : MAX_SLOT + 1]
    late = np.where(dense, 0.0, by_slot)
    late_mean = late.sum(axis=2)
    cumulative = np.cumsum(late, axis=2) / np.where(late_mean > 0, late_mean, 1.0)[:, :, None]
    q = (np.arange(LATE_DELAYS) + 0.5) / LATE_DELAYS
    late_delay = np.ones((n_blocks, N_POPULATIONS, LATE_DELAYS), np.uint16)
    for b, s in np.argwhere(late_mean > 0):
        late_delay[b, s] = np.minimum(np.searchsorted(cumulative[b, s], q), LOCAL_STEPS - 1)
    slot_location, slot_sd = group_parameters(slot)
    used = [slot[block_area == a].any(axis=(0, 1)) for a in range(len(areas))]
    local_row = row_of_block[rows, sources]
    local_class = (classes[block_area][:, None, :] == local_row[:, :, None]).argmax(axis=2)
    return {
        "slot_mean": slot.astype(np.float32),
        "slot_location": slot_location,
        "slot_sd": slot_sd,
        "slots": np.array([np.flatnonzero(u).max(initial=0) for u in used], np.int64),
        "late_mean": late_mean.astype(np.float32),
        "late_helper": poisson_helper(late_mean),
        "late_delay": late_delay,
        "local_row": local_row.astype(np.int64),
        "local_class": local_class.astype(np.uint32),
    }


def remote_tables(
    job: SimulationJob,
    areas: NDArray[np.int64],
    area_block: NDArray[np.int64],
    per_block: Array,
    row_of_block: NDArray[np.int64],
    classes: NDArray[np.int64],
    window: int,
) -> tuple[dict[str, Any], float, float]:
    """Return the tables of delivery between areas, the share of synapses whose delay is raised to the window, and of
    those whose delay is longer than what the ring of windows holds.
    """
    p = job.parameters
    n = len(areas)
    blocks = int(np.diff(area_block).max())
    means: dict[tuple[int, int], Array] = {}
    for i in range(n):
        part = per_block[area_block[i] : area_block[i + 1]]
        for j, source in enumerate(areas):
            m = part[:, source * N_POPULATIONS : (source + 1) * N_POPULATIONS]
            if i != j and m.sum() > 0:
                means[i, j] = m
    n_links = np.array([sum(i == t for t, _ in means) for i in range(n)], np.int64)
    shape = (n, max(int(n_links.max(initial=0)), 1))
    fields: dict[str, Any] = {
        "n_links": n_links,
        "link_source": np.zeros(shape, np.int64),
        "link_alias": np.zeros((*shape, N_POPULATIONS, CELLS), np.uint32),
        "link_class": np.zeros((*shape, N_POPULATIONS, blocks), np.uint32),
        "link_delay": np.ones((*shape, DELAYS), np.uint16),
    }
    total = np.zeros((*shape, N_POPULATIONS))
    q = (np.arange(DELAYS) + 0.5) / DELAYS
    longest = longest_delay(window)
    floored = cut = synapses = 0.0
    filled = np.zeros(n, np.int64)
    delays = job.network["delay"].values
    used = (job.network["synapses"].values > 0) & (job.network["weight"].values != 0)
    for (i, j), m in means.items():
        link = filled[i]
        filled[i] += 1
        fields["link_source"][i, link] = j
        block = slice(area_block[i], area_block[i + 1])
        columns = slice(areas[j] * N_POPULATIONS, (areas[j] + 1) * N_POPULATIONS)
        rows = slice(areas[i] * N_POPULATIONS, (areas[i] + 1) * N_POPULATIONS)
        delay = float(delays[rows, columns][used[rows, columns]][0])  # they are all the same
        distribution = (delay, p.delay_rel_sd, p.delay_distribution, p.dt)
        steps = delay_quantiles(*distribution, q, cut_of(job))
        weight = m.sum()
        below, reached = delay_cdf([window - 1, longest], *distribution, cut_of(job))
        floored += weight * float(below) if window > 1 else 0.0
        cut += weight * (1 - float(reached))
        synapses += weight
        fields["link_delay"][i, link] = np.clip(steps, window, longest)
        total[i, link] = m.sum(axis=0)
        for s in np.flatnonzero(total[i, link] > 0):
            fields["link_alias"][i, link, s] = alias_table(m[:, s] / m[:, s].sum())
            for b in np.flatnonzero(m[:, s] > 0):
                row = row_of_block[block][b, areas[j] * N_POPULATIONS + s]
                fields["link_class"][i, link, s, b] = np.flatnonzero(classes[i] == row)[0]
    fields["link_mean"] = total.astype(np.float32)
    fields["link_helper"] = poisson_helper(total)
    synapses = synapses or 1.0
    return fields, floored / synapses, cut / synapses


def drive_tables(job: SimulationJob, label: NDArray[np.int64], quantum: float) -> dict[str, Any]:
    """Return the Poisson drive of each block, and the input that replaces areas left out, if there is any."""
    net = job.network
    neurons = np.maximum(net["neurons"].values, 1)
    mean = net["rate_external"].values * net["synapses_external"].values / neurons * job.parameters.dt * 1e-3
    drive_thresholds, drive_levels = block_thresholds(mean, label)
    mean, weight = replaced_input(job)
    replaced_thresholds, replaced_levels = block_thresholds(np.where(weight != 0, mean, 0.0), label)
    return {
        "drive_thresholds": drive_thresholds,
        "drive_levels": drive_levels,
        "replaced_thresholds": replaced_thresholds,
        "replaced_levels": replaced_levels,
        "replaced_weight": np.rint(weight[label] / quantum).astype(np.int32),
    }


def block_thresholds(mean: Array, label: NDArray[np.int64]) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Return the thresholds of each block, padded to a common multiple of four levels, and how many levels it needs."""
    by_label = {x: poisson_thresholds(float(mean[x])) for x in np.unique(label)}
    levels = max(max((len(t) for t in by_label.values()), default=0), 1)
    thresholds = np.full((len(label), -(-levels // 4) * 4), 32767, np.int16)
    for b, x in enumerate(label):
        thresholds[b, : len(by_label[x])] = by_label[x]
    return thresholds, np.array([-(-len(by_label[x]) // 4) * 4 for x in label], np.int64)


def neurons_vary(job: SimulationJob) -> bool:
    """Return whether neurons of a population differ in their parameters."""
    p = job.parameters
    spreads = (p.V_th_rel_sd_E, p.V_th_rel_sd_I, p.C_m_rel_sd_E, p.C_m_rel_sd_I, p.tau_m_rel_sd_E, p.tau_m_rel_sd_I)
    return any(spreads)


def neuron_tables(job: SimulationJob, label: NDArray[np.int64], size: NDArray[np.int64]) -> dict[str, Any]:
    """Return the propagators of exact integration and the thresholds, per block or (distributed) per neuron."""
    p = job.parameters
    dc = job.network["dc"].values if "dc" in job.network else np.full(N_LABELS, p.dc)
    out: dict[str, list[Array]] = {k: [] for k in ("threshold", "decay_V", "current_ex", "current_in", "constant")}
    individual = neurons_vary(job)
    for b, (x, n) in enumerate(zip(label, size, strict=True)):
        inhibitory = x % 2 == 1
        count = int(n) if individual else 1
        rng = np.random.default_rng([job.seed, PARAMETERS, b])
        height, capacitance, tau_m = (
            lognormal(rng, mean, rel_sd, count)
            for mean, rel_sd in (
                (p.V_th - p.E_L, p.V_th_rel_sd_I if inhibitory else p.V_th_rel_sd_E),
                (p.C_m_I if inhibitory else p.C_m_E, p.C_m_rel_sd_I if inhibitory else p.C_m_rel_sd_E),
                (p.tau_m, p.tau_m_rel_sd_I if inhibitory else p.tau_m_rel_sd_E),
            )
        )
        # The membrane must be able to reset: thresholds at or below the reset potential are drawn again, as for NEST.
        rel_sd = p.V_th_rel_sd_I if inhibitory else p.V_th_rel_sd_E
        while rel_sd and p.V_reset >= p.E_L and (low := height < p.V_reset - p.E_L + 1e-3).any():
            height[low] = lognormal(rng, p.V_th - p.E_L, rel_sd, int(low.sum()))
        check_refractory(p.t_ref, float(tau_m.min()))
        out["threshold"].append(height)
        out["decay_V"].append(np.exp(-p.dt / tau_m))
        for name, tau in (("current_ex", p.tau_syn_ex), ("current_in", p.tau_syn_in)):
            gain = tau * tau_m / (capacitance * (tau_m - tau))
            out[name].append(gain * (np.exp(-p.dt / tau_m) - np.exp(-p.dt / tau)))
        out["constant"].append(dc[x] * tau_m / capacitance * (1 - np.exp(-p.dt / tau_m)))
    return {name: np.concatenate(values).astype(np.float32) for name, values in out.items()}


def lognormal(rng: np.random.Generator, mean: float, rel_sd: float, n: int) -> Array:
    """Return ``n`` log-normal numbers of given mean and relative sd; the mean itself if that is 0."""
    if rel_sd == 0:
        return np.full(n, mean)
    median, sigma = lognormal_parameters(mean, rel_sd)
    return median * np.exp(sigma * rng.standard_normal(n))
