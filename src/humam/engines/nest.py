"""The reference engine: NEST, with every synapse stored.

Populations become node collections, projections ``Connect`` calls with ``fixed_total_number``; NEST draws weights,
delays and initial potentials. Connecting happens in the order of the labels, so a run is reproduced bit by bit from its
seed on machines with the same number of virtual processes (threads x processes), however they are split.

With more than one process, each of them runs :meth:`NestEngine.simulate` on the same job and gets the spikes of its own
neurons (:mod:`humam.simulation.ranks` starts them and brings the spikes together).
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from humam.engines import nest_size
from humam.engines.base import RunRecord, SimulationJob, SpikeSink
from humam.engines.nest_size import DRIVE_DELAY_MS, MAX_SYNAPSES_PER_PROCESS, Lognormal, delay_bound
from humam.errors import HumamError
from humam.progress import Report

CHUNK_MS: Final = 100.0
"""Biological time between two reports of progress, after which recorded spikes are handed over."""


class NestEngine:
    """NEST behind the interface of :class:`humam.engines.base.Engine`.

    Parameters
    ----------
    chunk_ms : float
        Biological time simulated at a stretch; has no influence on the spikes.
    """

    name = "nest"
    default_threads: int | None = 1

    def __init__(self, chunk_ms: float = CHUNK_MS) -> None:
        self.chunk_ms = chunk_ms
        self.stop: Callable[[], bool] = lambda: False

    def check(self, job: SimulationJob) -> None:
        """Refuse what NEST cannot hold.

        Raises
        ------
        HumamError
            For too many synapses per virtual process; names how many virtual processes would do.
        """
        n = job.threads * job.processes
        if nest_size.most_synapses(job, n) <= MAX_SYNAPSES_PER_PROCESS:
            return
        needed = nest_size.fewest_virtual_processes(job)
        raise HumamError(
            f"{int(nest_size.created_synapses(job).sum()):,} synapses on {job.processes} rank(s) x {job.threads}"
            f" thread(s): NEST holds at most {MAX_SYNAPSES_PER_PROCESS:,} per virtual process and synapse model;"
            f" {needed} virtual processes would do: --ranks {math.ceil(needed / job.threads)} --threads {job.threads}"
        )

    def estimate_memory(self, job: SimulationJob) -> int:
        """Return the expected peak memory in bytes, of each process where the job has several."""
        return nest_size.memory(job, self.chunk_ms)

    def simulate(self, job: SimulationJob, sink: SpikeSink, report: Report) -> RunRecord:
        """Build the network in NEST, run it chunk by chunk, hand over the spikes of this process's neurons."""
        self.check(job)
        nest = import_nest()
        if nest.num_processes != job.processes:
            raise HumamError(
                f"ranks = {job.processes}: NEST sees {nest.num_processes} process(es);"
                " it must be built with MPI, and the ranks must be started by the same MPI"
            )
        clock = _Clock()
        _set_kernel(nest, job)
        build = _Build(nest, job)
        recorder = build.recorder()
        build.create_neurons()
        clock.lap("create")
        n_synapses = build.connect(self.stop)
        clock.lap("connect")
        build.drive()
        if job.perturbation is not None:
            build.perturb()
        build.record(recorder)
        clock.lap("drive")
        nest.Prepare()  # where NEST builds its tables of connections; what follows finds them
        nest.Cleanup()
        clock.lap("prepare")
        done = self._run(nest, job, build, recorder, sink, report)
        clock.lap("simulate")
        options = {
            "threads": job.threads,
            "ranks": job.processes,
            "virtual_processes": job.threads * job.processes,
            "delay_quantile": nest_size.delay_cut(job),
            "max_delay_ms": float(nest.max_delay),
            "synapses": n_synapses,
            "synapse_model": nest_size.synapse_model(job),
            "external_drive": "poisson_generator",
            "processor_times_s": clock.processor,
        }
        reached = None if done == job.n_steps else done * job.parameters.dt
        nest.ResetKernel()  # gives the memory back to the process
        return RunRecord({"nest-simulator": nest.__version__}, options, clock.laps, reached)

    def _run(self, nest: Any, job: SimulationJob, build: _Build, recorder: Any, sink: SpikeSink, report: Report) -> int:
        """Simulate; return the number of steps, fewer than planned where told to stop."""
        chunk = max(1, round(self.chunk_ms / job.parameters.dt))
        done, n_spikes = 0, 0
        report(0, "")
        while done < job.n_steps and not self.stop():
            steps = min(chunk, job.n_steps - done)
            # Simulate, not Run inside Prepare and Cleanup: a recorder can be emptied only outside of those.
            nest.Simulate(steps * job.parameters.dt)
            done += steps
            events = recorder.events
            population, neuron = build.locate(np.asarray(events["senders"], dtype=np.int64))
            sink.append(population, neuron, np.asarray(events["times"]))
            recorder.n_events = 0
            n_spikes += len(population)
            report(done * job.parameters.dt, f"{n_spikes:,} spikes")
        return done


