"""How the similarity of single neurons to human ones follows the activity of the area, in the active state.

In each 2-s window of any active run the similarities of rates, CV and LvR are, to a good approximation, functions of
the mean rate of the area in that window. A point of a published curve has three similarities but one activity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis.unit_similarity import MEASURES

Array = NDArray[np.float64]

COLUMNS: Final = ["activity", *MEASURES]
DEGREE: Final = 2
"""Degree of the polynomials in the logarithm of the activity."""

GRID: Final = np.geomspace(0.1, 2.0, 600)
"""Activities [spikes/s] among which that of a point is looked for."""


class Place(NamedTuple):
    """Where a point lies along the curve.

    Attributes
    ----------
    activity : float
        Rate of the area [spikes/s] at which the curve is closest.
    distance : float
        Largest distance of a similarity from the curve there, in standard deviations of single windows.
    """

    activity: float
    distance: float


class Scatter(NamedTuple):
    """How far activity fluctuates from one 2-s window of a run to the next.

    Attributes
    ----------
    sd : float
        Standard deviation within runs, pooled over them [spikes/s].
    degrees : int
        Degrees of freedom: windows less runs.
    """

    sd: float
    degrees: int

    @classmethod
    def of(cls, runs: Iterable[Array]) -> Scatter:
        """Return that of the activities in the windows of some runs.

        Examples
        --------
        >>> Scatter.of([np.array([1.0, 3.0]), np.array([5.0, 5.0])])
        Scatter(sd=1.0, degrees=2)
        """
        away = [values - values.mean() for values in runs]
        degrees = sum(len(values) - 1 for values in away)
        squares = float(sum((values**2).sum() for values in away))
        return cls(float(np.sqrt(squares / degrees)) if degrees > 0 else float("nan"), degrees)

    def errors(self, difference: float, n_first: int, n_second: int) -> float:
        """Return a difference of two mean activities over so many windows in standard errors.

        Windows are taken as independent: slower fluctuations make the standard error larger.
        """
        return difference / (self.sd * float(np.sqrt(1 / n_first + 1 / n_second)))


def of_windows(runs: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the activity of the area and the similarities of each 2-s window of some runs.

    Parameters
    ----------
    runs : iterable of DataFrame
        :func:`humam.analysis.unit_similarity.by_window` of runs in the active state.

    Returns
    -------
    DataFrame
        The same of all runs; windows in which too few neurons spike for one of the similarities are left out.
    """
    tables = [table for table in runs if len(table)]
    return pd.concat(tables, ignore_index=True).dropna(ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


@dataclass(frozen=True)
class Curve:
    """Similarities as functions of the activity.

    Attributes
    ----------
    coefficients : (3, 3) array
        Of a polynomial in the logarithm of the activity, by measure.
    sd : (3,) array
        Standard deviation of single windows around it, by measure.
    """

    coefficients: Array
    sd: Array

    @classmethod
    def fit(cls, table: pd.DataFrame) -> Curve | None:
        """Return the curve through the windows of :func:`of_windows`, None for too few of them."""
        if table["activity"].nunique() < 2 * (DEGREE + 1):
            return None
        x = np.log(table["activity"].to_numpy())
        coefficients = np.array([np.polyfit(x, table[measure], DEGREE) for measure in MEASURES])
        away = np.array([table[m] - np.polyval(c, x) for m, c in zip(MEASURES, coefficients, strict=True)])
        return cls(coefficients, away.std(axis=1, ddof=DEGREE + 1))

    def at(self, activity: Array) -> Array:
        """Return the similarities at activities [spikes/s], shape (3, n)."""
        return np.array([np.polyval(c, np.log(activity)) for c in self.coefficients])

    def place(self, point: Mapping[str, float]) -> Place:
        """Return where a point with three similarities, by measure, lies along the curve."""
        away = (np.array([point[measure] for measure in MEASURES])[:, None] - self.at(GRID)) / self.sd[:, None]
        closest = int((away**2).sum(axis=0).argmin())
        return Place(float(GRID[closest]), float(np.abs(away[:, closest]).max()))
