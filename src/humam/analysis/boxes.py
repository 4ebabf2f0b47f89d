"""Statistics of the eight populations over areas: what boxes show, one value per area."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.errors import HumamError
from humam.labels import AREAS, LAYER_POPULATIONS, N_AREAS, N_LABELS, N_POPULATIONS

Array = NDArray[np.float64]


def by_population(values: Array) -> list[Array]:
    """Return the values of each of the eight populations over areas, II/III E to VI I, without missing ones.

    Parameters
    ----------
    values : (272,) array
        In canonical order; NaN where there is none.
    """
    return [column[np.isfinite(column)] for column in _by_area(values).T]


def table(values: Array) -> pd.DataFrame:
    """Return values of the 272 populations as a tidy table ``area, layer, population, value`` without missing ones."""
    keys = [(area, *key) for area in AREAS for key in LAYER_POPULATIONS]
    tidy = pd.DataFrame(keys, columns=["area", "layer", "population"]).assign(value=_by_area(values).ravel())
    return tidy.dropna().reset_index(drop=True)


def box_statistics(values: Array) -> pd.DataFrame:
    """Return what the boxes of the eight populations show.

    Parameters
    ----------
    values : (272,) array
        In canonical order; NaN where there is none.

    Returns
    -------
    DataFrame
        ``layer, population, n, lower_whisker, lower_quartile, median, upper_quartile, upper_whisker``: whiskers
        reach to the extreme value within 1.5 interquartile ranges of the box. NaN where n is 0.

    Examples
    --------
    >>> values = np.full(272, np.nan)
    >>> values[0:40:8] = [1.0, 2.0, 3.0, 4.0, 100.0]
    >>> [float(x) for x in box_statistics(values).loc[0, ["n", "median", "upper_whisker"]]]
    [5.0, 3.0, 4.0]
    """
    rows = [
        (*key, len(own), *(_box(own) if len(own) else [np.nan] * 5))
        for key, own in zip(LAYER_POPULATIONS, by_population(values), strict=True)
    ]
    names = ["lower_whisker", "lower_quartile", "median", "upper_quartile", "upper_whisker"]
    return pd.DataFrame(rows, columns=["layer", "population", "n", *names])


def whisker_range(values: Array) -> tuple[float, float]:
    """Return the lowest and the highest whisker over the populations, NaN without values."""
    boxes = box_statistics(values)
    return float(boxes["lower_whisker"].min()), float(boxes["upper_whisker"].max())


def _by_area(values: Array) -> Array:
    if values.shape != (N_LABELS,):
        raise HumamError(f"boxes need {N_LABELS} values, one per population, not the shape {values.shape}")
    return values.reshape(N_AREAS, N_POPULATIONS)


def _box(values: Array) -> list[float]:
    low, middle, high = np.percentile(values, [25, 50, 75])
    reach = 1.5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    return [inside.min(), low, middle, high, inside.max()]
