"""Statistics of a run of either engine: what ensembles compare. One file per run, so that a validation can go on."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from humam.analysis.irregularity import irregularity
from humam.analysis.trains import trains
from humam.engines import nest_size
from humam.engines.base import Engine, SimulationJob
from humam.engines.nest import NestEngine
from humam.engines.procedural import kernels
from humam.engines.procedural.engine import WINDOW, ProceduralEngine
from humam.files import atomic_path
from humam.parameters import Parameters
from humam.progress import Report

NEST, EXACT, WINDOWED = "nest", "procedural", "window"
"""Names of the engines compared, of files too: NEST; the procedural engine with windows of one step, in which no delay
is raised; and with those that it has where the user says nothing, and archived runs have."""

ENGINES: Final[dict[str, Callable[[], Engine]]] = {
    NEST: NestEngine,
    EXACT: lambda: ProceduralEngine(window=1),
    WINDOWED: ProceduralEngine,
}
TITLES: Final = {NEST: "NEST", EXACT: "procedural", WINDOWED: f"procedural, window of {WINDOW}"}
FIRST_SEED: Final = {EXACT: 0, NEST: 1000, WINDOWED: 2000}
"""What is added to the seeds: no two runs of a case shall have the same synapses."""

STATISTICS: Final = ("rate", "cv", "lvr", "correlation")
"""Distributions over neurons (correlation: over pairs of neurons) of a population."""

CORRELATED: Final = 100
"""Neurons of a population whose pairwise correlations are taken, the first that fired."""
BIN_STEPS: Final = 50
"""Bins of spike counts for correlations, 5 ms."""


@dataclass(frozen=True)
class Case:
    """A network that both engines simulate with many seeds.

    Attributes
    ----------
    name, title : str
        Of files, of the page.
    network : Dataset
        At the size to be simulated.
    parameters : Parameters
        Of neurons and synapses.
    t_sim_ms, warm_up_ms : float
        Biological time, and how much of it is dropped.
    delay_quantile : float
        Cut of the tail of delays in both engines.
    min_spikes : int
        Spikes a neuron needs for CV and LvR.
    engines : tuple of str
        Those that simulate it, of :data:`ENGINES`, NEST first.
    """

    name: str
    title: str
    network: xr.Dataset
    parameters: Parameters
    t_sim_ms: float
    warm_up_ms: float
    delay_quantile: float = 1.0
    min_spikes: int = 10
    engines: tuple[str, ...] = (NEST, EXACT)

    def fingerprint(self) -> str:
        """Return a hash of everything that shapes a run of the case but the code of the engines.

        Numbers enter with six digits: the last ones of rates of the theory depend on the threads of linear algebra.
        """
        settings = [self.t_sim_ms, self.warm_up_ms, self.delay_quantile, self.min_spikes, CORRELATED, BIN_STEPS]
        digest = hashlib.sha256(json.dumps([settings, self.parameters.model_dump_json()]).encode())
        for name in sorted(map(str, self.network.data_vars)):
            if "target" in self.network[name].dims:
                mantissa, exponent = np.frexp(self.network[name].values.astype(np.float64))
                digest.update(name.encode() + np.round(mantissa, 6).tobytes() + exponent.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Statistics:
    """Distributions of one run: per name of :data:`STATISTICS` a dict of arrays by population."""

    samples: dict[str, dict[int, NDArray[np.float64]]]

    def mean_rate(self) -> float:
        """Return the mean rate over all neurons [spikes/s]."""
        return float(np.concatenate(list(self.samples["rate"].values())).mean())


@dataclass
class Collector:
    """A sink that keeps spikes in memory."""

    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=list)

    def append(self, population: NDArray[Any], neuron: NDArray[Any], step: NDArray[Any]) -> None:
        """Take spikes."""
        self.parts.append(tuple(np.asarray(x, np.int64) for x in (population, neuron, step)))  # type: ignore[arg-type]

    def spikes(self) -> NDArray[np.int64]:
        """Return rows of (step, population, neuron), sorted."""
        population, neuron, step = (np.concatenate(x) for x in zip(*self.parts, strict=True))
        order = np.lexsort((neuron, population, step))
        return np.column_stack([step, population, neuron])[order]


def simulate(engine: Engine, job: SimulationJob, report: Report | None = None) -> NDArray[np.int64]:
    """Return the spikes of a run: rows of (step, population, neuron), sorted."""
    sink = Collector()
    engine.simulate(job, sink, report or (lambda done, note="": None))
    return sink.spikes()


def statistics_of(case: Case, spikes: NDArray[np.int64]) -> Statistics:
    """Return the statistics of the spikes of a run."""
    dt = case.parameters.dt
    first = round(case.warm_up_ms / dt)
    n_steps = round(case.t_sim_ms / dt) - first
    values: dict[str, dict[int, NDArray[np.float64]]] = {name: {} for name in STATISTICS}
    size = case.network["neurons"].values
    late = spikes[spikes[:, 0] > first]
    for label in np.flatnonzero(size):
        mine = late[late[:, 1] == label]
        counts = np.bincount(mine[:, 2], minlength=size[label])
        values["rate"][int(label)] = counts / (n_steps * dt * 1e-3)
        cv, lvr = irregularity(trains(mine[:, 2], mine[:, 0] - first), dt, case.min_spikes)
        values["cv"][int(label)], values["lvr"][int(label)] = cv[~np.isnan(cv)], lvr[~np.isnan(lvr)]
        values["correlation"][int(label)] = correlations(mine[:, 2], mine[:, 0] - first - 1, n_steps)
    return Statistics(values)


def correlations(neuron: NDArray[np.int64], step: NDArray[np.int64], n_steps: int) -> NDArray[np.float64]:
    """Return the Pearson coefficients of the binned counts of the first :data:`CORRELATED` neurons that fired."""
    chosen = np.unique(neuron)[:CORRELATED]
    n_bins = n_steps // BIN_STEPS
    keep = np.isin(neuron, chosen) & (step < n_bins * BIN_STEPS)
    counts = np.zeros((len(chosen), n_bins))
    np.add.at(counts, (np.searchsorted(chosen, neuron[keep]), step[keep] // BIN_STEPS), 1)
    counts = counts[counts.std(axis=1) > 0]
    if len(counts) < 2:
        return np.empty(0)
    return np.corrcoef(counts)[np.triu_indices(len(counts), 1)]


def job_of(case: Case, engine: str, seed: int) -> SimulationJob:
    """Return what an engine gets to simulate."""
    job = SimulationJob(case.network, case.parameters, case.t_sim_ms, seed, delay_quantile=case.delay_quantile)
    if engine == NEST:  # whose spikes depend on threads: as few as hold the synapses
        job = replace(job, threads=nest_size.fewest_virtual_processes(job))
    return job


def path_of(case: Case, engine: str, seed: int, folder: Path) -> Path:
    """Return the file of a run."""
    return folder / f"{case.name}_{engine}_{seed}.npz"


def run(case: Case, engine: str, seed: int, folder: Path | None = None, report: Report | None = None) -> Statistics:
    """Return the statistics of a run, from its file in ``folder`` if it is there and of the same case and code."""
    path = None if folder is None else path_of(case, engine, seed, folder)
    fingerprint = f"{case.fingerprint()} {version_of(engine)}"
    if path is not None and path.is_file():
        stored = _read(path, fingerprint)
        if stored is not None:
            return stored
    found = statistics_of(case, simulate(ENGINES[engine](), job_of(case, engine, seed), report))
    if path is not None:
        arrays = {f"{name}_{label}": x for name, by_label in found.samples.items() for label, x in by_label.items()}
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, fingerprint=np.array(fingerprint), **arrays)  # type: ignore[arg-type]
    return found


def version_of(engine: str) -> str:
    """Return what tells the code of an engine from another version of it."""
    if engine == NEST:
        return f"nest {version('nest-simulator')}"
    return f"procedural {kernels.digest()}" + (f", window of {WINDOW}" if engine == WINDOWED else "")


def _read(path: Path, fingerprint: str) -> Statistics | None:
    """Return the statistics of a file; None if they are of another case or code, or the file is damaged."""
    values: dict[str, dict[int, NDArray[np.float64]]] = {name: {} for name in STATISTICS}
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["fingerprint"]) != fingerprint:
                return None
            for key in stored.files:
                if key != "fingerprint":
                    name, label = key.rsplit("_", 1)
                    values[name][int(label)] = stored[key]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error):
        return None
    return Statistics(values)
