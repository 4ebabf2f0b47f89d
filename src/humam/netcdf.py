"""netCDF files of one format and version: what network, theory, structure and statistics share."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Collection, Container, Iterator, Mapping
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
        Names of attributes that a file must have; the latter hold an object in JSON.
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
        self._check_names(content, content.attrs, what)
        for name in self.variables:
            self.check_dimensions(name, content[name].dims, what)
        return content

    def open(self, path: Path | str) -> Opened:
        """Open a file whose variables are read when they are asked for.

        Raises
        ------
        HumamError
            If the file is missing, of another format or version, or lacks a variable or an attribute. What is wrong
            with the content of a variable shows when it is read.
        """
        path = Path(path)
        what = f"{self.noun} file {str(path)!r}"
        found, names = _try(path, what, _outline)
        self._check_stamp(found, path, what)
        self._check_names(names, found, what)
        return Opened(self, path, found, names)

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

    def _check_names(self, variables: Container[Any], attributes: Mapping[str, Any], what: str) -> None:
        missing = [name for name in self.variables if name not in variables]
        missing += [name for name in self.attributes + self.json_attributes if name not in attributes]
        if missing:
            raise HumamError(f"{what} lacks {', '.join(missing)}")
        for name in self.json_attributes:
            try:
                content = json.loads(attributes[name])
            except (ValueError, TypeError) as error:
                raise HumamError(f"{what}: attribute {name!r} is no JSON: {error}") from None
            if not isinstance(content, dict):
                raise HumamError(f"{what}: attribute {name!r} must be an object in JSON, not {attributes[name]}")

    def check_dimensions(self, name: str, found: tuple[Any, ...], what: str) -> None:
        """Raise a HumamError if a variable of a file does not have the dimensions of the format."""
        expected = self.variables[name][0] if name in self.variables else found
        if found != expected:
            text = ", ".join(map(str, found))
            raise HumamError(f"{what}: {name} has the dimensions {text}, not {', '.join(expected)}")

    def _check_stamp(self, attributes: Mapping[str, Any], path: Path, what: str) -> None:
        found = attributes.get("format")
        if found != self.name:
            raise HumamError(f"{str(path)!r} is not a {self.noun} file (format {found!r})")
        version = attributes.get("format_version")
        if version != self.version:
            raise HumamError(f"{what} has format version {version}; this version of humam reads {self.version}")


class Opened(Mapping[str, xr.DataArray]):
    """A file of one format, opened by :meth:`Format.open`; variables are read when asked for, each once.

    xarray spends 5 ms on each variable of a file that it opens, whether it is used or not; reports ask dozens of
    runs for one or two of theirs.

    Parameters
    ----------
    kind : Format
        Its format.
    path : Path
        The file.
    attrs : mapping
        Attributes of the file.
    names : collection of str
        Names of its variables and coordinates.
    """

    def __init__(self, kind: Format, path: Path, attrs: Mapping[str, Any], names: Collection[str]) -> None:
        self.attrs = dict(attrs)
        self._kind, self._path, self._names = kind, path, names
        self._found: dict[str, xr.DataArray] = {}

    def __getitem__(self, name: str) -> xr.DataArray:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._found:
            what = f"{self._kind.noun} file {str(self._path)!r}"
            variable = _try(self._path, what, lambda path: _read_variable(path, name))
            self._kind.check_dimensions(name, variable.dims, what)
            self._found[name] = variable
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def load(self) -> xr.Dataset:
        """Return the whole content of the file."""
        return self._kind.read(self._path)


def attributes(path: Path | str) -> dict[str, Any]:
    """Return the attributes of a netCDF file, whatever it holds."""
    with h5netcdf.File(path, "r") as file:
        return dict(file.attrs)


def _outline(path: Path) -> tuple[dict[str, Any], set[str]]:
    """Return the attributes of a file and the names of its variables."""
    with h5netcdf.File(path, "r") as file:
        return dict(file.attrs), set(file.variables)


def _read_variable(path: Path, name: str) -> xr.DataArray:
    """Return one variable with its coordinates, as xarray decodes them."""
    with h5netcdf.File(path, "r", decode_vlen_strings=True) as file:
        names = [name, *(dim for dim in file.variables[name].dimensions if dim != name and dim in file.variables)]
        found = {each: _variable(file.variables[each]) for each in names}
    content = xr.decode_cf(xr.Dataset(found))
    return content[name]


def _variable(variable: h5netcdf.Variable) -> xr.Variable:
    values = variable[...]
    return xr.Variable(variable.dimensions, values.astype(str) if values.dtype == object else values, variable.attrs)


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
