"""Some areas of a network, the others replaced by Poisson input at given rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from humam.downscaling import Rates, ScaledNetwork
from humam.errors import HumamError, nearest
from humam.labels import AREAS, N_LABELS, N_POPULATIONS


def isolate(network: xr.Dataset, areas: Sequence[str], rates: ArrayLike) -> xr.Dataset:
    """Return a network of some areas; each neuron gets what the others would send as Poisson input.

    Parameters
    ----------
    network : Dataset
        A network, whole or scaled.
    areas : sequence of str
        Areas that stay.
    rates : (272,) array
        Rates of all populations [spikes/s]; those of areas that stay are not used.

    Returns
    -------
    Dataset
        Populations of other areas have no neurons. ``rate_replaced(target)`` is the rate of the extra input of a neuron
        [1/s], sum_s K_ts nu_s over the sources s that were left out; ``weight_replaced(target)`` [pA] the mean weight
        of its events. So the mean of the input is that of the sources, and so is its variance where the sources have
        one weight, but for the spread of weights (1 % of the variance for a relative spread of 0.1).

    Raises
    ------
    HumamError
        If an area is unknown or none is given, or rates are not 272 finite numbers >= 0.
    """
    _check(areas)
    nu = np.asarray(rates, float)
    if nu.shape != (N_LABELS,) or not (np.isfinite(nu).all() and (nu >= 0).all()):
        raise HumamError(f"rates of replaced areas: must be {N_LABELS} finite numbers >= 0 spikes/s")
    stays = np.isin(np.repeat(np.arange(len(AREAS)), N_POPULATIONS), [AREAS.index(a) for a in areas])
    neurons = network["neurons"].values
    synapses, weight = network["synapses"].values, network["weight"].values
    events = synapses * np.where(stays, 0.0, nu)[None, :] / np.maximum(neurons, 1)[:, None]  # 1/s per neuron
    rate = np.where(stays, events.sum(axis=1), 0.0)
    current = (events * weight).sum(axis=1)
    inside = stays[:, None] & stays[None, :]
    out = network.copy()
    for name, values in {
        "neurons": np.where(stays, neurons, 0),
        "synapses": np.where(inside, synapses, 0),
        "synapses_external": np.where(stays, network["synapses_external"].values, 0),
        "weight": np.where(inside, weight, 0.0),
        "delay": np.where(inside, network["delay"].values, np.nan),
    }.items():
        out[name] = network[name].copy(data=values)
    out["rate_replaced"] = ("target", rate, {"units": "1/s", "long_name": "rate of the input that replaces areas"})
    out["weight_replaced"] = (
        "target",
        np.divide(current, rate, out=np.zeros(N_LABELS), where=rate > 0),
        {"units": "pA", "long_name": "weight of the input that replaces areas"},
    )
    return out


def parse(text: str) -> tuple[str, ...]:
    """Return the areas of a list separated by commas, in canonical order.

    Raises
    ------
    HumamError
        If one is unknown or none is given.

    Examples
    --------
    >>> parse("insula, cuneus,insula")
    ('cuneus', 'insula')
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    _check(names)
    return tuple(area for area in AREAS if area in names)


def isolate_scaled(scaled: ScaledNetwork, areas: Sequence[str], rates: Rates) -> ScaledNetwork:
    """Return some areas of a network, whole or scaled, the others replaced at rates of the full network.

    For parameters and errors see :func:`isolate`.
    """
    alone = isolate(scaled.network, areas, rates.values)
    return replace(scaled, network=alone, rates_source=rates.source, areas=tuple(areas))


def _check(areas: Sequence[str]) -> None:
    for area in areas:
        if area not in AREAS:
            raise HumamError(f"area {area!r}: unknown{nearest(area, AREAS)}")
    if not areas:
        raise HumamError("areas = none: at least one must stay")
