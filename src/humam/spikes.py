"""Spikes on disk: a Parquet file and a manifest in one folder; the only writer and the only reader.

``spikes.parquet`` has one row per spike, sorted by (step, population, neuron):

========== ====== ==================================================================
column     type   meaning
========== ====== ==================================================================
population uint16 index into the manifest's ``labels``
neuron     uint32 index within the population, from 0
step       uint32 time step; the spike's time is ``step * dt_ms``, 0 < step <= t_sim / dt
========== ====== ==================================================================

``manifest.json`` (:class:`Manifest`) says how the spikes came about and what the Parquet file must contain. Both are
written in constant memory, whatever the number of spikes, and appear together or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from humam.errors import HumamError, nearest
from humam.files import atomic_path, sha256
from humam.spikes_manifest import FORMAT as FORMAT
from humam.spikes_manifest import FORMAT_VERSION as FORMAT_VERSION
from humam.spikes_manifest import MANIFEST_NAME, Manifest
from humam.spikes_manifest import read as read_manifest

PARQUET_NAME: Final = "spikes.parquet"
ROW_GROUP_SIZE: Final = 1 << 20
"""Rows per row group: the unit in which spikes are buffered, compressed and skipped on reading."""

SCHEMA: Final = pa.schema(
    [
        pa.field("population", pa.uint16(), nullable=False),
        pa.field("neuron", pa.uint32(), nullable=False),
        pa.field("step", pa.uint32(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Batch:
    """Some spikes, in file order.

    Attributes
    ----------
    population : ndarray of uint16, shape (n,)
        Index of the population in the canonical labels.
    neuron : ndarray of uint32, shape (n,)
        Index of the neuron within its population.
    step : ndarray of uint32, shape (n,)
        Time step of the spike.
    """

    population: NDArray[np.uint16]
    neuron: NDArray[np.uint32]
    step: NDArray[np.uint32]

    def __len__(self) -> int:
        """Return the number of spikes."""
        return len(self.step)


class _RowGroups:
    """Writes a Parquet file of spikes in row groups of one size.

    The same spikes give the same bytes, however they come in batches. Memory: one row group and the largest batch.
    """

    def __init__(self, path: Path) -> None:
        self._pending: list[pa.Table] = []
        self._n_pending = 0
        self._parquet = pq.ParquetWriter(
            path,
            SCHEMA,
            compression="zstd",
            use_dictionary=["population"],
            column_encoding={"step": "DELTA_BINARY_PACKED", "neuron": "PLAIN"},
            write_statistics=["step"],
        )

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._pending.append(table)
        self._n_pending += len(table)
        if self._n_pending >= ROW_GROUP_SIZE:
            self._flush(self._n_pending // ROW_GROUP_SIZE * ROW_GROUP_SIZE)

    def _flush(self, n: int) -> None:
        table = pa.concat_tables(self._pending)
        self._parquet.write_table(table.slice(0, n), row_group_size=ROW_GROUP_SIZE)
        # A copy, since a slice would hold on to the whole.
        rest = table.slice(n)
        self._n_pending = len(rest)
        self._pending = (
            [pa.table([column.combine_chunks() for column in rest.columns], schema=SCHEMA)] if len(rest) else []
        )

    def close(self, complete: bool = True) -> None:
        """Close the file, with all rows unless told that they are of no use."""
        if not self._parquet.is_open:
            return
        if complete and self._n_pending:
            self._flush(self._n_pending)
        self._parquet.close()


class SpikeWriter:
    """Appends batches of spikes to a Parquet file.

    Parameters
    ----------
    path : path
        The file.
    labels : iterable of str
        Population labels in canonical order.
    neurons : iterable of int
        Number of simulated neurons per label.
    counts : array of int, optional
        Spikes per label in earlier parts of the run.
    last_step : int
        Last step of the earlier parts.
    """

    def __init__(
        self,
        path: Path,
        labels: Iterable[str],
        neurons: Iterable[int],
        counts: ArrayLike | None = None,
        last_step: int = -1,
    ) -> None:
        self.labels = list(labels)
        self.neurons = np.asarray(list(neurons), dtype=np.int64)
        if len(self.labels) != len(self.neurons):
            raise ValueError("one number of neurons per label is needed")
        self.counts = np.zeros(len(self.labels), np.int64) if counts is None else np.array(counts, np.int64)
        """Spikes per label so far, those of earlier parts included."""
        self.last_step = last_step
        self._rows = _RowGroups(path)

    def append(self, population: NDArray[np.integer], neuron: NDArray[np.integer], step: NDArray[np.integer]) -> None:
        """Append spikes; batches come in the order of time, spikes within a batch in any order.

        Parameters
        ----------
        population, neuron, step : ndarray of int, shape (n,)
            Index of the population, of the neuron within it, and time step. All steps are after those of the
            batch before.

        Raises
        ------
        ValueError
            If a spike precedes the batch before or names a neuron that was not announced (an engine's mistake).
        """
        if len(step) == 0:
            return
        if step.min() <= self.last_step:
            raise ValueError(f"spikes at step {step.min()} come after those of step {self.last_step}")
        if population.min() < 0 or population.max() >= len(self.labels) or neuron.min() < 0:
            raise ValueError("a spike of an unknown population or neuron")
        if np.any(neuron >= self.neurons[population]):
            raise ValueError("a spike of a neuron beyond the size of its population")
        order = np.lexsort((neuron, population, step))
        self.last_step = int(step[order[-1]])
        self.counts += np.bincount(population, minlength=len(self.counts))
        columns = [
            pa.array(values[order].astype(field.type.to_pandas_dtype()))
            for values, field in zip((population, neuron, step), SCHEMA, strict=True)
        ]
        self._rows.write(pa.Table.from_arrays(columns, schema=SCHEMA))

    def close(self, complete: bool = True) -> None:
        """Close the file; what is still to be written is dropped unless the file shall be complete."""
        self._rows.close(complete)


def merge(parts: Iterable[Path], destination: Path) -> None:
    """Write the spikes of some Parquet files, in their order, into one; the bytes are those of an undivided run."""
    rows = _RowGroups(destination)
    complete = False
    try:
        for part in parts:
            with pq.ParquetFile(part) as parquet:
                for group in range(parquet.num_row_groups):
                    rows.write(parquet.read_row_group(group).cast(SCHEMA))
        complete = True
    finally:
        rows.close(complete)


def count(path: Path) -> int:
    """Return the number of spikes in a Parquet file."""
    with pq.ParquetFile(path) as parquet:
        return int(parquet.metadata.num_rows)


def write_manifest(
    folder: Path, labels: Iterable[str], neurons: ArrayLike, counts: ArrayLike, **fields: Any
) -> Manifest:
    """Write the manifest of the Parquet file in a folder; ``fields`` are all that the other arguments do not give."""
    counts = np.asarray(counts)
    manifest = Manifest(
        labels=list(labels),
        neurons=np.asarray(neurons).tolist(),
        n_spikes=int(counts.sum()),
        n_spikes_per_population=counts.tolist(),
        sha256=sha256(folder / PARQUET_NAME),
        **fields,
    )
    text = json.dumps(manifest.model_dump(mode="json"), indent=1)
    (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")
    return manifest


class FolderWriter(SpikeWriter):
    """Writes a folder of spikes; made by :func:`create`."""

    def __init__(self, folder: Path, labels: Iterable[str], neurons: Iterable[int]) -> None:
        super().__init__(folder / PARQUET_NAME, labels, neurons)
        self._folder = folder
        self.finished = False

    def finish(self, **fields: Any) -> Manifest:
        """Complete the Parquet file and write the manifest.

        Parameters
        ----------
        **fields
            The fields of :class:`Manifest` other than labels, neurons, spike numbers and digest.
        """
        self.close()
        manifest = write_manifest(self._folder, self.labels, self.neurons, self.counts, **fields)
        self.finished = True
        return manifest


@contextmanager
def create(folder: Path | str, labels: Iterable[str], neurons: Iterable[int]) -> Iterator[FolderWriter]:
    """Yield a writer of a new folder of spikes; the folder appears only if the body ends with ``finish``.

    Parameters
    ----------
    folder : path
        Where the spikes go; an existing folder is replaced at the end.
    labels : iterable of str
        Population labels in canonical order.
    neurons : iterable of int
        Number of simulated neurons per label.

    Raises
    ------
    HumamError
        If the folder cannot be written or the disk is full.
    """
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        writer = FolderWriter(temporary, labels, neurons)
        try:
            yield writer
            if not writer.finished:
                raise RuntimeError("the writer of spikes was not finished")
        finally:
            writer.close(complete=False)


class Spikes:
    """A folder of spikes, opened by :func:`read`; nothing is loaded before it is asked for."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @property
    def labels(self) -> list[str]:
        """Population labels, canonical order."""
        return self.manifest.labels

    @property
    def neurons(self) -> NDArray[np.int64]:
        """Number of simulated neurons per population, shape (n_labels,)."""
        return np.array(self.manifest.neurons, dtype=np.int64)

    def steps(self, time_ms: float) -> int:
        """Return the time step at a time in ms."""
        return round(time_ms / self.manifest.dt_ms)

    def batches(
        self,
        populations: Iterable[str] | None = None,
        t_start_ms: float = 0.0,
        t_stop_ms: float | None = None,
    ) -> Iterator[Batch]:
        """Iterate over spikes in order of time, one row group at a time.

        Parameters
        ----------
        populations : iterable of str, optional
            Labels to keep; default all.
        t_start_ms, t_stop_ms : float, optional
            Keep spikes with ``t_start_ms <= time < t_stop_ms``; the default end includes the last step.

        Raises
        ------
        HumamError
            For an unknown label or an unreadable file.
        """
        keep = None if populations is None else self._mask(populations)
        first = self.steps(t_start_ms)
        # A float end beyond every step, so that no spike is lost by default.
        stop = np.iinfo(np.uint32).max if t_stop_ms is None else self.steps(t_stop_ms)
        try:
            with pq.ParquetFile(self.folder / PARQUET_NAME) as parquet:
                for group in range(parquet.num_row_groups):
                    statistics = parquet.metadata.row_group(group).column(2).statistics
                    if statistics is not None and (statistics.max < first or statistics.min >= stop):
                        continue
                    table = parquet.read_row_group(group)
                    population, neuron, step = (column.to_numpy() for column in table.itercolumns())
                    # Steps are sorted: a time window is a slice.
                    window = slice(*np.searchsorted(step, (first, stop)))
                    population, neuron, step = population[window], neuron[window], step[window]
                    if keep is not None:
                        chosen = keep[population]
                        population, neuron, step = population[chosen], neuron[chosen], step[chosen]
                    if len(step):
                        yield Batch(population, neuron, step)
        except (pa.ArrowException, OSError) as error:
            raise HumamError(f"cannot read spikes {str(self.folder)!r}: {error}") from error

    def load(
        self,
        populations: Iterable[str] | None = None,
        t_start_ms: float = 0.0,
        t_stop_ms: float | None = None,
    ) -> Batch:
        """Return the spikes of :meth:`batches` as one batch (in memory: 10 bytes per spike)."""
        parts = list(self.batches(populations, t_start_ms, t_stop_ms))
        types = [field.type.to_pandas_dtype() for field in SCHEMA]
        columns = ("population", "neuron", "step")
        return Batch(
            *(
                np.concatenate([np.empty(0, dtype), *(getattr(part, name) for part in parts)])
                for name, dtype in zip(columns, types, strict=True)
            )
        )

    def mean_rates(self, t_start_ms: float = 500.0, t_stop_ms: float | None = None) -> NDArray[np.float64]:
        """Return mean firing rates of the populations in a time window.

        Parameters
        ----------
        t_start_ms, t_stop_ms : float, optional
            Window; default from 500 ms to the end of the run.

        Returns
        -------
        ndarray of float64, shape (n_labels,)
            Spikes/s per neuron; 0 for populations without neurons.

        Raises
        ------
        HumamError
            If the run does not reach into the window.
        """
        stop = self.manifest.t_sim_ms if t_stop_ms is None else t_stop_ms
        if not 0 <= t_start_ms < stop <= self.manifest.t_sim_ms:
            raise HumamError(
                f"time window [{t_start_ms:g}, {stop:g}) ms: must lie within the run of {self.manifest.t_sim_ms:g} ms"
            )
        counts = np.zeros(len(self.labels), dtype=np.int64)
        for batch in self.batches(None, t_start_ms, t_stop_ms):
            counts += np.bincount(batch.population, minlength=len(counts))
        return counts / np.maximum(self.neurons, 1) / ((stop - t_start_ms) / 1000.0)

    def _mask(self, populations: Iterable[str]) -> NDArray[np.bool_]:
        index = {label: i for i, label in enumerate(self.labels)}
        mask = np.zeros(len(index), dtype=bool)
        for label in populations:
            if label not in index:
                raise HumamError(f"population {label!r}: not among the labels{nearest(label, index)}")
            mask[index[label]] = True
        return mask


def read(folder: Path | str, verify: bool = True) -> Spikes:
    """Open a folder of spikes.

    Parameters
    ----------
    folder : path
        A folder written by :func:`create`.
    verify : bool
        Compare the content of the Parquet file with the manifest (about 1 s per GB).

    Raises
    ------
    HumamError
        If a file is missing, truncated, altered, of another format version, or lacks spikes of a population.
    """
    folder = Path(folder)
    manifest = read_manifest(folder / MANIFEST_NAME)
    path = folder / PARQUET_NAME
    try:
        with pq.ParquetFile(path) as parquet:
            schema, n_rows = parquet.schema_arrow, parquet.metadata.num_rows
    except FileNotFoundError:
        raise HumamError(f"spikes {str(path)!r}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise HumamError(f"spikes {str(path)!r}: truncated or no Parquet file ({error})") from error
    if not schema.equals(SCHEMA):
        raise HumamError(f"spikes {str(path)!r}: columns are {schema.names}, expected {SCHEMA.names} as unsigned")
    spikes = Spikes(folder, manifest)
    if n_rows != manifest.n_spikes or (verify and sha256(path) != manifest.sha256):
        raise HumamError(f"spikes {str(path)!r}: {_what_differs(spikes, n_rows)}")
    return spikes


def _what_differs(spikes: Spikes, n_rows: int) -> str:
    """Return what a Parquet file that is not the manifest's lacks, by name if it lacks a population."""
    expected = np.array(spikes.manifest.n_spikes_per_population)
    found = np.zeros_like(expected)
    for batch in spikes.batches():
        found += np.bincount(batch.population, minlength=len(found))[: len(found)]
    wrong = np.flatnonzero(found != expected)
    if len(wrong) == 0:
        return "content differs from the manifest's SHA-256"
    i = wrong[0]
    more = f" (and {len(wrong) - 1} more populations)" if len(wrong) > 1 else ""
    return (
        f"population {spikes.labels[i]!r} has {found[i]} spikes, the manifest says {expected[i]}{more};"
        f" {n_rows} of {spikes.manifest.n_spikes} in all"
    )
