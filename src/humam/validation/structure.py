"""Synapses as the engine regenerates them against the definitions of the model.

``fixed_total_number`` draws source and target of each of the N synapses of a pair of populations independently and
uniformly, its weight and its delay from their distributions. So out-degrees are binomial, targets uniform, synapses of
a pair of neurons Poisson to 1/N, and target, weight and delay independent. All of that is tested on
:func:`structure_network`, which has a population in two blocks, dense and late synapses, and two areas.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from humam.parameters import Parameters
from humam.validation.checks import Check, by_p, by_tolerance, chi_squared, contingency, dispersion, z_test
from humam.validation.networks import small_network
from humam.validation.probe import Listing, Probe, counting_unit, expand

EXC, INH, FAR_E, FAR_I = 0, 1, 8, 9
NAMES: Final = {EXC: "A.E", INH: "A.I", FAR_E: "B.E", FAR_I: "B.I"}
LONGEST: Final = 260
"""Steps that hold every delay of the network below."""
MEAN_DELAY_BETWEEN: Final = 4.0
N_SOURCES: Final = {EXC: 33_000, INH: 3_000, FAR_E: 5_000, FAR_I: 200}
OUT_DEGREE: Final = {
    (EXC, EXC): 2000, (INH, EXC): 400, (EXC, INH): 1200, (INH, INH): 250, (FAR_E, EXC): 350, (FAR_I, EXC): 25,
    (EXC, FAR_E): 700, (INH, FAR_E): 90, (FAR_E, FAR_E): 500, (FAR_I, FAR_E): 60, (FAR_E, FAR_I): 400,
    (FAR_I, FAR_I): 30,
}  # fmt: skip
"""Synapses of a source neuron per (target, source): from a handful to dozens with the same delay."""


def structure_network() -> xr.Dataset:
    """Return two areas: A with 33 000 E (two blocks) and 3000 I neurons, B with 5000 E and 200 I."""
    far = {pair: (pair[0] < 8) != (pair[1] < 8) for pair in OUT_DEGREE}
    return small_network(
        neurons=N_SOURCES,
        # Each source makes a given number of synapses in the mean; totals are no round numbers.
        synapses={(t, s): k * N_SOURCES[s] + 7 for (t, s), k in OUT_DEGREE.items()},
        weight={(t, s): -82.2 if s % 2 else (30.7 if far[t, s] else 16.4) * (1 + 0.5 * (t % 2)) for t, s in OUT_DEGREE},
        delay={(t, s): MEAN_DELAY_BETWEEN if far[t, s] else (0.75 if s % 2 else 1.5) for t, s in OUT_DEGREE},
    )


@dataclass(frozen=True)
class Effort:
    """How many source neurons are looked at."""

    sources: int = 200
    listed: int = 20


QUICK: Final = Effort()
THOROUGH: Final = Effort(sources=1000, listed=150)


DELAY_LEVELS: Final = 4096
"""Equally probable delays that stand for the distribution between areas. Each step's probability is then off by up to
1/4096, which thousands of source neurons would show; :func:`check_resolution` bounds it, other checks allow for it."""


def delay_probability(
    mean_ms: float, p: Parameters, longest: int, quantile: float = 1.0, levels: int | None = None
) -> NDArray[np.float64]:
    """Return the probability of a delay of 0, 1, ... ``longest`` steps: what is below a step or above a quantile
    is drawn again, the rest rounded to the grid.

    Parameters
    ----------
    mean_ms, p : float, Parameters
        Mean delay and its distribution.
    longest : int
        Longest delay [steps].
    quantile : float
        Delays above it are drawn again.
    levels : int, optional
        Number of equally probable delays that stand for the distribution.
    """
    if p.delay_distribution == "lognormal":
        sigma = math.sqrt(math.log1p(p.delay_rel_sd**2))
        law = stats.lognorm(sigma, scale=mean_ms / math.sqrt(1 + p.delay_rel_sd**2))
    else:
        law = stats.norm(mean_ms, p.delay_rel_sd * mean_ms)
    low = law.cdf(p.dt)
    high = max(quantile, law.cdf(2 * p.dt))
    if levels is not None:
        values = law.ppf(low + (high - low) * (np.arange(levels) + 0.5) / levels)
        return np.bincount(np.floor(values / p.dt + 0.5).astype(int), minlength=longest + 1)[: longest + 1] / levels
    edges = np.clip((np.arange(longest + 2) - 0.5) * p.dt, p.dt, law.ppf(high))
    return np.diff(law.cdf(edges)) / (high - low)


def sources_of(label: int, n: int, network: xr.Dataset, seed: int) -> NDArray[np.int64]:
    """Return ``n`` neurons of a population in pairs of neighbours, in ascending order."""
    size = int(network["neurons"].values[label])
    if n >= size:
        return np.arange(size)
    first = np.random.default_rng([seed, label]).choice(size // 2, n // 2, replace=False) * 2
    return np.sort(np.concatenate([first, first + 1]))


def check_structure(effort: Effort = QUICK, seed: int = 11, parameters: Parameters | None = None) -> list[Check]:
    """Return all checks of numbers and targets, and of weights, delays and independence."""
    network, p = structure_network(), Parameters() if parameters is None else parameters
    checks = check_resolution()
    for label in NAMES:
        checks += check_numbers(network, network, p, seed, label, effort.sources)
        checks += check_synapses(network, network, p, seed, label, effort.listed)
    return checks + check_clipping(effort, seed)


def check_clipping(effort: Effort = QUICK, seed: int = 11) -> list[Check]:
    """Return the checks of weights and delays for distributions of which a good part is drawn again."""
    network, p = structure_network(), Parameters(weight_rel_sd=0.8, delay_distribution="clipped_normal")
    checks = check_synapses(network, network, p, seed, EXC, effort.listed)
    return [replace(c, group=f"{c.group}, wide clipped distributions") for c in checks]


def check_numbers(
    simulated: xr.Dataset, network: xr.Dataset, p: Parameters, seed: int, source: int, n: int, **options: Any
) -> list[Check]:
    """Return the checks of out-degrees, totals, targets, multapses, autapses, and of independence of sources.

    Parameters
    ----------
    simulated : Dataset
        What the engine gets.
    network : Dataset
        What it is judged by.
    p, seed, options
        As for :class:`humam.validation.probe.Probe`.
    source : int
        Population of the sources.
    n : int
        Number of sources.
    """
    probe = Probe(simulated, p, seed, LONGEST, 0.0, **options)
    neurons = sources_of(source, n, network, seed)
    unit = counting_unit(probe, simulated, source)
    checks: list[Check] = []
    # A third of a synapse is far above the error of single precision and far below a synapse.
    received = probe.totals(source, neurons)
    degrees = {}
    for target in np.flatnonzero(network["synapses"].values[:, source]):
        here = probe.label == target
        counts = np.rint(received[:, here] / unit[target])
        degrees[int(target)] = counts.sum(axis=1)
        checks += _numbers(network, source, int(target), neurons, counts)
    checks += _independent_degrees(f"{NAMES[source]}", degrees)
    return checks


def _numbers(
    network: xr.Dataset, source: int, target: int, neurons: NDArray[np.int64], counts: NDArray[np.float64]
) -> list[Check]:
    """Return the checks of one pair of populations; ``counts`` has shape (sources, targets)."""
    group = f"{NAMES[source]} to {NAMES[target]}"
    total = int(network["synapses"].values[target, source])
    n_s, n_t = (int(network["neurons"].values[x]) for x in (source, target))
    degree = counts.sum(axis=1)
    m, k = len(degree), total / n_s
    checks = [
        z_test(group, "mean out-degree", k, degree.mean(), math.sqrt(k / m)),
        dispersion(group, "out-degree, variance / mean", degree, 1 - 1 / n_s),
        chi_squared(group, "distribution of out-degrees", *_against_law(degree, stats.binom(total, 1 / n_s))),
    ]
    if m == n_s:
        note = "within a tenth of the fluctuation of a Poisson number"
        checks.append(by_tolerance(group, "pair total", total, degree.sum(), 0.1 * math.sqrt(total), note))
    bins = np.arange(n_t) * min(64, n_t // 4) // n_t
    received = counts.sum(axis=0)
    checks.append(chi_squared(group, "targets are uniform", np.bincount(bins, received), np.bincount(bins)))
    if m < n_s:
        # Neurons that shared random numbers would share targets.
        checks.append(dispersion(group, "in-degree, variance / mean", received))
    multiplicity = np.bincount(counts.astype(int).ravel(), minlength=8)
    law = stats.poisson(k / n_t)
    expected = np.append(law.pmf(np.arange(7)), law.sf(6))
    found = np.append(multiplicity[:7], multiplicity[7:].sum())
    checks.append(chi_squared(group, "synapses per pair of neurons (multapses)", found, expected))
    if target == source:
        autapses = counts[np.arange(m), neurons].sum()
        mean = m * k / n_t
        p = min(1.0, 2 * min(stats.poisson.cdf(autapses, mean), stats.poisson.sf(autapses - 1, mean)))
        checks.append(by_p(group, "autapses", mean, autapses, p, "Poisson"))
    shared = (counts[:-1:2] * counts[1::2]).sum()
    mean = (m // 2) * k**2 / n_t
    # A product of two Poisson numbers of mean a has the variance 2 a^3 + a^2.
    sd = math.sqrt((m // 2) * n_t * (2 * (k / n_t) ** 3 + (k / n_t) ** 2))
    checks.append(z_test(group, "targets shared by neighbours", mean, shared, sd))
    return checks


def _against_law(values: NDArray[np.float64], law: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts and probabilities in ten bins between the deciles of a law."""
    edges = np.unique(law.ppf(np.arange(1, 10) / 10))
    probability = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(probability))
    return counts, probability


