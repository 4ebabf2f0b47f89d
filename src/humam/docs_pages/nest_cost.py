"""What a run of NEST takes, from measurements on scaled networks: fits, extrapolation.

Measured by ``benchmarks/nest_scaling.py``; ``python -m humam.docs_pages.nest_cost_page`` writes what docs/hpc.md
says of it.

Three laws, each with constants >= 0, fitted to relative deviations:

- memory of a rank = c0 + c1 neurons + c2 synapses of it, and what is known beforehand: buffers of its neurons, 32 bytes
  per step of the longest delay, and tables of the neurons anywhere that have targets on it (too few in scaled networks
  to be seen there; ``benchmarks/nest_sources.py`` measures them);
- time to build, of one virtual process = c0 + c1 neurons + c2 synapses of it;
- time to simulate a second, of one virtual process = c0 steps + c1 neurons x steps + c2 events of it.

Times are processor times, so they hold for ranks that do not wait for one another; what the exchange of spikes between
machines takes is not in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

from humam.engines.nest_size import BUFFER_BYTES_PER_STEP, SOURCE_BYTES, SOURCE_BYTES_PER_THREAD

Array = NDArray[np.float64]


class Point(NamedTuple):
    """What was measured: one network on one split."""

    experiment: str
    scale: float
    in_degree_scale: float
    ranks: int
    threads: int


COLUMNS: Final[dict[str, str]] = {
    "experiment": "name of the experiment",
    "scale": "s, share of the neurons",
    "in_degree_scale": "k, share of the synapses per neuron",
    "ranks": "processes",
    "threads": "threads of each",
    "neurons": "neurons simulated",
    "synapses": "synapses stored",
    "sources_per_rank": "neurons with targets in a rank",
    "delay_steps": "longest delay in time steps of 0.1 ms: the length of each neuron's buffers",
    "t_sim_ms": "biological time",
    "spikes": "spikes",
    "events": "spikes that reached a neuron",
    "build_processor_s": "processor time to build the network, over all ranks and threads",
    "simulate_processor_s": "processor time to simulate; with several ranks it contains waiting",
    "build_wall_s": "wall time of the same",
    "simulate_wall_s": "wall time of the same",
    "memory_per_rank_bytes": "largest resident memory of a rank",
    "estimated_bytes": "what the preflight estimates for a rank",
    "other_cores": "processors that other programs kept busy, in the mean",
    "load_average": "runnable threads in the minute before",
}

STEPS_PER_S: Final = 10_000
RESAMPLES: Final = 400


def read_points(path: Path) -> pd.DataFrame:
    """Return the table of measurements."""
    return pd.read_csv(path)[list(COLUMNS)]


@dataclass(frozen=True)
class Load:
    """What one rank, or one virtual process, has to hold and to do.

    Attributes
    ----------
    neurons, synapses : float
        Of a virtual process.
    threads : int
        Virtual processes of a rank.
    sources : float
        Neurons with targets in the rank.
    delay_steps : float
        Length of the neurons' buffers.
    events : float
        Spikes that reach the neurons of a virtual process in a second of biological time.
    """

    neurons: float
    synapses: float
    threads: int
    sources: float
    delay_steps: float
    events: float


def _memory_terms(x: Load) -> Array:
    return np.array([1.0, x.threads * x.neurons, x.threads * x.synapses])


def _build_terms(x: Load) -> Array:
    return np.array([1.0, x.neurons, x.synapses])


def _simulation_terms(x: Load) -> Array:
    return np.array([STEPS_PER_S, x.neurons * STEPS_PER_S, x.events])


@dataclass(frozen=True)
class Law:
    """A fitted law.

    Attributes
    ----------
    constants : array, shape (n,)
        Fitted to all points.
    resampled : array, shape (m, n)
        Fitted to points drawn with replacement.
    scatter : float
        Root mean square of the relative deviations of the points.
    """

    constants: Array
    resampled: Array
    scatter: float

    def predict(self, terms: Array) -> tuple[float, float, float]:
        """Return the prediction and its range: 95 % of the resampled fits, widened by the scatter of the points."""
        low, high = np.quantile(self.resampled @ terms, (0.025, 0.975))
        return float(self.constants @ terms), float(low / (1 + self.scatter)), float(high * (1 + self.scatter))


def fit(terms: Array, values: Array, seed: int = 1) -> Law:
    """Return the law of some points, constants >= 0, fitted to relative deviations.

    Parameters
    ----------
    terms : array, shape (points, n)
        What each constant is multiplied with.
    values : array, shape (points,)
        What was measured.
    """
    relative = terms / values[:, None]
    # Columns of one size: bytes per synapse and bytes per process differ by nine orders of magnitude.
    size = np.abs(relative).max(axis=0)

    def solve(rows: NDArray[np.int64] | slice) -> Array:
        found: Array = nnls(relative[rows] / size, np.ones(len(relative[rows])))[0] / size
        return found

    random = np.random.default_rng(seed)
    constants = solve(slice(None))
    resampled = np.array([solve(random.integers(0, len(values), len(values))) for _ in range(RESAMPLES)])
    return Law(constants, resampled, float(np.sqrt(np.mean((relative @ constants - 1) ** 2))))


def load_of(row: Mapping[str, Any]) -> Load:
    """Return the load of a measured point."""
    n = row["ranks"] * row["threads"]
    return Load(
        neurons=row["neurons"] / n,
        synapses=row["synapses"] / n,
        threads=int(row["threads"]),
        sources=row["sources_per_rank"],
        delay_steps=row["delay_steps"],
        events=row["events"] / n / (row["t_sim_ms"] / 1000),
    )


@dataclass(frozen=True)
class Laws:
    """The three laws."""

    memory: Law
    build: Law
    simulation: Law

    @classmethod
    def of(cls, points: pd.DataFrame) -> Laws:
        """Return the laws of a table of measurements."""
        rows: list[Any] = points.to_dict("records")
        loads = [load_of(row) for row in rows]
        # Ranks wait for each other by asking again and again: only of one rank processor time is work.
        single = [i for i, row in enumerate(rows) if row["ranks"] == 1]
        threads = points["threads"].to_numpy()[single]
        known = np.array([_known_memory(x) for x in loads])
        return cls(
            memory=fit(
                np.array([_memory_terms(x) for x in loads]), points["memory_per_rank_bytes"].to_numpy(float) - known
            ),
            build=fit(
                np.array([_build_terms(loads[i]) for i in single]),
                points["build_processor_s"].to_numpy(float)[single] / threads,
            ),
            simulation=fit(
                np.array([_simulation_terms(loads[i]) for i in single]),
                points["simulate_processor_s"].to_numpy(float)[single]
                / threads
                / (points["t_sim_ms"].to_numpy(float)[single] / 1000),
            ),
        )

    def memory_of_rank(self, x: Load) -> tuple[float, float, float]:
        """Return the memory of a rank in bytes, and its range."""
        value, low, high = (part + _known_memory(x) for part in self.memory.predict(_memory_terms(x)))
        return value, low, high

    def build_s(self, x: Load) -> tuple[float, float, float]:
        """Return the time in s to build the network, and its range."""
        return self.build.predict(_build_terms(x))

    def simulate_s(self, x: Load) -> tuple[float, float, float]:
        """Return the time in s to compute one second of biological time, and its range."""
        return self.simulation.predict(_simulation_terms(x))


def _known_memory(x: Load) -> float:
    """Return the memory of a rank that needs no fit: buffers of its neurons, tables of sources."""
    buffers = BUFFER_BYTES_PER_STEP * x.delay_steps * x.neurons * x.threads
    return buffers + x.sources * (SOURCE_BYTES + SOURCE_BYTES_PER_THREAD * x.threads)
