"""The arrays that change during a simulation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from humam.engines.base import SimulationJob
from humam.engines.procedural.random import INITIAL
from humam.engines.procedural.tables import WINDOWS, Constants, Tables
from humam.errors import HumamError

EVENTS = 512  # synapses expanded at a time
GROUPS = 2048  # spikes looked at at a time
QUEUE_CHUNK_BITS = 10
QUEUE_CHUNK = 1 << QUEUE_CHUNK_BITS  # records; the first of a chunk tells where the list goes on
FLAG_QUEUE_FULL = 1
COUNTERS = 6
TIMERS = 6


class Neurons(NamedTuple):
    """State of the n neurons."""

    V: NDArray[np.float32]  # potential above E_L [mV]
    I_ex: NDArray[np.float32]  # synaptic current, all of it where time constants are equal [pA]
    I_in: NDArray[np.float32]
    W: NDArray[np.float32]  # weight of the drive [pA]


class Spikes(NamedTuple):
    """Recent spikes of each area in the order of time: those still to be delivered or to be recorded."""

    neuron: NDArray[np.int32]  # (areas, capacity) within the area
    step: NDArray[np.int32]
    population: NDArray[np.uint8]  # within the area
    fired: NDArray[np.int64]  # (areas,) number of spikes in the lists
    oldest: NDArray[np.int64]  # (areas,) first that still acts within the area
    released: NDArray[np.int64]  # (areas,) first that is still refractory
    begin: NDArray[np.int64]  # (areas,) spikes of the last window: [begin, end)
    end: NDArray[np.int64]


class Queue(NamedTuple):
    """Events to come, one list of 32-bit records per area, member of a team that writes, and window.

    A record is address (20 bits: step in window x neurons of the area + neuron) << 12 | class << 9 | level of weight.
    """

    head: NDArray[np.int64]  # (areas, members, WINDOWS) next free place of the list, 0 if empty
    pool: NDArray[np.uint32]  # chunks
    free: NDArray[np.int32]  # (threads + 1, chunks) stack of free chunks of each thread, and the reserve of all
    n_free: NDArray[np.int64]  # (threads + 1, 16) its height, padded to a cache line


class Scratch(NamedTuple):
    """Working memory of each team and of each thread."""

    arriving: NDArray[np.int32]  # (teams, window x largest area)
    arriving_in: NDArray[np.int32]
    words: NDArray[np.uint32]  # (threads, 3, EVENTS)
    drive_words: NDArray[np.uint32]
    counts: NDArray[np.int16]
    group_row: NDArray[np.int32]  # (threads, GROUPS) source population
    group_count: NDArray[np.int32]
    group_key: NDArray[np.uint64]


class Sync(NamedTuple):
    """What threads share to agree on who does what."""

    shared: NDArray[np.int64]  # [next task, arrived, generation, flags], a cache line apart
    team: NDArray[np.int64]  # (teams, 64) the same for the members of a team: [area, arrived, generation, -, task]
    order: NDArray[np.int64]  # (areas,) dearest first
    counters: NDArray[np.int64]  # (threads, COUNTERS, padded)
    timers: NDArray[np.int64]  # (threads, TIMERS, padded) cycles
    area_cost: NDArray[np.int64]  # (areas,) cycles


def initial_neurons(job: SimulationJob, tables: Tables) -> Neurons:
    """Draw initial potentials (normal) and the weights of the drive (normal, drawn again below 0)."""
    p = job.parameters
    n = int(tables.area_first[-1])
    V, W = np.empty(n, np.float32), np.empty(n, np.float32)
    weight = job.network["weight_external"].values
    for b, label in enumerate(tables.block_label):
        part = slice(tables.block_first[b], tables.block_first[b + 1])
        rng = np.random.default_rng([job.seed, INITIAL, b])
        size = part.stop - part.start
        V[part] = p.V_0_mean - p.E_L + p.V_0_sd * rng.standard_normal(size, np.float32)
        relative = 1 + p.weight_rel_sd * rng.standard_normal(size, np.float32)
        while (wrong := relative < 0).any():
            relative[wrong] = 1 + p.weight_rel_sd * rng.standard_normal(int(wrong.sum()), np.float32)
        W[part] = weight[label] * relative
    two = p.tau_syn_ex != p.tau_syn_in
    return Neurons(V, np.zeros(n, np.float32), np.zeros(n if two else 0, np.float32), W)


def initial_spikes(tables: Tables, constants: Constants, chunk_steps: int) -> Spikes:
    """Return empty lists that hold what can be fired at most while spikes are kept."""
    sizes = np.diff(tables.area_first)
    kept = chunk_steps + int(tables.slots.max()) + constants.refractory_steps + 2 * constants.window
    # A neuron fires at most every refractory_steps + 1 steps. Untouched memory costs nothing.
    capacity = int(sizes.max()) * (kept // (constants.refractory_steps + 1) + 2)
    shape = (len(sizes), capacity)
    marks = [np.zeros(len(sizes), np.int64) for _ in range(5)]
    return Spikes(np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.uint8), *marks)


def initial_queue(n_areas: int, threads: int, limit_bytes: int, members: int = 1) -> Queue:
    """Return an empty queue that may grow to ``limit_bytes``, for teams of at most so many members."""
    chunks = min(limit_bytes // (4 * QUEUE_CHUNK), 2**31 // QUEUE_CHUNK * 2)
    if chunks < n_areas * 64:
        raise HumamError(f"{limit_bytes / 1e9:.2f} GB of memory are too little for the queue of events")
    free, n_free = np.zeros((threads + 1, chunks), np.int32), np.zeros((threads + 1, 16), np.int64)
    free[-1, : chunks - 1] = np.arange(1, chunks)[::-1]  # chunk 0 takes what finds no place
    n_free[-1, 0] = chunks - 1
    pool = np.empty(chunks * QUEUE_CHUNK, np.uint32)
    pool[0] = 0  # chunk 0 is the end of any list
    return Queue(np.zeros((n_areas, members, WINDOWS), np.int64), pool, free, n_free)


def zeros_on_huge_pages(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return zeros that begin and end on borders of huge pages (2 MB), which NumPy asks Linux for from 4 MB on.

    Inputs are written at random places: with pages of 4 kB most of these miss the first-level page table.
    """
    page, size = 1 << 21, 4 * int(np.prod(shape))
    room = np.zeros((-(-size // page) + 1) * page, np.uint8)
    start = -room.ctypes.data % page
    return room[start : start + size].view(np.int32).reshape(shape)


def make_scratch(tables: Tables, constants: Constants, threads: int, teams: int) -> Scratch:
    """Return working memory for each team and thread."""
    largest = int(np.diff(tables.area_first).max()) * constants.window + 64
    two = largest if constants.two_currents else 0
    return Scratch(
        arriving=zeros_on_huge_pages((teams, largest)),
        arriving_in=zeros_on_huge_pages((teams, two)),
        words=np.zeros((threads, 3, EVENTS), np.uint32),
        drive_words=np.zeros((threads, 512 + 64), np.uint32),
        counts=np.zeros((threads, 1024 + 64), np.int16),
        group_row=np.zeros((threads, GROUPS + 8), np.int32),
        group_count=np.zeros((threads, GROUPS + 8), np.int32),
        group_key=np.zeros((threads, GROUPS + 8), np.uint64),
    )


def make_sync(n_areas: int, threads: int, teams: int, sizes: NDArray[np.int64]) -> Sync:
    """Return the shared counters; areas start in the order of their size."""
    return Sync(
        shared=np.zeros(64, np.int64),
        team=np.zeros((teams, 64), np.int64),
        order=np.argsort(-sizes).astype(np.int64),
        counters=np.zeros((threads, 16), np.int64),
        timers=np.zeros((threads, 16), np.int64),
        area_cost=np.zeros(n_areas, np.int64),
    )
