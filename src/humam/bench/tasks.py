"""How evenly the work of a window can be shared among threads."""

from __future__ import annotations

import heapq
from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam.engines.base import SimulationJob
from humam.engines.procedural.tables import BLOCK_NEURONS
from humam.labels import N_POPULATIONS

Array = NDArray[np.float64]

NS_UPDATE: Final = 0.75
NS_WITHIN: Final = 2.2
NS_BETWEEN: Final = 11.5
RATE: Final = 0.6
"""Costs per neuron and step and per event [ns], and the mean rate [spikes/s], of the base version."""


def costs(job: SimulationJob) -> dict[str, Array]:
    """Return the cost [ns] of a second of biological time for each task, for three ways to cut the work.

    All populations are given the same rate; what counts here is the size of tasks.
    """
    neurons = job.network["neurons"].values
    synapses = job.network["synapses"].values
    area = np.arange(len(neurons)) // N_POPULATIONS
    inside = area[:, None] == area[None, :]
    events = RATE * (NS_WITHIN * (synapses * inside).sum(axis=1) + NS_BETWEEN * (synapses * ~inside).sum(axis=1))
    population: Array = NS_UPDATE * neurons / (job.parameters.dt * 1e-3) + events
    areas = np.bincount(area, population).astype(float)
    out = {f"{np.count_nonzero(areas)} areas as tasks": areas[areas > 0]}
    for largest in (BLOCK_NEURONS, BLOCK_NEURONS // 4):
        parts = -(-neurons // largest)
        blocks: Array = np.repeat(population / np.maximum(parts, 1), parts)
        out[f"{len(blocks)} blocks of at most {largest} neurons"] = blocks
    return out


def speed_up(cost: Array, threads: int) -> float:
    """Return the sum of costs over the time that threads need who take the dearest task left whenever they are free.

    Examples
    --------
    >>> speed_up(np.array([3.0, 3.0, 2.0]), 2), speed_up(np.array([3.0, 1.0]), 64)
    (1.6, 1.3333333333333333)
    """
    busy_until = [0.0] * threads
    for c in np.sort(cost)[::-1]:
        heapq.heapreplace(busy_until, busy_until[0] + float(c))
    return float(cost.sum() / max(busy_until))
