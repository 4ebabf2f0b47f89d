"""Delivery of spikes within an area: by pull, without ring buffers.

For a block of target neurons and a time step, every recent spike of the area contributes the synapses whose delay is
exactly the age of the spike. Their number, a Poisson number with the mean ``slot_mean[block, source, age]``
(:mod:`humam.engines.procedural.counts`), and their
targets are functions of (source neuron, block, age), thus the same at every spike of that neuron. Only the inputs of
the block at this step are written, 128 kB at most, so they stay in the cache.

Cost: 2 ns per event, 5 ns per group (spike, block, age). Delays with less than one synapse per group, 0.4 % of all,
would cost a group each: such synapses are drawn one by one when the spike is fired and put into the queue.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from humam.engines.procedural.random import GOLDEN, fill_hash32, hash32, mix64, poisson_count
from humam.engines.procedural.remote import new_chunk
from humam.engines.procedural.state import EVENTS, GROUPS, QUEUE_CHUNK
from humam.engines.procedural.tables import LATE_DELAYS, WINDOWS

f32, u32, u64 = np.float32, np.uint32, np.uint64
_LEVEL = u64(511)


@njit(cache=True, nogil=True, fastmath=True)
def select_groups(
    first, last, neurons, steps, populations, step, location, sd, key0, seed, normal_quantiles, row, count, key
):  # fmt: skip
    """List the groups with at least one event among spikes ``first`` to ``last - 1``; return how many.

    Two passes without branches: spikes whose age has a group, then the numbers of events. ``key0`` numbers the
    area's first neuron and the block.
    """
    candidates = 0
    for q in range(first, last):
        row[candidates] = q
        candidates += np.int64(location[populations[q], step - steps[q]] > f32(0))
    n_groups = 0
    for c in range(candidates):
        q = row[c]
        age = step - steps[q]
        s = populations[q]
        x = mix64((key0 + (u64(neurons[q]) << u64(20)) + u64(age)) * GOLDEN + seed)
        y = x * GOLDEN
        z = normal_quantiles[y >> u64(54)]
        u = f32(np.int32((y >> u64(30)) & u64(0xFFFFFF))) * f32(2.0**-24)
        n = np.int32(location[s, age] + sd[s, age] * z + (z * z - f32(1.0)) * f32(1.0 / 6.0) + u)
        row[n_groups] = s
        count[n_groups] = n
        key[n_groups] = x
        n_groups += np.int64(n > 0)
    return n_groups


@njit(cache=True, nogil=True, fastmath=True)
def scatter(arriving, arriving_in, two, n_neurons, n_groups, row, count, key, rows, weights, excitatory, words):
    """Add the weights of all events of the groups to the inputs of the block; return the number of events."""
    size = u64(n_neurons)
    total = 0
    for g in range(n_groups):
        n = count[g]
        weight_row = rows[row[g]]
        levels = weights[weight_row]
        target = arriving
        if two and not excitatory[weight_row]:
            target = arriving_in
        total += n
        done = 0
        while done < n:
            m = min(n - done, EVENTS)
            fill_hash32(words, (m + 31) & ~31, done, u32(key[g]), u32(key[g] >> u64(32)))
            for i in range(m):
                h = u64(words[i])
                target[(h * size) >> u64(32)] += levels[h & _LEVEL]
            done += m
    return total


@njit(cache=True, nogil=True, fastmath=True)
def deliver(T, S, X, tid, area, step, offset, first, last, seed, two):
    """Deliver to all blocks of an area at ``step`` the events of its spikes ``first`` to ``last - 1``.

    ``offset`` is where the inputs of this step begin in the thread's scratch.
    """
    events = 0
    base = T.area_first[area]
    empty = X.arriving_in[tid]
    for b in range(T.area_block[area], T.area_block[area + 1]):
        n = T.block_first[b + 1] - T.block_first[b]
        begin = offset + T.block_first[b] - base
        arriving = X.arriving[tid, begin : begin + n]
        arriving_in = X.arriving_in[tid, begin : begin + n] if two else empty
        key0 = (u64(base) << u64(20)) + (u64(b) << u64(7))
        q = first
        while q < last:
            end = min(q + GROUPS, last)
            n_groups = select_groups(
                q, end, S.neuron[area], S.step[area], S.population[area], step, T.slot_location[b], T.slot_sd[b], key0,
                seed, T.normal_quantiles, X.group_row[tid], X.group_count[tid], X.group_key[tid],
            )  # fmt: skip
            events += scatter(
                arriving, arriving_in, two, n, n_groups, X.group_row[tid], X.group_count[tid], X.group_key[tid],
                T.local_row[b], T.weights, T.excitatory_row, X.words[tid, 0],
            )  # fmt: skip
            q = end
    return events


@njit(cache=True, nogil=True, fastmath=True)
def deliver_late(T, S, Q, X, Y, tid, area, window, t0, k, first, last, seed, two):
    """Draw one by one the synapses of new spikes that have no group; deliver or queue them; return how many arrived.

    ``k`` is the step of the spikes within the window that starts at ``t0``.
    """
    base = T.area_first[area]
    size = T.area_first[area + 1] - base
    events = 0
    head, pool, free, n_free, flags = Q.head[area], Q.pool, Q.free[tid], Q.n_free[tid], Y.shared[24:]
    for q in range(first, last):
        s = S.population[area, q]
        for b in range(T.area_block[area], T.area_block[area + 1]):
            m = T.late_mean[b, s]
            if m <= f32(0):
                continue
            x = mix64(((u64(base) + u64(S.neuron[area, q])) * u64(1 << 20) + (u64(b) << u64(7))) * GOLDEN + seed)
            n = poisson_count(m, T.late_helper[b, s], x * GOLDEN, T.normal_quantiles)
            key1, key2, key3 = u32(x), u32(x >> u64(32)), u32((x * GOLDEN) >> u64(32))
            block_size = u64(T.block_first[b + 1] - T.block_first[b])
            block_offset = T.block_first[b] - base
            row = T.local_row[b, s]
            for i in range(n):
                h = u64(hash32(u32(i), key1, key2))
                delay = np.int64(T.late_delay[b, s, hash32(u32(i), key2, key3) >> u32(32 - 10)])
                neuron = np.int64((h * block_size) >> u64(32)) + block_offset
                at = k + delay
                if at < window:
                    weight = T.weights[row, h & _LEVEL]
                    if two and not T.excitatory_row[row]:
                        X.arriving_in[tid, at * size + neuron] += weight
                    else:
                        X.arriving[tid, at * size + neuron] += weight
                else:
                    ahead = at // window
                    address = u32((at - ahead * window) * size + neuron)
                    record = u32(address << u32(12)) | u32(T.local_class[b, s] << u32(9)) | u32(h & _LEVEL)
                    place = (t0 // window + ahead) & (WINDOWS - 1)
                    position = head[place]
                    if (position & (QUEUE_CHUNK - 1)) == 0:
                        position = new_chunk(position, pool, free, n_free, flags)
                    pool[position] = record
                    head[place] = position + 1
                    events -= 1  # counted when it leaves the queue
            events += n
    return events


assert LATE_DELAYS == 1 << 10  # noqa: S101  the shift above
