"""The networks that points need, and the theories that smaller networks need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from humam import downscaling, theory, theory_file
from humam import network as networks
from humam.anatomy import tables
from humam.engines.base import SimulationJob
from humam.parameters import find_experiment, load_experiment
from humam.resources import shipped


def prepare(experiments: Sequence[str], folder: Path) -> None:
    """Build what is missing in ``folder``: ``NAME.nc`` and ``NAME_theory.nc`` for each experiment."""
    for name in experiments:
        path, choice = find_experiment(name, shipped("experiments"))
        parameters = load_experiment(path, {}, choice)
        target = network_path(folder, name)
        if target.exists() and networks.parameters(networks.read(target)) == parameters:
            continue
        network = networks.build(tables.read(), parameters)
        networks.write(network, target)
        theory_file.write(theory.predict(network), theory_path(folder, name))


def network_path(folder: Path, experiment: str) -> Path:
    """Return the network file of an experiment."""
    return folder / f"{_stem(experiment)}.nc"


def theory_path(folder: Path, experiment: str) -> Path:
    """Return the theory file of an experiment."""
    return folder / f"{_stem(experiment)}_theory.nc"


def _stem(experiment: str) -> str:
    return Path(experiment).stem if experiment.endswith((".yml", ".yaml")) else experiment


def job(
    folder: Path,
    experiment: str,
    scale: float,
    threads: int,
    t_sim_ms: float,
    seed: int,
    memory_bytes: int | None,
) -> SimulationJob:
    """Return the job of an experiment at a scale."""
    full = networks.read(network_path(folder, experiment))
    return scaled_job(full, theory_path(folder, experiment), scale, threads, t_sim_ms, seed, memory_bytes)


def scaled_job(
    full: xr.Dataset,
    theory_of_full: Path,
    scale: float,
    threads: int,
    t_sim_ms: float,
    seed: int,
    memory_bytes: int | None,
) -> SimulationJob:
    """Return the job of a network that is in memory, at a scale."""
    rates = None if scale == 1 else downscaling.theory_rates(full, theory_file.of_network(full, theory_of_full))
    return SimulationJob(
        network=downscaling.scale(full, scale, rates=rates).network,
        parameters=networks.parameters(full),
        t_sim_ms=t_sim_ms,
        seed=seed,
        threads=threads,
        memory_bytes=memory_bytes,
    )
