"""How evenly the work of a window can be shared among threads."""

from __future__ import annotations

import heapq
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from humam.engines.base import SimulationJob
from humam.engines.procedural.engine import WINDOW
from humam.engines.procedural.tables import blocks_of
from humam.labels import N_POPULATIONS, within_areas

Array = NDArray[np.float64]

NS_UPDATE: Final = 0.5
NS_WITHIN: Final = 2.2
NS_BETWEEN: Final = 8.6
RATE: Final = 0.6
"""Costs per neuron and step and per event [ns], and the mean rate [spikes/s], of the base version."""


class Costs(NamedTuple):
    """Processor time [ns] of a second of biological time."""

    even: Array
    """Of each area, what members of a team share evenly: neurons, events between areas."""
    blocks: list[Array]
    """Of each area, the events within it, by block: a block in a step is one member's."""


def costs(job: SimulationJob) -> Costs:
    """Return the costs of the areas of a job.

    All populations are given the same rate; what counts here is the size of tasks.
    """
    neurons = job.network["neurons"].values
    synapses = job.network["synapses"].values
    area = np.arange(len(neurons)) // N_POPULATIONS
    inside = within_areas()
    between = RATE * NS_BETWEEN * (synapses * ~inside).sum(axis=1) + NS_UPDATE * neurons / (job.parameters.dt * 1e-3)
    within = RATE * NS_WITHIN * (synapses * inside).sum(axis=1)
    label, size = blocks_of(neurons)
    of_block = within[label] * size / neurons[label]
    present = np.unique(area[label])
    return Costs(np.array([between[area == a].sum() for a in present]), [of_block[area[label] == a] for a in present])


def speed_up(cost: Costs, threads: int, teams: int) -> float:
    """Return the sum of costs over the time that threads need as at most so many teams, barriers not counted.

    Teams take the dearest area left whenever they are free; members share it as
    :mod:`humam.engines.procedural.scheduling` does.

    Examples
    --------
    >>> cost = Costs(np.array([3.0, 3.0, 2.0]), [np.zeros(1)] * 3)
    >>> speed_up(cost, 2, teams=2), speed_up(cost, 2, teams=1)
    (1.6, 2.0)
    """
    teams = min(teams, threads)
    total = np.array([even + blocks.sum() for even, blocks in zip(cost.even, cost.blocks, strict=True)])
    busy = [(0.0, (threads - team + teams - 1) // teams) for team in range(teams)]
    for area in np.argsort(-total):
        until, members = busy[0]
        parts = np.repeat(np.sort(cost.blocks[area])[::-1], WINDOW) / WINDOW
        heapq.heapreplace(busy, (until + cost.even[area] / members + _last(parts, members), members))
    return float(total.sum() / max(until for until, _ in busy))


def _last(parts: Array, members: int) -> float:
    """Return when the last of the members is done, who take the parts in their order."""
    busy = [0.0] * members
    for part in parts:
        heapq.heapreplace(busy, busy[0] + float(part))
    return max(busy)