def _independent_degrees(group: str, degrees: dict[int, NDArray[np.float64]]) -> list[Check]:
    """Return checks that out-degrees onto different populations are uncorrelated."""
    checks = []
    targets = list(degrees)
    for a, b in itertools.pairwise(targets):
        r, p = stats.pearsonr(degrees[a], degrees[b])
        quantity = f"correlation of out-degrees onto {NAMES[a]} and {NAMES[b]}"
        checks.append(by_p(group, quantity, 0, r, p, "Pearson"))
    return checks


def check_synapses(
    simulated: xr.Dataset, network: xr.Dataset, p: Parameters, seed: int, source: int, n: int, **options: Any
) -> list[Check]:
    """Return the checks of delays, weights, and of independence of target, weight and delay."""
    neurons = sources_of(source, n, network, seed)
    listing = expand(simulated, p, seed, LONGEST, source, neurons, **options)
    checks: list[Check] = []
    for target in np.unique(listing.label):
        here = listing.select(listing.label == target)
        checks += _delays(network, p, source, int(target), here)
        checks += _weights(network, p, source, int(target), here)
        checks += _independence(source, int(target), here)
    return checks


def _delays(network: xr.Dataset, p: Parameters, source: int, target: int, here: Listing) -> list[Check]:
    group = f"{NAMES[source]} to {NAMES[target]}"
    levels = DELAY_LEVELS if (source < FAR_E) != (target < FAR_E) else None
    probability = delay_probability(float(network["delay"].values[target, source]), p, LONGEST, levels=levels)
    counts = np.bincount(here.delay, here.count, minlength=LONGEST + 1)
    steps = np.arange(LONGEST + 1)
    mean = float((steps * probability).sum())
    sd = math.sqrt(float((steps**2 * probability).sum()) - mean**2)
    found = float((steps * counts).sum() / counts.sum())
    checks = [
        chi_squared(group, "distribution of delays", counts, probability),
        z_test(group, "mean delay [steps]", mean, found, sd / math.sqrt(counts.sum())),
    ]
    # The tail takes another way through the engine: synapses drawn one by one.
    tail = probability.cumsum() > 0.95
    if counts[tail].sum() * 0.5 > 40:
        checks.append(chi_squared(group, "delays beyond the 95 % quantile", counts[tail], probability[tail]))
    share = float(probability[tail].sum())
    error = math.sqrt(share * (1 - share) / counts.sum())
    checks.append(z_test(group, "share of delays beyond it", share, counts[tail].sum() / counts.sum(), error))
    return checks


