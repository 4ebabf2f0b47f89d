"""The Parquet file in a folder of spikes: its columns, its writer, and the union of several."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from humam.spike_order import in_order

ROW_GROUP_SIZE: Final = 1 << 20
"""Rows per row group: the unit in which spikes are buffered, compressed and skipped on reading."""

SCHEMA: Final = pa.schema(
    [
        pa.field("population", pa.uint16(), nullable=False),
        pa.field("neuron", pa.uint32(), nullable=False),
        pa.field("step", pa.uint32(), nullable=False),
    ]
)


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
        self.last_step = int(step.max())
        self.counts += np.bincount(population, minlength=len(self.counts))
        columns = [
            pa.array(values.astype(field.type.to_pandas_dtype()))
            for values, field in zip(in_order(population, neuron, step), SCHEMA, strict=True)
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
