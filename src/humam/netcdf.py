"""netCDF files of one format and version: what network, theory, structure and statistics share."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5netcdf
import xarray as xr

from humam import __version__
from humam.errors import HumamError
from humam.files import atomic_path

# What h5py and xarray raise for files that are cut off, altered or no netCDF.
_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError)


@dataclass(frozen=True)
class Format:
    """One kind of netCDF file.

    Attributes
    ----------
    noun : str
        What the file holds, for errors: ``"network"``.
    version : int
        The version that this program writes and reads.
    variables : mapping
        ``(dimensions, unit, description)`` of each variable that a file must have.
    attributes, json_attributes : tuple of str
        Names of attributes that a file must have; the latter hold JSON.
    """

    noun: str
    version: int
    variables: Mapping[str, tuple[tuple[str, ...], str, str]]
    attributes: tuple[str, ...] = ()
    json_attributes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the format, the attribute ``format`` of a file."""
        return f"humam-{self.noun}"

    @property
    def stamp(self) -> dict[str, str | int]:
        """The attributes that mark a file as one of this format."""
        return {"format": self.name, "format_version": self.version}

    def dataset(
        self, values: Mapping[str, Any], coordinates: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> xr.Dataset:
        """Return the content of a file: all :attr:`variables` with their dimensions, units and descriptions.

        Parameters
        ----------
        values : mapping
            Array by name of variable.
        coordinates, attributes : mapping
            Coordinates, and attributes beside the mark of the format and the version of this program.
        """
        return xr.Dataset(
            {
                name: (dims, values[name], {"units": unit, "long_name": text})
                for name, (dims, unit, text) in self.variables.items()
            },
            coords=coordinates,
            attrs={**self.stamp, **attributes, "humam_version": __version__},
        )

    def read(self, path: Path | str) -> xr.Dataset:
        """Return the content of a file, loaded into memory.

        Raises
        ------
        HumamError
            If the file is missing, of another format or version, or incomplete.
        """
        path = Path(path)
        what = f"{self.noun} file {str(path)!r}"
        content: xr.Dataset = _try(path, what, _load)
        self._check_stamp(content.attrs, path, what)
        missing = [name for name in self.variables if name not in content]
        missing += [name for name in self.attributes + self.json_attributes if name not in content.attrs]
        if missing:
            raise HumamError(f"{what} lacks {', '.join(missing)}")
        for name, (dimensions, _, _) in self.variables.items():
            if content[name].dims != dimensions:
                found = ", ".join(map(str, content[name].dims))
                raise HumamError(f"{what}: {name} has the dimensions {found}, not {', '.join(dimensions)}")
        for name in self.json_attributes:
            try:
                json.loads(content.attrs[name])
            except (ValueError, TypeError) as error:
                raise HumamError(f"{what}: attribute {name!r} is no JSON: {error}") from None
        return content

    def read_attributes(self, path: Path | str) -> dict[str, Any]:
        """Return the attributes of a file alone, in milliseconds.

        Raises
        ------
        HumamError
            If the file is missing, cannot be read or is of another format or version.
        """
        path = Path(path)
        what = f"{self.noun} file {str(path)!r}"
        found: dict[str, Any] = _try(path, what, attributes)
        self._check_stamp(found, path, what)
        return found

    def _check_stamp(self, attributes: Mapping[str, Any], path: Path, what: str) -> None:
        found = attributes.get("format")
        if found != self.name:
            raise HumamError(f"{str(path)!r} is not a {self.noun} file (format {found!r})")
        version = attributes.get("format_version")
        if version != self.version:
            raise HumamError(f"{what} has format version {version}; this version of humam reads {self.version}")


def attributes(path: Path | str) -> dict[str, Any]:
    """Return the attributes of a netCDF file, whatever it holds."""
    with h5netcdf.File(path, "r") as file:
        return dict(file.attrs)


def _load(path: Path) -> xr.Dataset:
    return xr.load_dataset(path, engine="h5netcdf")


def _try(path: Path, what: str, read: Callable[[Path], Any]) -> Any:
    """Return what a function reads from a netCDF file; what it raises of a bad file becomes one line."""
    if not path.is_file():
        raise HumamError(f"{what} does not exist")
    # Of a damaged file h5netcdf leaves half-made objects, which complain on standard error when they are removed.
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        return read(path)
    except _UNREADABLE as error:
        reason = str(error)
        gc.collect()
    finally:
        sys.unraisablehook = hook
    raise HumamError(f"{what} cannot be read: {reason}")


def encode(content: xr.Dataset, level: int = 4) -> bytes:
    """Return the bytes of a compressed netCDF file; the same content gives the same bytes.

    In memory (some MB), because HDF5 ends the process where a disk becomes full in the middle of a file.
    """
    encoding = {
        str(name): {"zlib": True, "complevel": level, "shuffle": True}
        for name, variable in content.variables.items()
        if variable.dtype.kind != "U" and variable.ndim
    }
    return bytes(content.to_netcdf(engine="h5netcdf", encoding=encoding))


def write(content: xr.Dataset, path: Path | str) -> None:
    """Write a netCDF file.

    Raises
    ------
    HumamError
        If the folder cannot be written to or the disk is full. Then there is no file, or the one of before.
    """
    data = encode(content)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
