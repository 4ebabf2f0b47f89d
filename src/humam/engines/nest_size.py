"""What a network needs in NEST: bounds of the delays, memory, connections per virtual process. Starts no simulator.

A virtual process is one thread of one process (MPI rank); NEST deals neurons out to virtual processes in turn, and a
synapse lies where its target is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from humam.engines.base import DELAY_QUANTILE, SimulationJob
from humam.parameters import Parameters

MAX_SYNAPSES_PER_PROCESS: Final = 134_217_727
"""Connections that one virtual process can hold per synapse model (27 bits)."""

DRIVE_DELAY_MS: Final = 0.1

FIRST_NEURON: Final = 2
"""NEST's number of the first neuron: the recorder is number 1."""

SYNAPSE, COMPACT_SYNAPSE = "static_synapse", "static_synapse_hpc"
"""NEST's models of a synapse of constant weight and delay. The compact one names its target by 16 bits instead of a
pointer; spikes are the same bit by bit."""
MAX_COMPACT_NEURONS: Final = 2**16 - 2
"""Neurons that a virtual process can hold where synapses are compact: 16 bits, less the recorder and an invalid one."""

# Memory of one process, calibrated against the peak resident memory of runs (NEST 3.10, 64 bit); see
# tests/test_simulate_command.py and benchmarks/nest_scaling.py, nest_sources.py, which measure again.
BASE_BYTES: Final = 300e6
"""Interpreter, libraries and the NEST kernel."""
NEURON_BYTES: Final = 2_000 + 16 * 1024
"""A neuron, and the connection block NEST allocates for its link to the recorder (1024 entries of 16 bytes)."""
BUFFER_BYTES_PER_STEP: Final = 32
"""Four ring buffers of doubles per neuron (excitatory, inhibitory, two for currents)."""
SYNAPSE_BYTES: Final = {SYNAPSE: 48, COMPACT_SYNAPSE: 28}
"""A synapse, its entry in the source table and what blocks leave unused."""
SOURCE_BYTES: Final = 264
"""A neuron, anywhere, with targets in this process: where its spikes go (an entry of a tree and of a table)."""
SOURCE_BYTES_PER_THREAD: Final = 88
"""The same for each thread of the process, most of it while the tables are built."""
TARGET_BYTES: Final = 16
"""A neuron of this process and another process with targets of it."""
SPIKE_BYTES: Final = 48
"""A recorded spike until it is handed over, with the arrays it passes through."""
ASSUMED_RATE: Final = 20.0
"""Spikes/s per neuron assumed for the size of one chunk of recorded spikes."""


@dataclass(frozen=True)
class Lognormal:
    """Log-normal distribution of a given mean and relative standard deviation."""

    mu: float
    sigma: float

    @classmethod
    def of(cls, mean: float, relative_sd: float) -> Lognormal:
        """Return the distribution with this mean and relative standard deviation."""
        variance = math.log1p(relative_sd**2)
        return cls(math.log(mean) - variance / 2, math.sqrt(variance))

    def quantile(self, q: float) -> float:
        """Return a quantile."""
        return math.exp(self.mu + self.sigma * float(ndtri(q)))


def delay_cut(job: SimulationJob) -> float:
    """Return the quantile above which delays are drawn again."""
    return DELAY_QUANTILE if job.delay_quantile is None else job.delay_quantile


def delay_bound(mean: float, job: SimulationJob) -> float:
    """Return the longest delay in ms drawn around a mean; infinity without a cut."""
    cut = delay_cut(job)
    return math.inf if cut == 1 else max(2 * job.parameters.dt, _delay_quantile(mean, cut, job.parameters))


def _delay_quantile(mean: float, q: float, p: Parameters) -> float:
    """Return a quantile in ms of the delays around a mean."""
    if p.delay_distribution == "lognormal":
        return Lognormal.of(mean, p.delay_rel_sd).quantile(q)
    return mean * (1 + p.delay_rel_sd * float(ndtri(q)))


