"""The results of a benchmark as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from humam.bench.points import Point

DISTURBED: Final = 0.1
"""Mean number of processors that others kept busy, from which on a row is marked as disturbed."""

COLUMNS: Final[dict[str, str]] = {
    "experiment": "network",
    "engine": "simulator",
    "scale": "fraction of neurons and of in-degrees",
    "threads": "threads",
    "neurons": "number of neurons",
    "synapses": "number of synapses",
    "measured_ms": "biological time measured, after the warm-up [ms]",
    "rate": "mean rate [spikes/s]",
    "events_per_biological_s": "synaptic events per second of biological time (spikes x out-degrees)",
    "wall_s_per_biological_s": "wall time per biological time",
    "cpu_s_per_biological_s": "processor time, over all threads, per biological time",
    "events_per_s": "synaptic events per second of wall time",
    "efficiency": "speed-up over the run with fewest threads, divided by the ratio of threads",
    "ns_within": "processor time per event within areas [ns]",
    "ns_between": "processor time per event between areas, to draw and to queue it [ns]",
    "ns_queue": "processor time per event between areas, to read it from the queue and add it [ns]",
    "ns_update": "processor time per neuron and step, Poisson input included [ns]",
    "share_within": "share of the threads' time: delivery within areas",
    "share_between": "drawing and queueing events between areas",
    "share_queue": "reading the queue",
    "share_update": "update of neurons, Poisson input",
    "share_waiting": "waiting for other threads",
    "share_host": "recording and all else outside the kernels",
    "build_s": "wall time of set-up, input files not included [s]",
    "compile_s": "wall time to load compiled kernels [s]",
    "peak_memory_bytes": "largest resident memory of the process",
    "peak_queue_bytes": "largest memory of the queue of events",
    "stored_bytes": "memory that NEST would need (estimate)",
    "load_average": "runnable threads in the minute before",
    "other_cores": "processors that other programs kept busy meanwhile",
    "disturbed": "whether other programs kept more than 0.1 processors busy",
}
"""Columns and what they mean."""


def row(point: Point, result: dict[str, Any], dt_ms: float = 0.1) -> dict[str, Any]:
    """Return the row of one point (all columns but the efficiency)."""
    biological_s = point.t_sim_ms * 1e-3
    others = result["other_cores"]
    out = {
        "experiment": point.experiment,
        "engine": point.engine,
        "scale": point.scale,
        "threads": point.threads,
        "neurons": result["neurons"],
        "synapses": result["synapses"],
        "measured_ms": point.t_sim_ms,
        "rate": result["spikes"] / result["neurons"] / biological_s,
        "events_per_biological_s": result["events"] / biological_s,
        "wall_s_per_biological_s": result["wall_s"] / biological_s,
        "cpu_s_per_biological_s": result["cpu_s"] / biological_s,
        "events_per_s": result["events"] / result["wall_s"],
        "build_s": result["build_s"],
        "compile_s": result["compile_s"],
        "peak_memory_bytes": result["peak_memory_bytes"],
        "peak_queue_bytes": result.get("peak_queue_bytes"),
        "stored_bytes": result["stored_bytes"],
        "load_average": result["load_average"],
        "other_cores": others,
        "disturbed": None if others is None else bool(others > DISTURBED),
    }
    return out | (_kernels(point, result, dt_ms) if "cycles" in result else {})


def _kernels(point: Point, result: dict[str, Any], dt_ms: float) -> dict[str, float]:
    """Return what the procedural engine's kernels took: the process's time in proportion to counted cycles."""
    cycles, did = result["cycles"], result["did"]
    in_kernels = result["kernel_s"] / result["wall_s"]
    share = {name: n / max(sum(cycles.values()), 1) * in_kernels for name, n in cycles.items()}
    # The cycle counter runs on while other programs have the processor; this process's own time does not.
    ns = {name: x * result["cpu_s"] * 1e9 for name, x in share.items()}
    return {
        "ns_within": ns["within_areas"] / max(did["events_within"], 1),
        "ns_between": ns["between_areas"] / max(did["events_between"], 1),
        "ns_queue": ns["queue"] / max(did["events_queued"], 1),
        "ns_update": ns["update"] / (result["neurons"] * point.t_sim_ms / dt_ms),
        "share_within": share["within_areas"],
        "share_between": share["between_areas"],
        "share_queue": share["queue"],
        "share_update": share["update"],
        "share_waiting": share["waiting"],
        "share_host": 1 - in_kernels,
    }


def table(results: Iterable[tuple[Point, dict[str, Any]]]) -> pd.DataFrame:
    """Return all points, with :data:`COLUMNS`, by experiment, scale, engine and threads."""
    frame = pd.DataFrame([row(point, result) for point, result in results])
    frame = frame.sort_values(["experiment", "scale", "engine", "threads"], ignore_index=True)
    first = frame.groupby(["experiment", "engine", "scale"], sort=False).transform("first")
    work, least = (f["wall_s_per_biological_s"] * f["threads"] for f in (frame, first))
    frame["efficiency"] = (least / work).where(frame["threads"] > first["threads"])
    return frame.reindex(columns=list(COLUMNS))
