"""Spikes grouped by neuron: what all single-neuron statistics start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trains:
    """Spike trains of the neurons that spiked, one after the other in one array.

    Attributes
    ----------
    unit : ndarray of int64, shape (n_units,)
        Identifiers of the neurons that have at least one spike, ascending.
    start : ndarray of int64, shape (n_units + 1,)
        Train ``i`` is ``step[start[i]:start[i + 1]]``.
    step : ndarray of int64, shape (n_spikes,)
        Time steps, ascending within each train.
    """

    unit: NDArray[np.int64]
    start: NDArray[np.int64]
    step: NDArray[np.int64]

    @property
    def n_spikes(self) -> NDArray[np.int64]:
        """Number of spikes of each train, shape (n_units,)."""
        return np.diff(self.start)

    def __len__(self) -> int:
        """Return the number of trains."""
        return len(self.unit)

    def window(self, first: int, stop: int) -> Trains:
        """Return the trains restricted to ``first <= step < stop``; trains left without a spike are dropped.

        Examples
        --------
        >>> trains([7, 7, 3], [10, 30, 5]).window(10, 31).n_spikes
        array([2])
        """
        keep = (self.step >= first) & (self.step < stop)
        n_before = np.concatenate([[0], np.cumsum(keep)])
        start = n_before[self.start]
        filled = np.diff(start) > 0
        return Trains(self.unit[filled], np.append(start[:-1][filled], start[-1]), self.step[keep])

    def units(self, first: int, stop: int) -> Trains:
        """Return the trains of neurons with ``first <= unit < stop``."""
        a, b = np.searchsorted(self.unit, (first, stop))
        start = self.start[a : b + 1]
        return Trains(self.unit[a:b], start - start[0], self.step[start[0] : start[-1]])

    def select(self, mask: NDArray[np.bool_]) -> Trains:
        """Return the trains for which ``mask``, shape (n_units,), is true."""
        n_spikes = self.n_spikes
        start = np.concatenate([[0], np.cumsum(n_spikes[mask])])
        return Trains(self.unit[mask], start, self.step[np.repeat(mask, n_spikes)])


def trains(unit: NDArray[np.integer] | list[int], step: NDArray[np.integer] | list[int]) -> Trains:
    """Group spikes by neuron.

    Parameters
    ----------
    unit, step : array_like of int, shape (n_spikes,)
        Neuron and time step of each spike, in any order; both in 0 ... 2^32 - 1.

    Returns
    -------
    Trains

    Examples
    --------
    >>> t = trains([7, 3, 7], [30, 5, 10])
    >>> t.unit, t.start, t.step
    (array([3, 7]), array([0, 1, 3]), array([ 5, 10, 30]))
    """
    # Sorting one 64-bit key is several times faster than sorting by two columns.
    key = np.asarray(unit).astype(np.uint64) << np.uint64(32)
    key |= np.asarray(step).astype(np.uint64)
    key.sort()
    units = key >> np.uint64(32)
    first = np.flatnonzero(np.diff(units, prepend=units[:1] + np.uint64(1)))
    return Trains(
        units[first].astype(np.int64),
        np.append(first, len(key)).astype(np.int64),
        (key & np.uint64(0xFFFFFFFF)).astype(np.int64),
    )
