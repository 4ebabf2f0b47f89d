"""The interface of simulation engines.

An engine gets a :class:`SimulationJob` (a network already at its final size, and how to run it), hands spikes batch by
batch to a sink, and returns a :class:`RunRecord`. It neither reads nor writes files, prints nothing, and knows nothing
of down-scaling, theory or analysis; a new engine is one class with the five members of :class:`Engine`. One whose runs
can be interrupted and continued is a :class:`ResumableEngine`: it hands its state to a :class:`Checkpoints`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from humam.errors import HumamError
from humam.extra_spike import DELAY_MS
from humam.parameters import Parameters, on_grid
from humam.progress import Report

MAX_SEED = 2**32 - 1
DELAY_QUANTILE = 0.9999
"""Default cut of the tail of the delay distributions in NEST.

Every neuron holds input buffers as long as the longest delay of the network. Without a cut the few longest of millions
of log-normal delays between areas decide on most of the memory; cut here, one delay in 10 000 is drawn again.
"""


@dataclass(frozen=True)
class Perturbation:
    """One extra spike onto one neuron; nothing else of the run changes, random numbers included.

    Attributes
    ----------
    population : int
        Index of the population.
    neuron : int
        Index of the neuron within it.
    time_ms, delay_ms : float
        When the spike is emitted, and how much later it acts.
    weight_pa : float
        Amplitude of the postsynaptic current.
    """

    population: int
    neuron: int
    time_ms: float
    weight_pa: float
    delay_ms: float = DELAY_MS


@dataclass(frozen=True)
class SimulationJob:
    """What to simulate and how.

    Attributes
    ----------
    network : Dataset
        The network at the size to be simulated: ``neurons``, ``synapses``, ``synapses_external``, ``weight``,
        ``weight_external``, ``delay``, ``rate_external`` as in a network file and ``dc(target)``, the whole constant
        current in pA (:class:`humam.downscaling.ScaledNetwork`).
    parameters : Parameters
        Neuron parameters, distributions of weights and delays.
    t_sim_ms : float
        Biological time, a multiple of the time step.
    seed : int
        Seed of all random numbers, 1 to 2^32 - 1.
    threads : int
        Threads per process.
    processes : int
        Processes (MPI ranks); the spikes depend on threads x processes only.
    delay_quantile : float, optional
        Delays above this quantile of their distribution are drawn again; 1 for no cut; default: that of the engine.
    perturbation : Perturbation, optional
        One extra spike.
    memory_bytes : int, optional
        Memory that the run may take, for engines whose need depends on the activity; has no influence on the spikes.
    """

    network: xr.Dataset
    parameters: Parameters
    t_sim_ms: float
    seed: int
    threads: int = 1
    processes: int = 1
    delay_quantile: float | None = None
    perturbation: Perturbation | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no engine can run.

        Raises
        ------
        HumamError
            If time, seed, threads, processes or quantile is out of range.
        """
        dt = self.parameters.dt
        if not 0 < self.t_sim_ms <= 1e7:
            raise HumamError(f"t_sim = {self.t_sim_ms:g} ms: must be > 0 and at most 1e7 ms")
        if not on_grid(self.t_sim_ms, dt):
            raise HumamError(f"t_sim = {self.t_sim_ms:g} ms: must be a multiple of the time step {dt:g} ms")
        if not 1 <= self.seed <= MAX_SEED:
            raise HumamError(f"seed = {self.seed}: must be 1 to {MAX_SEED}")
        if self.threads < 1 or self.processes < 1:
            raise HumamError(f"threads = {self.threads}, processes = {self.processes}: must be at least 1")
        if self.delay_quantile is not None and not 0.5 <= self.delay_quantile <= 1:
            raise HumamError(f"delay quantile = {self.delay_quantile:g}: must be 0.5 to 1 (1: no cut)")

    @property
    def n_steps(self) -> int:
        """Number of time steps."""
        return round(self.t_sim_ms / self.parameters.dt)


class SpikeSink(Protocol):
    """Takes spikes; batches in the order of time, any order within (:class:`humam.spikes.SpikeWriter` is one)."""

    def append(self, population: NDArray[np.integer], neuron: NDArray[np.integer], step: NDArray[np.integer]) -> None:
        """Take the spikes of some time steps: population index, neuron within it, time step."""


@dataclass(frozen=True)
class RunRecord:
    """What an engine tells about a run.

    Attributes
    ----------
    software : dict
        Versions of the simulator.
    options : dict
        Settings of the engine that shaped the result: parallelism, cut of the delays and the like.
    wall_times_s : dict
        Seconds per phase.
    reached_ms : float, optional
        Biological time reached, where the run was told to stop before its end.
    peak_memory_bytes : int, optional
        Peak memory of all processes together, where there were others than this one.
    """

    software: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    wall_times_s: dict[str, float] = field(default_factory=dict)
    reached_ms: float | None = None
    peak_memory_bytes: int | None = None


State = Mapping[str, NDArray[Any]]
"""What an engine needs to go on from a time step: plain arrays by name."""


class Checkpoints(Protocol):
    """Where an engine leaves its state now and then, and finds that of an interrupted run."""

    @property
    def state(self) -> State | None:
        """The state to go on from; None for a new run."""

    def due(self) -> bool:
        """Return whether the state is wanted now."""

    def keep(self, step: int, state: Iterable[tuple[str, NDArray[Any]]]) -> bool:
        """Take the state after ``step`` steps, when all spikes until then are in the sink; return whether to go on.

        Arrays are taken one by one, so an engine need not hold all of them at a time.
        """


@runtime_checkable
class Engine(Protocol):
    """A simulator of the model."""

    name: str
    """The name on the command line."""

    default_threads: int | None
    """Number of threads where the user says nothing; None for all cores."""

    def check(self, job: SimulationJob) -> None:
        """Raise :class:`HumamError` if this engine cannot run the job for a reason other than memory."""

    def estimate_memory(self, job: SimulationJob) -> int:
        """Return the peak memory in bytes of a process of the job, without building anything."""
        ...

    def simulate(self, job: SimulationJob, sink: SpikeSink, report: Report) -> RunRecord:
        """Simulate; call ``report(biological time in ms, note)`` now and then."""
        ...


@runtime_checkable
class StoppableEngine(Engine, Protocol):
    """A simulator that can end early, with all spikes until then."""

    stop: Callable[[], bool]
    """Asked now and then; once it is true, the run ends and its record tells the time reached."""


@runtime_checkable
class ResumableEngine(Engine, Protocol):
    """A simulator whose runs can be interrupted and continued with the same result."""

    resumable: Literal[True]

    def identity(self, job: SimulationJob) -> dict[str, Any]:
        """Return what a state belongs to, by name: all that the spikes depend on but the duration."""
        ...

    def simulate(
        self, job: SimulationJob, sink: SpikeSink, report: Report, checkpoints: Checkpoints | None = None
    ) -> RunRecord:
        """Simulate from the beginning or from ``checkpoints.state``; ask ``checkpoints`` now and then.

        Raises
        ------
        HumamError
            If the state is that of another job; names what differs.
        """
        ...