def longest_delay(job: SimulationJob) -> float:
    """Return the longest delay of the network in ms: its bound, or what to expect without one."""
    synapses = job.network.synapses.to_numpy()
    delay = job.network.delay.to_numpy()
    bounds = [DRIVE_DELAY_MS]
    for mean in np.unique(delay[synapses > 0]):
        n = int(synapses[delay == mean].sum())
        q = min(delay_cut(job), 1 - 0.1 / n)
        bounds.append(_delay_quantile(max(float(mean), job.parameters.dt), q, job.parameters))
    return max(bounds)


def created_synapses(job: SimulationJob) -> NDArray[np.int64]:
    """Return the synapses that are created, shape (target, source): those of weight 0 have no effect and are not.

    With fixed in-degrees, these are rounded: pairs of populations with less than half a synapse per target have none.
    """
    synapses: NDArray[np.int64] = np.where(job.network.weight.to_numpy() != 0, job.network.synapses.to_numpy(), 0)
    if job.parameters.connection_rule == "fixed_indegree":
        neurons = job.network.neurons.to_numpy()[:, None]
        synapses = np.rint(synapses / np.maximum(neurons, 1)).astype(np.int64) * neurons
    return synapses


def most_synapses(job: SimulationJob, virtual_processes: int) -> float:
    """Return the number of synapses of the fullest of some virtual processes, all but surely not exceeded."""
    neurons = job.network.neurons.to_numpy()
    incoming = created_synapses(job).sum(axis=1) / np.maximum(neurons, 1)
    end = FIRST_NEURON + np.cumsum(neurons)
    # Neurons of each population whose number leaves the remainder v, for every virtual process v.
    v = np.arange(virtual_processes)
    below = (np.array([end - neurons, end])[:, :, None] - 1 - v) // virtual_processes
    largest = float((incoming @ (below[1] - below[0])).max())
    # Totals are divided among virtual processes at random, in proportion to their neurons.
    return largest + 5 * math.sqrt(largest)


def synapse_model(job: SimulationJob) -> str:
    """Return the model of synapses: the compact one where its targets are few enough."""
    most_neurons = math.ceil(int(job.network.neurons.sum()) / (job.threads * job.processes))
    return COMPACT_SYNAPSE if most_neurons <= MAX_COMPACT_NEURONS else SYNAPSE


def fewest_virtual_processes(job: SimulationJob) -> int:
    """Return how many virtual processes the synapses need at least."""
    n = max(1, math.ceil(int(created_synapses(job).sum()) / MAX_SYNAPSES_PER_PROCESS))
    while most_synapses(job, n) > MAX_SYNAPSES_PER_PROCESS:
        n += max(1, n // 100)
    return n


def sources_per_rank(job: SimulationJob) -> float:
    """Return the number of neurons with at least one target in a process, where targets are drawn at random."""
    neurons = job.network.neurons.to_numpy()
    outgoing = created_synapses(job).sum(axis=0) / np.maximum(neurons, 1)
    return float(-(neurons * np.expm1(-outgoing / job.processes)).sum())


def memory(job: SimulationJob, chunk_ms: float) -> int:
    """Return the expected peak memory in bytes of one of the job's processes.

    Parameters
    ----------
    job : SimulationJob
        The job; its synapses and neurons are shared out evenly among its processes.
    chunk_ms : float
        Biological time after which recorded spikes are handed over.
    """
    synapses = created_synapses(job)
    n_neurons = float(job.network.neurons.sum()) / job.processes
    steps = math.ceil(longest_delay(job) / job.parameters.dt) + 1
    threads, others = job.threads, job.processes - 1
    tables = (
        sources_per_rank(job) * (SOURCE_BYTES + SOURCE_BYTES_PER_THREAD * threads) if threads > 1 or others else 0.0
    )
    return int(
        BASE_BYTES
        + n_neurons * (NEURON_BYTES + BUFFER_BYTES_PER_STEP * steps + TARGET_BYTES * others)
        + int(synapses.sum()) / job.processes * SYNAPSE_BYTES[synapse_model(job)]
        + tables
        + n_neurons * ASSUMED_RATE * chunk_ms / 1000 * SPIKE_BYTES
    )
