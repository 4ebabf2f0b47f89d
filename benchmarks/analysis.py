"""Measure time and peak memory of ``humam analyse`` on synthetic Poisson spikes at full scale.

Usage: ``python benchmarks/analysis.py FOLDER [--spikes 1e8] [--experiment base]``; the folder keeps network and spikes.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from humam import network as network_file
from humam import spikes
from humam.parameters import Parameters

WINDOW_STEPS = 500


def write_spikes(network_path: Path, folder: Path, n_spikes: float, t_sim_ms: float, seed: int) -> None:
    """Write Poisson spikes with log-normally distributed rates, one window of time after the other."""
    network = network_file.read(network_path)
    parameters: Parameters = network_file.parameters(network)
    neurons = network["neurons"].values
    random = np.random.default_rng(seed)
    rate = random.lognormal(0.0, 1.5, neurons.sum()).astype(np.float32)
    cumulative = np.cumsum(rate, dtype=np.float64)
    offset = np.concatenate([[0], np.cumsum(neurons)])
    n_steps = round(t_sim_ms / parameters.dt)
    per_window = n_spikes * WINDOW_STEPS / n_steps
    with spikes.create(folder, network["target"].values.tolist(), neurons.tolist()) as writer:
        for start in range(0, n_steps, WINDOW_STEPS):
            n = random.poisson(per_window)
            unit = np.searchsorted(cumulative, random.random(n) * cumulative[-1], side="right")
            step = random.integers(start + 1, start + WINDOW_STEPS + 1, n)
            # A neuron spikes at most once per step.
            unit, step = np.divmod(np.unique(unit * (n_steps + 1) + step), n_steps + 1)
            population = np.searchsorted(offset, unit, side="right") - 1
            writer.append(population, unit - offset[population], step)
        writer.finish(
            dt_ms=parameters.dt,
            t_sim_ms=t_sim_ms,
            engine="synthetic Poisson spikes",
            seed=seed,
            scale=1.0,
            in_degree_scale=1.0,
            scheme="none",
            rates_source="none",
            network_parameters=parameters.model_dump(),
            origin=network_file.origin(network),
            software={},
            machine={},
            wall_times_s={},
            peak_memory_bytes=0,
        )


def main() -> None:
    """Make what is missing, analyse it in a process of its own, print time and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--spikes", type=float, default=1e8)
    parser.add_argument("--t-sim", type=float, default=12500.0)
    parser.add_argument("--experiment", default="base")
    arguments = parser.parse_args()
    network = arguments.folder / "network.nc"
    run = arguments.folder / f"spikes_{arguments.spikes:g}"
    humam = [sys.executable, "-m", "humam"]
    if not network.exists():
        subprocess.run([*humam, "network", "--experiment", arguments.experiment, "--out", str(network)], check=True)
    if not run.exists():
        write_spikes(network, run, arguments.spikes, arguments.t_sim, seed=1)
    out = arguments.folder / f"statistics_{arguments.spikes:g}"
    start = time.monotonic()
    subprocess.run([*humam, "analyse", "--network", str(network), "--spikes", str(run), "--out", str(out)], check=True)
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    size = sum(path.stat().st_size for path in out.iterdir())
    print(f"{arguments.spikes:.3g} spikes: {seconds:.1f} s, peak {peak / 1e9:.2f} GB, output {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
