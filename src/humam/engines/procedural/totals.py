"""Exact numbers of synapses per pair of populations.

``fixed_total_number`` fixes the total of each pair of populations; Poisson out-degrees make it fluctuate by the square
root of itself. In the full model that is a few 1e-4 of a population's input. In a small network it is a per cent, and
visible: rates vary more from seed to seed than they should. But a total is a function of the seed, so it can be counted
before the run; then the mean out-degree is corrected by the ratio of what should be and what is. Few out-degrees
change by that, so the next count is closer by an order of magnitude; after two or three rounds totals are exact, or
off by less than a tenth of that fluctuation. Cost: a few ns per source neuron and group of synapses, per round.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from humam.engines.procedural.counts import group_parameters, poisson_helper
from humam.engines.procedural.local import select_groups
from humam.engines.procedural.random import GOLDEN, fill_hash32, mix64, poisson_count
from humam.engines.procedural.state import EVENTS, GROUPS
from humam.engines.procedural.tables import CELLS, Array, Tables, alias_probabilities, alias_table, first_of_populations
from humam.labels import N_POPULATIONS

u32, u64 = np.uint32, np.uint64

MAX_SYNAPSES: Final = 500_000_000
"""Networks with more synapses keep Poisson totals: counting would take long and change little."""
ROUNDS: Final = 6
TOLERANCE: Final = 0.03
"""Deviation of a total, in units of its square root, at which rounds end."""
MIN_SHARED: Final = 1000.0
"""Synapses of a source population onto another area, from which on their shares of the blocks there are corrected."""


@njit(cache=True, nogil=True)
def count_local(T, block, area, s, first, last, seed_local, seed_late):
    """Return the number of synapses onto a block from neurons ``first`` to ``last - 1`` of an area, of population s."""
    base = T.area_first[area]
    key0 = (u64(base) << u64(20)) + (u64(block) << u64(7))
    neurons, steps = np.empty(GROUPS, np.int32), np.zeros(GROUPS, np.int32)
    populations = np.full(GROUPS, s, np.uint8)
    row, count = np.empty(GROUPS + 8, np.int32), np.empty(GROUPS + 8, np.int32)
    key = np.empty(GROUPS + 8, np.uint64)
    total = 0
    for begin in range(first, last, GROUPS):
        n = min(GROUPS, last - begin)
        for i in range(n):
            neurons[i] = begin + i
        for age in range(T.slot_mean.shape[2]):
            if T.slot_mean[block, s, age] > 0:
                n_groups = select_groups(
                    0, n, neurons, steps, populations, age, T.slot_location, T.slot_sd, block, key0, seed_local,
                    T.normal_quantiles, row, count, key,
                )  # fmt: skip
                for g in range(n_groups):
                    total += count[g]
    if T.late_mean[block, s] > 0:
        for neuron in range(first, last):
            x = mix64(((u64(base) + u64(neuron)) * u64(1 << 20) + (u64(block) << u64(7))) * GOLDEN + seed_late)
            total += poisson_count(T.late_mean[block, s], T.late_helper[block, s], x * GOLDEN, T.normal_quantiles)
    return total


@njit(cache=True, nogil=True)
def count_remote(T, area, link, s, first, last, seed, by_block):
    """Add the synapses from neurons ``first`` to ``last - 1`` (of all) onto each block of an area to ``by_block``."""
    words = np.empty(EVENTS, np.uint32)
    alias = T.link_alias[area, link, s]
    for neuron in range(first, last):
        x = mix64((u64(neuron) * u64(1 << 20) + u64(area)) * GOLDEN + seed)
        y = x * GOLDEN
        n = poisson_count(T.link_mean[area, link, s], T.link_helper[area, link, s], y, T.normal_quantiles)
        done = 0
        while done < n:
            m = min(n - done, EVENTS)
            fill_hash32(words, (m + 31) & ~31, done, u32(y >> u64(32)), u32(x))
            for i in range(m):
                g = words[i]
                entry = alias[(g >> u32(14)) & u32(63)]
                shift = u32(8) if (g & u32(0x3FFF)) >= (entry >> u32(16)) else u32(0)
                by_block[np.int64((entry >> shift) & u32(255))] += 1
            done += m


def correct_totals(tables: Tables, synapses: NDArray[np.int64], neurons: NDArray[np.int64], seeds: Any) -> None:
    """Correct the mean out-degrees in place, so that the totals of pairs of populations are those of the network.

    Parameters
    ----------
    tables : Tables
        The tables.
    synapses, neurons : (272, 272), (272,) arrays
        Synapses with an effect per (target, source), and neurons.
    seeds : Parameters of the kernels
        With ``seed_local``, ``seed_late`` and ``seed_remote``.
    """
    if synapses.sum() <= MAX_SYNAPSES:
        bounds = _bounds(tables)
        share = np.diff(tables.block_first) / np.maximum(neurons[tables.block_label], 1)
        _correct_local(tables, synapses, share, bounds, seeds)
        _correct_remote(tables, synapses, share, bounds, seeds)


def _bounds(t: Tables) -> NDArray[np.int64]:
    """Return first and last + 1 neuron (of all) of each population, shape (areas, 8, 2)."""
    first = first_of_populations(t) + t.area_first[:-1, None]
    size = np.zeros_like(first)
    area = np.searchsorted(t.area_block, np.arange(len(t.block_label)), side="right") - 1
    np.add.at(size, (area, t.block_population), t.block_size.astype(np.int64))
    return np.stack([first, first + size], axis=-1)


def _source_labels(t: Tables, area: int) -> NDArray[np.int64]:
    """Return the labels of the eight populations of an area."""
    return t.block_label[t.area_block[area]] // N_POPULATIONS * N_POPULATIONS + np.arange(N_POPULATIONS)


def _correct_local(t: Tables, synapses: NDArray[np.int64], share: Array, bounds: NDArray[np.int64], seeds: Any) -> None:
    for area in range(len(bounds)):
        labels, base = _source_labels(t, area), int(t.area_first[area])
        for b in range(t.area_block[area], t.area_block[area + 1]):
            for s in range(N_POPULATIONS):
                wanted = synapses[t.block_label[b], labels[s]] * share[b]
                first, last = bounds[area, s] - base
                if wanted == 0 or last == first:
                    continue

                slot, late = t.slot_mean[b, s].copy(), float(t.late_mean[b, s])

                def apply(factor: float, b: int = b, s: int = s, slot: Array = slot, late: float = late) -> None:
                    t.slot_mean[b, s] = slot * factor
                    t.slot_location[b, s], t.slot_sd[b, s] = group_parameters(t.slot_mean[b, s])
                    t.late_mean[b, s] = late * factor
                    t.late_helper[b, s] = poisson_helper(t.late_mean[b, s])

                def count(b: int = b, a: int = area, s: int = s, i: int = int(first), j: int = int(last)) -> int:
                    return count_local(t, b, a, s, i, j, seeds.seed_local, seeds.seed_late)

                _approach(float(wanted), apply, count)


def _approach(wanted: float, apply: Any, count: Any) -> None:
    """Find the factor on a mean that brings a count closest to what is wanted."""
    factor, best, error = 1.0, 1.0, np.inf
    for _ in range(ROUNDS):
        apply(factor)
        total = count()
        if abs(total - wanted) < error:
            best, error = factor, abs(total - wanted)
        if error <= max(0.5, TOLERANCE * np.sqrt(wanted)) or total == 0:
            break
        factor *= wanted / total
    apply(best)


def _correct_remote(
    t: Tables, synapses: NDArray[np.int64], share: Array, bounds: NDArray[np.int64], seeds: Any
) -> None:
    for area in range(len(bounds)):
        blocks = slice(int(t.area_block[area]), int(t.area_block[area + 1]))
        for link in range(t.n_links[area]):
            source = int(t.link_source[area, link])
            labels = _source_labels(t, source)
            for s in range(N_POPULATIONS):
                wanted = synapses[t.block_label[blocks], labels[s]] * share[blocks]
                first, last = bounds[source, s]
                if wanted.sum() == 0 or last == first:
                    continue
                original = float(t.link_mean[area, link, s])

                def count(a: int = area, k: int = link, s: int = s, i: int = first, j: int = last) -> NDArray[np.int64]:
                    found = np.zeros(256, np.int64)
                    count_remote(t, a, k, s, i, j, seeds.seed_remote, found)
                    return found[: t.area_block[a + 1] - t.area_block[a]]

                def apply(factor: float, a: int = area, k: int = link, s: int = s, mean: float = original) -> None:
                    t.link_mean[a, k, s] = mean * factor
                    t.link_helper[a, k, s] = poisson_helper(t.link_mean[a, k, s])

                _approach(float(wanted.sum()), apply, lambda count=count: count().sum())
                if wanted.sum() >= MIN_SHARED:
                    _share(t.link_alias[area, link, s], wanted, count)


def _share(alias: NDArray[np.uint32], wanted: Array, count: Any) -> None:
    """Correct an alias table in place until blocks get the synapses that are wanted."""
    best, error = alias.copy(), np.inf
    for _ in range(ROUNDS):
        found = count()
        off = float((np.abs(found - wanted) / np.sqrt(np.maximum(wanted, 1))).max())
        if off < error:
            best, error = alias.copy(), off
        if off <= TOLERANCE or (found[wanted > 0] == 0).any():
            break
        p = alias_probabilities(alias, len(wanted))
        p[wanted > 0] *= wanted[wanted > 0] / found[wanted > 0]
        alias[:] = alias_table(p / p.sum())
    alias[:] = best


assert CELLS == 64  # noqa: S101  bits of the alias table above
