"""Statistics of synapse numbers: how log-normal they are, how they fall with distance."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]

LOGNORMAL_STATISTICS: Final = ("n", "mean", "sd", "skewness", "excess_kurtosis", "shapiro_w", "shapiro_p")
REGRESSION_STATISTICS: Final = ("n", "slope", "intercept", "r", "r_squared", "p", "decay_constant")


def lognormality(numbers: npt.ArrayLike) -> dict[str, float]:
    """Return statistics of the decimal logarithms of positive numbers.

    Parameters
    ----------
    numbers : array_like
        Those that are 0 are left out.

    Returns
    -------
    dict
        By :data:`LOGNORMAL_STATISTICS`; ``sd`` with ddof 0; the p-value of the Shapiro-Wilk test is approximate
        for more than 5000 numbers.
    """
    numbers = np.asarray(numbers, dtype=float).ravel()
    logarithms = np.log10(numbers[numbers > 0])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*N > 5000.*")
        w, p = stats.shapiro(logarithms)
    values = (
        len(logarithms),
        logarithms.mean(),
        logarithms.std(),
        stats.skew(logarithms),
        stats.kurtosis(logarithms),
        w,
        p,
    )
    return dict(zip(LOGNORMAL_STATISTICS, map(float, values), strict=True))


def distance_rule(length_mm: Array, synapses: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return the regression of log10 synapse numbers on fibre lengths (ordinary least squares).

    Parameters
    ----------
    length_mm, synapses : arrays of one shape
        Pairs with no length or no synapses are left out.

    Returns
    -------
    dict
        By :data:`REGRESSION_STATISTICS`: slope in 1/mm, ``decay_constant`` = -1 / (ln 10 x slope) in mm.

    Examples
    --------
    >>> rule = distance_rule(np.array([0.0, 10, 20, 30]), np.array([5, 1000, 100, 10]))
    >>> rule["n"], round(rule["slope"], 6), round(rule["decay_constant"], 4)
    (3.0, -0.1, 4.3429)
    """
    chosen = (length_mm > 0) & (synapses > 0)
    fit = stats.linregress(length_mm[chosen], np.log10(synapses[chosen]))
    values = (
        chosen.sum(),
        fit.slope,
        fit.intercept,
        fit.rvalue,
        fit.rvalue**2,
        fit.pvalue,
        -1 / (np.log(10) * fit.slope),
    )
    return dict(zip(REGRESSION_STATISTICS, map(float, values), strict=True))
