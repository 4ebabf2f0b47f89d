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

from humam.engines.procedural.atomic import FLAGS, fetch_add
from humam.engines.procedural.random import GOLDEN, fill_hash32, hash32, mix64, poisson_count
from humam.engines.procedural.remote import new_chunk
from humam.engines.procedural.state import EVENTS, GROUPS, QUEUE_CHUNK
from humam.engines.procedural.tables import LATE_DELAYS, WINDOWS

f32, u32, u64 = np.float32, np.uint32, np.uint64
_LEVEL = u64(511)


@njit(cache=True, nogil=True, fastmath=True)
def select_groups(
    first, last, neurons, steps, populations, step, location, sd, block, key0, seed, normal_quantiles, row, count, key
):  # fmt: skip
    """List the groups with at least one event among spikes ``first`` to ``last - 1``; return how many.

    Two passes without branches: spikes whose age has a group, then the numbers of events. ``key0`` numbers the
    area's first neuron and the block.
    """
    candidates = 0
    for q in range(first, last):
        row[candidates] = q
        candidates += np.int64(location[block, populations[q], step - steps[q]] > f32(0))
    n_groups = 0
    for c in range(candidates):
        q = row[c]
        age = step - steps[q]
        s = populations[q]
        x = mix64((key0 + (u64(neurons[q]) << u64(20)) + u64(age)) * GOLDEN + seed)
        y = x * GOLDEN
        z = normal_quantiles[y >> u64(54)]
        u = f32(np.int32((y >> u64(30)) & u64(0xFFFFFF))) * f32(2.0**-24)
        n = np.int32(location[block, s, age] + sd[block, s, age] * z + (z * z - f32(1.0)) * f32(1.0 / 6.0) + u)
        row[n_groups] = s
        count[n_groups] = n
        key[n_groups] = x
        n_groups += np.int64(n > 0)
    return n_groups


@njit(cache=True, nogil=True, fastmath=True)
def scatter(
    arriving, arriving_in, two, at, n_neurons, n_groups, row, count, key, rows, block, weights, excitatory, words
):  # fmt: skip
    """Add the weights of all events of the groups to the inputs of the block; return the number of events.

    They are those of ``n_neurons`` neurons and begin at ``at``.
    """
    # No array is sliced or renamed in here: to count who refers to it is atomic and takes as long as 15 events.
    size, begin = u64(n_neurons), u64(at)
    total = 0
    for g in range(n_groups):
        n = count[g]
        levels = u64(rows[block, row[g]])
        inhibitory = two and not excitatory[levels]
        total += n
        done = 0
        while done < n:
            m = min(n - done, EVENTS)
            fill_hash32(words, (m + 15) & ~15, done, u32(key[g]), u32(key[g] >> u64(32)))
            if inhibitory:
                for i in range(m):
                    h = u64(words[i])
                    arriving_in[begin + ((h * size) >> u64(32))] += weights[levels, h & _LEVEL]
            else:
                for i in range(m):
                    h = u64(words[i])
                    arriving[begin + ((h * size) >> u64(32))] += weights[levels, h & _LEVEL]
            done += m
    return total


