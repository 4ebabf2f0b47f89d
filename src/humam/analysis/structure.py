"""The structure of a network: distances, degrees, autapses, multapses, statistics of synapse numbers.

This module is the only one that writes and reads ``structure.nc``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from humam import labels, netcdf
from humam import network as networks
from humam.analysis import degrees, graph
from humam.analysis.synapse_statistics import (
    LOGNORMAL_STATISTICS,
    REGRESSION_STATISTICS,
    distance_rule,
    lognormality,
)
from humam.connectivity import area_level
from humam.extra_spike import PERTURBED
from humam.labels import N_AREAS, N_POPULATIONS, population_labels

SELECTIONS: Final = ("all", "between_areas")

# name: (dimensions, unit, description)
VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "steps": (("target", "source"), "1", "shortest path in synaptic steps"),
    "delay_distance": (("target", "source"), "ms", "smallest sum of mean delays along a path"),
    "delay_distance_min": (
        ("area",),
        "ms",
        f"smallest delay distance of an area's populations from {PERTURBED}",
    ),
    "direction": (
        ("target_area", "source_area"),
        "1",
        f"{', '.join(degrees.DIRECTIONS)}, or none without synapses",
    ),
    "out_degree": (("target_area", "source"), "1", "synapses of one neuron in a target area"),
    "target_areas": (
        ("direction_name", "source"),
        "1",
        f"areas with an out-degree above {degrees.TARGET_THRESHOLD}, own area included",
    ),
    "target_areas_other": (
        ("direction_name", "source"),
        "1",
        f"other areas with an out-degree above {degrees.TARGET_THRESHOLD}",
    ),
    "autapses_as_coded": (
        ("area",),
        "1",
        "mean of synapses / N_source^2 over pairs of populations, absent ones skipped",
    ),
    "autapses": (("area",), "1", "expected autapses per neuron"),
    "multapse_degree": (("area",), "1", "mean synapses of a connected pair of neurons, by target area"),
    "lognormality": (
        ("selection", "lognormal_statistic"),
        "1",
        "statistics of log10 synapses of pairs of populations",
    ),
    "distance_rule": (
        ("regression_statistic",),
        "1",
        "log10 synapses of pairs of areas on fibre length in mm",
    ),
}
FORMAT: Final = netcdf.Format("structure", 1, VARIABLES, json_attributes=("origin",))


def analyse(network: xr.Dataset) -> xr.Dataset:
    """Return the structure of a network: :data:`VARIABLES` over populations and areas in canonical order."""
    parameters = networks.parameters(network)
    synapses, neurons = network["synapses"].values, network["neurons"].values
    by_area, length = network["synapses_area"].values, network["fibre_length"].values
    steps, delays = graph.distances(network)
    direction = area_level.direction(network["sln"].values, parameters)
    degree = degrees.out_degree(synapses, neurons)
    lognormal = [lognormality(chosen) for chosen in (synapses, synapses[~labels.within_areas()])]
    rule = distance_rule(length, by_area)
    values: dict[str, Any] = {
        "steps": steps,
        "delay_distance": delays,
        "delay_distance_min": area_minimum(delays[:, population_labels().index(PERTURBED)]),
        "direction": np.where(by_area > 0, direction, "none"),
        "out_degree": degree,
        "target_areas": degrees.target_areas(degree, direction),
        "target_areas_other": degrees.target_areas(degree, direction, own_area=False),
        "autapses_as_coded": degrees.autapses_as_coded(synapses, neurons),
        "autapses": degrees.autapses(synapses, neurons),
        "multapse_degree": degrees.multapse_degree(synapses, neurons),
        "lognormality": [[row[name] for name in LOGNORMAL_STATISTICS] for row in lognormal],
        "distance_rule": [rule[name] for name in REGRESSION_STATISTICS],
    }
    return FORMAT.dataset(
        values,
        _coordinates(),
        {
            "title": f"Structure of the network {parameters.name}",
            "parameters": network.attrs["parameters"],
            "origin": network.attrs["origin"],
        },
    )


def area_minimum(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the smallest value of each area's populations with neurons, (272,) to (34,).

    Examples
    --------
    >>> area_minimum(np.arange(272.0))[:3].tolist()
    [0.0, 8.0, 16.0]
    """
    return np.nanmin(values.reshape(N_AREAS, N_POPULATIONS), axis=1)


def _coordinates() -> dict[str, list[str]]:
    return {
        **labels.coordinates(),
        "direction_name": list(degrees.DIRECTIONS),
        "selection": list(SELECTIONS),
        "lognormal_statistic": list(LOGNORMAL_STATISTICS),
        "regression_statistic": list(REGRESSION_STATISTICS),
    }


def write(structure: xr.Dataset, path: Path | str) -> None:
    """Write a structure to a netCDF file; the same structure gives the same bytes."""
    netcdf.write(structure, path)


def read(path: Path | str) -> xr.Dataset:
    """Return the structure of a file, loaded into memory.

    Raises
    ------
    HumamError
        If the file is missing, no structure, of another format version, or incomplete.
    """
    return FORMAT.read(path)
