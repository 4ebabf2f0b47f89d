"""Exact integration of ``iaf_psc_exp`` (Rotter & Diesmann 1999) on the time grid, and the Poisson drive.

Potentials are kept relative to E_L, in single precision. A step does, in NEST's order: integrate the potential with
the currents of the step before, let currents decay, add what arrives in this step, compare with the threshold. A
neuron that spikes gets a potential of -1e30, which no input can raise, until its refractory period ends; so the loop
needs no counter and no branch. Cost: 0.4 ns per neuron and step, 0.2 ns for the drive.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from humam.engines.procedural.random import fill_hash32

f32, u32 = np.float32, np.uint32
REFRACTORY = f32(-1e30)
# Neurons that share a stream of the drive; fits the first-level cache with all its arrays. Part of the definition of
# the random numbers, whose keys contain the first neuron of a chunk: another size gives another drive, as another seed
# does.
CHUNK = 1024


@njit(cache=True, nogil=True, fastmath=True)
def count_drive(words, counts, n, thresholds, block, levels, key1, key2):
    """Write Poisson numbers of ``n`` neurons to ``counts``: how many thresholds a 16-bit word exceeds.

    Two neurons share a 32-bit hash. ``words`` is scratch (32 bit), ``levels`` a multiple of four.
    """
    fill_hash32(words, ((n + 63) >> 6) << 5, 0, key1, key2)
    halves = words.view(np.int16)
    largest = np.int16(-(2**15))
    for i in range(n):
        counts[i] = np.int16(0)
        largest = max(largest, halves[i])
    for j in range(0, levels, 4):
        t0, t1 = thresholds[block, j], thresholds[block, j + 1]
        t2, t3 = thresholds[block, j + 2], thresholds[block, j + 3]
        if largest <= t0:
            break  # thresholds rise
        for i in range(n):
            r = halves[i]
            c = np.int16(np.int16(r > t0) + np.int16(r > t1))
            c = np.int16(c + np.int16(np.int16(r > t2) + np.int16(r > t3)))
            counts[i] = np.int16(counts[i] + c)


@njit(cache=True, nogil=True, fastmath=True)
def add_events(arriving, counts, at, n, weight):
    """Add ``counts`` events of one integer weight to the inputs of ``n`` neurons, which begin at ``at``."""
    arriving = arriving[at : at + n]
    for i in range(n):
        arriving[i] += np.int32(counts[i]) * weight


@njit(cache=True, nogil=True, fastmath=True)
def update_common(V, I_syn, W, counts, arriving, first, n, at, quantum, decay_I, decay_V, gain, constant, threshold):
    """Advance neurons with common parameters and one synaptic time constant by a step; return whether any spikes.

    They are ``n`` neurons from ``first`` on, whose inputs begin at ``at``.
    """
    V, I_syn, W, arriving = V[first : first + n], I_syn[first : first + n], W[first : first + n], arriving[at : at + n]
    hit = np.int32(0)
    for i in range(n):
        current = I_syn[i]
        v = V[i] * decay_V + current * gain + constant
        V[i] = v
        I_syn[i] = current * decay_I + f32(arriving[i]) * quantum + W[i] * f32(counts[i])
        arriving[i] = 0
        hit |= np.int32(v >= threshold)
    return hit


@njit(cache=True, nogil=True, fastmath=True)
def update_common_two(
    V, I_ex, I_in, W, counts, arriving, arriving_in, first, n, at, quantum, decay_ex, decay_in, decay_V, gain_ex,
    gain_in, constant, threshold,
):  # fmt: skip
    """The same with different time constants of excitatory and inhibitory currents."""
    V, I_ex, I_in, W = V[first : first + n], I_ex[first : first + n], I_in[first : first + n], W[first : first + n]
    arriving, arriving_in = arriving[at : at + n], arriving_in[at : at + n]
    hit = np.int32(0)
    for i in range(n):
        ex, inh = I_ex[i], I_in[i]
        v = V[i] * decay_V + ex * gain_ex + inh * gain_in + constant
        V[i] = v
        I_ex[i] = ex * decay_ex + f32(arriving[i]) * quantum + W[i] * f32(counts[i])
        I_in[i] = inh * decay_in + f32(arriving_in[i]) * quantum
        arriving[i] = 0
        arriving_in[i] = 0
        hit |= np.int32(v >= threshold)
    return hit


@njit(cache=True, nogil=True, fastmath=True)
def update_individual(
    V, I_ex, I_in, W, counts, arriving, arriving_in, first, n, at, quantum, decay_ex, decay_in, decay_V, gain_ex,
    gain_in, constant, threshold, two,
):  # fmt: skip
    """The same with parameters of each neuron (arrays); ``two`` tells whether inhibitory currents are kept apart."""
    last = first + n
    V, I_ex, W, arriving = V[first:last], I_ex[first:last], W[first:last], arriving[at : at + n]
    decay_V, gain_ex, gain_in = decay_V[first:last], gain_ex[first:last], gain_in[first:last]
    constant, threshold = constant[first:last], threshold[first:last]
    if two:
        I_in, arriving_in = I_in[first:last], arriving_in[at : at + n]
    hit = np.int32(0)
    for i in range(n):
        ex = I_ex[i]
        v = V[i] * decay_V[i] + ex * gain_ex[i] + constant[i]
        I_ex[i] = ex * decay_ex + f32(arriving[i]) * quantum + W[i] * f32(counts[i])
        arriving[i] = 0
        if two:
            v += I_in[i] * gain_in[i]
            I_in[i] = I_in[i] * decay_in + f32(arriving_in[i]) * quantum
            arriving_in[i] = 0
        V[i] = v
        hit |= np.int32(v >= threshold[i])
    return hit


@njit(cache=True, nogil=True, fastmath=True)
def any_above(V, first, n, threshold):
    """Return whether any of ``n`` neurons from ``first`` on is at or above threshold."""
    V = V[first : first + n]
    hit = np.int32(0)
    for i in range(n):
        hit |= np.int32(V[i] >= threshold)
    return hit
