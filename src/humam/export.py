"""Spikes for other programs: Parquet with labels and times, SONATA (HDF5), Neo (objects, and its MATLAB files)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from humam.errors import HumamError, nearest
from humam.files import atomic_path
from humam.progress import Report
from humam.spikes import Batch, Spikes

if TYPE_CHECKING:
    import neo

FORMATS: Final = ("parquet", "sonata", "neo")
MAX_NEO_TRAINS: Final = 100_000
"""Most trains in a file of Neo: each takes 1 ms and more than 1 kB, for it is an object of its own."""

_SORTING: Final = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")
_SONATA_VERSION: Final = (0, 1)
_SONATA_MAGIC: Final = 0x0A7A
_BYTES_PER_SPIKE: Final = {"parquet": 12, "sonata": 16}
"""Uncompressed."""


@dataclass(frozen=True)
class Selection:
    """Which spikes.

    Attributes
    ----------
    labels : list of str
        Populations.
    t_start_ms, t_stop_ms : float
        Times, ``t_start_ms <= time < t_stop_ms``; a stop at the end of the run includes the last time step.
    """

    labels: list[str]
    t_start_ms: float
    t_stop_ms: float


def select(
    spikes: Spikes, patterns: Sequence[str] = (), t_start_ms: float = 0.0, t_stop_ms: float | None = None
) -> Selection:
    """Return the populations with neurons whose labels match one of the patterns (all without any), and the times.

    Raises
    ------
    HumamError
        If a pattern matches nothing or the times lie outside of the run.
    """
    m = spikes.manifest
    there = [label for label, n in zip(m.labels, m.neurons, strict=True) if n]
    for pattern in patterns:
        if not any(fnmatchcase(label, pattern) for label in there):
            raise HumamError(f"populations {pattern!r}: no population matches{nearest(pattern, there)}")
    if patterns:
        there = [label for label in there if any(fnmatchcase(label, pattern) for pattern in patterns)]
    stop = m.t_sim_ms if t_stop_ms is None else t_stop_ms
    if not 0 <= t_start_ms < stop <= m.t_sim_ms:
        raise HumamError(f"times [{t_start_ms:g}, {stop:g}) ms: must lie within the run of {m.t_sim_ms:g} ms")
    return Selection(there, t_start_ms, stop)


def write(spikes: Spikes, selection: Selection, kind: str, path: Path, report: Report | None = None) -> int:
    """Write spikes to a file; return their number.

    Parameters
    ----------
    spikes : Spikes
        The run.
    selection : Selection
        What to write (:func:`select`).
    kind : str
        One of :data:`FORMATS`.
    path : path
        The file; an existing one is replaced.
    report : callable, optional
        Called with the time in ms that is done.

    Raises
    ------
    HumamError
        If the format is unknown, the disk has no room, or there are too many trains for a file of Neo.
    """
    if kind not in FORMATS:
        raise HumamError(f"format {kind!r}: unknown{nearest(kind, FORMATS)}; known: {', '.join(FORMATS)}")
    tell = report or (lambda done, note="": None)
    with atomic_path(path) as temporary:
        if kind == "neo":
            return _write_neo(spikes, selection, temporary)
        # HDF5 ends the process where a disk becomes full.
        needed = _BYTES_PER_SPIKE[kind] * _at_most(spikes, selection)
        free = shutil.disk_usage(temporary.parent).free
        if needed > free:
            raise HumamError(f"{str(path)!r} may take {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")
        writer = _write_parquet if kind == "parquet" else _write_sonata
        return writer(spikes, selection, temporary, tell)


def _at_most(spikes: Spikes, selection: Selection) -> int:
    counts = dict(zip(spikes.labels, spikes.manifest.n_spikes_per_population, strict=True))
    return sum(counts[label] for label in selection.labels)


def _batches(spikes: Spikes, selection: Selection) -> Any:
    stop = None if selection.t_stop_ms == spikes.manifest.t_sim_ms else selection.t_stop_ms
    return spikes.batches(selection.labels, selection.t_start_ms, stop)


def _write_parquet(spikes: Spikes, selection: Selection, path: Path, report: Report) -> int:
    labels, dt = pa.array(spikes.labels), spikes.manifest.dt_ms
    fields = [
        pa.field("population", pa.dictionary(pa.int32(), pa.string()), metadata={"description": "area|layer|E or I"}),
        pa.field("neuron", pa.uint32(), metadata={"description": "index within the population, from 0"}),
        pa.field("time", pa.float64(), metadata={"units": "ms"}),
    ]
    written = 0
    with pq.ParquetWriter(path, pa.schema(fields), compression="zstd") as writer:
        for batch in _batches(spikes, selection):
            population = pa.DictionaryArray.from_arrays(pa.array(batch.population.astype(np.int32)), labels)
            columns = [population, pa.array(batch.neuron), pa.array(_times(batch.step, dt))]
            writer.write_table(pa.Table.from_arrays(columns, schema=writer.schema))
            written += len(batch)
            report(float(batch.step[-1]) * dt)
    return written


def _times(step: np.ndarray, dt_ms: float) -> np.ndarray:
    """Return times in ms; division by a whole number gives the nearest float, so that 0.3 is 0.3."""
    return step / round(1 / dt_ms) if abs(1 / dt_ms - round(1 / dt_ms)) < 1e-9 else step * dt_ms


def sonata_name(label: str) -> str:
    """Return the name of a population in a SONATA file, where ``/`` separates groups.

    Examples
    --------
    >>> sonata_name("cuneus|II/III|E")
    'cuneus|II-III|E'
    """
    return label.replace("/", "-")


def _write_sonata(spikes: Spikes, selection: Selection, path: Path, report: Report) -> int:
    dt, written = spikes.manifest.dt_ms, 0
    sizes = dict(zip(spikes.labels, spikes.manifest.neurons, strict=True))
    with h5py.File(path, "w", libver="v110") as file:
        file.attrs["magic"] = np.uint32(_SONATA_MAGIC)
        file.attrs["version"] = np.array(_SONATA_VERSION, np.uint32)
        groups = {}
        for label in selection.labels:
            group = file.create_group(f"spikes/{sonata_name(label)}")
            group.attrs.create("sorting", 2, dtype=_SORTING)
            group.attrs["population"] = label
            group.attrs["neurons"] = sizes[label]
            for name, kind in (("timestamps", "f8"), ("node_ids", "u8")):
                # Not compressed: libsonata, the reference reader, comes without filters.
                group.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(1 << 14,))
            group["timestamps"].attrs["units"] = "ms"
            groups[spikes.labels.index(label)] = group
        for batch in _batches(spikes, selection):
            for population, inside in _by_population(batch):
                group = groups[population]
                n = len(group["node_ids"])
                for name, values in (
                    ("timestamps", _times(batch.step[inside], dt)),
                    ("node_ids", batch.neuron[inside]),
                ):
                    group[name].resize((n + len(inside),))
                    group[name][n:] = values
            written += len(batch)
            report(float(batch.step[-1]) * dt)
    return written


def _by_population(batch: Batch) -> list[tuple[int, np.ndarray]]:
    """Return the positions of the spikes of each population, in order of time."""
    order = np.argsort(batch.population, kind="stable")
    found, start = np.unique(batch.population[order], return_index=True)
    return list(zip(found.tolist(), np.split(order, start[1:]), strict=True))


def neo_block(spikes: Spikes, selection: Selection) -> neo.Block:
    """Return spikes as a Neo block: one segment, one train per neuron that spiked.

    Trains are annotated with ``population`` (label) and ``neuron`` (index within it).
    """
    import neo

    m = spikes.manifest
    start, stop = selection.t_start_ms, selection.t_stop_ms
    batches = list(_batches(spikes, selection))
    population, neuron, step = (
        np.concatenate([np.empty(0, int), *(getattr(batch, name) for batch in batches)]).astype(np.int64)
        for name in ("population", "neuron", "step")
    )
    unit = population << 32 | neuron
    order = np.argsort(unit, kind="stable")
    found, first = np.unique(unit[order], return_index=True)
    segment = neo.Segment(name="spikes")
    times = np.split(_times(step[order], m.dt_ms), first[1:]) if len(found) else []
    for key, own in zip(found.tolist(), times, strict=True):
        label = m.labels[key >> 32]
        segment.spiketrains.append(
            neo.SpikeTrain(
                own, units="ms", t_start=start, t_stop=stop, name=f"{label} {key & 0xFFFFFFFF}",
                population=label, neuron=key & 0xFFFFFFFF,
            )
        )  # fmt: skip
    block = neo.Block(name=str(m.network_parameters.get("name", "")), engine=m.engine, seed=m.seed, scale=m.scale)
    block.segments.append(segment)
    return block


def _write_neo(spikes: Spikes, selection: Selection, path: Path) -> int:
    from neo.io import NeoMatlabIO

    trains = sum(dict(zip(spikes.labels, spikes.manifest.neurons, strict=True))[label] for label in selection.labels)
    if min(trains, _at_most(spikes, selection)) > MAX_NEO_TRAINS:
        raise HumamError(
            f"{len(selection.labels)} populations with {trains:,} neurons: a file of Neo holds at most"
            f" {MAX_NEO_TRAINS:,} trains here; choose fewer populations, or the format sonata"
        )
    block = neo_block(spikes, selection)
    NeoMatlabIO(str(path)).write_block(block)
    return sum(len(train) for train in block.segments[0].spiketrains)
