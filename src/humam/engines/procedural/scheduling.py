"""Who does what when.

Time advances in windows of a few steps. Within a window an area depends on no other, since no delay between areas is
shorter than a window; so an area is one task: it queues what the last window's spikes of other areas will cause
(``remote.generate``), takes what arrives now (``remote.apply_queue``), and runs through its steps while its state is in
the cache. Threads take tasks from a shared counter, dearest first, and meet at a barrier before the next window.

Sums of weights are integers, and every random number is a hash of what it is for; so neither the thread that runs a
task, nor the order of tasks, changes any result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from humam.engines.procedural.local import deliver, deliver_late
from humam.engines.procedural.neurons import (
    CHUNK,
    REFRACTORY,
    add_events,
    count_drive,
    update_common,
    update_common_two,
    update_individual,
)
from humam.engines.procedural.random import GOLDEN, mix64
from humam.engines.procedural.remote import apply_queue, generate

f32, u32, u64 = np.float32, np.uint32, np.uint64

# Places in Sync.shared, a cache line (8 words) apart.
NEXT, ARRIVED, GENERATION, FLAGS = 0, 8, 16, 24
# Columns of Sync.counters and Sync.timers.
N_LOCAL, N_REMOTE, N_QUEUED, N_SPIKES = range(4)
T_REMOTE, T_QUEUE, T_LOCAL, T_UPDATE, T_WAIT = range(5)


@intrinsic
def fetch_add(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Add to an element of an int64 array atomically; return what it was before."""
    signature = types.int64(array, types.int64, types.int64)

    def codegen(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, arguments[0]).data
        place = builder.gep(data, [arguments[1]])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return signature, codegen