def check_resolution(mean_ms: float = 10.0, p: Parameters | None = None) -> list[Check]:
    """Return checks that the levels of delays between areas are fine enough."""
    p = Parameters() if p is None else p
    longest = 20_000
    steps = np.arange(longest + 1)
    exact, level = (delay_probability(mean_ms, p, longest, levels=n) for n in (None, DELAY_LEVELS))
    group = f"{DELAY_LEVELS} levels of delays, mean {mean_ms:g} ms"
    distance = float(np.abs(np.cumsum(exact - level)).max())
    checks = [by_tolerance(group, "largest difference of distribution functions", 0, distance, 1 / DELAY_LEVELS)]
    means = [float((steps * x).sum()) for x in (exact, level)]
    spreads = [math.sqrt(float((steps**2 * x).sum()) - m**2) for x, m in zip((exact, level), means, strict=True)]
    checks.append(by_tolerance(group, "mean [steps]", means[0], means[1], 5e-4 * means[0], "0.05 %"))
    checks.append(by_tolerance(group, "sd [steps]", spreads[0], spreads[1], 5e-3 * spreads[0], "0.5 %"))
    return checks


def _weights(network: xr.Dataset, p: Parameters, source: int, target: int, here: Listing) -> list[Check]:
    group = f"{NAMES[source]} to {NAMES[target]}"
    w = float(network["weight"].values[target, source])
    # Normal; the wrong sign is drawn again.
    law = stats.truncnorm(-1 / p.weight_rel_sd, math.inf, abs(w), abs(w) * p.weight_rel_sd)
    single = here.weight[here.count == 1] * math.copysign(1.0, w)
    n = len(single)
    # 64 equally probable bins: the 512 levels of weights, eight in each, are not resolved.
    n_bins = 64 if n > 2000 else 8
    counts = np.bincount(np.searchsorted(law.ppf(np.arange(1, n_bins) / n_bins), single), minlength=n_bins)
    kurtosis = float(law.stats("k"))
    return [
        chi_squared(group, "distribution of weights", counts, np.ones(n_bins)),
        z_test(group, "mean weight [pA]", law.mean(), single.mean(), law.std() / math.sqrt(n)),
        z_test(group, "sd of weights [pA]", law.std(), single.std(), law.std() * math.sqrt((kurtosis + 2) / (4 * n))),
    ]


