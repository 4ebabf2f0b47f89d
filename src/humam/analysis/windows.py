"""Single-neuron statistics in short windows, to compare with human recordings (Figure 5 A-D)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from humam.analysis.irregularity import MIN_SPIKES, irregularity
from humam.analysis.trains import Trains
from humam.conventions import CORRECTED, PUBLISHED

AREA: Final = "caudalanteriorcingulate"
"""The area that is compared with recordings from medial frontal cortex (Minxha et al. 2020)."""

START_MS: Final = 2500.0
LENGTH_MS: Final = 2000.0
MAX_WINDOWS: Final = 5

CURVE_MIN_SPIKES: Final = {PUBLISHED: MIN_SPIKES + 1, CORRECTED: MIN_SPIKES}
"""Spikes that a window needs for CV and LvR in the similarity curves: published are more than 10, while the
distributions beside the curves, and the human side, ask for at least 10."""


def n_windows(t_sim_ms: float) -> int:
    """Return how many windows fit into a run, at most five.

    Examples
    --------
    >>> n_windows(12500), n_windows(4500), n_windows(4499)
    (5, 1, 0)
    """
    return min(MAX_WINDOWS, max(0, int((t_sim_ms - START_MS) // LENGTH_MS)))


def activity(rate: npt.NDArray[np.floating], neurons: int, number: int = 1) -> float:
    """Return the mean rate of all neurons of an area [spikes/s]; windows without a spike have no row but count.

    Parameters
    ----------
    rate : ndarray
        One value per neuron and window with a spike [spikes/s].
    neurons : int
        Neurons of the area.
    number : int
        Number of windows that the values are of.

    Examples
    --------
    >>> activity(np.array([1.0, 2.0, 3.0]), neurons=4, number=3)
    0.5
    """
    return float(rate.sum() / (neurons * number))


def window_statistics(trains: Trains, dt_ms: float, number: int) -> pd.DataFrame:
    """Return the statistics of each neuron in each window in which it spikes.

    Windows are the open intervals (2500 + 2000 k, 4500 + 2000 k) ms.

    Parameters
    ----------
    trains : Trains
        Spike trains.
    dt_ms : float
        Time step in ms.
    number : int
        Number of windows, see :func:`n_windows`.

    Returns
    -------
    DataFrame
        ``unit, window, n_spikes, rate`` (spikes/s), ``cv, lvr`` (NaN below 10 spikes).
    """
    tables = []
    for k in range(number):
        start = round((START_MS + k * LENGTH_MS) / dt_ms)
        inside = trains.window(start + 1, start + round(LENGTH_MS / dt_ms))
        cv, lvr = irregularity(inside, dt_ms)
        columns = {"n_spikes": inside.n_spikes, "rate": inside.n_spikes / (LENGTH_MS * 1e-3), "cv": cv, "lvr": lvr}
        tables.append(pd.DataFrame({"unit": inside.unit, "window": k, **columns}))
    if not tables:
        types = {"unit": np.int64, "window": np.int64, "n_spikes": np.int64, "rate": float, "cv": float, "lvr": float}
        return pd.DataFrame({name: np.empty(0, dtype) for name, dtype in types.items()})
    return pd.concat(tables, ignore_index=True)
