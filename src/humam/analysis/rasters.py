"""Samples of spikes for raster panels (Figures 4 and 6 A-C)."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from humam.analysis.trains import Trains

FRACTION: Final = 0.025
"""Share of the neurons of each population that are drawn, at full scale."""

SEED: Final = 1234


def raster_window(t_sim_ms: float) -> tuple[float, float]:
    """Return start and end of the raster panels in ms: 4-5 s, the last second of a shorter run.

    Examples
    --------
    >>> raster_window(12500.0), raster_window(2000.0), raster_window(300.0)
    ((4000.0, 5000.0), (1000.0, 2000.0), (0.0, 300.0))
    """
    stop = min(5000.0, t_sim_ms)
    return max(stop - 1000.0, 0.0), stop


def raster_rows(neurons: int, scale: float = 1.0) -> int:
    """Return the number of rows of a population: 2.5 % of its neurons.

    Of a down-scaled population more are drawn, so that a panel has as many rows as at full scale, if there are.

    Examples
    --------
    >>> raster_rows(20000), raster_rows(400, scale=0.02), raster_rows(200, scale=0.01)
    (500, 400, 200)
    """
    return int(neurons * min(1.0, FRACTION / scale))


def raster_sample(trains: Trains, neurons: int, rows: int, first: int, stop: int, seed: list[int]) -> pd.DataFrame:
    """Return the spikes of the rows of one population.

    Each row holds a neuron that spiked during the run with a probability equal to the fraction of such
    neurons; the other rows stay empty. Which neurons: at random, each at most once.

    Parameters
    ----------
    trains : Trains
        All trains of the population, of the whole run.
    neurons : int
        Size of the population.
    rows : int
        Number of rows.
    first, stop : int
        Time steps of the panel, ``first <= step < stop``.
    seed : list of int
        Seed of the random numbers.

    Returns
    -------
    DataFrame
        ``unit, row, step``, sorted by row and step.
    """
    random = np.random.default_rng(seed)
    spiking = len(trains)
    if rows == neurons:
        # Every neuron has its row: nothing is left to chance but the order.
        filled = np.sort(random.permutation(rows)[:spiking])
    else:
        filled = np.flatnonzero(random.random(rows) < spiking / max(neurons, 1))[:spiking]
    chosen = random.permutation(spiking)[: len(filled)]
    row_of_train = np.full(spiking, -1)
    row_of_train[chosen] = filled
    row = np.repeat(row_of_train, trains.n_spikes)
    keep = (row >= 0) & (trains.step >= first) & (trains.step < stop)
    unit = np.repeat(trains.unit, trains.n_spikes)[keep]
    table = pd.DataFrame({"unit": unit, "row": row[keep], "step": trains.step[keep]})
    return table.sort_values(["row", "step"], ignore_index=True)
