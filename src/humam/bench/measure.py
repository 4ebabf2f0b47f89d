"""Measure one point in a process of its own: ``python -m humam.bench.measure FOLDER POINT RESULT``.

``POINT`` is JSON. Progress goes to standard output, in lines ``progress MS``; the result is a JSON file.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from humam import errors
from humam.bench import inputs
from humam.bench.load import Meter
from humam.bench.points import WARM_UP_MS, Point
from humam.engines.base import SimulationJob
from humam.engines.nest import NestEngine
from humam.files import atomic_path
from humam.labels import N_LABELS
from humam.progress import Report
from humam.provenance import machine


def run(folder: Path, point: Point, report: Report) -> dict[str, Any]:
    """Measure a point; the networks are in ``folder``.

    Returns
    -------
    dict
        ``neurons``, ``synapses`` of the network; ``build_s``, ``compile_s``, ``wall_s``, ``cpu_s``, ``spikes`` and
        ``events`` (spikes times synapses of their neurons, the same definition for all engines) of the measured time;
        peak memory, load; for the procedural engine also what its kernels did and took.
    """
    total_ms = point.t_sim_ms + WARM_UP_MS
    memory = machine.available_memory()
    job = inputs.job(folder, point.experiment, point.scale, point.threads, total_ms, point.seed, memory)
    measured = (_procedural if point.engine == "procedural" else _nest)(job, point, report)
    counts = measured.pop("spikes_of_populations")
    neurons = job.network["neurons"].values
    out_degree = job.network["synapses"].values.sum(axis=0) / np.maximum(neurons, 1)
    return {
        "neurons": int(neurons.sum()),
        "synapses": int(job.network["synapses"].values.sum()),
        "stored_bytes": NestEngine().estimate_memory(job),
        "spikes": int(counts.sum()),
        "events": float(counts @ out_degree),
        **measured,
        "peak_memory_bytes": machine.peak_memory(),
    }


def _procedural(job: SimulationJob, point: Point, report: Report) -> dict[str, Any]:
    """Drive the engine's own loop, to read its counters after the warm-up."""
    # Only here: another engine's process shall not hold the kernels in memory.
    from humam.engines.procedural import kernels
    from humam.engines.procedural.engine import CHUNK_STEPS, WINDOW, ProceduralEngine, Simulation

    ProceduralEngine().check(job)
    found = kernels.compiled()
    t0 = time.perf_counter()
    simulation = Simulation(job, WINDOW)
    t1 = time.perf_counter()
    simulation.advance(0)
    times = {"build_s": t1 - t0, "compile_s": time.perf_counter() - t1, "kernels_found": found}
    dt = job.parameters.dt
    counts = np.zeros(N_LABELS, np.int64)
    kernel_s = 0.0

    def until(ms: float) -> None:
        nonlocal kernel_s
        while simulation.step * dt < ms - dt / 2:
            steps = min(CHUNK_STEPS, round(ms / dt) - simulation.step)
            begin = time.perf_counter()
            simulation.advance(-(-steps // WINDOW))
            kernel_s += time.perf_counter() - begin
            counts[:] += np.bincount(simulation.take_spikes()[0], minlength=N_LABELS)
            simulation.peak_queue_bytes = max(simulation.peak_queue_bytes, simulation.queued_bytes)
            simulation.tidy()
            report(simulation.step * dt)

    if point.t_sim_ms == 0:
        return {**times, "spikes_of_populations": counts, "load_average": None, "other_cores": None}
    until(WARM_UP_MS)
    counts[:], kernel_s = 0, 0.0
    did, cycles = simulation.counters(), simulation.cycles()
    meter = Meter()
    until(WARM_UP_MS + point.t_sim_ms)
    load = meter.read()
    return {
        **times,
        "spikes_of_populations": counts,
        "kernel_s": kernel_s,
        "did": {k: v - did[k] for k, v in simulation.counters().items()},
        "cycles": {k: v - cycles[k] for k, v in simulation.cycles().items()},
        "peak_queue_bytes": simulation.peak_queue_bytes,
        **vars(load),
    }


class _Counter:
    """A sink that counts the spikes after the warm-up."""

    def __init__(self, dt: float) -> None:
        self.first = round(WARM_UP_MS / dt)
        self.counts = np.zeros(N_LABELS, np.int64)

    def append(self, population: NDArray[Any], neuron: NDArray[Any], step: NDArray[Any]) -> None:
        self.counts += np.bincount(population[step > self.first], minlength=N_LABELS)


def _nest(job: SimulationJob, point: Point, report: Report) -> dict[str, Any]:
    """Run NEST; its reports, one after each part of the biological time, tell when the warm-up was over."""
    sink = _Counter(job.parameters.dt)
    meter, load = Meter(), dict[str, Any]()

    def listen(done: float, note: str = "") -> None:
        nonlocal meter
        if done == WARM_UP_MS:
            meter = Meter()
        elif done == job.t_sim_ms:
            load.update(vars(meter.read()))
        report(done)

    record = NestEngine(chunk_ms=WARM_UP_MS).simulate(job, sink, listen)
    build_s = sum(v for k, v in record.wall_times_s.items() if k != "simulate")
    return {"build_s": build_s, "compile_s": 0.0, "spikes_of_populations": sink.counts, **load}


def main(folder: str, point: str, result: str) -> None:
    """Measure and write."""
    spec = Point(**json.loads(point))
    measured = run(Path(folder), spec, lambda done, note="": print(f"progress {done}", flush=True))
    with atomic_path(result) as temporary:
        temporary.write_text(json.dumps(measured, indent=1), encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
