"""What NEST would need for the networks that a validation simulates in part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
import xarray as xr

from humam import downscaling
from humam import network as networks
from humam.anatomy import tables as anatomy_tables
from humam.downscaling import Rates
from humam.engines import nest_size
from humam.engines.base import SimulationJob
from humam.engines.nest import CHUNK_MS
from humam.labels import N_LABELS
from humam.parameters import Parameters
from humam.resources import shipped
from humam.subnetwork import isolate
from humam.validation.cases import CUT, SMALLEST_AREA
from humam.validation.networks import microcircuit, pd_parameters, pd_rates

MEMORY_BYTES: Final = 20e9
"""What NEST may take on a machine with 24 GB."""


def column(scale: float) -> SimulationJob:
    """Return the job of the microcircuit at a scale (neurons and in-degrees)."""
    network = downscaling.scale(microcircuit(), scale, scale, Rates(pd_rates(), "published rates")).network
    return _job(network, pd_parameters(), 1.0)


def area(scale: float) -> SimulationJob:
    """Return the job of the smallest area: ``scale`` of its neurons, full in-degrees."""
    # What replaces the other areas takes no memory.
    alone = isolate(downscaling.scale(_model(), scale, 1.0).network, [SMALLEST_AREA], np.zeros(N_LABELS))
    return _job(alone, Parameters(), CUT)


@cache
def _model() -> xr.Dataset:
    return networks.build(anatomy_tables.read(shipped("datasets", "tables")), Parameters())


def _job(network: xr.Dataset, p: Parameters, cut: float) -> SimulationJob:
    job = SimulationJob(network, p, CHUNK_MS, seed=1, delay_quantile=cut)
    return replace(job, threads=nest_size.fewest_virtual_processes(job))


def memory(job: SimulationJob) -> int:
    """Return the expected peak memory of NEST in bytes."""
    return nest_size.memory(job, CHUNK_MS)


def largest(job_at: Callable[[float], SimulationJob], available: float = MEMORY_BYTES) -> float:
    """Return the largest scale, in per cent steps, at which NEST fits."""
    if memory(job_at(1.0)) <= available:
        return 1.0
    low, high = 0, 99
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if memory(job_at(middle / 100)) <= available else (low, middle - 1)
    return low / 100


def sentence() -> str:
    """Return what the page says of it."""
    whole_column, whole_area = column(1.0), area(1.0)
    return (
        f"NEST stores every synapse. The whole microcircuit takes {memory(whole_column) / 1e9:.0f} GB and"
        f" {whole_column.threads} threads, all of area {SMALLEST_AREA}, the smallest, {memory(whole_area) / 1e9:.0f} GB"
        f" and {whole_area.threads} threads (a thread holds at most"
        f" {nest_size.MAX_SYNAPSES_PER_PROCESS / 1e6:.0f} million synapses). In {MEMORY_BYTES / 1e9:.0f} GB fit"
        f" {largest(column):.0%} of the microcircuit (`--column-scale`), or {largest(area):.0%} of the area's neurons"
        " (`--area-scale`)."
    )
