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
from humam.spikes_table import SCHEMA, SpikeWriter
from humam.spikes_table import count as count
from humam.spikes_table import merge as merge

PARQUET_NAME: Final = "spikes.parquet"


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
    with atomic_path(folder, MANIFEST_NAME) as temporary:
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
        # An end beyond every step, so that no spike is lost by default.
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
