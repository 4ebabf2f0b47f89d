"""Archived runs: compact results of a simulation with everything needed to make it again; their only writer and reader.

A run is a folder ``datasets/runs/NAME`` with ``run.json`` (:func:`record`) beside ``statistics.nc``,
``windows.parquet`` and ``rasters.parquet``. The latter three are read as any folder of statistics; what is too large
for an archive is NaN there and says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr
from pydantic import Field

from humam import form, netcdf, run_commands, spikes_manifest
from humam import network as network_file
from humam.analysis import statistics
from humam.analysis.statistics import Statistics
from humam.errors import HumamError, nearest
from humam.files import atomic_path, read_json, sha256
from humam.labels import AREAS, area_slice
from humam.parameters import Parameters, validate
from humam.provenance.commit import commit
from humam.resources import shipped
from humam.spike_digest import digests
from humam.spikes import PARQUET_NAME, Spikes

RECORD_NAME: Final = "run.json"
FORMAT: Final = "humam-archived-run"
FORMAT_VERSION: Final = 1

DETAILED: Final = (
    "base", "best_fit", "smaller_g@1", "smaller_g@1.75", "lower_e_to_i@1", "lower_e_to_i@2", "tau_syn_in@1",
    "tau_syn_in@2.5", "distributed_parameters@0", "distributed_parameters@2.5",
)  # fmt: skip
"""Experiments of which spike counts of populations, currents and rasters of all areas are kept, too.

