"""The Network: neurons, synapses, weights, delays and drive of all populations, as an xarray Dataset.

This module is the only one that builds, writes and reads it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from humam import labels, netcdf
from humam.anatomy.columns import build_columns
from humam.anatomy.tables import AnatomyTables
from humam.connectivity.area_level import area_synapses, supragranular_fraction
from humam.connectivity.between_areas import projection_synapses
from humam.connectivity.distance_rule import share_inside_column
from humam.connectivity.weights_delays import external_rates, external_weights, mean_delays, mean_weights
from humam.connectivity.within_areas import column_synapses, external_synapses
from humam.errors import HumamError
from humam.labels import AREAS, CORTICAL_LAYERS, N_AREAS, N_POPULATIONS
from humam.parameters import Parameters, validate

# name: (dimensions, unit, description)
VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "neurons": (("target",), "1", "number of neurons"),
    "synapses": (("target", "source"), "1", "number of synapses"),
    "synapses_external": (("target",), "1", "number of synapses that receive Poisson input"),
    "weight": (("target", "source"), "pA", "mean synaptic weight, 0 where there are no synapses"),
    "weight_external": (("target",), "pA", "mean weight of external synapses"),
    "delay": (("target", "source"), "ms", "mean delay, NaN where there are no synapses"),
    "rate_external": (("target",), "1/s", "spike rate of one external synapse"),
    "thickness": (("area", "cortical_layer"), "mm", "layer thickness"),
    "density": (("area", "cortical_layer"), "1/mm^3", "cells per volume"),
    "surface": (("area",), "mm^2", "surface of the whole area"),
    "share_inside_column": (("area",), "1", "share of within-area synapses from the simulated column"),
    "fibre_length": (("target_area", "source_area"), "mm", "length of fibres between areas"),
    "streamlines": (("target_area", "source_area"), "1", "streamlines of diffusion tractography"),
    "synapses_area": (
        ("target_area", "source_area"),
        "1",
        "synapses between areas, type I and II on the diagonal",
    ),
    "sln": (("target_area", "source_area"), "1", "fraction of supragranular neurons of the projection"),
}
COUNTS: Final = ("neurons", "synapses", "synapses_external")
ENGINE_VARIABLES: Final = (*COUNTS, "weight", "weight_external", "delay", "rate_external")
"""What an engine takes from a network, beside its parameters."""
DIGEST: Final = "content_sha256"
"""Attribute of a file: digest of what an engine takes from it, and of the parameters, as it was built."""
FORMAT: Final = netcdf.Format("network", 1, VARIABLES, (DIGEST,), json_attributes=("parameters", "origin"))


def build(tables: AnatomyTables, parameters: Parameters) -> xr.Dataset:
    """Return the network of the given anatomy and parameters.

    Parameters
    ----------
    tables : AnatomyTables
        Anatomical data.
    parameters : Parameters
        Resolved parameters.

    Returns
    -------
    Dataset
        Variables as in :data:`VARIABLES` over 272 populations and 34 areas in canonical order.

    Raises
    ------
    HumamError
        If an area is left without neurons.
    """
    columns = build_columns(tables, parameters)
    neurons = columns.neurons.reshape(N_AREAS, N_POPULATIONS)
    empty = [area for area, n in zip(AREAS, neurons.sum(axis=1), strict=True) if n == 0]
    if empty:
        raise HumamError(
            f"no neurons are left in {', '.join(empty)}: lower min_layer_neurons = {parameters.min_layer_neurons}"
        )
    streamlines, fibre_length = tables.matrix("streamlines"), tables.matrix("fibre_lengths")
    volume = tables.area_volumes.set_index("area")["volume_mm3"].loc[list(AREAS)].to_numpy()
    surface = volume / columns.total_thickness
    by_area = area_synapses(streamlines, columns.total_thickness, parameters)
    sln = supragranular_fraction(columns.mean_density, parameters)

    inside = share_inside_column(
        surface,
        columns.total_thickness,
        parameters.column_surface,
        parameters.space_constant,
        parameters.column_height_unit,
    )
    within = np.diag(by_area).astype(float)
    synapses = projection_synapses(by_area, columns, sln, parameters)
    for i, block in enumerate(column_synapses(neurons, within * inside)):
        area = slice(i * N_POPULATIONS, (i + 1) * N_POPULATIONS)
        synapses[area, area] = block
    external = external_synapses(neurons, within * (1 - inside)).reshape(-1)

    connected = synapses > 0
    values: dict[str, Any] = {
        "neurons": neurons.reshape(-1),
        "synapses": synapses,
        "synapses_external": external,
        "weight": np.where(connected, mean_weights(parameters), 0.0),
        "weight_external": external_weights(parameters),
        "delay": np.where(connected, mean_delays(fibre_length, parameters), np.nan),
        "rate_external": external_rates(neurons.reshape(-1), external, parameters),
        "thickness": columns.thickness,
        "density": columns.density,
        "surface": surface,
        "share_inside_column": inside,
        "fibre_length": fibre_length,
        "streamlines": streamlines,
        "synapses_area": by_area,
        "sln": sln,
    }
    network = FORMAT.dataset(
        values,
        _coordinates(),
        {
            "title": f"Human multi-area spiking model, experiment {parameters.name}",
            "source": "Pronold et al. 2024, Cerebral Cortex 34(10) bhae409, doi 10.1093/cercor/bhae409",
            "parameters": parameters.model_dump_json(),
            "parameter_units": json.dumps(Parameters.units()),
            "removed_layers": json.dumps(columns.removed),
            "origin": json.dumps(tables.origin),
        },
    )
    return network.assign_attrs({DIGEST: content_digest(network)})


def _coordinates() -> dict[str, list[str]]:
    return {**labels.coordinates(), "cortical_layer": list(CORTICAL_LAYERS)}


def digest(network: xr.Dataset) -> str:
    """Return the SHA-256 of what an engine takes from a network: numbers of neurons and synapses, weights, delays."""
    state = hashlib.sha256()
    for name in ENGINE_VARIABLES:
        values = network[name].to_numpy()
        kind = "<i8" if values.dtype.kind in "iu" else "<f8"
        state.update(f"{name} {values.shape} {kind};".encode())
        state.update(np.ascontiguousarray(values, kind).tobytes())
    return state.hexdigest()


def content_digest(network: xr.Dataset) -> str:
    """Return the SHA-256 of a network's :func:`digest` and its parameters."""
    return hashlib.sha256(f"{digest(network)} {network.attrs['parameters']}".encode()).hexdigest()


