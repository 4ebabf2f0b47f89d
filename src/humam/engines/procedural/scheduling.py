"""Who does what when.

Time advances in windows of a few steps. Within a window an area depends on no other, since no delay between areas is
shorter than a window; so an area is one task: it queues what the last window's spikes of other areas will cause
(``remote.generate``), takes what arrives now (``remote.apply_queue``), and runs through its steps while its state is in
the cache. Threads take tasks from a shared counter, dearest first, and meet at a barrier before the next window.

34 areas of very different size do not keep more than some eight threads busy. So threads form at most :data:`TEAMS`
teams, which take the tasks; the members of a team share an area (``run_area``) and meet after each part of it. With up
to eight threads each is a team of its own.

Sums of weights are integers, and every random number is a hash of what it is for; so neither the threads that run a
task, nor the order of tasks, changes any result.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from humam.engines.procedural.atomic import NEXT, WITHIN, barrier, cycles, fetch_add
from humam.engines.procedural.local import deliver, deliver_late
from humam.engines.procedural.neurons import (
    CHUNK,
    REFRACTORY,
    add_events,
    any_above,
    count_drive,
    update_common,
    update_common_two,
    update_individual,
)
from humam.engines.procedural.random import GOLDEN, mix64
from humam.engines.procedural.remote import apply_queue, generate, give_back

f32, u32, u64 = np.float32, np.uint32, np.uint64

TEAMS: Final = 8
"""Teams at most: so many share 34 areas evenly."""

PART: Final = 128
"""Neurons looked through for a spike at a time."""

# Columns of Sync.counters and Sync.timers.
N_LOCAL, N_REMOTE, N_QUEUED, N_SPIKES = range(4)
T_REMOTE, T_QUEUE, T_LOCAL, T_UPDATE, T_WAIT = range(5)


class Worker(NamedTuple):
    """A thread and its place in a team."""

    thread: int
    team: int
    member: int
    members: int


@njit(cache=True, nogil=True, fastmath=True)
def update_area(T, N, S, X, me, area, step, offset, P, two, individual):
    """Advance a member's share of the neurons of an area by a step; append their spikes to the area's.

    Members append in any order: spikes of a step have none.
    """
    base, end = T.area_first[area], T.area_first[area + 1]
    low = base + (end - base) * me.member // me.members
    high = base + (end - base) * (me.member + 1) // me.members
    words, counts = X.drive_words[me.thread], X.counts[me.thread]
    arriving, arriving_in = X.arriving[me.team], X.arriving_in[me.team]
    for b in range(T.area_block[area], T.area_block[area + 1]):
        for first in range(T.block_first[b], T.block_first[b + 1], CHUNK):
            if first < low or first >= high:
                continue
            last = min(first + CHUNK, T.block_first[b + 1])
            n = last - first
            at = offset + first - base
            if T.replaced_levels[b] > 0:
                # The drive of no neuron has a number from 2^31 on.
                x = mix64(((u64(step) << u64(32)) + u64(first) + u64(1 << 31)) * GOLDEN + P.seed_drive)
                count_drive(words, counts, n, T.replaced_thresholds, b, T.replaced_levels[b], u32(x), u32(x >> u64(32)))
                weight = T.replaced_weight[b]
                if two and weight < 0:
                    add_events(arriving_in, counts, at, n, weight)
                else:
                    add_events(arriving, counts, at, n, weight)
            if T.drive_levels[b] > 0:
                # Numbered by neuron, so the same drive comes out however populations are cut into areas' tasks.
                x = mix64(((u64(step) << u64(32)) + u64(first)) * GOLDEN + P.seed_drive)
                count_drive(words, counts, n, T.drive_thresholds, b, T.drive_levels[b], u32(x), u32(x >> u64(32)))
            else:
                counts[:n] = 0
            if individual:
                hit = update_individual(
                    N.V, N.I_ex, N.I_in, N.W, counts, arriving, arriving_in, first, n, at, P.quantum, P.decay_ex,
                    P.decay_in, T.decay_V, T.current_ex, T.current_in, T.constant, T.threshold, two,
                )  # fmt: skip
            elif two:
                hit = update_common_two(
                    N.V, N.I_ex, N.I_in, N.W, counts, arriving, arriving_in, first, n, at, P.quantum, P.decay_ex,
                    P.decay_in, T.decay_V[b], T.current_ex[b], T.current_in[b], T.constant[b], T.threshold[b],
                )  # fmt: skip
            else:
                hit = update_common(
                    N.V, N.I_ex, N.W, counts, arriving, first, n, at, P.quantum, P.decay_ex, T.decay_V[b],
                    T.current_ex[b], T.constant[b], T.threshold[b],
                )  # fmt: skip
            if hit:
                for part in range(first, first + n, PART):
                    end = min(part + PART, first + n)
                    if not individual and not any_above(N.V, part, end - part, T.threshold[b]):
                        continue
                    for i in range(part, end):
                        threshold = T.threshold[i] if individual else T.threshold[b]
                        if N.V[i] >= threshold:
                            N.V[i] = REFRACTORY
                            place = fetch_add(S.fired, area, 1)
                            S.neuron[area, place] = i - base
                            S.step[area, place] = step
                            S.population[area, place] = np.uint8(T.block_population[b])


@njit(cache=True, nogil=True)
def release(T, N, S, me, area, q, fired, step, P):
    """End the refractory periods that are over at ``step``, of spikes ``q`` on; return the first that is not."""
    while q < fired and S.step[area, q] + P.refractory_steps < step:
        if q % me.members == me.member:
            N.V[T.area_first[area] + S.neuron[area, q]] = P.reset
        q += 1
    return q


@njit(cache=True, nogil=True)
def clock(timers, kind, since):
    """Add the cycles since a time to a timer; return the time."""
    now = cycles()
    timers[kind] += now - since
    return now


@njit(cache=True, nogil=True)
def run_area(T, N, S, Q, X, Y, me, area, t0, P, two, individual):
    """Run an area through the window that starts at ``t0``, as a member of the team that does it.

    Members meet wherever one reads what another has written.
    """
    together, members = Y.team[me.team], me.members
    timers, counters = Y.timers[me.thread], Y.counters[me.thread]
    size = T.area_first[area + 1] - T.area_first[area]
    c = cycles()
    counters[N_REMOTE] += generate(T, S, Q, X, Y, me, area, P.window, t0 - P.window, P.seed_remote)
    fired, released = S.fired[area], S.released[area]
    oldest = S.oldest[area]
    while oldest < fired and S.step[area, oldest] < t0 - T.slots[area]:
        oldest += 1
    if me.member == 0:
        together[WITHIN] = 0
    barrier(together, members)
    c = clock(timers, T_REMOTE, c)
    low, high = P.window * size * me.member // members, P.window * size * (me.member + 1) // members
    counters[N_QUEUED] += apply_queue(T, Q, X, me, area, t0 // P.window, low, high, two)
    barrier(together, members)
    give_back(Q, me, area, t0 // P.window)
    c = clock(timers, T_QUEUE, c)
    tasks = together[WITHIN:]
    counters[N_LOCAL] += deliver(T, S, X, me, tasks, area, t0, 0, P.window, oldest, fired, P.seed_local, two)
    released = release(T, N, S, me, area, released, fired, t0, P)
    barrier(together, members)
    c = clock(timers, T_LOCAL, c)
    for k in range(P.window):
        step = t0 + k
        update_area(T, N, S, X, me, area, step, k * size, P, two, individual)
        barrier(together, members)
        if step == P.kick_step and area == P.kick_area and me.member == 0:
            N.I_ex[T.area_first[area] + P.kick_neuron] += P.kick_weight
        before, fired = fired, S.fired[area]
        c = clock(timers, T_UPDATE, c)
        if fired > before:
            events = deliver_late(T, S, Q, X, Y, me, area, P.window, t0, k, before, fired, P.seed_late, two)
            events += deliver(T, S, X, me, tasks, area, t0, k + 1, P.window, before, fired, P.seed_local, two)
            counters[N_LOCAL] += events
        released = release(T, N, S, me, area, released, fired, step + 1, P)
        barrier(together, members)
        c = clock(timers, T_LOCAL, c)
        if me.member == 0:
            counters[N_SPIKES] += fired - before
    if me.member == 0:
        S.oldest[area] = oldest
        S.released[area] = released


@njit(cache=True, nogil=True)
def work(T, N, S, Q, X, Y, P, thread, threads, start, windows, two, individual):
    """Run ``windows`` windows from step ``start`` on as thread ``thread`` of ``threads``."""
    n_areas = S.fired.shape[0]
    teams = Y.team.shape[0]
    team = thread % teams
    me = Worker(thread, team, thread // teams, (threads - team + teams - 1) // teams)
    together = Y.team[team]
    for w in range(windows):
        t0 = start + w * P.window
        if thread == 0:
            for area in range(n_areas):
                S.begin[area] = S.end[area]
                S.end[area] = S.fired[area]
            Y.shared[NEXT] = 0
        barrier(Y.shared, threads)
        while True:
            if me.member == 0:
                together[NEXT] = fetch_add(Y.shared, NEXT, 1)
            barrier(together, me.members)
            task = together[NEXT]
            if task >= n_areas:
                break
            area = Y.order[task]
            c = cycles()
            run_area(T, N, S, Q, X, Y, me, area, t0, P, two, individual)
            if me.member == 0:
                Y.area_cost[area] += cycles() - c
        c = cycles()
        barrier(Y.shared, threads)
        Y.timers[thread, T_WAIT] += cycles() - c
