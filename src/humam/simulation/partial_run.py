"""A run in progress on disk: spikes in parts and checkpoints, from which it goes on after an interruption.

While a run writes the folder ``OUT``, there is a folder ``OUT.partial`` beside it, or one elsewhere
(:mod:`humam.simulation.checkpoints`):

======================== =======================================================================================
``spikes-00001.parquet`` spikes between two checkpoints (later ones: 00002, ...)
``checkpoint-00001.npz`` state of the engine
``run.json``             what belongs together: a checkpoint, its time step, the parts with the spikes until then;
                         and which run it is
``spikes.parquet``       after an interruption by a signal, with ``manifest.json``: a folder of spikes as any other
======================== =======================================================================================

The process may be killed at any moment: ``run.json`` names only files that are complete, and is replaced by renaming.
Parts it does not name were written after the checkpoint and will be written again.
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from humam import spikes
from humam.engines.base import State
from humam.errors import HumamError
from humam.files import atomic_path, link, locked, sync
from humam.provenance import machine
from humam.simulation import partial_record
from humam.spikes_manifest import MANIFEST_NAME, Manifest

OURS: Final = (
    partial_record.NAME, f".{partial_record.NAME}.*", "spikes-*.parquet", "checkpoint-*.npz", spikes.PARQUET_NAME,
    MANIFEST_NAME,
)  # fmt: skip
"""Patterns of all files in the folder of a run; the second is for temporary ones."""


def partial_folder(out: Path) -> Path:
    """Return the folder of a run that is to write ``out``.

    Examples
    --------
    >>> partial_folder(Path("spikes/base")).as_posix()
    'spikes/base.partial'
    """
    return out.with_name(out.name + ".partial")


def is_partial(out: Path) -> bool:
    """Return whether an interrupted run that was to write ``out`` can be continued."""
    return (partial_folder(out) / partial_record.NAME).exists()


class PartialRun:
    """Takes spikes and states of a run; both the sink and the checkpoints of an engine. Made by :func:`open_run`."""

    def __init__(
        self,
        out: Path,
        labels: list[str],
        neurons: list[int],
        dt_ms: float,
        every_s: float,
        stop: Callable[[], bool],
        folder: Path,
        about: Mapping[str, Any],
    ) -> None:
        self.out, self.folder = out, folder
        self.step = 0
        """Time step of the last checkpoint."""
        self.stopped = False
        """Whether the engine was told to stop."""
        self._labels, self._neurons, self._dt_ms = labels, neurons, dt_ms
        self._every_s, self._stop, self._about = every_s, stop, about
        self._writer: spikes.SpikeWriter | None = None
        self._parts: dict[str, int] = {}
        self._counts = np.zeros(len(labels), np.int64)
        self._last_step = -1
        self._number = 0
        self._checkpoint: str | None = None
        self._continued_at_ms: list[float] = []
        self._peak_memory = 0
        self._kept_at = time.monotonic()
        self._begun = False

    @property
    def state(self) -> State | None:
        """The state of the engine at the last checkpoint, read array by array; None for a new run."""
        if self._checkpoint is None:
            return None
        try:
            return np.load(self.folder / self._checkpoint, allow_pickle=False)
        except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise HumamError(f"checkpoint {str(self.folder / self._checkpoint)!r} cannot be read: {error}") from None

    def append(self, population: NDArray[np.integer], neuron: NDArray[np.integer], step: NDArray[np.integer]) -> None:
        """Take spikes (:meth:`humam.spikes.SpikeWriter.append`)."""
        with _one_line(self.folder):
            if not self._begun:
                self._clean()
                self._begun = True
            if len(step) == 0:
                return
            if self._writer is None:
                self._number += 1
                self._writer = spikes.SpikeWriter(
                    self._path("spikes", "parquet"), self._labels, self._neurons, self._counts, self._last_step
                )
            self._writer.append(population, neuron, step)

    def due(self) -> bool:
        """Return whether a signal asks for the end or the last checkpoint is old."""
        return self._stop() or time.monotonic() - self._kept_at >= self._every_s

    def keep(self, step: int, state: Iterable[tuple[str, NDArray[Any]]]) -> bool:
        """Write a checkpoint; return whether the run shall go on."""
        with _one_line(self.folder):
            self._close_part()
            self._number += 1
            path = self._path("checkpoint", "npz")
            _write_arrays(path, state)
            before = self._checkpoint
            self._peak_memory = max(self._peak_memory, machine.peak_memory())
            self._commit(step, path.name, self._parts)
            if before:
                (self.folder / before).unlink()
        self._kept_at = time.monotonic()
        self.stopped = self._stop()
        return not self.stopped

    def finish(
        self, *, t_sim_ms: float, peak_memory_bytes: int, engine_options: dict[str, Any], **fields: Any
    ) -> Manifest:
        """Write the folder of spikes: ``OUT`` at the end of the run, ``OUT.partial`` where it was stopped.

        Parameters
        ----------
        t_sim_ms : float
            Biological time that was asked for.
        peak_memory_bytes : int
            Peak memory of this process.
        engine_options : dict
            Settings of the engine.
        **fields
            The other fields of :class:`humam.spikes.Manifest`.
        """
        if self._continued_at_ms:
            engine_options = engine_options | {"continued_at_ms": self._continued_at_ms}
        fields |= {
            "dt_ms": self._dt_ms,
            "t_sim_ms": t_sim_ms,
            "peak_memory_bytes": max(peak_memory_bytes, self._peak_memory),
            "engine_options": engine_options,
        }
        with _one_line(self.folder if self.stopped else self.out):
            self._close_part()
            if self.stopped:
                fields |= {"t_sim_ms": self.step * self._dt_ms, "t_sim_planned_ms": t_sim_ms}
                self._unite()
                return self._write_result(self.folder, fields)
            with atomic_path(self.out, MANIFEST_NAME) as folder:
                folder.mkdir()
                manifest = self._write_result(folder, fields)
            shutil.rmtree(self.folder)
            return manifest

    @property
    def _is_partial(self) -> bool:
        return (self.folder / partial_record.NAME).exists()

    def _path(self, kind: str, suffix: str) -> Path:
        return self.folder / f"{kind}-{self._number:05d}.{suffix}"

    def _close_part(self) -> None:
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        path = self._path("spikes", "parquet")
        writer.close()
        sync(path)
        self._parts[path.name] = int((writer.counts - self._counts).sum())
        self._counts, self._last_step = writer.counts, writer.last_step

    def _commit(self, step: int, checkpoint: str | None, parts: dict[str, int]) -> None:
        """Declare a checkpoint and the parts before it valid."""
        content = {
            "format": partial_record.FORMAT,
            "format_version": partial_record.FORMAT_VERSION,
            "dt_ms": self._dt_ms,
            "step": step,
            "checkpoint": checkpoint,
            "parts": parts,
            "counts": self._counts.tolist(),
            "last_step": self._last_step,
            "continued_at_ms": self._continued_at_ms,
            "peak_memory_bytes": self._peak_memory,
            "run": self._about,
        }
        with atomic_path(self.folder / partial_record.NAME) as path:
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            sync(path)
        self.step, self._checkpoint, self._parts = step, checkpoint, parts

    def _unite(self) -> None:
        """Make one part of all."""
        if len(self._parts) == 1:
            return
        before, self._number = self._parts, self._number + 1
        path = self._path("spikes", "parquet")
        spikes.merge([self.folder / name for name in before], path)
        sync(path)
        self._commit(self.step, self._checkpoint, {path.name: sum(before.values())})
        for name in before:
            (self.folder / name).unlink()

    def _write_result(self, folder: Path, fields: dict[str, Any]) -> Manifest:
        path = folder / spikes.PARQUET_NAME
        path.unlink(missing_ok=True)
        if len(self._parts) == 1:
            link(self.folder / next(iter(self._parts)), path)
        else:
            spikes.merge([self.folder / name for name in self._parts], path)
        return spikes.write_manifest(folder, self._labels, self._neurons, self._counts, **fields)

    def prepare(self, go_on: bool) -> None:
        """Begin, or read what there is. Nothing is changed before the engine hands over spikes.

        Raises
        ------
        HumamError
            If there is an interrupted run that shall not be continued, or one that cannot.
        """
        foreign = [path.name for path in self.folder.iterdir() if not any(map(path.match, OURS))]
        if foreign:
            raise HumamError(
                f"folder {str(self.folder)!r} holds {min(foreign)!r}, which is no part of a run: rename it"
            )
        if self._is_partial:
            content = partial_record.read(self.folder / partial_record.NAME)
            at = content["step"] * content["dt_ms"]
            if not go_on:
                raise HumamError(
                    f"folder {str(self.folder)!r} holds a run that was interrupted at {at:g} ms:"
                    " go on with --continue, or remove the folder"
                )
            if len(content["counts"]) != len(self._labels) or content["dt_ms"] != self._dt_ms:
                raise HumamError(f"folder {str(self.folder)!r} holds a run of another network: it cannot be continued")
            self.step, self._checkpoint = content["step"], content["checkpoint"]
            self._parts, self._counts = content["parts"], np.array(content["counts"], np.int64)
            self._last_step, self._peak_memory = content["last_step"], content["peak_memory_bytes"]
            self._continued_at_ms = [*content["continued_at_ms"], round(at, 4)]
            self._check_parts()
            self._number = max(int(Path(name).stem[-5:]) for name in (self._checkpoint, *self._parts))

    def _clean(self) -> None:
        """Remove all files except those that are valid."""
        valid = set()
        if self._is_partial:
            content = partial_record.read(self.folder / partial_record.NAME)
            valid = {partial_record.NAME, content["checkpoint"], *content["parts"]}
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in valid:
                path.unlink()

    def _check_parts(self) -> None:
        for name, n in self._parts.items():
            try:
                found = spikes.count(self.folder / name)
            except (OSError, pa.ArrowException) as error:
                raise HumamError(f"part {str(self.folder / name)!r} of an interrupted run: {error}") from None
            if found != n:
                raise HumamError(f"part {str(self.folder / name)!r} has {found:,} spikes, its checkpoint says {n:,}")

    def abandon(self) -> None:
        """End without a result: what a checkpoint needs stays; without one, nothing does."""
        if self._writer is not None:
            with suppress(OSError, pa.ArrowException):
                self._writer.close(complete=False)
        if not self._is_partial:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif self._begun:  # what could not be written completely takes room
            with suppress(OSError):
                self._clean()


@contextmanager
def open_run(
    out: Path,
    labels: list[str],
    neurons: list[int],
    *,
    dt_ms: float,
    every_s: float,
    go_on: bool,
    stop: Callable[[], bool],
    folder: Path | None = None,
    about: Mapping[str, Any] | None = None,
    wait_s: float = 0.0,
) -> Iterator[PartialRun]:
    """Yield a run in progress, the one that was interrupted if there is one to ``go_on`` with.

    Parameters
    ----------
    out : path
        The folder of spikes to write in the end; an existing one is replaced.
    labels, neurons : list
        Population labels and numbers of simulated neurons.
    dt_ms : float
        Time step.
    every_s : float
        Wall time between two checkpoints.
    go_on : bool
        Whether an interrupted run shall be continued; where there is none, a new one begins.
    stop : callable
        Tells whether a signal asks for the end.
    folder : path, optional
        Where parts and checkpoints are kept; default: ``OUT.partial``.
    about : mapping, optional
        Which run it is, for those who look at the folder.
    wait_s : float
        Seconds to wait for another process that writes there.

    Raises
    ------
    HumamError
        If files cannot be written or read, another process writes here, or an interrupted run is in the way. What a
        checkpoint needs stays, and the message tells so.
    """
    folder = folder or partial_folder(out)
    run = PartialRun(out, labels, neurons, dt_ms, every_s, stop, folder, about or {})
    with ExitStack() as stack:
        with _one_line(folder):
            held = stack.enter_context(locked(folder, wait_s))
        if not held:
            raise HumamError(f"folder {str(folder)!r}: another process is running this simulation")
        with _one_line(folder):
            run.prepare(go_on)
        try:
            yield run
        except BaseException as error:
            run.abandon()
            if not isinstance(error, HumamError | MemoryError):
                raise
            text = "the memory is full" if isinstance(error, MemoryError) else str(error)
            if run.step and run._begun:
                how = "--continue" if folder == partial_folder(out) else "the same command"
                text += f"; kept until {run.step * dt_ms:g} ms, {how} goes on from there"
            raise HumamError(text) from error


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Turn what a user can mend into one line."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise HumamError(f"cannot write {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error


def _write_arrays(path: Path, arrays: Iterable[tuple[str, NDArray[Any]]]) -> None:
    """Write arrays, one in memory at a time, into a file that ``numpy.load`` reads."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays:
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
    sync(path)
