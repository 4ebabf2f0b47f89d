"""A check: what the model defines, what was found, and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

SIGNIFICANCE: Final = 1e-4
"""A check with a smaller p-value is red. About 200 checks then turn one red by chance in 50 validations."""

MIN_EXPECTED: Final = 10.0
"""Bins of a chi-squared test that expect fewer are joined with the next."""


@dataclass(frozen=True)
class Check:
    """One quantity and its verdict.

    Attributes
    ----------
    group, quantity : str
        What was checked.
    expected, found : float
        By definition (or by NEST), and by the procedural engine.
    p : float
        Probability of a deviation at least that large if the engine is right; NaN where a tolerance decides.
    passed : bool
        The verdict.
    note : str
        How it was tested.
    tolerance : float
        Largest deviation that passes, where a tolerance decides; else NaN.
    """

    group: str
    quantity: str
    expected: float
    found: float
    p: float
    passed: bool
    note: str = ""
    tolerance: float = math.nan


def by_p(group: str, quantity: str, expected: float, found: float, p: float, note: str = "") -> Check:
    """Return a check that a p-value decides."""
    return Check(group, quantity, float(expected), float(found), float(p), bool(p >= SIGNIFICANCE), note)


def by_tolerance(group: str, quantity: str, expected: float, found: float, tolerance: float, note: str = "") -> Check:
    """Return a check that an absolute tolerance decides."""
    passed = abs(found - expected) <= tolerance
    return Check(group, quantity, float(expected), float(found), math.nan, bool(passed), note, float(tolerance))


def z_test(group: str, quantity: str, expected: float, found: float, sd: float, note: str = "") -> Check:
    """Return a check of a number against its mean and standard deviation (normal approximation)."""
    p = 2 * float(stats.norm.sf(abs(found - expected) / sd)) if sd > 0 else float(found == expected)
    return by_p(group, quantity, expected, found, p, note or "z-test")


def chi_squared(
    group: str, quantity: str, counts: ArrayLike, probability: ArrayLike, note: str = "", min_share: float = 0.0
) -> Check:
    """Return a chi-squared test of counts against probabilities.

    Neighbouring bins are joined until they expect :data:`MIN_EXPECTED` counts and ``min_share`` of all. ``expected``
    and ``found`` of the check are the degrees of freedom and the statistic.
    """
    counts, probability = np.asarray(counts, float), np.asarray(probability, float)
    expected = counts.sum() * probability / probability.sum()
    ends = []
    total = 0.0
    for i, e in enumerate(expected):
        total += e
        if total >= max(MIN_EXPECTED, min_share * expected.sum()):
            ends.append(i + 1)
            total = 0.0
    if len(ends) < 2:
        raise ValueError(f"chi-squared test of {quantity!r}: {counts.sum():g} counts are too few")
    ends[-1] = len(expected)
    starts = [0, *ends[:-1]]
    f, e = np.add.reduceat(counts, starts), np.add.reduceat(expected, starts)
    statistic = float(((f - e) ** 2 / e).sum())
    df = len(ends) - 1
    return by_p(group, quantity, df, statistic, stats.chi2.sf(statistic, df), note or "chi-squared, its mean and value")


def dispersion(group: str, quantity: str, counts: ArrayLike, ratio: float = 1.0, note: str = "") -> Check:
    """Return a test that counts scatter as Poisson numbers do: variance over mean is ``ratio`` (two-sided)."""
    x = np.asarray(counts, float).ravel()
    n = len(x)
    found = float(x.var(ddof=1) / x.mean())
    # The sample variance of Poisson numbers has the variance mu/n + 2 mu^2/(n - 1).
    sd = math.sqrt(1 / (n * x.mean()) + 2 / (n - 1)) * ratio
    return z_test(group, quantity, ratio, found, sd, note or "variance / mean")


def contingency(group: str, quantity: str, a: ArrayLike, b: ArrayLike, bins: int = 8) -> Check:
    """Return a chi-squared test of independence of two numbers, each cut at its quantiles."""
    table = np.zeros((bins, bins))
    np.add.at(table, (ranked_bins(a, bins), ranked_bins(b, bins)), 1)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    statistic, p, df, _ = stats.chi2_contingency(table, correction=False)
    return by_p(group, quantity, df, statistic, p, f"chi-squared of a {bins} x {bins} table")


def ranked_bins(x: ArrayLike, bins: int) -> np.ndarray:
    """Return the bin of each number between its sample's quantiles (equal numbers share a bin).

    Examples
    --------
    >>> ranked_bins([5, 1, 1, 9], 2)
    array([1, 0, 0, 1])
    """
    x = np.asarray(x)
    edges = np.quantile(x, np.arange(1, bins) / bins)
    return np.searchsorted(edges, x, side="right")


def failed(checks: list[Check]) -> list[str]:
    """Return a line for each red check."""
    return [
        f"{c.group}: {c.quantity}: expected {c.expected:.6g}, found {c.found:.6g}, p = {c.p:.2g} ({c.note})"
        for c in checks
        if not c.passed
    ]
