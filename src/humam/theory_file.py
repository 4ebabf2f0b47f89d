"""theory.nc: rates predicted by mean-field theory; its only reader and writer.

Apart from :mod:`humam.theory`, so that what only reads the rates does not depend on the code that computes them.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

import xarray as xr

from humam import netcdf
from humam.errors import HumamError
from humam.labels import population_labels

# name: (dimensions, unit, description)
VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "rate": (("target",), "1/s", "stationary rate: fixed point of the mean-field equations"),
    "rate_base_state": (
        ("target",),
        "1/s",
        "the same for the network with chi = 1 (chi_I / chi kept); equal to rate where chi <= 1",
    ),
    "rate_pseudo_time": (("step", "target"), "1/s", "rate along the published integration in pseudo-time"),
    "pseudo_time": (("step",), "1", "pseudo-time in units of the integration's time constant"),
}
FORMAT: Final = netcdf.Format(
    "theory", 1, VARIABLES, ("valid", "message", "residual", "residual_base_state"), ("parameters", "origin")
)


def write(theory: xr.Dataset, path: Path | str) -> None:
    """Write a theory Dataset to a netCDF file."""
    netcdf.write(theory, path)


def read(path: Path | str) -> xr.Dataset:
    """Return the theory of a file, loaded into memory.

    Returns
    -------
    Dataset
        Variables as in :data:`VARIABLES`; attributes ``valid`` (0 where theory does not predict the state),
        ``message`` (what limits the prediction, empty if nothing does), ``residual`` and ``residual_base_state``
        (largest distance from a fixed point, spikes/s), ``parameters`` (those of the network).

    Raises
    ------
    HumamError
        If the file is missing, no theory, of another format version, or incomplete.
    """
    theory = FORMAT.read(path)
    if list(theory["target"].values) != population_labels():
        raise HumamError(f"theory file {str(path)!r}: coordinate 'target' is not in canonical order")
    return theory


def of_network(network: xr.Dataset, path: Path | str | None = None) -> xr.Dataset:
    """Return the theory of a network: from its file, or computed now if there is none.

    Raises
    ------
    HumamError
        If the file cannot be read or is the theory of a network with other parameters. That the anatomical data
        are the same is not checked.
    """
    if path is None:
        # No import statement: what gets the file (a workflow task does) shall not depend on the code of the theory.
        predicted: xr.Dataset = importlib.import_module("humam.theory").predict(network)
        return predicted
    theory = read(path)
    if theory.attrs["parameters"] != network.attrs["parameters"]:
        raise HumamError(f"theory file {str(path)!r} belongs to another network (its parameters differ)")
    return theory
