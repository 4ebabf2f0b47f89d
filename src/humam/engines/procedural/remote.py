"""Delivery of spikes between areas, and the queue of events to come.

A spike is looked at once by every area it projects to, a window after it was fired. The number of its synapses there
is a Poisson number; each synapse then draws block (alias table), neuron, weight and delay, and becomes a 32-bit record
in the list of the window in which it arrives. When that window comes, the list is read once and given back.

Cost: 6 ns to draw and write an event (its place in memory is random), 3 ns to read it. Memory: 4 bytes per event in
flight, that is rate x synapses between areas x mean delay, in chunks of 4 kB.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from humam.engines.procedural.atomic import FLAGS, fetch_add, prefetch
from humam.engines.procedural.random import GOLDEN, fill_hash32, mix64, poisson_count
from humam.engines.procedural.state import EVENTS, FLAG_QUEUE_FULL, QUEUE_CHUNK, QUEUE_CHUNK_BITS
from humam.engines.procedural.tables import CELLS, CLASSES, DELAYS, LEVELS, WINDOWS

f32, u32, u64 = np.float32, np.uint32, np.uint64
SOON = 32  # records ahead, whose inputs are on their way to the cache by the time they are needed

assert (CELLS, CLASSES, DELAYS, LEVELS) == (64, 8, 4096, 512)  # noqa: S101  bits below


@njit(cache=True, nogil=True)
def new_chunk(position, pool, free, n_free, thread, flags):
    """Return the first place of a new chunk for a list that ends at ``position`` (0: is empty).

    A thread takes what it gave back itself, then from the reserve, to which nobody adds meanwhile.
    Callers append records themselves: handing five arrays to a function costs ten times what an append does.
    """
    n = n_free[thread, 0]
    if n > 0:
        n_free[thread, 0] = n - 1
    else:
        thread = n_free.shape[0] - 1
        n = fetch_add(n_free, thread * n_free.shape[1], -1)  # no row is cut out: that would count references
        if n <= 0:
            flags[0] |= FLAG_QUEUE_FULL  # the host ends the run; until then, records go to chunk 0, which nobody owns
            return 1
    chunk = np.int64(free[thread, n - 1])
    # The first record links to the chunk before: its end, in chunks, is where a full chunk ends.
    pool[chunk << QUEUE_CHUNK_BITS] = u32(position >> QUEUE_CHUNK_BITS)
    return (chunk << QUEUE_CHUNK_BITS) + 1


@njit(cache=True, nogil=True, fastmath=True)
def apply_queue(T, Q, X, me, area, window, low, high, two):
    """Add events that arrive in this window in an area to the inputs; return their number.

    Those of addresses ``low`` to ``high - 1``, of all lists; nothing is given back yet.
    """
    place = window & (WINDOWS - 1)
    pool = Q.pool
    arriving, arriving_in = X.arriving[me.team], X.arriving_in[me.team]
    weights = T.class_weights[area]
    first, last = u32(low), u32(high)
    events = 0
    for writer in range(Q.head.shape[1]):
        position = Q.head[area, writer, place]
        while position > 0:
            begin = (position - 1) >> QUEUE_CHUNK_BITS << QUEUE_CHUNK_BITS
            for j in range(begin + 1, position):
                prefetch(arriving, np.int64(pool[min(j + SOON, position - 1)] >> u32(12)))
                record = pool[j]
                address = record >> u32(12)
                if me.members > 1 and (address < first or address >= last):
                    continue
                weight = weights[record & u32(4095)]
                if two and not T.class_excitatory[area, (record >> u32(9)) & u32(7)]:
                    arriving_in[address] += weight
                else:
                    arriving[address] += weight
                events += 1
            position = np.int64(pool[begin]) << QUEUE_CHUNK_BITS
    return events


@njit(cache=True, nogil=True)
def give_back(Q, me, area, window):
    """Give back the memory of a member's share of the lists of this window, which all members have read."""
    place = window & (WINDOWS - 1)
    free, n_free = Q.free[me.thread], Q.n_free[me.thread]
    for writer in range(me.member, Q.head.shape[1], me.members):
        position = Q.head[area, writer, place]
        while position > 0:
            chunk = (position - 1) >> QUEUE_CHUNK_BITS
            if chunk > 0:
                free[n_free[0]] = chunk
                n_free[0] += 1
            position = np.int64(Q.pool[chunk << QUEUE_CHUNK_BITS]) << QUEUE_CHUNK_BITS
        Q.head[area, writer, place] = 0


