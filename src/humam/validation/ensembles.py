"""Many seeds of the engines on the same networks: distances between engines against those between seeds.

No run of one engine equals a run of another, since their random numbers differ. If two simulate the same model, the
runs of both are exchangeable. So the distance between engines, in excess of that between seeds of one engine (the
energy statistic; Székely & Rizzo 2013), must not stand out among all ways to divide the runs into two groups of that
size: an exact test, whatever the distributions. A distance is that of Kolmogorov and Smirnov between the distributions
over neurons, averaged over populations; for population rates, the difference in units of their scatter over seeds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from humam.analysis.similarity import ks_distance
from humam.progress import progress
from humam.validation.checks import Check
from humam.validation.runs import EXACT, FIRST_SEED, NEST, STATISTICS, TITLES, Case, Statistics, run

Pair = tuple[str, str]
"""Two engines."""

MIN_VALUES: Final = 5
"""Values that a distribution needs in every run to be compared."""
MAX_SPLITS: Final = 20_000
ENSEMBLE_SIGNIFICANCE: Final = 0.0015
"""A check of ensembles with a smaller p-value is red: 5 % by chance among the 35 of a thorough validation."""
MIN_SEEDS: Final = 7
"""Fewest seeds with which the most extreme of all ways to divide the runs is rare enough for a check to turn red."""


@dataclass(frozen=True)
class Comparison:
    """Runs of all engines on one case.

    Attributes
    ----------
    case : Case
        What was simulated.
    by_engine : dict of lists of Statistics
        One list per engine, NEST first; one entry per seed, as many of each.
    """

    case: Case
    by_engine: dict[str, list[Statistics]]

    @property
    def runs(self) -> list[Statistics]:
        """All runs, engine by engine."""
        return [run for runs in self.by_engine.values() for run in runs]

    @property
    def pairs(self) -> list[Pair]:
        """All pairs of engines."""
        return list(itertools.combinations(self.by_engine, 2))

    def indices(self, engine: str) -> NDArray[np.int64]:
        """Return which of all runs are those of an engine."""
        n = len(self.by_engine[engine])
        return n * list(self.by_engine).index(engine) + np.arange(n)


def compare(case: Case, seeds: Sequence[int], folder: Path | None = None) -> Comparison:
    """Run a case with each of its engines and all seeds (each engine gets others)."""
    found: dict[str, list[Statistics]] = {engine: [] for engine in case.engines}
    total = len(case.engines) * len(seeds) * case.t_sim_ms
    done = 0.0
    with progress(f"{case.name}", total, "ms") as report:
        for seed in seeds:
            for engine in case.engines:
                before, used = done, seed + FIRST_SEED[engine]
                title = f"{TITLES[engine]}, seed {used}"

                def show(done: float, note: str = "", before: float = before, title: str = title) -> None:
                    if done < case.t_sim_ms:
                        report(before + done, f"{title} {note}")

                result = run(case, engine, used, folder, show)
                found[engine].append(result)
                done += case.t_sim_ms
                report(done, title)
    return Comparison(case, found)


def distances(runs: Sequence[Statistics], statistic: str, label: int) -> NDArray[np.float64] | None:
    """Return the distances of all pairs of runs in one statistic of a population; None where data are too few."""
    if statistic == "population rate":
        rate = np.array([r.samples["rate"][label].mean() for r in runs])
        scatter = rate.std()
        return np.abs(rate[:, None] - rate[None, :]) / scatter if scatter > 0 else None
    values = [r.samples[statistic][label] for r in runs]
    if min(len(v) for v in values) < MIN_VALUES:
        return None
    n = len(runs)
    out = np.zeros((n, n))
    for i, j in itertools.combinations(range(n), 2):
        out[i, j] = out[j, i] = ks_distance(values[i], values[j])
    return out


def energy(distance: NDArray[np.float64], first: NDArray[np.bool_]) -> float:
    """Return the mean distance between two groups minus the mean of the mean distances within them."""
    between = distance[np.ix_(first, ~first)].mean()
    within = []
    for group in (first, ~first):
        n = int(group.sum())
        within.append(distance[np.ix_(group, group)].sum() / (n * (n - 1)))
    return float(between - np.mean(within))


def split_test(distance: NDArray[np.float64], n_first: int) -> tuple[float, int]:
    """Return the share of divisions with at least the energy of the actual one (the first ``n_first``), their number.

    Exact for few runs; for many, over :data:`MAX_SPLITS` random divisions.

    Examples
    --------
    >>> x = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2])
    >>> split_test(abs(x[:, None] - x), 3)
    (0.1, 10)
    """
    masks = divisions(len(distance), n_first)
    reference = energy(distance, np.arange(len(distance)) < n_first)
    values = _energies(distance, masks, n_first)
    return float((values >= reference - 1e-12).mean()), len(masks)


def divisions(n: int, n_first: int) -> NDArray[np.bool_]:
    """Return ways to divide ``n`` runs in two groups, the actual one (the first ``n_first``) among them.

    All ways for two equal groups of few runs (the complement of one is the same), else :data:`MAX_SPLITS` random ones.
    """
    if 2 * n_first == n and math.comb(n, n_first) // 2 <= MAX_SPLITS:
        groups = [(0, *rest) for rest in itertools.combinations(range(1, n), n_first - 1)]
    else:
        rng = np.random.default_rng(1)
        groups = [tuple(range(n_first))] + [
            tuple(rng.choice(n, n_first, replace=False).tolist()) for _ in range(MAX_SPLITS - 1)
        ]
    masks = np.zeros((len(groups), n), bool)
    for mask, group in zip(masks, groups, strict=True):
        mask[list(group)] = True
    return masks


def _energies(distance: NDArray[np.float64], masks: NDArray[np.bool_], n_first: int) -> NDArray[np.float64]:
    """Return :func:`energy` for many divisions at once."""
    n = len(distance)
    m = masks.astype(float)
    first = ((m @ distance) * m).sum(axis=1)
    second = (((1 - m) @ distance) * (1 - m)).sum(axis=1)
    between = (distance.sum() - first - second) / 2 / (n_first * (n - n_first))
    n_second = n - n_first
    within = (first / (n_first * (n_first - 1)) + second / (n_second * (n_second - 1))) / 2
    return np.asarray(between - within)


def spread_test(comparison: Comparison, pair: Pair = (NEST, EXACT)) -> tuple[float, float, int]:
    """Return the ratio of the scatter of rates over seeds (second / first engine), its p-value, number of divisions.

    The ratio of standard deviations is the geometric mean over populations. It is compared with the ratios of all ways
    to divide the runs, each with the mean of its engine taken off.
    """
    first, second = (comparison.by_engine[engine] for engine in pair)
    n = len(first)
    labels = list(first[0].samples["rate"])
    rates = np.array([[r.samples["rate"][label].mean() for label in labels] for r in [*first, *second]])
    for group in (rates[:n], rates[n:]):
        group -= group.mean(axis=0)
    squares = rates[:, (rates[:n].std(axis=0) > 0) & (rates[n:].std(axis=0) > 0)] ** 2
    masks = divisions(len(rates), n)

    def log_ratio(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        one = mask.astype(float) @ squares
        ratio = (squares.sum(axis=0) - one) / one * (n - 1) / (len(rates) - n - 1)
        return np.asarray(0.5 * np.log(ratio).mean(axis=-1))

    with np.errstate(divide="ignore"):
        values = np.abs(log_ratio(masks))
    actual = float(log_ratio(np.arange(len(rates)) < n))
    return math.exp(actual), float((values >= abs(actual) - 1e-12).mean()), len(masks)


@dataclass(frozen=True)
class Between:
    """Two engines in one statistic.

    Attributes
    ----------
    distances : (m,) array
        Between a run of the first and a run of the second.
    p, splits : float, int
        Of :func:`split_test`.
    """

    distances: NDArray[np.float64]
    p: float
    splits: int


@dataclass(frozen=True)
class Band:
    """One statistic of a case: distances, averaged over populations.

    Attributes
    ----------
    statistic : str
        ``population rate`` or one of :data:`humam.validation.runs.STATISTICS`.
    populations : int
        Populations with enough data.
    within : dict of (m,) arrays
        By engine: distances between its seeds.
    between : dict of Between
        By pair of engines.
    """

    statistic: str
    populations: int
    within: dict[str, NDArray[np.float64]]
    between: dict[Pair, Between]


def band(comparison: Comparison, statistic: str) -> Band | None:
    """Return the distances in one statistic, over all populations; None where data are too few."""
    runs = comparison.runs
    labels = np.flatnonzero(comparison.case.network["neurons"].values).tolist()
    found = [d for label in labels if (d := distances(runs, statistic, label)) is not None]
    if not found:
        return None
    mean = np.mean(found, axis=0)
    within, between = {}, {}
    for engine in comparison.by_engine:
        at = comparison.indices(engine)
        within[engine] = mean[np.ix_(at, at)][np.triu_indices(len(at), 1)]
    for pair in comparison.pairs:
        first, second = (comparison.indices(engine) for engine in pair)
        both = np.concatenate([first, second])
        between[pair] = Between(mean[np.ix_(first, second)].ravel(), *split_test(mean[np.ix_(both, both)], len(first)))
    return Band(statistic, len(found), within, between)


def bands(comparison: Comparison) -> list[Band]:
    """Return the bands of all statistics for which there are data."""
    found = [band(comparison, statistic) for statistic in ("population rate", *STATISTICS)]
    return [b for b in found if b is not None]


def checks(comparison: Comparison, pair: Pair = (NEST, EXACT), found: Sequence[Band] | None = None) -> list[Check]:
    """Return a check of each statistic of two engines for which there are data, and of the mean rate.

    Parameters
    ----------
    comparison : Comparison
        The runs.
    pair : tuple of str
        The engines.
    found : sequence of Band, optional
        :func:`bands` of the comparison, where they have been computed.

    Raises
    ------
    ValueError
        If there are fewer than :data:`MIN_SEEDS` runs of an engine.
    """
    first, second = (comparison.by_engine[engine] for engine in pair)
    if min(len(first), len(second)) < MIN_SEEDS:
        raise ValueError(f"{len(first)} and {len(second)} runs: no check can turn red with fewer than {MIN_SEEDS}")
    a, b = (TITLES[engine] for engine in pair)
    group = comparison.case.title if pair == (NEST, EXACT) else f"{comparison.case.title}: {a} / {b}"
    out = []
    for x in bands(comparison) if found is None else found:
        within, between = x.within[pair[0]], x.between[pair]
        note = (
            f"mean distance, {x.populations} populations: between seeds of {a}, between both;"
            f" {between.splits} divisions"
        )
        expected, here = float(within.mean()), float(between.distances.mean())
        passed = between.p >= ENSEMBLE_SIGNIFICANCE
        out.append(Check(group, x.statistic, expected, here, between.p, passed, note))
    ratio, p, splits = spread_test(comparison, pair)
    note = f"sd of population rates, {b} / {a}, geometric mean; {splits} divisions"
    out.append(Check(group, "spread of rates over seeds", 1.0, ratio, p, p >= ENSEMBLE_SIGNIFICANCE, note))
    rates = [np.array([r.mean_rate() for r in runs]) for runs in (first, second)]
    p = float(stats.ttest_ind(*rates, equal_var=False).pvalue)
    expected, here = (float(x.mean()) for x in rates)
    note = "Welch's t-test over seeds"
    out.append(Check(group, "mean rate [spikes/s]", expected, here, p, p >= ENSEMBLE_SIGNIFICANCE, note))
    return out
