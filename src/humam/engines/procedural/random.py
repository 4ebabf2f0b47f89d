"""Counter-based random numbers: a hash of what the number is for.

A stored synapse remembers its target, weight and delay. Here they are a function of (seed, source neuron, group of
synapses, running number), so they come out the same at every spike, on every thread, in every order.

Two hashes serve. ``mix64`` (finaliser of SplitMix64, Steele et al. 2014) turns the key of a group of synapses into 64
bits: 2 ns. ``fill_hash32`` (finaliser of MurmurHash3 with a second key mixed in between) expands them into one
32-bit word per synapse; it is a loop of 32-bit operations that compilers turn into vector code: 0.3 ns per word.
"""

from __future__ import annotations

import numpy as np
from numba import njit

u32, u64 = np.uint32, np.uint64

GOLDEN = u64(0x9E3779B97F4A7C15)
_M1, _M2 = u64(0xBF58476D1CE4E5B9), u64(0x94D049BB133111EB)
_GOLDEN32, _C1, _C2 = u32(0x9E3779B9), u32(0x85EBCA6B), u32(0xC2B2AE35)

# What a random number is for: keeps the streams apart.
LOCAL, LATE, REMOTE, DRIVE, INITIAL = range(1, 6)
PARAMETERS = 7

SMALL_MEAN = 8.0
"""Mean of a Poisson number, below which it is drawn by inversion."""


@njit(inline="always")
def mix64(x):
    """Return 64 well mixed bits of a 64-bit key."""
    x = x ^ (x >> u64(30))
    x = x * _M1
    x = x ^ (x >> u64(27))
    x = x * _M2
    return x ^ (x >> u64(31))


@njit(inline="always")
def hash32(i, key1, key2):
    """Return word ``i`` (32 bits) of the stream with the two 32-bit keys."""
    h = u32(u32(i * _GOLDEN32) + key1)
    h = u32(h ^ (h >> u32(16)))
    h = u32(h * _C1)
    h = u32(h ^ key2)
    h = u32(h ^ (h >> u32(13)))
    h = u32(h * _C2)
    return u32(h ^ (h >> u32(16)))


@njit(cache=True, nogil=True, fastmath=True)
def fill_hash32(out, n, first, key1, key2):
    """Write words ``first`` to ``first + n - 1`` of a stream to ``out`` (not inlined, so that it is vectorised)."""
    start = u32(key1 + u32(u32(first) * _GOLDEN32))
    for i in range(n):
        out[i] = hash32(u32(i), start, key2)


@njit(inline="always")
def stream(seed, purpose, number):
    """Return the 64-bit key of stream ``number`` of a purpose."""
    return mix64(u64(number) * GOLDEN + mix64(seed + u64(purpose) * _M1))


def purpose_seed(seed: int, purpose: int) -> np.uint64:
    """Return the seed of one purpose, to be added to keys (the host's side of :func:`stream`)."""
    with np.errstate(over="ignore"):
        return mix64.py_func(u64(seed) + u64(purpose) * _M1)


@njit(inline="always")
def poisson_count(mean, helper, bits, normal_quantiles):
    """Return a Poisson number from 64 random bits.

    ``helper`` (:mod:`humam.engines.procedural.counts`) is exp(-mean) below :data:`SMALL_MEAN` (inversion) and
    sqrt(mean - 2/9) from there on, where the Cornish-Fisher expansion floor(mean + s z + (z^2 - 1)/6 + u) has the exact
    mean and variance, and a total-variation distance below 0.01. ``normal_quantiles`` are 1024 equidistant quantiles of
    unit variance.
    """
    u = np.float32((bits >> u64(30)) & u64(0xFFFFFF)) * np.float32(2.0**-24)
    if mean >= np.float32(SMALL_MEAN):
        z = normal_quantiles[bits >> u64(54)]
        y = mean + helper * z + (z * z - np.float32(1.0)) * np.float32(1.0 / 6.0) + u
        return max(np.int64(y), 0)
    p = helper
    total = helper
    n = 0
    while u >= total and n < 60:
        n += 1
        p = p * mean / np.float32(n)
        total += p
    return n
