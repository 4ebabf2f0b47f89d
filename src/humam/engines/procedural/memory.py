"""How much memory a job will need, and how much of it the queue of events may take.

Nearly all of it is the queue: an event between areas waits there for its delay, 4 bytes each. How many wait depends on
the activity, which nobody knows beforehand; it is assumed to be that of the published model.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import ndtr

from humam.engines.base import SimulationJob
from humam.labels import N_POPULATIONS

# Calibrated against the peak resident memory of runs at scales 0.03, 0.3 and 1.
BASE_BYTES: Final = 430e6
"""Interpreter, libraries, compiled kernels, tables, writer of spikes."""
COMPILING_BYTES: Final = 150e6
"""What a first start takes on top of it while it compiles the kernels, before any event waits."""
NEURON_BYTES: Final = 14
"""State of a neuron, and what drawing it takes."""
SPIKES_BYTES_PER_NEURON: Final = 285
"""Room for recent spikes."""
PAGE_BYTES: Final = 1 << 21
"""What is touched at once where the system gives large pages: the begin of each area's three lists of spikes."""
EVENT_BYTES: Final = 4.3
"""An event in the queue, with what chunks leave unused."""
RATES: Final = ((2.45, 1.0), (np.inf, 7.0))
"""Assumed mean rate in spikes/s up to a scaling factor chi.

The published model has 0.6 spikes/s until chi = 2.4, 4.8 at 2.5 and 6.4 at 3.
"""
DEFAULT_QUEUE_BYTES: Final = 4 << 30
LARGEST_QUEUE_BYTES: Final = 16 << 30
"""What 31 bits of a link between chunks address."""


def estimate(job: SimulationJob) -> int:
    """Return the expected peak memory in bytes."""
    return int(_without_queue(job) + max(EVENT_BYTES * _most_events(job), COMPILING_BYTES))


def queue_limit(job: SimulationJob) -> int:
    """Return how many bytes the queue may take: what the job may take without the rest; untouched memory is free."""
    if job.memory_bytes is None:
        return DEFAULT_QUEUE_BYTES
    return int(min(max(0.95 * job.memory_bytes - _without_queue(job), 1 << 26), LARGEST_QUEUE_BYTES))


def _without_queue(job: SimulationJob) -> float:
    neurons = job.network["neurons"].values.reshape(-1, N_POPULATIONS).sum(axis=1)
    lists = min(SPIKES_BYTES_PER_NEURON * int(neurons.sum()), 3 * PAGE_BYTES * np.count_nonzero(neurons))
    return float(BASE_BYTES + NEURON_BYTES * neurons.sum() + lists)


def _most_events(job: SimulationJob) -> float:
    """Return the number of events in the queue at its fullest.

    That is at the start, where initial potentials above threshold make many neurons spike in the first step, or later,
    by the activity.
    """
    p, net = job.parameters, job.network
    synapses = net["synapses"].values * (net["weight"].values != 0)
    area = np.arange(len(synapses)) // N_POPULATIONS
    between = synapses * (area[:, None] != area[None, :])
    first = float(ndtr((p.V_0_mean - p.V_th) / p.V_0_sd)) if p.V_0_sd else float(p.V_0_mean >= p.V_th)
    rate = next(rate for chi, rate in RATES if p.chi <= chi)
    lasting = rate * 1e-3 * float((between * np.nan_to_num(net["delay"].values)).sum())
    return max(first * float(between.sum()), lasting)
