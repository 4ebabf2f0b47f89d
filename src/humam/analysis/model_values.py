"""The numbers of the model's tables, under the keys of ``datasets/published/figures.csv``."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import xarray as xr

from humam.analysis import windows
from humam.analysis.value import Value
from humam.labels import (
    AREAS,
    CORTICAL_LAYERS,
    LAYER_POPULATIONS,
    LAYERS,
    N_AREAS,
    N_POPULATIONS,
    population_labels,
    within_areas,
)


def tables(network: xr.Dataset) -> Iterator[Value]:
    """Yield the totals of the paper's tables: neurons, thickness, in-degrees, surfaces."""
    neurons = network["neurons"].values
    by_area = neurons.reshape(N_AREAS, N_POPULATIONS)
    for (layer, population), number in zip(LAYER_POPULATIONS, by_area.sum(axis=0), strict=True):
        yield Value("", f"neurons[population={layer}|{population}]", number)
    yield Value("", f"area_neurons[area={windows.AREA}]", by_area.sum(axis=1)[AREAS.index(windows.AREA)])
    yield Value("", "area_neurons_min", by_area.sum(axis=1).min())
    yield Value("", "area_neurons_max", by_area.sum(axis=1).max())
    thickness = network["thickness"].values
    total = thickness.sum(axis=1)
    for name, number in (("min", total.min()), ("max", total.max()), ("mean", total.mean())):
        yield Value("", f"thickness_{name}", number, "mm")
    there = neurons > 0
    internal, external = network["synapses"].values.sum(axis=1), network["synapses_external"].values
    for name, synapses in (("internal", internal), ("external", external)):
        yield Value("", f"in_degree_mean[synapses={name}]", (synapses[there] / neurons[there]).mean())
    yield Value("", "synapses_per_neuron", (internal.sum() + external.sum()) / neurons.sum())
    surface = network["surface"].values
    yield Value("", "surface_min", surface.min(), "mm^2")
    yield Value("", "surface_max", surface.max(), "mm^2")
    for layer in ("IV", "VI"):
        absent = int(np.count_nonzero(thickness[:, CORTICAL_LAYERS.index(layer)] == 0))
        yield Value("", f"areas_without_layer[layer={layer}]", absent)


def model(network: xr.Dataset, corrected: xr.Dataset, binzegger: xr.Dataset) -> Iterator[Value]:
    """Yield the numbers by which an implementation of the model is checked.

    Parameters
    ----------
    network : Dataset
        The base version.
    corrected : Dataset
        The same with the vertical extent in the unit of the space constant.
    binzegger : Dataset
        The same with the excitatory fractions of cat cortex.
    """
    neurons, synapses = network["neurons"].values, network["synapses"].values
    yield Value("2", "populations", int(np.count_nonzero(neurons)))
    yield Value("2", "neurons_total", neurons.sum())
    yield Value("2", "neurons_total[excitatory_fractions=binzegger]", binzegger["neurons"].values.sum())
    for area, layer, number in json.loads(network.attrs["removed_layers"]):
        yield Value("2", f"removed_layer_neurons[area={area};layer={layer}]", number)
    for units, share in (
        ("", network["share_inside_column"].values),
        ("[units=corrected]", corrected["share_inside_column"].values),
    ):
        yield Value("3", f"share_inside_column_min{units}", share.min())
        yield Value("3", f"share_inside_column_max{units}", share.max())
    within = synapses[within_areas()].sum()
    yield Value("3", "synapses_total", synapses.sum())
    yield Value("3", "synapses_within_areas", within)
    yield Value("3", "synapses_between_areas", synapses.sum() - within)
    yield Value("3", "synapses_external", network["synapses_external"].values.sum())
    yield Value("3", "synapses_total[excitatory_fractions=binzegger]", binzegger["synapses"].values.sum())
    yield Value("3", "sln_diagonal", np.diag(network["sln"].values).mean())
    yield from _weights_delays_drive(network)


def _weights_delays_drive(network: xr.Dataset) -> Iterator[Value]:
    labels = population_labels()
    for population in ("E", "I"):
        # An external synapse without a factor: a weight of the PSP of 0.1 mV.
        place = labels.index(f"{AREAS[0]}|{LAYERS[0]}|{population}")
        yield Value("4", f"weight[population={population}]", network["weight_external"].values[place], "pA")
    speed = json.loads(network.attrs["parameters"])["conduction_speed"]
    apart = ~np.eye(N_AREAS, dtype=bool)
    length = network["fibre_length"].values
    connected = apart & (network["streamlines"].values > 0)
    # The network has no delay where there are no synapses: for all pairs, it follows from the length.
    by_area = network["delay"].values.reshape(N_AREAS, N_POPULATIONS, N_AREAS, N_POPULATIONS).transpose(0, 2, 1, 3)
    delay = np.nanmax(by_area[connected], axis=(1, 2))  # the same in all pairs of populations of two areas
    for name, delays in (("all", length[apart & (length > 0)] / speed), ("connected", delay)):
        for statistic, function in (("min", np.min), ("max", np.max), ("median", np.median)):
            yield Value("4", f"delay_{statistic}[pairs={name}]", function(delays), "ms")
    mean = np.average(delay, weights=network["synapses_area"].values[connected])
    yield Value("4", "delay_mean[pairs=connected;weight=synapses]", mean, "ms")
    for layer, population in (("II/III", "E"), ("II/III", "I"), ("IV", "E"), ("VI", "E")):
        label = f"{AREAS[0]}|{layer}|{population}"
        rate = network["rate_external"].values[labels.index(label)]
        yield Value("4", f"rate_external[population={label}]", rate, "1/s")
