"""Measure what NEST needs: build time, memory and simulation time of scaled networks on some ranks and threads.

Usage: ``python benchmarks/nest_scaling.py FOLDER``; the folder keeps networks and spikes. Rows are added to
``benchmarks/nest_scaling/points.csv``, the machine is noted in ``machine.json`` beside it;
``python -m humam.docs_pages.nest_cost_page`` takes both into docs/hpc.md. Needs NEST with MPI on PYTHONPATH.

Times are of processors, so other programs disturb them little; how many processors those kept busy is noted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from humam import downscaling, spikes, theory_file
from humam import network as networks
from humam.bench.load import busy_seconds, load_average
from humam.docs_pages.nest_cost import COLUMNS, Point, read_points
from humam.engines import nest_size
from humam.engines.base import SimulationJob
from humam.engines.nest import CHUNK_MS

FOLDER = Path(__file__).resolve().parent / "nest_scaling"

T_SIM_MS = 200.0

# experiment, s, k, ranks, threads
SIZES = [(0.002, 0.02), (0.003, 0.1), (0.004, 0.04), (0.004, 0.2), (0.006, 0.08), (0.01, 0.04)]
SPLITS = [(1, 2), (1, 4), (1, 8), (2, 1), (2, 2), (4, 1), (4, 2)]
POINTS = [
    *(Point("base", s, k, 1, 1) for s, k in SIZES),
    *(Point("best_fit", s, k, 1, 1) for s, k in SIZES[1:4]),
    *(Point("base", 0.004, 0.04, ranks, threads) for ranks, threads in SPLITS),
    *(Point("base", 0.006, 0.08, ranks, threads) for ranks, threads in [(1, 4), (2, 2), (4, 1)]),
]


def humam(*arguments: object) -> None:
    """Run one command of the archive."""
    # As in the workflow: large pages for the arrays of the simulator.
    variables = os.environ | {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    subprocess.run([sys.executable, "-m", "humam", *map(str, arguments)], check=True, env=variables)


def measure(point: Point, folder: Path) -> dict[str, object]:
    """Return the row of one point."""
    network, theory = folder / f"{point.experiment}.nc", folder / f"{point.experiment}_theory.nc"
    if not network.exists():
        humam("network", "--experiment", point.experiment, "--out", network)
        humam("theory", "--network", network, "--out", theory)
    load, before = load_average(), _clocks()
    humam(
        "simulate", "--network", network, "--theory", theory, "--out", folder / "spikes", "--t-sim", T_SIM_MS,
        "--scale", point.scale, "--in-degree-scale", point.in_degree_scale,
        "--ranks", point.ranks, "--threads", point.threads,
    )  # fmt: skip
    busy, own, elapsed = (b - a for a, b in zip(before, _clocks(), strict=True))
    m = spikes.read(folder / "spikes").manifest
    processor, wall = m.engine_options["processor_times_s"], m.wall_times_s
    full = networks.read(network)
    rates = downscaling.theory_rates(full, theory_file.read(theory))
    scaled = downscaling.scale(full, point.scale, point.in_degree_scale, rates).network
    job = SimulationJob(
        scaled, networks.parameters(full), T_SIM_MS, m.seed, threads=point.threads, processes=point.ranks
    )
    outgoing = nest_size.created_synapses(job).sum(axis=0) / scaled.neurons.to_numpy().clip(1)
    built = ("create", "connect", "drive", "prepare")
    return {
        **point._asdict(),
        "neurons": sum(m.neurons),
        "synapses": m.engine_options["synapses"],
        "sources_per_rank": round(nest_size.sources_per_rank(job)),
        "delay_steps": round(m.engine_options["max_delay_ms"] / m.dt_ms),
        "t_sim_ms": m.t_sim_ms,
        "spikes": m.n_spikes,
        "events": round(float((outgoing * m.n_spikes_per_population).sum())),
        "build_processor_s": sum(processor[lap] for lap in built),
        "simulate_processor_s": processor["simulate"],
        "build_wall_s": sum(wall[lap] for lap in built),
        "simulate_wall_s": wall["simulate"],
        "memory_per_rank_bytes": m.engine_options.get("peak_memory_per_rank_bytes", m.peak_memory_bytes),
        "estimated_bytes": nest_size.memory(job, CHUNK_MS),
        "other_cores": max(0.0, busy - own) / elapsed,
        "load_average": load,
    }  # fmt: skip


def _clocks() -> tuple[float, float, float]:
    """Return processor time of the machine, processor time of the programs started here, and wall time."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return busy_seconds() or 0.0, usage.ru_utime + usage.ru_stime, time.perf_counter()


def main() -> None:
    """Measure the points that are not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--again", action="store_true", help="measure all points anew")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    table = FOLDER / "points.csv"
    rows = [] if options.again or not table.exists() else read_points(table).to_dict("records")
    done = {Point(*(row[name] for name in Point._fields)) for row in rows}
    for point in POINTS:
        if point in done:
            continue
        print(point, flush=True)
        rows.append(measure(point, options.folder))
        pd.DataFrame(rows)[list(COLUMNS)].to_csv(table, index=False, float_format="%.6g")
        m = spikes.read(options.folder / "spikes").manifest
        record = {
            "machine": m.machine,
            "software": {name: m.software[name] for name in ("nest-simulator", "python", "humam")},
        }
        (FOLDER / "machine.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
