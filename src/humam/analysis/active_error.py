"""How far numbers of two runs in the active state lie apart by chance.

In the active state the activity of areas fluctuates over seconds, so that even numbers of thousands of neurons depend
on when they were taken: 2-s windows of one run, pooled over runs, say by how much. Functional connectivity also
depends on which areas the random numbers of a network let fall silent: runs of one version with different random
numbers say by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from humam.analysis import unit_similarity
from humam.analysis.scaling_values import UNIT_PANEL, fc_block_values, fc_values, unit_values
from humam.analysis.similarity import fmri_similarities, ks_similarity
from humam.analysis.statistics import Statistics

Array = NDArray[np.float64]
Human = Mapping[str, Array]

STATE: Final = "best_fit"
"""Numbers have the names that those of this state have."""

LEFT_OUT: Final = ("_n[", "_median[", "fc_min", "fc_max")
"""Numbers that are no means: they grow with time, move in steps, or are extremes."""


def of_units(table: pd.DataFrame) -> dict[str, float]:
    """Return what the distributions of rate, CV and LvR give, by the name of the quantity.

    Parameters
    ----------
    table : DataFrame
        ``rate, cv, lvr``, one row per neuron and window; NaN where there is none.
    """
    units = {name: table[name].dropna().to_numpy(dtype=float) for name in UNIT_PANEL}
    return _means({each.quantity: each.value for each in unit_values(units, STATE)})


def of_run(run: Statistics, human: Human) -> dict[str, float]:
    """Return the numbers of single neurons of a run, with the similarities of published curves to human ones."""
    return of_units(run.windows) | _similarities(run, human, None)


def of_windows(run: Statistics, human: Human) -> pd.DataFrame:
    """Return the same of each 2-s window: a row per window, a column per quantity."""
    groups = run.windows.groupby("window")
    return pd.DataFrame([of_units(part) | _similarities(run, human, window) for window, part in groups])


def _similarities(run: Statistics, human: Human, window: object) -> dict[str, float]:
    found = {}
    for name in UNIT_PANEL:
        table = unit_similarity.units_of(run, name)
        values = table[name] if window is None else table.loc[table["window"] == window, name]
        found[f"similarity_{name}"] = ks_similarity(values.to_numpy(dtype=float), np.asarray(human[name], dtype=float))
    return found


def of_matrix(matrix: Array, human_fc: Human) -> dict[str, float]:
    """Return the numbers of functional connectivity, (34, 34), with its similarity to human one by hemisphere."""
    found = {each.quantity: each.value for each in (*fc_values(matrix, STATE), *fc_block_values(matrix, STATE))}
    similarities = fmri_similarities(matrix, human_fc)
    return _means(found) | {f"similarity_{measure}[hemisphere={side}]": value for measure, side, value in similarities}


def _means(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if not any(part in name for part in LEFT_OUT)}


def pooled_sd(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the standard deviation of each quantity within tables, pooled over tables.

    Parameters
    ----------
    tables : iterable of DataFrame
        A row for each window of one run, or for each run of one version; a single row says nothing.

    Returns
    -------
    DataFrame
        ``sd, degrees`` (of freedom) by quantity.

    Examples
    --------
    >>> pooled_sd([pd.DataFrame({"a": [1.0, 3.0]}), pd.DataFrame({"a": [7.0, 7.0]})]).to_numpy().tolist()
    [[1.0, 2.0]]
    """
    tables = list(tables)
    squares = pd.concat([((table - table.mean()) ** 2).sum() for table in tables], axis=1).sum(axis=1)
    degrees = pd.concat([(table.count() - 1).clip(lower=0) for table in tables], axis=1).sum(axis=1)
    return pd.DataFrame({"sd": np.sqrt(squares / degrees), "degrees": degrees})


def half_width(pooled: pd.DataFrame, n_here: int, n_published: int, confidence: float) -> pd.Series:
    """Return half the width of the interval of the difference of two means, by quantity (Student's t).

    Parameters
    ----------
    pooled : DataFrame
        As from :func:`pooled_sd`.
    n_here, n_published : int
        Rows (windows, runs) that each of the two is a mean of.
    confidence : float
        Share of such pairs inside.

    Examples
    --------
    >>> half_width(pd.DataFrame({"sd": [1.0], "degrees": [1000]}), 4, 4, 0.95).round(2).tolist()
    [1.39]
    """
    widths = student.ppf((1 + confidence) / 2, pooled["degrees"]) * np.sqrt(1 / n_here + 1 / n_published)
    return pooled["sd"] * widths