The stored states of variants for what their functional connectivity does in time (report ``differences``).
"""
RASTER_AREAS: Final = ("caudalanteriorcingulate", "pericalcarine", "fusiform")
"""Areas whose rasters are kept of every run (Figures 4 and 6)."""
NOT_KEPT: Final = ("spike_count", "current")
"""Variables that are kept of detailed runs only."""
CURRENT_BITS: Final = 10
"""Bits of the mantissa of currents that are kept: a relative error below 0.05 %."""


class _Record(form.Form):
    name: str
    experiment: str
    command: list[str]
    commands: list[Any]
    inputs: list[str]
    outputs: list[str]
    parameters: dict[str, Any]
    network_sha256: str
    n_synapses: int
    network_sums: dict[str, float] = Field({})
    origin: dict[str, Any]
    engine: str
    engine_options: dict[str, Any]
    seed: int
    scale: float
    in_degree_scale: float
    scheme: str
    t_sim_ms: float
    n_neurons: int
    n_spikes: int
    spikes_bytes: int
    spikes_sha256: str
    digests: list[dict[str, Any]]
    software: dict[str, str]
    commit: str | None
    machine: dict[str, Any]
    wall_times_s: dict[str, float]
    peak_memory_bytes: int
    files: dict[str, str]


def folder_of(name: str, root: Path | None = None) -> Path:
    """Return the folder of an archived run.

    Raises
    ------
    HumamError
        If there is none of that name.
    """
    known = names(root)
    if name not in known:
        text = ", ".join(known) or "none"
        raise HumamError(f"archived run {name!r}: unknown{nearest(name, known)}; archived are {text}")
    return _root(root) / name


def names(root: Path | None = None) -> list[str]:
    """Return the names of the archived runs.

    Parameters
    ----------
    root : path, optional
        Folder of archived runs; default: the shipped one.
    """
    return sorted(path.parent.name for path in _root(root).glob(f"*/{RECORD_NAME}"))


def _root(root: Path | None) -> Path:
    return shipped("datasets") / "runs" if root is None else root


def read(name: str, root: Path | None = None) -> Statistics:
    """Open the statistics of an archived run, its files checked against the record.

    Raises
    ------
    HumamError
        If there is no such run, or a file is missing or altered.
    """
    folder = folder_of(name, root)
    verify(folder)
    return statistics.read(folder)


def verify(folder: Path) -> dict[str, Any]:
    """Check the files of an archived run against its record, and return the record.

    Raises
    ------
    HumamError
        If the record cannot be read, or a file is missing or altered.
    """
    found = record(folder)
    for file, digest in found["files"].items():
        if not (folder / file).is_file():
            raise HumamError(f"archived run {str(folder)!r} lacks {file!r}")
        if sha256(folder / file) != digest:
            raise HumamError(f"archived run {str(folder)!r}: the content of {file!r} is not that of its record")
    return found


def record(folder: Path) -> dict[str, Any]:
    """Return what is known of an archived run.

    Returns
    -------
    dict
        ``experiment``, ``parameters``, ``network_sha256``, ``n_synapses``, ``network_sums`` (:func:`network_sums`;
        records of earlier versions lack it), ``engine``, ``engine_options``, ``seed``, ``scale``,
        ``in_degree_scale``, ``scheme``, ``t_sim_ms``, ``n_spikes``, ``n_neurons``, ``spikes_bytes``,
        ``spikes_sha256`` (of the Parquet file), ``digests`` (of the spikes until marks in time), ``software``,
        ``commit`` (of this archive's code, where known), ``machine``, ``wall_times_s``, ``peak_memory_bytes``,
        ``origin``, ``command`` (makes the run again and compares), ``commands`` (the single steps), ``inputs`` and
        ``outputs`` (paths relative to the root of the archive), ``files`` (SHA-256 by name).

    Raises
    ------
    HumamError
        If it cannot be read, is of another format version or incomplete.
    """
    path = folder / RECORD_NAME
    content = read_json(path, "archived run")
    found = (content.get("format"), content.get("format_version"))
    if found != (FORMAT, FORMAT_VERSION):
        raise HumamError(f"archived run {str(path)!r} has the format {found}, not {(FORMAT, FORMAT_VERSION)}")
    form.check(content, _Record, f"archived run {str(path)!r}")
    # A record of an earlier version lacks the parameters that were added since.
    return {**content, "parameters": Parameters().model_dump(mode="json") | content["parameters"]}


def mean_rate(found: Mapping[str, Any]) -> float:
    """Return the mean rate of all neurons of an archived run, from its record [spikes/s]."""
    return float(found["n_spikes"] / found["n_neurons"] / found["t_sim_ms"] * 1e3)


def summaries(root: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the records of all archived runs by name."""
    return {name: record(_root(root) / name) for name in names(root)}


def n_synapses(network: xr.Dataset) -> int:
    """Return the number of synapses between the neurons of a network; external ones fill up what these leave."""
    return int(network["synapses"].to_numpy().sum())


def network_sums(network: xr.Dataset) -> dict[str, float]:
    """Return sums over all synapses of a network, which rounding leaves alone and another network does not.

    Returns
    -------
    dict
        ``weight_pa``: absolute mean weights; ``delay_ms``: mean delays, both over the synapses between neurons;
        ``external_pa_per_s``: weight x rate over external synapses.
    """
    names = ("synapses", "weight", "delay", "synapses_external", "weight_external", "rate_external")
    synapses, weight, delay, external, external_weight, rate = (network[name].to_numpy() for name in names)
    return {
        "weight_pa": float((synapses * np.abs(weight)).sum()),
        "delay_ms": float((synapses * np.where(synapses > 0, delay, 0.0)).sum()),
        "external_pa_per_s": float((external * external_weight * rate).sum()),
    }


def write(network: xr.Dataset, spikes: Spikes, run: Statistics, folder: Path) -> None:
    """Write an archived run; it appears as a whole or not at all.

    Parameters
    ----------
    network : Dataset
        The network at full scale.
    spikes : Spikes
        Spikes of the run, complete.
    run : Statistics
        Their statistics.
    folder : path
        The folder to write; its name is that of the run. An archived run there is replaced.

    Raises
    ------
    HumamError
        If statistics, spikes and network do not belong together, the run is not complete, or the folder cannot be
        written.
    """
    manifest = spikes.manifest
    _check(network, manifest, run, spikes.folder)
    experiment = str(manifest.network_parameters["name"])
    detailed = experiment in DETAILED
    with atomic_path(folder, RECORD_NAME) as temporary:
        temporary.mkdir()
        content = _slim(run.data.load(), detailed).assign_attrs(archived=1)
        content.attrs.pop("digests", None)  # those of the record
        (temporary / statistics.NETCDF_NAME).write_bytes(netcdf.encode(content, level=9))
        _copy_table(run, "windows", temporary, None)
        areas = AREAS if detailed else RASTER_AREAS
        _copy_table(run, "rasters", temporary, [i for area in areas for i in range(272)[area_slice(area)]])
        files = {path.name: sha256(path) for path in sorted(temporary.iterdir())}
        text = json.dumps(_record(network, spikes, folder.name, experiment, files), indent=1)
        (temporary / RECORD_NAME).write_text(text + "\n", encoding="utf-8")


def _check(network: xr.Dataset, manifest: spikes_manifest.Manifest, run: Statistics, folder: Path) -> None:
    if manifest.t_sim_planned_ms is not None:
        raise HumamError(
            f"spikes {str(folder)!r} are of a run that was interrupted at {manifest.t_sim_ms:g} of"
            f" {manifest.t_sim_planned_ms:g} ms: go on with `humam simulate --continue` first"
        )
    if manifest.areas is not None:
        raise HumamError(f"spikes {str(folder)!r} are of {len(manifest.areas)} areas: archived runs are of all")
    if run.data.attrs.get("archived"):
        raise HumamError(f"statistics {str(run.folder)!r} are those of an archived run, which are not complete")
    if run.manifest.get("sha256") != manifest.sha256:
        raise HumamError(f"statistics {str(run.folder)!r} are not those of the spikes {str(folder)!r}")
    parameters = network_file.parameters(network)
    if parameters != validate(manifest.network_parameters, f"spikes {str(folder)!r}"):
        raise HumamError(f"spikes {str(folder)!r} are of another network")
    if parameters.edited:
        raise HumamError(
            f"spikes {str(folder)!r} are of a network that was changed by hand: no command could make them again"
        )


def _slim(data: xr.Dataset, detailed: bool) -> xr.Dataset:
    """Return statistics without what can be had from the rest, in the fewest bits that keep them."""
    data = data.copy()
    drop = {"bold": "not kept in the archive: it follows from area_rate (humam.analysis.bold)"}
    if not detailed:
        drop |= dict.fromkeys(NOT_KEPT, "not kept in the archive of this run")
    for name, variable in data.data_vars.items():
        if name in drop:
            variable.attrs.setdefault("unavailable", drop[str(name)])
            data[name] = variable.copy(data=np.full(variable.shape, np.nan, np.float32))
        elif name == "current":
            data[name] = variable.copy(data=_round_mantissa(variable.to_numpy(), CURRENT_BITS))
        elif variable.dtype.kind in "iu":
            largest = int(variable.max()) if variable.size else 0
            smallest = next(kind for kind in (np.uint8, np.uint16, np.uint32) if largest <= np.iinfo(kind).max)
            data[name] = variable.astype(smallest, keep_attrs=True)
    return data


def _round_mantissa(values: np.ndarray, bits: int) -> np.ndarray:
    """Return float32 values rounded to some bits of their mantissa; what is rounded off compresses well.

    Examples
    --------
    >>> _round_mantissa(np.array([1.0, 1.001, -3.14159, np.nan]), 7).tolist()
    [1.0, 1.0, -3.140625, nan]
    """
    number = np.asarray(values, np.float32)
    raw = number.view(np.uint32)
    drop = 23 - bits
    rounded = (raw + np.uint32(1 << (drop - 1))) & ~np.uint32((1 << drop) - 1)
    return np.where(np.isfinite(number), rounded.view(np.float32), number)


def _copy_table(run: Statistics, name: str, folder: Path, populations: list[int] | None) -> None:
    """Write a table of statistics, of some populations, as small as Parquet allows."""
    schema = statistics.TABLES[name]
    table = pa.Table.from_pandas(getattr(run, name), schema, preserve_index=False)
    if populations is not None:
        table = table.filter(np.isin(table["population"].to_numpy(), populations))
    integers = [field.name for field in schema if pa.types.is_integer(field.type)]
    pq.write_table(
        table, folder / f"{name}.parquet", compression="zstd", compression_level=19,
        use_dictionary=[field.name for field in schema if field.name not in integers],
        column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
    )  # fmt: skip


def _record(
    network: xr.Dataset, spikes: Spikes, name: str, experiment: str, files: Mapping[str, str]
) -> dict[str, Any]:
    manifest = spikes.manifest
    commands, inputs = run_commands.of(manifest, name)
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": name,
        "experiment": experiment,
        "command": ["bin/humam", "reproduce", name],
        "commands": commands,
        "inputs": inputs,
        "outputs": [f"datasets/runs/{name}"],
        "parameters": manifest.network_parameters,
        "network_sha256": network_file.digest(network),
        "n_synapses": n_synapses(network),
        "network_sums": network_sums(network),
        "origin": manifest.origin,
        "engine": manifest.engine,
        "engine_options": manifest.engine_options,
        "seed": manifest.seed,
        "scale": manifest.scale,
        "in_degree_scale": manifest.in_degree_scale,
        "scheme": manifest.scheme,
        "rates_source": manifest.rates_source,
        "t_sim_ms": manifest.t_sim_ms,
        "n_neurons": sum(manifest.neurons),
        "n_spikes": manifest.n_spikes,
        "spikes_bytes": (spikes.folder / PARQUET_NAME).stat().st_size,
        "spikes_sha256": manifest.sha256,
        "digests": [item.as_dict() for item in digests(spikes)],
        "software": manifest.software,
        "commit": commit(shipped()),
        "machine": manifest.machine,
        "wall_times_s": manifest.wall_times_s,
        "peak_memory_bytes": manifest.peak_memory_bytes,
        "files": dict(files),
    }
