"""The model described in tables, in the form that Nordlie et al. (2009) propose for networks of neurons.

Every number is taken from the network or its parameters. Form: Nordlie, Gewaltig & Plesser (2009) PLoS Computational
Biology 5(8) e1000456, doi 10.1371/journal.pcbi.1000456. Content: Pronold et al. 2024.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import xarray as xr

from humam import network as networks
from humam.connectivity.weights_delays import unit_weights
from humam.labels import LAYER_POPULATIONS, N_AREAS, N_POPULATIONS, within_areas
from humam.parameters import Parameters


def _items(**rows: str) -> pd.DataFrame:
    texts = [_signed(text) for text in rows.values()]
    return pd.DataFrame({"item": [name.replace("_", " ") for name in rows], "description": texts})


def _signed(text: str) -> str:
    """Return a text with true minus signs before numbers.

    Examples
    --------
    >>> _signed("V_th = -45 mV, sub-layer 2-3")
    'V_th = −45 mV, sub-layer 2-3'
    """
    return re.sub(r"(?<!\w)-(?=\d)", "−", text)


def summary(network: xr.Dataset) -> pd.DataFrame:
    """Return table A, the model in a few lines: ``item, description``."""
    p = networks.parameters(network)
    n = int(np.count_nonzero(network["neurons"].to_numpy()))
    rule = {
        "fixed_total_number": "random, with a fixed number of synapses for each pair of populations",
        "fixed_indegree": "random, with a fixed number of synapses for each target neuron and source population",
    }
    return _items(
        Populations=f"{n} in {N_AREAS} areas of one hemisphere, in the layers II/III, IV, V and VI excitatory (E) and "
        f"inhibitory (I) ones; an area is the column under {p.column_surface:g} mm²",
        Topology="none within a column; areas differ by the lengths of the fibres between them",
        Connectivity=f"{rule[p.connection_rule]}; multapses and autapses allowed",
        Neuron_model="leaky integrate-and-fire with fixed threshold and refractory time",
        Channel_models="none",
        Synapse_model="exponential currents",
        Plasticity="none",
        Input="independent Poisson spike trains of a constant rate onto every neuron",
        Measurements="spikes of all neurons",
    )


def populations(network: xr.Dataset) -> pd.DataFrame:
    """Return table B, the populations: neurons in all areas, in the smallest and the largest one, number of areas."""
    neurons = network["neurons"].to_numpy().reshape(N_AREAS, N_POPULATIONS)
    rows = []
    for (layer, population), numbers in zip(LAYER_POPULATIONS, neurons.T, strict=True):
        there = numbers[numbers > 0]
        rows.append((layer, population, int(numbers.sum()), int(there.min()), int(there.max()), len(there)))
    return pd.DataFrame(rows, columns=["layer", "population", "neurons", "smallest", "largest", "areas"])


def connectivity(network: xr.Dataset) -> pd.DataFrame:
    """Return table C, the connections: ``connection, synapses, sources, targets, weight, delay``."""
    p = networks.parameters(network)
    synapses = network["synapses"].to_numpy()
    inside = within_areas()
    length = network["fibre_length"].to_numpy()[network["synapses_area"].to_numpy() * (1 - np.eye(N_AREAS)) > 0]
    w = _signed(_weights(p))
    e, i = unit_weights(p)[:2]
    between = f"E to E {p.chi * e:.4g} pA (χ = {p.chi:g}), E to I {p.chi_I * i:.4g} pA (χ_I = {p.chi_I:g})"
    factors = [("IV E to II/III E", p.factor_4E_23E), ("E to I", p.factor_local_E_I), ("V E to I", p.factor_local_5E_I)]
    local = "".join(f"; {name} times {factor:g}" for name, factor in factors if factor != 1)
    external = "".join(
        f"; onto {name} times {factor:g}"
        for name, factor in (("V E", p.factor_external_5E), ("VI E", p.factor_external_6E)) if factor != 1
    )  # fmt: skip
    spread = f"{p.delay_distribution.replace('_', ' ')}, sd {100 * p.delay_rel_sd:g} %"
    return pd.DataFrame(
        [
            ("within an area", int(synapses[inside].sum()), "all populations of the area",
             "all populations of the area, shared as in the microcircuit", w + local,
             f"{p.delay_E:g} ms (E), {p.delay_I:g} ms (I); {spread}"),
            ("between areas", int(synapses[~inside].sum()), "II/III E (share SLN), V E and VI E (the rest)",
             "by the layers where the synapses lie: forward, lateral, feedback",
             between,
             f"fibre length / {p.conduction_speed:g} mm/ms: {length.min() / p.conduction_speed:.3g} to "
             f"{length.max() / p.conduction_speed:.3g} ms; {spread}"),
            ("external", int(network["synapses_external"].sum()), "Poisson: the part of the area outside the column",
             "all populations", f"{e:.4g} pA onto E, {i:.4g} pA onto I{external}", f"{p.dt:g} ms"),
        ],
        columns=["connection", "synapses", "sources", "targets", "weight", "delay"],
    )  # fmt: skip


def _weights(p: Parameters) -> str:
    """Return the mean weights within an area before the factors, from both kinds of sources onto both kinds."""
    sources = {"E": unit_weights(p), "I": p.g * unit_weights(p, p.tau_syn_in)}
    return "; ".join(f"{name} sources {w[0]:.4g} pA onto E, {w[1]:.4g} pA onto I" for name, w in sources.items())


def neurons(p: Parameters) -> pd.DataFrame:
    """Return tables D and E, neurons and synapses: ``item, description``."""
    names = {"V_th": "V_th − E_L", "C_m": "C_m", "tau_m": "τ_m"}
    pairs = {text: [getattr(p, f"{name}_rel_sd_{kind}") for kind in "EI"] for name, text in names.items()}
    spread = "; ".join(f"{text} {e:g} (E), {i:g} (I)" for text, (e, i) in pairs.items() if e or i)
    return _items(
        Name="iaf_psc_exp",
        Potential="dV/dt = −(V − E_L)/τ_m + I(t)/C_m outside the refractory time",
        Current="dI/dt = −I/τ_syn + Σ w δ(t − t_spike − d), E and I sources apart",
        Spike=f"if V ≥ V_th = {p.V_th:g} mV; then V = V_reset = {p.V_reset:g} mV for t_ref = {p.t_ref:g} ms",
        Start=f"V normal, {p.V_0_mean:g} ± {p.V_0_sd:g} mV",
        Spread_over_neurons=f"log-normal, relative sd of {spread}" if spread else "none: neurons of a kind are equal",
        Weight=f"current whose potential peaks at {p.psp:g} mV, for I sources at {p.g:g} times this: {_weights(p)}",
        Spread_of_weights=f"normal, sd {100 * p.weight_rel_sd:g} %, sign kept: drawn for each synapse, but once for "
        "all external synapses of a neuron",
        Integration=f"exact, on a grid of {p.dt:g} ms; spikes and delays on the grid",
    )


def drive(network: xr.Dataset) -> pd.DataFrame:
    """Return tables F and G, input and measurements: ``item, description``."""
    p = networks.parameters(network)
    there = network["neurons"].to_numpy() > 0
    rates = network["rate_external"].to_numpy()[there]
    degree = (network["synapses_external"].to_numpy()[there] / network["neurons"].to_numpy()[there])[rates > 0]
    rates = rates[rates > 0]
    factors = [("V E", p.factor_external_5E), ("VI E", p.factor_external_6E)]
    onto = ", ".join(f"{p.eta * factor:.4g} onto {name}" for name, factor in factors if factor != 1)
    return _items(
        Input=f"Poisson trains whose mean input is η = {p.eta:g} times{f' ({onto})' if onto else ''} what holds V at "
        f"V_th: {rates.min():.3g} to {rates.max():.3g} spikes/s at each of the {degree.min():,.0f} to "
        f"{degree.max():,.0f} external synapses",
        Constant_current=f"{p.dc:g} pA",
        Perturbation="none" if p.perturbation_time is None else f"one spike at {p.perturbation_time:g} ms",
        Measurements=f"spike times of all neurons for {p.t_sim / 1000:g} s",
    )
