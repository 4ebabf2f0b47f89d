"""The networks that both engines simulate in a thorough validation."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import xarray as xr

from humam import archive, downscaling, theory_file
from humam import network as networks
from humam.anatomy import tables
from humam.downscaling import Rates
from humam.errors import HumamError
from humam.labels import AREAS
from humam.parameters import validate
from humam.subnetwork import isolate
from humam.validation.networks import microcircuit, pd_parameters, pd_rates
from humam.validation.runs import EXACT, NEST, WINDOWED, Case

CUT: Final = 0.99
"""Cut of the tail of delays where areas are far apart: with a longer tail NEST's input buffers would be longer than
memory and patience last. Both engines cut there; the tail itself is judged by the structure of synapses."""

SMALLEST_AREA: Final = "parahippocampal"
"""The area with the fewest synapses within."""

ACTIVE_RUN: Final = "best_fit"
"""Archived run in the state of high activity."""


def two_columns(s: float, k: float, t_sim_ms: float, warm_up_ms: float, min_spikes: int) -> Case:
    """Return two down-scaled microcircuits that give each other a tenth of their external input."""
    scaled = downscaling.scale(microcircuit(areas=(0, 1), between=0.1), s, k, Rates(pd_rates(), "published rates"))
    title = f"Two coupled microcircuits, s = {s:g}, k = {k:g}"
    engines = (NEST, EXACT, WINDOWED)
    return Case("columns", title, scaled.network, pd_parameters(), t_sim_ms, warm_up_ms, 1.0, min_spikes, engines)


def isolated_column(s: float, k: float, t_sim_ms: float, warm_up_ms: float, min_spikes: int) -> Case:
    """Return the first of :func:`two_columns`, the other replaced by Poisson input at the published rates."""
    both = two_columns(s, k, t_sim_ms, warm_up_ms, min_spikes)
    title = f"One of two coupled microcircuits, the other as Poisson input, s = {s:g}, k = {k:g}"
    alone = isolate(both.network, AREAS[:1], pd_rates())
    return replace(both, name="isolated", title=title, network=alone, engines=(NEST, EXACT))


def scaled_model(network: xr.Dataset, scale: float) -> Case:
    """Return the model itself, scaled down with corrected weights and currents."""
    rates = downscaling.theory_rates(network, theory_file.of_network(network, None))
    scaled = downscaling.scale(network, scale, scale, rates)
    return Case(
        f"model_{scale:g}", f"The multi-area model, s = k = {scale:g}", scaled.network, networks.parameters(network),
        t_sim_ms=2000.0, warm_up_ms=500.0, delay_quantile=CUT, min_spikes=5, engines=(NEST, EXACT, WINDOWED),
    )  # fmt: skip


def single_area(network: xr.Dataset, area: str, scale: float) -> Case:
    """Return one area with full in-degrees and ``scale`` of its neurons, the others as Poisson input at theory's rates.

    Raises
    ------
    HumamError
        If the area is unknown.
    """
    rates = downscaling.theory_rates(network, theory_file.of_network(network, None))
    return _area(network, area, scale, rates, "area", f"Area {area}")


def active_area(area: str, scale: float) -> Case:
    """Return an area of the best-fit version as :func:`single_area`, the others as active as in its archived run.

    The rates of theory at chi = 2.5 are not those of the active state; driven by these, the area is.

    Raises
    ------
    HumamError
        If the area is unknown or there is no such archived run.
    """
    run = archive.read(ACTIVE_RUN)
    network = networks.build(tables.read(), validate(run.parameters))
    rates = Rates(np.nan_to_num(run.data["rate"].values), f"archived run {ACTIVE_RUN}")
    return _area(network, area, scale, rates, "active_area", f"Area {area} in the active state")


def _area(network: xr.Dataset, area: str, scale: float, rates: Rates, name: str, title: str) -> Case:
    alone = isolate(downscaling.scale(network, scale, 1.0).network, [area], rates.values)
    size = "at full density" if scale == 1 else f"{scale:.0%} of its neurons, full in-degrees"
    return Case(
        f"{name}_{area}_{scale:g}", f"{title}, {size}, others as Poisson input",
        alone, networks.parameters(network), t_sim_ms=2500.0, warm_up_ms=500.0, delay_quantile=CUT, min_spikes=5,
    )  # fmt: skip


def one_column(scale: float) -> Case:
    """Return the microcircuit of Potjans & Diesmann (2014), whole (scale 1) or scaled down."""
    rates = Rates(pd_rates(), "published rates")
    scaled = downscaling.scale(microcircuit(), scale, scale, rates)
    size = "at full size" if scale == 1 else f"s = k = {scale:g}"
    return Case(
        f"microcircuit_{scale:g}", f"The microcircuit of Potjans & Diesmann (2014), {size}", scaled.network,
        pd_parameters(), t_sim_ms=3500.0, warm_up_ms=500.0, delay_quantile=1.0, min_spikes=10,
    )  # fmt: skip


def check_scales(**scales: float) -> None:
    """Refuse scales that no case can have.

    Raises
    ------
    HumamError
        If a scale is not > 0 and at most 1.
    """
    for name, value in scales.items():
        if not 0 < value <= 1:
            raise HumamError(f"{name.replace('_', '-')} = {value:g}: must be > 0 and at most 1")