def write(network: xr.Dataset, path: Path | str) -> None:
    """Write a network to a netCDF file; the same network gives the same bytes."""
    netcdf.write(network, path)


def read(path: Path | str) -> xr.Dataset:
    """Return the network of a file, loaded into memory.

    Returns
    -------
    Dataset
        As :func:`build` returns it. If the file was changed by hand since, its parameter ``edited`` tells the content
        apart, so that neither spikes nor theory nor numbers of the network it was are taken for its own.

    Raises
    ------
    HumamError
        If the file is missing, no network, of another format version, or incomplete.
    """
    network = FORMAT.read(path)
    for name, values in _coordinates().items():
        if list(network[name].values) != values:
            raise HumamError(f"network file {str(path)!r}: coordinate {name!r} is not in canonical order")
    for name in VARIABLES:
        numbers = network[name].values
        # NaN would run through everything that follows; it has a meaning in delays only.
        if name != "delay" and not np.isfinite(numbers).all():
            raise HumamError(f"network file {str(path)!r}: {name} is not finite everywhere")
        if name == "delay" and not np.isfinite(numbers[network["synapses"].values > 0]).all():
            raise HumamError(f"network file {str(path)!r}: delay is not finite where there are synapses")
        if name in COUNTS and (numbers.dtype.kind not in "iu" or numbers.min() < 0):
            raise HumamError(f"network file {str(path)!r}: {name} must be integers, >= 0")
    content = content_digest(network)
    if content != network.attrs[DIGEST]:
        edited = parameters(network).model_copy(update={"edited": content[:12]})
        network.attrs["parameters"] = edited.model_dump_json()
        network.attrs[DIGEST] = content_digest(network)
    return network


def parameters(network: xr.Dataset) -> Parameters:
    """Return the parameters a network was built with."""
    return validate(json.loads(network.attrs["parameters"]), "network parameters")


def origin(network: xr.Dataset) -> dict[str, Any]:
    """Return where the anatomical data of a network came from."""
    return json.loads(network.attrs["origin"])