@intrinsic
def cycles(typingctx: Any) -> Any:
    """Return the processor's cycle counter."""

    def codegen(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        function_type = ir.FunctionType(ir.IntType(64), [])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.readcyclecounter")
        return builder.call(function, [])

    return types.int64(), codegen


sched_yield = types.ExternalFunction("sched_yield", types.int32())


@njit(cache=True, nogil=True)
def barrier(shared, threads):
    """Wait until all threads are here."""
    generation = fetch_add(shared, GENERATION, 0)
    if fetch_add(shared, ARRIVED, 1) == threads - 1:
        fetch_add(shared, ARRIVED, -threads)
        fetch_add(shared, GENERATION, 1)
        return
    spins = 0
    while fetch_add(shared, GENERATION, 0) == generation:
        spins += 1
        if spins > 200:  # let others run where threads share a core
            sched_yield()


@njit(cache=True, nogil=True, fastmath=True)
def update_area(T, N, S, X, tid, area, step, offset, P, two, individual):
    """Advance all neurons of an area by a step; append its spikes; return how many there are."""
    base = T.area_first[area]
    count = S.fired[area]
    words, counts = X.drive_words[tid], X.counts[tid]
    for b in range(T.area_block[area], T.area_block[area + 1]):
        first, last = T.block_first[b], T.block_first[b + 1]
        s = np.uint8(T.block_population[b])
        for begin in range(first, last, CHUNK):
            end = min(begin + CHUNK, last)
            n = end - begin
            at = offset + begin - base
            if T.replaced_levels[b] > 0:
                # The drive of no neuron has a number from 2^31 on.
                x = mix64(((u64(step) << u64(32)) + u64(begin) + u64(1 << 31)) * GOLDEN + P.seed_drive)
                count_drive(words, counts, n, T.replaced_thresholds[b], T.replaced_levels[b], u32(x), u32(x >> u64(32)))
                weight = T.replaced_weight[b]
                target = X.arriving_in if two and weight < 0 else X.arriving
                add_events(target[tid, at : at + n], counts, weight)
            if T.drive_levels[b] > 0:
                # Numbered by neuron, so the same drive comes out however populations are cut into areas' tasks.
                x = mix64(((u64(step) << u64(32)) + u64(begin)) * GOLDEN + P.seed_drive)
                count_drive(words, counts, n, T.drive_thresholds[b], T.drive_levels[b], u32(x), u32(x >> u64(32)))
            else:
                counts[:n] = 0
            V, I_syn, W = N.V[begin:end], N.I_ex[begin:end], N.W[begin:end]
            arriving = X.arriving[tid, at : at + n]
            if individual:
                I_in = N.I_in[begin:end] if two else N.I_in
                arriving_in = X.arriving_in[tid, at : at + n] if two else X.arriving_in[tid]
                hit = update_individual(
                    V, I_syn, I_in, W, counts, arriving, arriving_in, P.quantum, P.decay_ex, P.decay_in,
                    T.decay_V[begin:end], T.current_ex[begin:end], T.current_in[begin:end], T.constant[begin:end],
                    T.threshold[begin:end], two,
                )  # fmt: skip
            elif two:
                hit = update_common_two(
                    V, I_syn, N.I_in[begin:end], W, counts, arriving, X.arriving_in[tid, at : at + n], P.quantum,
                    P.decay_ex, P.decay_in, T.decay_V[b], T.current_ex[b], T.current_in[b], T.constant[b],
                    T.threshold[b],
                )  # fmt: skip
            else:
                hit = update_common(
                    V, I_syn, W, counts, arriving, P.quantum, P.decay_ex, T.decay_V[b], T.current_ex[b], T.constant[b],
                    T.threshold[b],
                )  # fmt: skip
            if hit:
                for i in range(n):
                    threshold = T.threshold[begin + i] if individual else T.threshold[b]
                    if V[i] >= threshold:
                        V[i] = REFRACTORY
                        S.neuron[area, count] = begin + i - base
                        S.step[area, count] = step
                        S.population[area, count] = s
                        count += 1
    return count


@njit(cache=True, nogil=True, fastmath=True)
def run_area(T, N, S, Q, X, Y, tid, area, t0, P, two, individual):
    """Run an area through the window that starts at ``t0``."""
    size = T.area_first[area + 1] - T.area_first[area]
    base = T.area_first[area]
    c0 = cycles()
    Y.counters[tid, N_QUEUED] += apply_queue(T, Q, X, tid, area, t0 // P.window, two)
    c1 = cycles()
    Y.timers[tid, T_QUEUE] += c1 - c0
    oldest = S.oldest[area]
    while oldest < S.fired[area] and S.step[area, oldest] < t0 - T.slots[area]:
        oldest += 1
    S.oldest[area] = oldest
    last = S.fired[area]
    for k in range(P.window):
        events = deliver(T, S, X, tid, area, t0 + k, k * size, oldest, last, P.seed_local, two)
        Y.counters[tid, N_LOCAL] += events
    c0 = cycles()
    Y.timers[tid, T_LOCAL] += c0 - c1
    for k in range(P.window):
        step = t0 + k
        q = S.released[area]
        while q < S.fired[area] and S.step[area, q] + P.refractory_steps < step:
            N.V[base + S.neuron[area, q]] = P.reset
            q += 1
        S.released[area] = q
        before = S.fired[area]
        count = update_area(T, N, S, X, tid, area, step, k * size, P, two, individual)
        S.fired[area] = count
        c1 = cycles()
        if step == P.kick_step and area == P.kick_area:
            N.I_ex[base + P.kick_neuron] += P.kick_weight
        Y.timers[tid, T_UPDATE] += c1 - c0
        c0 = c1
        if count > before:
            events = deliver_late(T, S, Q, X, Y, tid, area, P.window, t0, k, before, count, P.seed_late, two)
            for ahead in range(k + 1, P.window):
                events += deliver(T, S, X, tid, area, t0 + ahead, ahead * size, before, count, P.seed_local, two)
            Y.counters[tid, N_LOCAL] += events
            Y.counters[tid, N_SPIKES] += count - before
            c0 = cycles()
            Y.timers[tid, T_LOCAL] += c0 - c1


@njit(cache=True, nogil=True)
def work(T, N, S, Q, X, Y, P, tid, threads, start, windows, two, individual):
    """Run ``windows`` windows from step ``start`` on as thread ``tid`` of ``threads``."""
    n_areas = S.fired.shape[0]
    for w in range(windows):
        t0 = start + w * P.window
        if tid == 0:
            for area in range(n_areas):
                S.begin[area] = S.end[area]
                S.end[area] = S.fired[area]
            Y.shared[NEXT] = 0
        barrier(Y.shared, threads)
        while True:
            task = fetch_add(Y.shared, NEXT, 1)
            if task >= n_areas:
                break
            area = Y.order[task]
            c0 = cycles()
            events = generate(T, S, Q, X, Y, tid, area, P.window, t0 - P.window, P.seed_remote)
            Y.counters[tid, N_REMOTE] += events
            Y.timers[tid, T_REMOTE] += cycles() - c0
            run_area(T, N, S, Q, X, Y, tid, area, t0, P, two, individual)
            Y.area_cost[area] += cycles() - c0
        c1 = cycles()
        barrier(Y.shared, threads)
        Y.timers[tid, T_WAIT] += cycles() - c1
