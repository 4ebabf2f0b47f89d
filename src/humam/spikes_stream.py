"""Spikes of one process of several while the run is in progress: a stream of batches, one for each stretch of time.

Every process writes its own file (Arrow's streaming format); all files have the same stretches. Whatever ends a
process, the batches that were complete can be read, and the stretches that all processes completed are a run that ended
early.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from humam.errors import HumamError
from humam.spikes_table import SCHEMA, SpikeWriter


class StreamWriter:
    """Takes the spikes of one process; a context manager.

    Parameters
    ----------
    path : path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._stream = pa.ipc.new_stream(self._file, SCHEMA)

    def append(self, population: NDArray[np.integer], neuron: NDArray[np.integer], step: NDArray[np.integer]) -> None:
        """Write the spikes of one stretch of time, none at all included, in any order."""
        columns = [
            pa.array(values.astype(field.type.to_pandas_dtype()))
            for values, field in zip((population, neuron, step), SCHEMA, strict=True)
        ]
        self._stream.write_batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
        self._file.flush()

    def __enter__(self) -> StreamWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stream.close()
        self._file.close()


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the complete batches of a stream; none where the file is missing or was not even begun.

    Raises
    ------
    HumamError
        If the system cannot read the file.
    """
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
            while True:
                yield stream.read_next_batch()
    except (StopIteration, FileNotFoundError, pa.ArrowInvalid):  # the end, or the place where writing ended
        return
    except OSError as error:
        if error.errno is None:  # Arrow's own, where the values of a batch are cut off
            return
        raise HumamError(f"spikes {str(path)!r} cannot be read: {error.strerror}") from None


def merge(paths: Sequence[Path], sink: SpikeWriter) -> int:
    """Hand the spikes of all processes to a writer, one stretch of time after another; return the number of stretches.

    Ends with the last stretch that all processes completed. Memory: one stretch.
    """
    done = 0
    with ExitStack() as stack:
        streams = [read(path) for path in paths]
        for stream in streams:
            stack.callback(stream.close)  # type: ignore[attr-defined]
        while True:
            batches = [next(stream, None) for stream in streams]
            found = [batch for batch in batches if batch is not None]
            if len(found) < len(streams):
                return done
            sink.append(*(np.concatenate([batch.column(i).to_numpy() for batch in found]) for i in range(len(SCHEMA))))
            done += 1