@njit(cache=True, nogil=True, fastmath=True)
def deliver(T, S, X, me, next_task, area, t0, begin, window, first, last, seed, two):
    """Deliver the events of an area's spikes ``first`` to ``last - 1`` in the steps of a window from ``begin`` on.

    Members of a team take tasks, whose inputs nobody else writes: from the window's begin on a block in a step, the
    dearest first; later a block in all steps left, as in :func:`deliver_late`. Returns the number of events.
    """
    # The loop over blocks is in here because a call that hands over all arrays takes 1 us.
    base, size = T.area_first[area], T.area_first[area + 1] - T.area_first[area]
    blocks = T.area_block[area + 1] - T.area_block[area]
    arriving, arriving_in = X.arriving[me.team], X.arriving_in[me.team]
    neurons, steps, populations = S.neuron[area], S.step[area], S.population[area]
    row, count, key, words = (
        X.group_row[me.thread],
        X.group_count[me.thread],
        X.group_key[me.thread],
        X.words[me.thread, 0],
    )
    events = 0
    tasks = blocks if begin > 0 else blocks * window
    task = me.member if begin > 0 else fetch_add(next_task, 0, 1)
    while task < tasks:
        b = T.area_block[area] + task if begin > 0 else T.block_order[T.area_block[area] + task // window]
        from_step = begin if begin > 0 else task % window
        n = T.block_first[b + 1] - T.block_first[b]
        key0 = (u64(base) << u64(20)) + (u64(b) << u64(7))
        for k in range(from_step, window if begin > 0 else from_step + 1):
            at = k * size + T.block_first[b] - base
            for q in range(first, last, GROUPS):
                n_groups = select_groups(
                    q, min(q + GROUPS, last), neurons, steps, populations, t0 + k, T.slot_location, T.slot_sd, b, key0,
                    seed, T.normal_quantiles, row, count, key,
                )  # fmt: skip
                events += scatter(
                    arriving, arriving_in, two, at, n, n_groups, row, count, key, T.local_row, b, T.weights,
                    T.excitatory_row, words,
                )  # fmt: skip
        task = task + me.members if begin > 0 else fetch_add(next_task, 0, 1)
    return events


@njit(cache=True, nogil=True, fastmath=True)
def deliver_late(T, S, Q, X, Y, me, area, window, t0, k, first, last, seed, two):
    """Draw one by one the synapses of new spikes that have no group; deliver or queue them; return how many.

    ``k`` is the step of the spikes within the window that starts at ``t0``. Each member of a team does some blocks.
    """
    base = T.area_first[area]
    size = T.area_first[area + 1] - base
    arriving, arriving_in = X.arriving[me.team], X.arriving_in[me.team]
    head, pool, flags = Q.head[area, me.member], Q.pool, Y.shared[FLAGS:]
    free, n_free = Q.free, Q.n_free
    delays = X.group_count[me.thread]
    events = 0
    for q in range(first, last):
        s = S.population[area, q]
        for b in range(T.area_block[area] + me.member, T.area_block[area + 1], me.members):
            m = T.late_mean[b, s]
            if m <= f32(0):
                continue
            x = mix64(((u64(base) + u64(S.neuron[area, q])) * u64(1 << 20) + (u64(b) << u64(7))) * GOLDEN + seed)
            n = poisson_count(m, T.late_helper[b, s], x * GOLDEN, T.normal_quantiles)
            key1, key2, key3 = u32(x), u32(x >> u64(32)), u32((x * GOLDEN) >> u64(32))
            block_size = u64(T.block_first[b + 1] - T.block_first[b])
            block_offset = T.block_first[b] - base
            row = T.local_row[b, s]
            for begin in range(0, n, EVENTS):
                end = min(begin + EVENTS, n)
                # Delays first: their tables are in no cache, and a branch on one waits for it.
                for i in range(begin, end):
                    delays[i - begin] = T.late_delay[b, s, hash32(u32(i), key2, key3) >> u32(32 - 10)]
                for i in range(begin, end):
                    h = u64(hash32(u32(i), key1, key2))
                    neuron = np.int64((h * block_size) >> u64(32)) + block_offset
                    at = k + np.int64(delays[i - begin])
                    if at < window:
                        weight = T.weights[row, h & _LEVEL]
                        if two and not T.excitatory_row[row]:
                            arriving_in[at * size + neuron] += weight
                        else:
                            arriving[at * size + neuron] += weight
                    else:
                        ahead = at // window
                        address = u32((at - ahead * window) * size + neuron)
                        record = u32(address << u32(12)) | u32(T.local_class[b, s] << u32(9)) | u32(h & _LEVEL)
                        place = (t0 // window + ahead) & (WINDOWS - 1)
                        position = head[place]
                        if (position & (QUEUE_CHUNK - 1)) == 0:
                            position = new_chunk(position, pool, free, n_free, me.thread, flags)
                        pool[position] = record
                        head[place] = position + 1
            events += n
    return events


assert LATE_DELAYS == 1 << 10  # noqa: S101  the shift above
