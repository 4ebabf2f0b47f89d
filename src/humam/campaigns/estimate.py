"""What a run will need, before anything of it exists: memory and time to ask a scheduler for.

Memory is the engines' own estimate. Time is an upper bound from costs per neuron update, per synaptic event and per
synapse built; a task that exceeds what it asked for is tried again with more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from humam import downscaling, engines
from humam import network as networks
from humam.anatomy import tables as anatomy_tables
from humam.campaigns.samplesheet import Run
from humam.downscaling import Rates
from humam.engines.base import SimulationJob
from humam.parameters import load_experiment
from humam.resources import shipped

ASSUMED_RATE: Final = 5.0
"""Spikes/s per neuron: that of the best-fit version, the most active one of the paper."""

ALL_THREADS: Final = 64
"""Threads of a run that takes all that there are (modules/local/simulate)."""

START_S: Final = 120.0
"""Interpreter, compilation of kernels, reading and writing."""


@dataclass(frozen=True)
class Cost:
    """Seconds of one core."""

    update_s: float
    """One neuron, one time step."""
    event_s: float
    """One spike at one synapse."""
    synapse_s: float
    """One synapse built."""


COSTS: Final = {
    "procedural": Cost(update_s=3e-9, event_s=4e-9, synapse_s=0.0),
    "nest": Cost(update_s=60e-9, event_s=60e-9, synapse_s=3e-6),
}
"""Twice to three times what was measured on one machine: the bound is to hold on slower ones too."""


@dataclass(frozen=True)
class Need:
    """What one run will need.

    Attributes
    ----------
    memory_bytes : int
        Peak memory of all its processes.
    core_seconds : float
        Time on one core, to be divided by the number of cores.
    """

    memory_bytes: int
    core_seconds: float


def need(
    network: xr.Dataset, engine: str, scale: float, in_degree_scale: float, t_sim_ms: float, ranks: int, threads: int
) -> Need:
    """Return what a simulation of a network at full scale, scaled as given, will need.

    Parameters
    ----------
    network : Dataset
        The network at full scale.
    engine : str
        Name of the engine.
    scale, in_degree_scale : float
        Factors s and k.
    t_sim_ms : float
        Biological time.
    ranks, threads : int
        Processes, and threads of each.
    """
    p = networks.parameters(network)
    # The constant current alone depends on the rates.
    silent = Rates(np.zeros(len(network.target)), "none")
    scaled = downscaling.scale(network, scale, in_degree_scale, silent).network
    job = SimulationJob(scaled, p, t_sim_ms, seed=1, threads=threads, processes=ranks)
    n_neurons, n_synapses = int(scaled.neurons.sum()), int(scaled.synapses.sum())
    cost = COSTS[engine]
    seconds = t_sim_ms / 1000
    simulated = job.n_steps * n_neurons * cost.update_s + seconds * ASSUMED_RATE * n_synapses * cost.event_s
    return Need(
        memory_bytes=int(engines.get(engine).estimate_memory(job)) * ranks,
        core_seconds=START_S + n_synapses * cost.synapse_s + simulated,
    )


def needs(runs: Sequence[Run]) -> dict[str, Need]:
    """Return what each run will need, by its name, from its network as built from the shipped tables."""
    tables = anatomy_tables.read(shipped("datasets", "tables"))
    built: dict[str, xr.Dataset] = {}
    found = {}
    for run in runs:
        if run.experiment not in built:
            built[run.experiment] = networks.build(tables, load_experiment(run.file, choice=run.choice))
        split = (run.ranks, run.threads or ALL_THREADS)
        found[run.id] = need(built[run.experiment], run.engine, run.scale, run.in_degree_scale, run.t_sim, *split)
    return found
