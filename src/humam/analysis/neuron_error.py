"""Standard errors of single-neuron statistics: how far they would move if other neurons of the kind had been drawn.

Delta method: each value (of a neuron in a 2-s window) has an *influence* on a statistic, the change it makes to first
order by being in the sample. Influences of a neuron in all its windows, and in all runs that share their network and
random numbers, are added before they are squared: such values are no independent draws. Fluctuations in time that all
neurons have in common are no part of these errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis import unit_similarity
from humam.analysis.scaling_values import FIRST_BINS, RATE_EDGES, rate_frequencies
from humam.analysis.similarity import ks_similarity
from humam.analysis.statistics import Statistics

Array = NDArray[np.float64]

NEURON: Final = ["population", "neuron"]
"""Columns that say which neuron a value is of."""

STATISTICS: Final = ("mean", "sd", "similarity")
"""Mean, standard deviation (ddof 0), similarity to human neurons; of rates also fractions of the lowest ones."""

LOWEST: Final = {f"fraction of {left:g}": float(left) for left in RATE_EDGES[:FIRST_BINS]}
"""Name of each fraction to the rate [spikes/s] that its bin begins at."""


def influence_on_mean(sample: Array) -> Array:
    """Return the influence of each value of a sample, shape (n,), on its mean, shape (n,), in units of the sample."""
    return (sample - sample.mean()) / len(sample)


def influence_on_sd(sample: Array) -> Array:
    """Return the influence of each value of a sample, shape (n,), on its standard deviation (ddof 0), shape (n,)."""
    variance = sample.var()
    if variance == 0:
        return np.zeros(len(sample))
    return ((sample - sample.mean()) ** 2 - variance) / (2 * np.sqrt(variance) * len(sample))


def influence_on_similarity(sample: Array, human: Array) -> Array:
    """Return the influence of each value on the similarity to human neurons.

    The similarity is one minus the largest distance of two distribution functions; to first order it moves with that
    of the model where this distance is.

    Parameters
    ----------
    sample, human : ndarray, shapes (n,) and (m,)
        Values of the model and of human neurons, none of them NaN.

    Returns
    -------
    ndarray, shape (n,)
        Influences.

    Examples
    --------
    >>> influence_on_similarity(np.array([1.0, 3.0]), np.array([3.0, 4.0])).tolist()
    [-0.25, 0.25]
    """
    human = np.asarray(human, dtype=float)
    at = np.unique(np.concatenate([sample, human]))
    own = np.searchsorted(np.sort(sample), at, side="right") / len(sample)
    distance = own - np.searchsorted(np.sort(human), at, side="right") / len(human)
    largest = np.abs(distance).argmax()
    return -np.sign(distance[largest]) * ((sample <= at[largest]) - own[largest]) / len(sample)


def influence_on_fraction(sample: Array, left: float) -> Array:
    """Return the influence of each rate on the fraction of rates in the bin that begins at one, shape (n,).

    Fractions are relative to all rates within the bins (:func:`humam.analysis.scaling_values.rate_frequencies`).
    """
    counted = (sample >= RATE_EDGES[0]) & (sample <= RATE_EDGES[-1])
    inside = (sample >= left) & (sample < left + RATE_EDGES[1] - RATE_EDGES[0])
    return (inside - counted * (inside.sum() / counted.sum())) / counted.sum()


def by_neuron(units: pd.DataFrame, influence: Array) -> pd.Series:
    """Return the influence of each neuron, all its windows together.

    Parameters
    ----------
    units : DataFrame
        ``population, neuron``, one row per neuron and window.
    influence : ndarray
        Influence of each row.

    Returns
    -------
    Series
        By population and neuron.
    """
    return units[NEURON].assign(influence=influence).groupby(NEURON)["influence"].sum()


def standard_error(influences: Sequence[pd.Series]) -> float:
    """Return the standard error over neurons of the mean of a statistic over runs with the same neurons.

    Parameters
    ----------
    influences : sequence of Series
        Influence of each neuron on the statistic of each run (:func:`by_neuron`); one for that of a single run.

    Returns
    -------
    float
        NaN without a neuron.

    Examples
    --------
    >>> units = pd.DataFrame({"population": 0, "neuron": [1, 1, 2, 2]})
    >>> one = by_neuron(units, influence_on_mean(np.array([1.0, 1.0, 3.0, 3.0])))
    >>> standard_error([one, one]) == standard_error([one])  # a second run with the same values says nothing new
    True
    """
    each = pd.concat(influences).groupby(level=NEURON).sum() / len(influences)
    return float(np.sqrt((each**2).sum())) if len(each) else float("nan")


def statistics(sample: Array, human: Array, measure: str) -> dict[str, float]:
    """Return :data:`STATISTICS` of one value per neuron and window, shape (n,), beside human ones; NaN for none."""
    sample = np.asarray(sample, dtype=float)
    lowest = LOWEST if measure == "rate" else {}
    if not len(sample):
        return dict.fromkeys((*STATISTICS, *lowest), float("nan"))
    return {
        "mean": float(sample.mean()),
        "sd": float(sample.std()),
        "similarity": ks_similarity(sample, np.asarray(human, dtype=float)),
        **dict(zip(lowest, map(float, rate_frequencies(sample)), strict=False)),
    }


def with_errors(units: pd.DataFrame, measure: str, human: Mapping[str, Array]) -> pd.DataFrame:
    """Return :data:`STATISTICS` of one measure of the neurons of a run, with their standard errors over neurons.

    Parameters
    ----------
    units : DataFrame
        ``population, neuron`` and the measure, one row per neuron and window; rows without a value are left out.
    measure : str
        ``rate``, ``cv`` or ``lvr``.
    human : mapping
        Values of human neurons by measure.

    Returns
    -------
    DataFrame
        ``value, error`` by statistic; NaN without a value.
    """
    units = units.dropna(subset=[measure])
    sample = units[measure].to_numpy(dtype=float)
    influences: dict[str, Array] = {}
    if len(sample):
        influences = {
            "mean": influence_on_mean(sample),
            "sd": influence_on_sd(sample),
            "similarity": influence_on_similarity(sample, human[measure]),
        }
        if measure == "rate":
            influences |= {name: influence_on_fraction(sample, left) for name, left in LOWEST.items()}
    errors = {name: standard_error([by_neuron(units, influence)]) for name, influence in influences.items()}
    return pd.DataFrame({"value": statistics(sample, human[measure], measure), "error": pd.Series(errors, dtype=float)})


def of_similarity(run: Statistics, measure: str, human: Mapping[str, Array]) -> tuple[float, pd.Series] | None:
    """Return a run's similarity to human neurons as in the curves over chi, and each neuron's influence on it.

    Parameters
    ----------
    run : Statistics
        The run.
    measure : str
        ``rate``, ``cv`` or ``lvr``.
    human : mapping
        Values of human neurons by measure.

    Returns
    -------
    tuple or None
        Similarity and influences (:func:`by_neuron`); None without a value.
    """
    units = unit_similarity.units_of(run, measure).dropna(subset=[measure])
    sample = units[measure].to_numpy(dtype=float)
    if not len(sample):
        return None
    influence = influence_on_similarity(sample, human[measure])
    return ks_similarity(sample, np.asarray(human[measure], dtype=float)), by_neuron(units, influence)