def _independence(source: int, target: int, here: Listing) -> list[Check]:
    group = f"{NAMES[source]} to {NAMES[target]}"
    single = here.select(here.count == 1)
    bins = 8 if len(single.weight) > 1000 else 4
    return [
        contingency(group, "target and weight are independent", single.neuron, single.weight, bins),
        contingency(group, "target and delay are independent", single.neuron, single.delay, bins),
        contingency(group, "weight and delay are independent", single.weight, single.delay, bins),
    ]


def check_same_at_each_spike(seed: int = 11, **options: Any) -> list[Check]:
    """Return checks that synapses are the same at each spike of a neuron, and others for another neuron or seed."""
    network, p = structure_network(), Parameters()
    probe = Probe(network, p, seed, LONGEST, p.weight_rel_sd, **options)
    checks = []
    for label in (EXC, FAR_E):
        first, other, again = (_as_set(probe.events(label, neuron)) for neuron in (5, 6, 5))
        group = NAMES[label]
        checks.append(
            by_tolerance(group, "synapses that differ at the next spike", 0, len(first ^ again), 0, "of one neuron")
        )
        # Chance alone makes some pairs of target and delay equal, never the weights too.
        shared = len(first & other)
        limit = 0.02 * len(first)
        checks.append(by_tolerance(group, "synapses shared with the next neuron", 0, shared, limit, "of thousands"))
    return checks


def _as_set(events: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]) -> set[tuple[float, ...]]:
    return set(zip(*(x.tolist() for x in events), strict=True))
