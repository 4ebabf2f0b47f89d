"""Small networks in the network format, for tests: 272 labels, most of them empty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from humam.connectivity.weights_delays import psc_per_psp
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


# Potjans & Diesmann (2014), tables 4 and 5; populations in our order.
PD_NEURONS: Final = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
PD_EXTERNAL: Final = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)
PD_EXTERNAL_RATE: Final = 8.0
PD_PROBABILITY: Final = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443),
)
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
    neurons, synapses, weight, delay, drive = {}, {}, {}, {}, {}
    for a in areas:
        first = a * N_POPULATIONS
        for t in range(N_POPULATIONS):
            neurons[first + t] = PD_NEURONS[t]
            drive[first + t] = (PD_EXTERNAL[t], PD_EXTERNAL_RATE * (1 - between), w)
            for s in range(N_POPULATIONS):
                if PD_PROBABILITY[t][s] > 0:
                    pairs = PD_NEURONS[t] * PD_NEURONS[s]
                    pair = first + t, first + s
                    synapses[pair] = round(math.log1p(-PD_PROBABILITY[t][s]) / math.log1p(-1 / pairs))
                    weight[pair] = (w if s % 2 == 0 else p.g * w) * (2 if (t, s) == (0, 2) else 1)
                    delay[pair] = p.delay_E if s % 2 == 0 else p.delay_I
            if between > 0:
                others = [b for b in areas if b != a]
                spikes = sum(PD_NEURONS[s] * PD_RATES[s] for s in range(0, N_POPULATIONS, 2)) * len(others)
                needed = PD_NEURONS[t] * PD_EXTERNAL[t] * PD_EXTERNAL_RATE * between
                for s in range(0, N_POPULATIONS, 2):
                    for b in others:
                        pair = first + t, b * N_POPULATIONS + s
                        synapses[pair] = round(needed / spikes * PD_NEURONS[s])
                        weight[pair], delay[pair] = w, delay_between
    return small_network(neurons, synapses, weight, delay, p, drive)


def pd_rates() -> np.ndarray:
    """Return :data:`PD_RATES` for every area, shape (272,)."""
    return np.tile(PD_RATES, N_LABELS // N_POPULATIONS).astype(float)
