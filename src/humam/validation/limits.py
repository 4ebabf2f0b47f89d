"""What NEST would need for the networks that a validation simulates in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from humam import downscaling
from humam import network as networks
from humam.anatomy import tables as anatomy_tables
from humam.engines import nest_size
from humam.engines.base import SimulationJob
from humam.engines.nest import CHUNK_MS
from humam.errors import HumamError
from humam.labels import N_LABELS
from humam.parameters import Parameters
from humam.subnetwork import isolate
from humam.validation.cases import CUT, SMALLEST_AREA, one_column
from humam.validation.runs import FIRST_SEED, NEST, Case, job_of, path_of

SMALL_BYTES: Final = 8e9
"""What NEST may take on a laptop."""


def column(scale: float) -> SimulationJob:
    """Return the job of the microcircuit at a scale (neurons and in-degrees)."""
    return job_of(one_column(scale), NEST, 1)


def area(scale: float) -> SimulationJob:
    """Return the job of the smallest area: ``scale`` of its neurons, full in-degrees."""
    # What replaces the other areas takes no memory.
    alone = isolate(downscaling.scale(_model(), scale, 1.0).network, [SMALLEST_AREA], np.zeros(N_LABELS))
    return job_of(Case("area", SMALLEST_AREA, alone, Parameters(), CHUNK_MS, 0.0, CUT), NEST, 1)


@cache
def _model() -> xr.Dataset:
    return networks.build(anatomy_tables.read(), Parameters())


def memory(job: SimulationJob) -> int:
    """Return the expected peak memory of NEST in bytes."""
    return nest_size.memory(job, CHUNK_MS)


def check_memory(case: Case, seeds: Sequence[int], folder: Path, available: int | None) -> None:
    """Refuse a case whose runs of NEST are still to be made and need more memory than there is.

    Raises
    ------
    HumamError
        Names what the case needs, what there is, and what to make smaller.
    """
    if available is None or all(path_of(case, NEST, seed + FIRST_SEED[NEST], folder).is_file() for seed in seeds):
        return
    needed = memory(job_of(case, NEST, FIRST_SEED[NEST]))
    if needed > available:
        raise HumamError(
            f"{case.title}: NEST needs about {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are available;"
            " a smaller --column-scale, --area-scale or --scale takes less (docs/validation.md)"
        )


def largest(job_at: Callable[[float], SimulationJob], available: float) -> float:
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
    parts = []
    for name, option, job_at in (
        ("the microcircuit", "--column-scale", column),
        (f"the smallest area, {SMALLEST_AREA}", "--area-scale", area),
    ):
        job = job_at(1.0)
        neurons, synapses = int(job.network.neurons.sum()), int(nest_size.created_synapses(job).sum())
        share = largest(job_at, SMALL_BYTES)
        parts.append(
            f"all of {name} ({neurons:,} neurons, {synapses / 1e6:.0f} million synapses) takes"
            f" {memory(job) / 1e9:.0f} GB and {job.threads} threads; {SMALL_BYTES / 1e9:.0f} GB hold {share:.0%} of its"
            f" neurons (`{option}`)"
        )
    limit = f"A thread holds at most {nest_size.MAX_SYNAPSES_PER_PROCESS / 1e6:.0f} million synapses."
    return f"NEST stores every synapse: {'; '.join(parts)}. {limit}"
