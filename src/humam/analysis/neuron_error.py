"""Standard errors of numbers of single neurons: how far they would move if other neurons of the kind had been drawn.

Delta method: each value (of a neuron in a 2-s window) has an *influence* on a number, the change it makes to first
order by being in the sample. Influences of a neuron in all its windows, and in all runs that share their network and
random numbers, are added before they are squared: such values are no independent draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis.similarity import ks_similarity

Array = NDArray[np.float64]

NEURON: Final = ["population", "neuron"]
"""Columns that say which neuron a value is of."""


def of_mean(values: Array) -> Array:
    """Return the influence of each value on their mean."""
    return (values - values.mean()) / len(values)


def of_sd(values: Array) -> Array:
    """Return the influence of each value on their standard deviation (ddof 0)."""
    variance = values.var()
    if variance == 0:
        return np.zeros(len(values))
    return ((values - values.mean()) ** 2 - variance) / (2 * np.sqrt(variance) * len(values))


def of_similarity(values: Array, human: Array) -> Array:
    """Return the influence of each value on the similarity to human neurons.

    The similarity is one minus the largest distance of two distribution functions; to first order it moves with that of
    the model where this distance is.

    Examples
    --------
    >>> of_similarity(np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [0.0, 0.0]
    >>> of_similarity(np.array([1.0, 3.0]), np.array([3.0, 4.0])).tolist()
    [-0.25, 0.25]
    """
    human = np.asarray(human, dtype=float)
    at = np.unique(np.concatenate([values, human]))
    own = np.searchsorted(np.sort(values), at, side="right") / len(values)
    distance = own - np.searchsorted(np.sort(human), at, side="right") / len(human)
    largest = np.abs(distance).argmax()
    return -np.sign(distance[largest]) * ((values <= at[largest]) - own[largest]) / len(values)


def by_neuron(units: pd.DataFrame, influence: Array) -> pd.Series:
    """Return the influence of each neuron, all its windows together.

    Parameters
    ----------
    units : DataFrame
        ``population, neuron``, one row per neuron and window.
    influence : ndarray
        Influence of each row.
    """
    return units[NEURON].assign(influence=influence).groupby(NEURON)["influence"].sum()


def error(influences: Sequence[pd.Series]) -> float:
    """Return the standard error over neurons of the mean of a number over runs with the same neurons.

    Parameters
    ----------
    influences : sequence of Series
        Influence of each neuron on the number of each run (:func:`by_neuron`); one for the number of a single run.

    Examples
    --------
    >>> units = pd.DataFrame({"population": 0, "neuron": [1, 1, 2, 2]})
    >>> one = by_neuron(units, of_mean(np.array([1.0, 1.0, 3.0, 3.0])))
    >>> error([one, one]) == error([one])  # a second run with the same values says nothing new
    True
    """
    each = pd.concat(influences).groupby(level=NEURON).sum() / len(influences)
    return float(np.sqrt((each**2).sum()))


def values(sample: Array, human: Array) -> dict[str, float]:
    """Return mean, standard deviation and similarity to human neurons of one value per neuron and window."""
    sample = np.asarray(sample, dtype=float)
    return {
        "mean": float(sample.mean()),
        "sd": float(sample.std()),
        "similarity": ks_similarity(sample, np.asarray(human, dtype=float)),
    }


def numbers(units: pd.DataFrame, measure: str, human: Mapping[str, Array]) -> pd.DataFrame:
    """Return numbers of one measure of the neurons of a run, and their standard errors over neurons.

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
        ``value, error`` by ``mean``, ``sd`` and ``similarity``.
    """
    units = units.dropna(subset=[measure])
    sample = units[measure].to_numpy(dtype=float)
    influences = {"mean": of_mean(sample), "sd": of_sd(sample), "similarity": of_similarity(sample, human[measure])}
    errors = {name: error([by_neuron(units, influence)]) for name, influence in influences.items()}
    return pd.DataFrame({"value": values(sample, human[measure]), "error": errors})