def import_nest() -> Any:
    """Return the module ``nest``, imported without its banner and without a look at our command line."""
    os.environ.setdefault("PYNEST_QUIET", "1")
    # Threads meet after every time step and every Connect. Where they share cores with other programs, waiting in a
    # busy loop was measured to take up to ten times as long; where they do not, it makes no difference.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    arguments, sys.argv = sys.argv, sys.argv[:1]
    try:
        import nest
    except ImportError as error:
        raise HumamError(f"engine 'nest' needs the package nest-simulator: {error}") from error
    finally:
        sys.argv = arguments
    return nest


class _Clock:
    """Wall time and processor time (of all threads) of the phases of a run."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self._last = time.perf_counter(), time.process_time()

    def lap(self, name: str) -> None:
        now = time.perf_counter(), time.process_time()
        self.laps[name], self.processor[name] = now[0] - self._last[0], now[1] - self._last[1]
        self._last = now


def _set_kernel(nest: Any, job: SimulationJob) -> None:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=job.parameters.dt, local_num_threads=job.threads, rng_seed=job.seed)


class _Build:
    """The network of a job inside NEST, step by step."""

    def __init__(self, nest: Any, job: SimulationJob) -> None:
        self.nest = nest
        self.job = job
        self.labels: list[str] = job.network.target.to_numpy().tolist()
        self.neurons: NDArray[np.int64] = job.network.neurons.to_numpy()
        self.populations: dict[int, Any] = {}
        self._first_id = np.empty(0, dtype=np.int64)
        self._indices = np.empty(0, dtype=np.int64)

    def recorder(self) -> Any:
        """Create the recorder of all spikes, before the neurons: its index must be below 2^16 (see :meth:`record`)."""
        return self.nest.Create("spike_recorder", params={"time_in_steps": True})

    def create_neurons(self) -> None:
        """Create all populations that have neurons, parameters and initial potentials drawn by NEST."""
        for i in np.flatnonzero(self.neurons):
            nodes = self.nest.Create("iaf_psc_exp", int(self.neurons[i]), params=self._neuron(int(i)))
            self.populations[int(i)] = nodes
        self._indices = np.array(list(self.populations), dtype=np.int64)
        self._first_id = np.array([nodes[0].global_id for nodes in self.populations.values()], dtype=np.int64)

    def _neuron(self, i: int) -> dict[str, Any]:
        nest, p = self.nest, self.job.parameters
        kind = self.labels[i].rsplit("|", 1)[1]
        threshold = self._spread(p.V_th - p.E_L, getattr(p, f"V_th_rel_sd_{kind}"))
        # The membrane must be able to reset: thresholds at or below the reset potential are drawn again.
        if not isinstance(threshold, float) and p.V_reset >= p.E_L:
            threshold = nest.math.redraw(threshold, p.V_reset - p.E_L + 1e-3, 1e6)
        return {
            "E_L": p.E_L,
            "V_th": p.E_L + threshold,
            "V_reset": p.V_reset,
            "V_m": nest.random.normal(p.V_0_mean, p.V_0_sd) if p.V_0_sd else p.V_0_mean,
            "C_m": self._spread(getattr(p, f"C_m_{kind}"), getattr(p, f"C_m_rel_sd_{kind}")),
            "tau_m": self._spread(p.tau_m, getattr(p, f"tau_m_rel_sd_{kind}")),
            "tau_syn_ex": p.tau_syn_ex,
            "tau_syn_in": p.tau_syn_in,
            "t_ref": p.t_ref,
            "I_e": float(self.job.network.dc[i]),
        }

    def _spread(self, mean: float, relative_sd: float) -> Any:
        """Return a mean, or a log-normal distribution around it."""
        if relative_sd == 0:
            return mean
        distribution = Lognormal.of(mean, relative_sd)
        return self.nest.random.lognormal(distribution.mu, distribution.sigma)

    def connect(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Connect all populations, unless told to stop; return the number of synapses of this process.

        Fixed in-degrees are rounded (:func:`humam.engines.nest_size.created_synapses`).
        """
        network = self.job.network
        synapses, weight, delay = (network[name].to_numpy() for name in ("synapses", "weight", "delay"))
        model = nest_size.synapse_model(self.job)
        # Connections of weight 0 have no effect: they are not created.
        for t, s in np.argwhere((synapses > 0) & (weight != 0)).tolist():
            if stop():
                break
            if self.job.parameters.connection_rule == "fixed_total_number":
                rule = {"rule": "fixed_total_number", "N": int(synapses[t, s])}
            else:
                rule = {"rule": "fixed_indegree", "indegree": round(synapses[t, s] / self.neurons[t])}
            self.nest.Connect(
                self.populations[s],
                self.populations[t],
                rule | {"allow_autapses": True, "allow_multapses": True},
                {
                    "synapse_model": model,
                    "weight": self._weight(float(weight[t, s])),
                    "delay": self._delay(float(delay[t, s])),
                },
            )
        return int(self.nest.num_connections)

    def _weight(self, mean: float) -> Any:
        """Return the distribution of a weight in pA, cut at 0 by drawing again (as NEST 2 did for the paper)."""
        sd = self.job.parameters.weight_rel_sd * abs(mean)
        if sd == 0:
            return mean
        low, high = (0.0, math.inf) if mean > 0 else (-math.inf, 0.0)
        return self.nest.math.redraw(self.nest.random.normal(mean, sd), low, high)

    def _delay(self, mean: float) -> Any:
        """Return the distribution of a delay in ms, at least one time step; NEST rounds to the grid."""
        p = self.job.parameters
        mean = max(mean, p.dt)
        if p.delay_rel_sd == 0:
            return mean
        if p.delay_distribution == "lognormal":
            lognormal = Lognormal.of(mean, p.delay_rel_sd)
            drawn = self.nest.random.lognormal(lognormal.mu, lognormal.sigma)
        else:
            drawn = self.nest.random.normal(mean, p.delay_rel_sd * mean)
        return self.nest.math.redraw(drawn, p.dt, delay_bound(mean, self.job))

    def drive(self) -> None:
        """Give every neuron its own Poisson input, with a weight of its own."""
        network = self.job.network
        external = network.synapses_external.to_numpy()
        weight, rate = network.weight_external.to_numpy(), network.rate_external.to_numpy()
        for i, nodes in self.populations.items():
            # Spikes/s into one neuron: rate of a synapse x mean number of external synapses.
            total = rate[i] * external[i] / self.neurons[i]
            if total > 0 and weight[i] != 0:
                generator = self.nest.Create("poisson_generator", params={"rate": float(total)})
                synapse = {"weight": self._weight(float(weight[i])), "delay": DRIVE_DELAY_MS}
                self.nest.Connect(generator, nodes, "all_to_all", synapse)
        if "rate_replaced" in network:
            self._replace_areas()

    def _replace_areas(self) -> None:
        """Give every neuron the input of areas left out (:func:`humam.subnetwork.isolate`), events of one weight."""
        network = self.job.network
        rate, weight = network.rate_replaced.to_numpy(), network.weight_replaced.to_numpy()
        for i, nodes in self.populations.items():
            if rate[i] > 0 and weight[i] != 0:
                generator = self.nest.Create("poisson_generator", params={"rate": float(rate[i])})
                synapse = {"weight": float(weight[i]), "delay": DRIVE_DELAY_MS}
                self.nest.Connect(generator, nodes, "all_to_all", synapse)

    def perturb(self) -> None:
        """Add the extra spike: created last and without random numbers, so that all else stays as it is."""
        extra = self.job.perturbation
        assert extra is not None  # noqa: S101  (for the type checker)
        nodes = self.populations.get(extra.population)
        if nodes is None or extra.neuron >= len(nodes):
            raise HumamError(
                f"perturbation of neuron {extra.neuron} of {self.labels[extra.population]!r}:"
                " the scaled network has no such neuron"
            )
        generator = self.nest.Create("spike_generator", params={"spike_times": [extra.time_ms]})
        synapse = {"weight": extra.weight_pa, "delay": extra.delay_ms}
        self.nest.Connect(generator, nodes[extra.neuron], "one_to_one", synapse)

    def record(self, recorder: Any) -> None:
        """Record all neurons.

        NEST reserves a block of 1024 connections for every neuron linked to a recorder. The compact synapse model
        halves these blocks; it addresses its target by 16 bits.
        """
        for nodes in self.populations.values():
            self.nest.Connect(nodes, recorder, "all_to_all", {"synapse_model": nest_size.COMPACT_SYNAPSE})

    def locate(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return population index and index within it of neurons given by NEST's node numbers."""
        which = np.searchsorted(self._first_id, ids, side="right") - 1
        return self._indices[which], ids - self._first_id[which]
