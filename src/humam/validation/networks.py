"""Small networks in the network format, to validate engines with: 272 labels, most of them empty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from humam.connectivity.weights_delays import psc_per_psp
from humam.connectivity.within_areas import EXTERNAL_IN_DEGREES, MICROCIRCUIT_NEURONS, microcircuit_synapses
from humam.labels import N_LABELS, N_POPULATIONS, population_labels
from humam.parameters import Parameters

Pair = tuple[int, int]


def small_network(
    neurons: Mapping[int, int],
    synapses: Mapping[Pair, int],
    weight: Mapping[Pair, float],
    delay: Mapping[Pair, float],
    parameters: Parameters | None = None,
    drive: Mapping[int, tuple[int, float, float]] | None = None,
    dc: Mapping[int, float] | None = None,
) -> xr.Dataset:
    """Return a network of a few populations.

    Parameters
    ----------
    neurons : mapping
        Number of neurons per label index.
    synapses, weight, delay : mapping
        Per (target, source): number of synapses, mean weight [pA], mean delay [ms].
    parameters : Parameters, optional
        Stored with the network; default the base version.
    drive : mapping, optional
        Poisson input per label: external synapses of a neuron, spikes/s of each, weight [pA].
    dc : mapping, optional
        Constant current per label [pA].
    """

    def vector(values: Mapping[int, float], kind: type) -> np.ndarray:
        out: np.ndarray = np.zeros(N_LABELS, kind)
        for i, x in values.items():
            out[i] = x
        return out

    def matrix(values: Mapping[Pair, float], empty: float, kind: type) -> np.ndarray:
        out: np.ndarray = np.full((N_LABELS, N_LABELS), empty, kind)
        for pair, x in values.items():
            out[pair] = x
        return out

    drive = drive or {}
    size = vector(neurons, np.int64)
    variables: dict[str, Any] = {
        "neurons": ("target", size),
        "synapses": (("target", "source"), matrix(synapses, 0, np.int64)),
        "synapses_external": ("target", size * vector({i: k for i, (k, _, _) in drive.items()}, np.int64)),
        "weight": (("target", "source"), matrix(weight, 0.0, np.float64)),
        "weight_external": ("target", vector({i: w for i, (_, _, w) in drive.items()}, np.float64)),
        "delay": (("target", "source"), matrix(delay, math.nan, np.float64)),
        "rate_external": ("target", vector({i: r for i, (_, r, _) in drive.items()}, np.float64)),
        "dc": ("target", vector(dc or {}, np.float64)),
    }
    labels = population_labels()
    p = Parameters() if parameters is None else parameters
    return xr.Dataset(
        variables,
        coords={"target": labels, "source": labels},
        attrs={"parameters": p.model_dump_json(), "origin": "{}"},
    )


PD_EXTERNAL_RATE: Final = 8.0
"""Rate [spikes/s] of one external synapse of the microcircuit (Potjans & Diesmann 2014, Table 5)."""
PD_RATES: Final = (0.943, 3.026, 4.368, 5.882, 7.733, 8.664, 1.096, 7.851)
"""Rates [spikes/s] of the published simulation, behind the constant currents of a scaled microcircuit."""


def pd_parameters(**changes: Any) -> Parameters:
    """Return the neuron and synapse parameters of the microcircuit (original initial state)."""
    values = {
        "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0, "C_m_E": 250.0, "C_m_I": 250.0, "tau_m": 10.0,
        "tau_syn_ex": 0.5, "tau_syn_in": 0.5, "t_ref": 2.0, "V_0_mean": -58.0, "V_0_sd": 10.0, "psp": 0.15, "g": -4.0,
        "delay_distribution": "clipped_normal",
    }  # fmt: skip
    return Parameters(**{**values, **changes})


def microcircuit(areas: tuple[int, ...] = (0,), between: float = 0.0, delay_between: float = 5.0) -> xr.Dataset:
    """Return the microcircuit of Potjans & Diesmann (2014), once or in several areas that excite each other.

    Parameters
    ----------
    areas : tuple of int
        Areas that hold a microcircuit.
    between : float
        Share of the external input of each population that comes from the E neurons of the other areas instead, in
        events at the published rates.
    delay_between : float
        Mean delay between areas [ms].
    """
    p = pd_parameters()
    w = p.psp * psc_per_psp(p.C_m_E, p.tau_m, p.tau_syn_ex)
    size, external = MICROCIRCUIT_NEURONS.tolist(), EXTERNAL_IN_DEGREES.tolist()
    numbers = microcircuit_synapses()
    neurons, synapses, weight, delay, drive = {}, {}, {}, {}, {}
    for a in areas:
        first = a * N_POPULATIONS
        for t in range(N_POPULATIONS):
            neurons[first + t] = size[t]
            drive[first + t] = (int(external[t]), PD_EXTERNAL_RATE * (1 - between), w)
            for s in range(N_POPULATIONS):
                if numbers[t, s] > 0:
                    pair = first + t, first + s
                    synapses[pair] = round(numbers[t, s])
                    weight[pair] = (w if s % 2 == 0 else p.g * w) * (2 if (t, s) == (0, 2) else 1)
                    delay[pair] = p.delay_E if s % 2 == 0 else p.delay_I
            if between > 0:
                others = [b for b in areas if b != a]
                spikes = sum(size[s] * PD_RATES[s] for s in range(0, N_POPULATIONS, 2)) * len(others)
                needed = size[t] * external[t] * PD_EXTERNAL_RATE * between
                for s in range(0, N_POPULATIONS, 2):
                    for b in others:
                        pair = first + t, b * N_POPULATIONS + s
                        synapses[pair] = round(needed / spikes * size[s])
                        weight[pair], delay[pair] = w, delay_between
    return small_network(neurons, synapses, weight, delay, p, drive)


def pd_rates() -> np.ndarray:
    """Return :data:`PD_RATES` for every area, shape (272,)."""
    return np.tile(PD_RATES, N_LABELS // N_POPULATIONS).astype(float)