@njit(cache=True, nogil=True, fastmath=True)
def draw_events(
    n, x, y, k, this, window_bits, size, block_offset, block_size, alias, classes, s, delays, words, words2, head, pool,
    free, n_free, thread, flags,
):  # fmt: skip
    """Draw ``n`` synapses of one neuron of population ``s`` onto an area and queue their events.

    ``x`` and ``y`` are the keys of the synapses, ``k`` the step of the spike within window ``this`` of
    2^``window_bits`` steps; blocks are given by their first neuron within the area and their size.

    Stores to memory that is in no cache wait for each other: all places are called for first, then records are written.
    """
    done = 0
    while done < n:
        m = min(n - done, EVENTS)
        padded = (m + 31) & ~31
        fill_hash32(words, padded, done, u32(x), u32(x >> u64(32)))
        fill_hash32(words2, padded, done, u32(y >> u64(32)), u32(x))
        for i in range(m):
            h, g = u64(words[i]), words2[i]
            # g: 12 bits of delay, 6 of alias cell, 14 of threshold
            entry = alias[s, (g >> u32(14)) & u32(63)]
            shift = u32(8) if (g & u32(0x3FFF)) >= (entry >> u32(16)) else u32(0)
            block = np.int64((entry >> shift) & u32(255))
            neuron = block_offset[block] + u32((h * u64(block_size[block])) >> u64(32))
            at = u32(k + u32(delays[g >> u32(20)]))
            ahead = at >> window_bits
            address = u32(at - u32(ahead << window_bits)) * size + neuron
            record = u32(address << u32(12)) | u32(classes[s, block] << u32(9)) | u32(h & u64(511))
            place = (this + np.int64(ahead)) & (WINDOWS - 1)
            position = head[place]
            if (position & (QUEUE_CHUNK - 1)) == 0:
                position = new_chunk(position, pool, free, n_free, thread, flags)
            head[place] = position + 1
            prefetch(pool, position)
            words[i], words2[i] = u32(position), record
        for i in range(m):
            pool[u64(words[i])] = words2[i]
        done += m


@njit(cache=True, nogil=True, fastmath=True)
def generate(T, S, Q, X, Y, me, area, window, t0, seed):
    """Queue the events that the spikes of the window starting at ``t0`` cause in ``area``; return their number.

    Members of a team take turns: each has every so manyth spike.
    """
    size = u32(T.area_first[area + 1] - T.area_first[area])
    blocks = slice(T.area_block[area], T.area_block[area + 1])
    block_offset, block_size = T.block_offset[blocks], T.block_size[blocks]
    window_bits = u32(0)
    while (1 << window_bits) < window:
        window_bits += u32(1)
    this = t0 >> window_bits
    words, words2 = X.words[me.thread, 0], X.words[me.thread, 1]
    head, pool, flags = Q.head[area, me.member], Q.pool, Y.shared[FLAGS:]
    free, n_free = Q.free, Q.n_free
    events = 0
    for link in range(T.n_links[area]):
        source = T.link_source[area, link]
        delays, means, helpers = T.link_delay[area, link], T.link_mean[area, link], T.link_helper[area, link]
        neurons, steps, populations = S.neuron[source], S.step[source], S.population[source]
        alias, classes = T.link_alias[area, link], T.link_class[area, link]
        source_first = u64(T.area_first[source])
        if S.begin[source] < S.end[source]:
            for i in range(0, DELAYS, 32):  # a cache line each
                prefetch(delays, i)
        for q in range(S.begin[source] + me.member, S.end[source], me.members):
            s = populations[q]
            if means[s] <= f32(0):
                continue
            x = mix64(((source_first + u64(neurons[q])) * u64(1 << 20) + u64(area)) * GOLDEN + seed)
            y = x * GOLDEN
            n = poisson_count(means[s], helpers[s], y, T.normal_quantiles)
            draw_events(
                n, x, y, u32(steps[q] - t0), this, window_bits, size, block_offset, block_size,
                alias, classes, s, delays, words, words2, head, pool, free, n_free, me.thread, flags,
            )  # fmt: skip
            events += n
    return events
