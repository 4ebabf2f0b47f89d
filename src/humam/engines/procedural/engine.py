"""The procedural engine behind the interface of engines: threads, recording, progress."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from humam.engines.base import Checkpoints, RunRecord, SimulationJob, SpikeSink
from humam.engines.procedural import checkpoint, kernels, memory, scheduling
from humam.engines.procedural.atomic import FLAGS
from humam.engines.procedural.build import build
from humam.engines.procedural.limits import LARGE_RAISED_SHARE, check_network, check_window
from humam.engines.procedural.random import DRIVE, LATE, LOCAL, REMOTE, purpose_seed
from humam.engines.procedural.scheduling import work
from humam.engines.procedural.state import (
    FLAG_QUEUE_FULL,
    QUEUE_CHUNK,
    Neurons,
    Queue,
    Scratch,
    Spikes,
    Sync,
    initial_neurons,
    initial_queue,
    initial_spikes,
    make_scratch,
    make_sync,
)
from humam.engines.procedural.tables import Constants, Tables, cut_of, first_of_populations
from humam.engines.procedural.totals import correct_totals
from humam.errors import HumamError
from humam.labels import N_POPULATIONS
from humam.progress import Report
from humam.spike_order import in_order

WINDOW: Final = 4
"""Default steps of a window; delays between areas are at least that long (2e-6 of them are raised)."""
CHUNK_STEPS: Final = 200
"""Steps between two visits of the host: recording, progress."""


class Parameters(NamedTuple):
    """Scalars of the kernels."""

    window: int
    quantum: np.float32
    decay_ex: np.float32
    decay_in: np.float32
    reset: np.float32
    refractory_steps: int
    seed_local: np.uint64
    seed_late: np.uint64
    seed_remote: np.uint64
    seed_drive: np.uint64
    kick_area: int
    kick_neuron: int
    kick_step: int
    kick_weight: np.float32


class Simulation:
    """A model in memory that can be advanced.

    Parameters
    ----------
    job : SimulationJob
        What to simulate.
    window : int
        Steps of a window; 1 is the exact mode, in which no delay is raised.
    teams : int, optional
        Teams at most that threads form (:mod:`humam.engines.procedural.scheduling`).
    """

    tables: Tables
    constants: Constants
    neurons: Neurons
    spikes: Spikes
    queue: Queue
    scratch: Scratch
    sync: Sync

    def __init__(self, job: SimulationJob, window: int = WINDOW, teams: int = scheduling.TEAMS) -> None:
        self.job, self.window, self.threads = job, window, job.threads
        self.tables, self.constants = build(job, window)
        self.neurons = initial_neurons(job, self.tables)
        self.spikes = initial_spikes(self.tables, self.constants, CHUNK_STEPS)
        areas, teams = len(self.constants.areas), min(job.threads, teams)
        self.queue = initial_queue(areas, job.threads, memory.queue_limit(job), members=-(-job.threads // teams))
        self.scratch = make_scratch(self.tables, self.constants, job.threads, teams)
        self.sync = make_sync(areas, job.threads, teams, np.diff(self.tables.area_first))
        self.parameters = self._parameters()
        net = job.network
        correct_totals(
            self.tables, net["synapses"].values * (net["weight"].values != 0), net["neurons"].values, self.parameters
        )
        self.step = 0
        self.wall_time_s = 0.0
        self.peak_queue_bytes = 0
        self._recorded = np.zeros(len(self.constants.areas), np.int64)
        self._population_first = first_of_populations(self.tables)
        self._pool = ThreadPoolExecutor(job.threads)

    def _parameters(self) -> Parameters:
        c, seed, kick = self.constants, self.job.seed, self.job.perturbation
        area = neuron = step = -1
        weight = 0.0
        if kick is not None:
            area = c.areas.index(kick.population // N_POPULATIONS)
            neuron = int(first_of_populations(self.tables)[area, kick.population % N_POPULATIONS]) + kick.neuron
            # A spike emitted at t with delay d acts at the end of the step before t + d, as all input does.
            step = round((kick.time_ms + kick.delay_ms) / self.job.parameters.dt) - 1
            weight = kick.weight_pa
        return Parameters(
            window=self.window,
            quantum=np.float32(c.quantum_pa),
            decay_ex=np.float32(c.decay_ex),
            decay_in=np.float32(c.decay_in),
            reset=np.float32(c.reset),
            refractory_steps=c.refractory_steps,
            seed_local=purpose_seed(seed, LOCAL),
            seed_late=purpose_seed(seed, LATE),
            seed_remote=purpose_seed(seed, REMOTE),
            seed_drive=purpose_seed(seed, DRIVE),
            kick_area=area,
            kick_neuron=neuron,
            kick_step=step,
            kick_weight=np.float32(weight),
        )

    def advance(self, windows: int) -> None:
        """Run some windows on all threads.

        Raises
        ------
        HumamError
            If the queue of events is full.
        """
        arguments = (self.tables, self.neurons, self.spikes, self.queue, self.scratch, self.sync, self.parameters)
        tail = (self.step, windows, self.constants.two_currents, self.constants.individual)
        if self.threads == 1:
            work(*arguments, 0, 1, *tail)
        else:
            jobs = [self._pool.submit(work, *arguments, t, self.threads, *tail) for t in range(self.threads)]
            for job in jobs:
                job.result()
        self.step += windows * self.window
        if self.sync.shared[FLAGS] & FLAG_QUEUE_FULL:
            raise HumamError(
                f"the queue of events between areas outgrew {4 * self.queue.pool.size / 2**30:.2g} GiB of memory at "
                f"{self.step * self.job.parameters.dt:.0f} ms: the activity is too high for this machine"
            )

    def take_spikes(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return label, neuron within its population and step of the spikes since the last call, by time.

        Steps count from 1: a neuron that crosses threshold in the first step spikes at its end, as in NEST.
        """
        s = self.spikes
        labels, neurons, steps = [], [], []
        for a, area in enumerate(self.constants.areas):
            part = slice(self._recorded[a], s.fired[a])
            population = s.population[a, part].astype(np.int64)
            labels.append(area * N_POPULATIONS + population)
            neurons.append(s.neuron[a, part] - self._population_first[a, population])
            steps.append(s.step[a, part].astype(np.int64) + 1)
        self.mark_recorded()
        return in_order(*(np.concatenate(x) for x in (labels, neurons, steps)))

    def mark_recorded(self) -> None:
        """Take all spikes until now as recorded."""
        self._recorded = self.spikes.fired.copy()

    def tidy(self) -> None:
        """Drop spikes that act no more, collect free memory, start the dearest area first."""
        s = self.spikes
        for a in range(len(self.constants.areas)):
            keep = int(min(s.oldest[a], s.released[a], s.end[a]))
            n = int(s.fired[a]) - keep
            if keep:
                for array in (s.neuron, s.step, s.population):
                    array[a, :n] = array[a, keep : keep + n].copy()
                for mark in (s.fired, s.oldest, s.released, s.begin, s.end, self._recorded):
                    mark[a] -= keep
        collect(self.queue)
        self.sync.order[:] = np.argsort(-self.sync.area_cost)
        self.sync.area_cost[:] = 0

    @property
    def queued_bytes(self) -> int:
        """Memory of the queue in use [bytes]."""
        chunks = self.queue.free.shape[1] - 1  # the first is nobody's
        return (chunks - int(self.queue.n_free[:, 0].sum())) * 4 * QUEUE_CHUNK

    @property
    def remark(self) -> str:
        """What a user should know about this simulation; mostly nothing."""
        raised = self.constants.floored_share
        if raised < LARGE_RAISED_SHARE:
            return ""
        return f"{raised:.2g} of the delays between areas are raised to the window, {self.window} steps; with 1 none is"

    def counters(self) -> dict[str, int]:
        """Return the numbers of events so far, over all threads."""
        names = ("events_within", "events_between", "events_queued", "spikes")
        return {name: int(x) for name, x in zip(names, self.sync.counters.sum(axis=0), strict=False)}

    def cycles(self) -> dict[str, int]:
        """Return processor cycles by what they were spent on, over all threads."""
        names = ("between_areas", "queue", "within_areas", "update", "waiting")
        return {name: int(x) for name, x in zip(names, self.sync.timers.sum(axis=0), strict=False)}


