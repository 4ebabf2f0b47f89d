"""Digests of spikes: whether two runs are the same, up to marks in time, whatever file holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from humam.spikes import Spikes

MARKS_MS: Final = (10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 2500.0, 5000.0, 6500.0, 10_000.0)
"""Where a digest is taken, besides the end of the run: a run as short as one of these can be compared exactly."""

_RECORD: Final = np.dtype([("population", "<u2"), ("neuron", "<u4"), ("step", "<u4")])


@dataclass(frozen=True)
class Digest:
    """The spikes of a run from its beginning until a time.

    Attributes
    ----------
    t_ms : float
        The time, included.
    n_spikes : int
        Number of spikes until then.
    sha256 : str
        SHA-256 of the spikes in the order of (step, population, neuron), each packed in 10 bytes: population (unsigned,
        2 bytes), neuron (4), time step (4), little-endian.
    """

    t_ms: float
    n_spikes: int
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Return the content for JSON."""
        return asdict(self)


def digests(spikes: Spikes, marks_ms: Sequence[float] = MARKS_MS) -> list[Digest]:
    """Return the digests of a run at the marks that it reaches and at its end, in constant memory."""
    end = spikes.manifest.t_sim_ms
    marks = sorted({*(mark for mark in marks_ms if mark < end), end})
    state, n_spikes = hashlib.sha256(), 0
    found: list[Digest] = []
    for batch in spikes.batches():
        packed = np.empty(len(batch), _RECORD)
        packed["population"], packed["neuron"], packed["step"] = batch.population, batch.neuron, batch.step
        start = 0
        while len(found) < len(marks) - 1 and (stop := spikes.steps(marks[len(found)])) < batch.step[-1]:
            cut = int(np.searchsorted(batch.step, stop, side="right"))
            state.update(packed[start:cut].tobytes())
            found.append(Digest(marks[len(found)], n_spikes + cut, state.hexdigest()))
            start = cut
        state.update(packed[start:].tobytes())
        n_spikes += len(batch)
    # What is left: marks after the last spike, and the end.
    found += [Digest(mark, n_spikes, state.hexdigest()) for mark in marks[len(found) :]]
    return found
