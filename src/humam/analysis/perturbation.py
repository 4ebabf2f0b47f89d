"""Propagation of one extra spike: where and when a perturbed run first differs from its twin (Figure 7 A-C)."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from humam.analysis import comparable
from humam.analysis.statistics import Statistics
from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.errors import HumamError
from humam.labels import AREAS, N_AREAS, N_POPULATIONS
from humam.parameters import Parameters
from humam.sameness import NOT_OF_NETWORK

NEVER_MS: Final = 100.1
"""First time of a population that does not differ within 100 ms, as in the published figure."""

FORCED_MS: Final = 21.0
"""How long after the extra spike its neuron fires because of it: 1 ms of delay and about 20 ms."""


def differs(perturbed: Statistics, unperturbed: Statistics) -> xr.DataArray:
    """Return in which time steps the spike counts of populations differ.

    Parameters
    ----------
    perturbed, unperturbed : Statistics
        Two runs of one network with the same seed, one of them with the extra spike.

    Returns
    -------
    DataArray of bool, shape (272, 1001)
        Over ``target`` and ``time``, ms after the extra spike: 0.0, 0.1 ... 100.0.

    Raises
    ------
    HumamError
        If the runs are no such pair, end before 2100 ms, or the extra spike is not at 2000 ms.
    """
    time_ms = _check_pair(perturbed, unperturbed)
    counts = [run.data["perturbation_count"] for run in (perturbed, unperturbed)]
    time = (counts[0]["perturbation_time"].to_numpy() - time_ms).round(6)
    return xr.DataArray(
        counts[0].to_numpy() != counts[1].to_numpy(),
        {"target": counts[0]["target"].to_numpy(), "time": ("time", time, {"units": "ms"})},
        ("target", "time"),
        attrs={"long_name": "whether the perturbed run differs from its twin"},
    )


def first_times(perturbed: Statistics, unperturbed: Statistics, conventions: Conventions = CORRECTED) -> pd.Series:
    """Return the first time at which each population differs.

    Parameters
    ----------
    perturbed, unperturbed : Statistics
        As for :func:`differs`.
    conventions : Conventions
        Published: what the published script gives with pandas 1.0 or newer, where ``argmax`` of a series is a
        position and no label. The script takes it for the number of a bin since the start of the run, so that every
        time lies about 2000 ms before the extra spike. The published figure, drawn with an older pandas, shows the
        corrected times.

    Returns
    -------
    Series of float
        By ``target`` (272), ms after the extra spike; :data:`NEVER_MS` where there is no difference within 100 ms, NaN
        for populations without neurons.
    """
    matrix = differs(perturbed, unperturbed)
    there, time = matrix.to_numpy(), matrix["time"].to_numpy()
    position = there.argmax(axis=1)
    if conventions is PUBLISHED:
        first = position * float(perturbed.data.attrs["dt_ms"]) - float(perturbed.parameters["perturbation_time"])
    else:
        first = np.where(there.any(axis=1), time[position], NEVER_MS)
    first = np.where(perturbed.data["neurons"].to_numpy() > 0, first, np.nan)
    return pd.Series(first, pd.Index(matrix["target"].to_numpy(), name="target"), name="first_time")


def counted_spikes(perturbed: Statistics, unperturbed: Statistics, population: str) -> tuple[float, str]:
    """Return how often the perturbed neuron fires because of the extra spike, as far as its population tells.

    Spikes are counted by population. Where the population of the twin is silent, those of the perturbed run are the
    neuron's; where others fire, their spikes move within a few ms, and nothing tells them apart.

    Parameters
    ----------
    perturbed, unperturbed : Statistics
        As for :func:`differs`.
    population : str
        Label of the population that gets the extra spike.

    Returns
    -------
    number : float
        Spikes within :data:`FORCED_MS`, NaN where they cannot be told apart.
    note : str
        How they were counted, or why not.
    """
    start = _check_pair(perturbed, unperturbed)
    counts = [
        int(
            run.data["perturbation_count"]
            .sel(target=population, perturbation_time=slice(None, start + FORCED_MS))
            .sum()
        )
        for run in (perturbed, unperturbed)
    ]
    if counts[1]:
        return float("nan"), f"the population of the unperturbed run fires {counts[1]} spikes in these {FORCED_MS:g} ms"
    return float(counts[0]), f"counted: the population of the unperturbed run is silent for these {FORCED_MS:g} ms"


def forced_spikes(weight: float, parameters: Parameters, dt_ms: float = 0.1) -> NDArray[np.float64]:
    """Return when an excitatory neuron fires that one spike of a weight drives from rest, without any other input.

    Parameters
    ----------
    weight : float
        Weight of the spike in pA.
    parameters : Parameters
        Those of the neuron (``iaf_psc_exp``).
    dt_ms : float
        Time step in ms; spikes lie on its grid.

    Returns
    -------
    ndarray of float64
        Times in ms since the spike arrives.

    Examples
    --------
    >>> forced_spikes(3.17e7, Parameters())[:3].tolist()
    [0.1, 2.2, 4.3]
    """
    p = parameters
    membrane, synapse = np.exp(-dt_ms / p.tau_m), np.exp(-dt_ms / p.tau_syn_ex)
    onto = p.tau_m * p.tau_syn_ex / (p.C_m_E * (p.tau_m - p.tau_syn_ex)) * (membrane - synapse)
    potential, current, refractory, times = 0.0, weight, 0, []
    for step in range(1, round(10 * FORCED_MS / dt_ms)):
        if refractory:
            refractory -= 1
        else:
            potential = membrane * potential + onto * current
        current *= synapse
        if potential >= p.V_th - p.E_L:
            times.append(step * dt_ms)
            potential, refractory = p.V_reset - p.E_L, round(p.t_ref / dt_ms)
    return np.array(times).round(6)


def area_first_times(times: pd.Series) -> pd.Series:
    """Return the earliest first time over the populations of each area, by ``area`` (34), in ms."""
    by_area = times.to_numpy().reshape(N_AREAS, N_POPULATIONS)
    earliest = np.nanmin(np.where(np.isnan(by_area), np.inf, by_area), axis=1)
    return pd.Series(np.where(np.isinf(earliest), np.nan, earliest), pd.Index(AREAS, name="area"), name=times.name)


def published_numbers(times: pd.Series) -> dict[str, float]:
    """Return mean and standard deviation (ddof 1) of the area minima over the populations, as printed in the text.

    Each population counts with the minimum of its area.
    """
    areas = np.repeat(area_first_times(times).to_numpy(), N_POPULATIONS)[~np.isnan(times.to_numpy())]
    return {"mean": float(areas.mean()), "sd": float(areas.std(ddof=1))}


def _check_pair(perturbed: Statistics, unperturbed: Statistics) -> float:
    """Return the time of the extra spike in ms."""
    a, b = perturbed.parameters, unperturbed.parameters
    if a["perturbation_time"] is None or b["perturbation_time"] is not None:
        raise HumamError(f"runs {a['name']!r} and {b['name']!r}: the first must have an extra spike, the second none")
    # Any run of the network reproduces the unperturbed one, however long it is.
    wrong = [name for name in (a.keys() & b.keys()).difference(NOT_OF_NETWORK) if a[name] != b[name]]
    if wrong:
        name = min(wrong)
        raise HumamError(
            f"runs {a['name']!r} and {b['name']!r} are of different networks: {name} = {a[name]!r} and {b[name]!r}"
        )
    first, second = (comparable.random_numbers(run.data.attrs) for run in (perturbed, unperturbed))
    for name, value in first.items():
        if value != second[name]:
            raise HumamError(f"runs {a['name']!r} and {b['name']!r} are no pair: {name} = {value} and {second[name]}")
    for run in (perturbed, unperturbed):
        if reason := run.unavailable("perturbation_count"):
            raise HumamError(f"run {run.parameters['name']!r}: {reason}")
    time, counted = a["perturbation_time"], perturbed.data["perturbation_count"]["perturbation_time"].to_numpy()
    first, last = counted[0], counted[-1]
    if time != first:
        raise HumamError(
            f"run {a['name']!r}: perturbation_time = {time:g} ms: must be {first:g} ms, for spikes are counted by time"
            f" step from {first:g} to {last:g} ms"
        )
    return float(time)