def collect(queue: Queue) -> None:
    """Put the free chunks of all threads on top of the reserve.

    So what was in use before is used again before untouched memory is, and a thread finds the queue full only where
    the memory is used up but for what others gave back since the last visit of the host.
    """
    top = int(queue.n_free[-1, 0])
    for free, n in zip(queue.free[:-1], queue.n_free[:-1, 0], strict=True):
        queue.free[-1, top : top + n] = free[:n]
        top += int(n)
    queue.n_free[:, 0] = 0
    queue.n_free[-1, 0] = top


class ProceduralEngine:
    """The full-density engine behind the interface of :class:`humam.engines.base.Engine`."""

    name = "procedural"
    default_threads: int | None = None
    resumable: Literal[True] = True

    def __init__(self, window: int = WINDOW) -> None:
        check_window(window)
        self.window = window

    def check(self, job: SimulationJob) -> None:
        """Refuse what this engine cannot do.

        Raises
        ------
        HumamError
            For more than one process, another rule than ``fixed_total_number``, a perturbed neuron that is not there, a
            network that it cannot hold (:func:`humam.engines.procedural.limits.check_network`).
        """
        if job.processes != 1:
            raise HumamError(f"processes = {job.processes}: engine 'procedural' runs as 1 process with threads")
        if job.parameters.connection_rule != "fixed_total_number":
            raise HumamError(
                f"connection_rule = {job.parameters.connection_rule!r}: engine 'procedural' knows 'fixed_total_number'"
            )
        extra = job.perturbation
        if extra is not None and extra.neuron >= int(job.network["neurons"][extra.population]):
            label = str(job.network["target"].values[extra.population])
            raise HumamError(f"perturbation of neuron {extra.neuron} of {label!r}: the network has no such neuron")
        check_network(job, self.window)

    def estimate_memory(self, job: SimulationJob) -> int:
        """Return the expected peak memory in bytes."""
        return memory.estimate(job)

    def identity(self, job: SimulationJob) -> dict[str, Any]:
        """Return what a checkpoint of a job belongs to."""
        return checkpoint.identity(job, self.window)

    def simulate(
        self, job: SimulationJob, sink: SpikeSink, report: Report, checkpoints: Checkpoints | None = None
    ) -> RunRecord:
        """Simulate, from the beginning or from a checkpoint, and hand over spikes as they come."""
        self.check(job)
        t0 = time.monotonic()
        simulation = Simulation(job, self.window)
        if checkpoints is not None and checkpoints.state is not None:
            checkpoint.restore(simulation, checkpoints.state)
            if simulation.step > job.n_steps:
                raise HumamError(
                    f"t_sim = {job.t_sim_ms:g} ms: the checkpoint is at {simulation.step * job.parameters.dt:g} ms"
                )
        t1 = time.monotonic()
        begin = simulation.step * job.parameters.dt
        report(begin, "" if kernels.compiled() else "compiling the kernels for this processor, about half a minute")
        simulation.advance(0)
        report(begin, simulation.remark)
        t2 = time.monotonic()
        self._run(simulation, sink, report, checkpoints)
        return RunRecord(
            software={"numba": numba.__version__, "numpy": np.__version__},
            options={
                "identity": self.identity(job),
                "threads": job.threads,
                "window_steps": self.window,
                "share_of_delays_raised": simulation.constants.floored_share,
                "share_of_delays_cut": simulation.constants.cut_share,
                "delay_quantile": cut_of(job),
                "weight_quantum_pa": simulation.constants.quantum_pa,
                "peak_queue_bytes": simulation.peak_queue_bytes,
                **simulation.counters(),
                **{f"cycles_{k}": v for k, v in simulation.cycles().items()},
            },
            wall_times_s={"build": t1 - t0, "compile": t2 - t1, "simulate": simulation.wall_time_s},
        )

    def _run(self, simulation: Simulation, sink: SpikeSink, report: Report, checkpoints: Checkpoints | None) -> None:
        job, dt = simulation.job, simulation.job.parameters.dt
        n_neurons = int(simulation.tables.area_first[-1])
        last = time.monotonic()
        while simulation.step < job.n_steps:
            before = simulation.step
            simulation.advance(-(-min(CHUNK_STEPS, job.n_steps - before) // self.window))
            label, neuron, step = simulation.take_spikes()
            within = step <= job.n_steps
            sink.append(label[within], neuron[within], step[within])
            simulation.peak_queue_bytes = max(simulation.peak_queue_bytes, simulation.queued_bytes)
            simulation.tidy()
            now = time.monotonic()
            simulation.wall_time_s, last = simulation.wall_time_s + now - last, now
            rate = len(step) / n_neurons / ((simulation.step - before) * dt * 1e-3)
            report(min(simulation.step, job.n_steps) * dt, f"{rate:.2f} spikes/s")
            if (
                checkpoints is not None
                and simulation.step < job.n_steps
                and checkpoints.due()
                and not checkpoints.keep(simulation.step, checkpoint.export(simulation))
            ):
                return
