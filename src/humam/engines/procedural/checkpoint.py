"""The state of a simulation as plain arrays, to go on from after an interruption.

What is kept: the neurons; spikes that still act within their area, keep their neuron refractory, or are yet to be
looked at by other areas; the queue of events to come; counters. Synapses are not: they are regenerated. The queue is
kept as flat lists per area and window; in which order threads wrote it does not matter, sums of weights are integers.

A state belongs to a network, a seed, a window and a version of the kernels; another job is refused. It does not belong
to a number of threads or a duration.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from humam.engines.base import SimulationJob, State
from humam.engines.procedural import kernels
from humam.engines.procedural.state import QUEUE_CHUNK, QUEUE_CHUNK_BITS, Queue
from humam.engines.procedural.tables import WINDOWS, cut_of
from humam.errors import HumamError

if TYPE_CHECKING:
    from humam.engines.procedural.engine import Simulation

FORMAT_VERSION: Final = 2
RECORDS: Final = QUEUE_CHUNK - 1
"""Events in a full chunk of the queue."""


def identity(job: SimulationJob, window: int) -> dict[str, Any]:
    """Return what a state belongs to, by name."""
    content = hashlib.sha256(job.parameters.model_dump_json(exclude={"name", "description", "t_sim", "seed"}).encode())
    for name in sorted(map(str, job.network.data_vars)):
        values = job.network[name].values
        content.update(f"{name}{values.dtype}{values.shape}".encode() + np.ascontiguousarray(values).tobytes())
    return {
        "format of checkpoints": FORMAT_VERSION,
        "window": f"{window} steps",
        "seed": job.seed,
        "delay quantile": cut_of(job),
        "perturbation": "none" if job.perturbation is None else str(job.perturbation),
        "code of the engine": kernels.engine_digest()[:12],
        "network": content.hexdigest()[:12],
    }


def export(simulation: Simulation) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the state after the last step, array by array; all its spikes have been recorded."""
    yield "identity", np.array(json.dumps(identity(simulation.job, simulation.window)))
    yield "step", np.array(simulation.step)
    for name, array in simulation.neurons._asdict().items():
        yield f"neurons_{name}", array
    fired = simulation.spikes.fired
    for name, array in simulation.spikes._asdict().items():
        kept = array if array.ndim == 1 else np.concatenate([row[:n] for row, n in zip(array, fired, strict=True)])
        yield f"spikes_{name}", kept
    for area in range(len(fired)):
        lengths, records = read_queue(simulation.queue, area)
        yield f"queue_lengths_{area}", lengths
        yield f"queue_records_{area}", records
    yield "counters", simulation.sync.counters.sum(axis=0)
    yield "timers", simulation.sync.timers.sum(axis=0)
    yield "wall_time_s", np.array(simulation.wall_time_s)
    yield "peak_queue_bytes", np.array(simulation.peak_queue_bytes)


def restore(simulation: Simulation, state: State) -> None:
    """Put a simulation that was just built into a state.

    Raises
    ------
    HumamError
        If the state is damaged, or of another job or version; names what differs.
    """
    try:
        _check_identity(simulation, json.loads(str(state["identity"])))
        simulation.step = int(state["step"])
        for name, array in simulation.neurons._asdict().items():
            array[:] = state[f"neurons_{name}"]
        _restore_spikes(simulation, state)
        lists = (
            (state[f"queue_lengths_{a}"], state[f"queue_records_{a}"]) for a in range(len(simulation.constants.areas))
        )
        write_queue(simulation.queue, lists)
        simulation.sync.counters[0] = state["counters"]
        simulation.sync.timers[0] = state["timers"]
        simulation.wall_time_s = float(state["wall_time_s"])
        simulation.peak_queue_bytes = int(state["peak_queue_bytes"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise HumamError(f"the checkpoint is damaged: {error}") from error


def _check_identity(simulation: Simulation, found: dict[str, Any]) -> None:
    for name, here in identity(simulation.job, simulation.window).items():
        there = found.get(name)
        if there != here:
            raise HumamError(f"the checkpoint is of another run and cannot be continued: {name} {there}, here {here}")


def _restore_spikes(simulation: Simulation, state: State) -> None:
    spikes = simulation.spikes
    fired = np.asarray(state["spikes_fired"])
    if len(fired) != len(spikes.fired) or fired.max(initial=0) > spikes.neuron.shape[1]:
        raise ValueError("lists of spikes have a wrong length")
    ends = np.cumsum(fired)
    for name, array in spikes._asdict().items():
        kept = state[f"spikes_{name}"]
        if array.ndim == 1:
            array[:] = kept
        else:
            for row, n, end in zip(array, fired, ends, strict=True):
                row[:n] = kept[end - n : end]
    simulation.mark_recorded()


def read_queue(queue: Queue, area: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the events to come in an area: how many in each window of the ring, and their records one after another.

    The queue stays as it is.
    """
    chunks = queue.pool.reshape(-1, QUEUE_CHUNK)
    lengths = np.zeros(WINDOWS, np.int64)
    found: list[NDArray[np.uint32]] = []
    for place, member in np.argwhere(queue.head[area].T):
        position = int(queue.head[area, member, place])
        while position > 0:
            chunk = (position - 1) >> QUEUE_CHUNK_BITS
            records = chunks[chunk, 1 : position - (chunk << QUEUE_CHUNK_BITS)]
            found.append(records)
            lengths[place] += len(records)
            position = int(chunks[chunk, 0]) << QUEUE_CHUNK_BITS
    return lengths, np.concatenate(found) if found else np.empty(0, np.uint32)


def write_queue(queue: Queue, lists: Iterable[tuple[NDArray[np.int64], NDArray[np.uint32]]]) -> None:
    """Fill an empty queue with the events of all areas (as :func:`read_queue` returns them, one after the other).

    Raises
    ------
    HumamError
        If they do not fit.
    """
    chunks = queue.pool.reshape(-1, QUEUE_CHUNK)
    free = len(chunks)
    used = 1  # chunk 0 takes what finds no place
    for area, (lengths, records) in enumerate(lists):
        if lengths.sum() != len(records):
            raise ValueError("lists of events have a wrong length")
        end = 0
        for place in np.flatnonzero(lengths):
            n = int(lengths[place])
            begin, end = end, end + n
            needed = -(-n // RECORDS)
            if used + needed > free:
                raise HumamError(f"the events of the checkpoint need more than {4 * queue.pool.size / 2**30:.2g} GiB")
            for i in range(needed):
                part = records[begin + i * RECORDS : min(begin + (i + 1) * RECORDS, end)]
                chunks[used + i, 1 : 1 + len(part)] = part
                # The first record links to the chunk before: its end is where this one begins (0: none).
                chunks[used + i, 0] = used + i if i else 0
            queue.head[area, 0, place] = ((used + needed - 1) << QUEUE_CHUNK_BITS) + 1 + n - (needed - 1) * RECORDS
            used += needed
    queue.n_free[:, 0] = 0
    queue.n_free[-1, 0] = free - used
    queue.free[-1, : free - used] = np.arange(used, free)[::-1]
