"""Ensembles of both engines on the same network: no more different than seeds of NEST are."""

import itertools

import numpy as np
import pytest

from humam.engines.procedural import kernels
from humam.validation import cases, ensembles
from humam.validation.checks import failed
from humam.validation.networks import pd_rates
from humam.validation.runs import ENGINES, Case, Statistics, run, version_of

SEEDS = range(1, 1 + ensembles.MIN_SEEDS)


@pytest.fixture(scope="module")
def comparison():
    """Two coupled columns with a tenth of the synapses of a neuron, seven seeds of each engine."""
    return ensembles.compare(cases.two_columns(0.02, 0.1, 700.0, 200.0, 4), SEEDS)


@pytest.mark.parametrize("pair", list(itertools.combinations(ENGINES, 2)))
def test_engines_agree(comparison, pair):
    checks = ensembles.checks(comparison, pair)
    assert {c.quantity for c in checks} >= {
        "population rate",
        "rate",
        "cv",
        "lvr",
        "correlation",
        "mean rate [spikes/s]",
    }
    assert failed(checks) == []


def test_distances_between_engines_lie_within_those_between_seeds(comparison):
    for band in ensembles.bands(comparison):
        for pair, between in band.between.items():
            assert np.median(between.distances) <= band.within["nest"].max(), (band.statistic, pair)


def test_activity_is_that_of_the_microcircuit(comparison):
    # Potjans & Diesmann (2014): 0.9 to 8.7 spikes/s; scaled down, but not silenced.
    rates = [
        np.mean([r.samples["rate"][label].mean() for r in comparison.by_engine["procedural"]]) for label in range(8)
    ]
    np.testing.assert_allclose(rates, pd_rates()[:8], rtol=0.5)


def test_other_networks_are_told_apart():
    """Runs with drive 10 % stronger, in place of those of the procedural engine, are found to differ."""
    case = cases.two_columns(0.02, 0.1, 700.0, 200.0, 4)
    other = case.network.copy()
    other["rate_external"] = other["rate_external"] * 1.1
    stronger = Case("other", "other", other, case.parameters, 700.0, 200.0, 1.0, 4)
    runs = [[run(c, "procedural", seed) for seed in SEEDS] for c in (case, stronger)]
    assert failed(ensembles.checks(ensembles.Comparison(case, dict(zip(("nest", "procedural"), runs, strict=True)))))


@pytest.mark.parametrize("n", [ensembles.MIN_SEEDS - 1, ensembles.MIN_SEEDS])
def test_runs_too_few_to_tell_are_refused(n):
    """Engines that have nothing in common turn every statistic red, or it is said that none could be."""
    rng = np.random.default_rng(0)

    def made_up(rate):
        samples = {"rate": {0: rng.normal(rate, 1e-3, 50)}} | {name: {0: np.empty(0)} for name in ("cv", "lvr")}
        return Statistics(samples | {"correlation": {0: np.empty(0)}})

    case = cases.two_columns(0.02, 0.1, 60.0, 10.0, 3)
    case.network["neurons"][1:] = 0
    both = {"nest": [made_up(1.0) for _ in range(n)], "procedural": [made_up(2.0) for _ in range(n)]}
    comparison = ensembles.Comparison(case, both)
    if n < ensembles.MIN_SEEDS:
        with pytest.raises(ValueError, match="no check can turn red with fewer than 7"):
            ensembles.checks(comparison)
        return
    red = {c.quantity for c in ensembles.checks(comparison) if not c.passed}
    assert red == {"population rate", "rate", "mean rate [spikes/s]"}


def test_fewest_seeds():
    smallest = [1 / len(ensembles.divisions(2 * n, n)) for n in (ensembles.MIN_SEEDS - 1, ensembles.MIN_SEEDS)]
    assert smallest[1] < ensembles.ENSEMBLE_SIGNIFICANCE < smallest[0]


def test_runs_of_nest_do_not_depend_on_our_kernels(monkeypatch):
    before = [version_of(engine) for engine in ENGINES]
    monkeypatch.setattr(kernels, "digest", lambda: "others")
    assert [version_of(engine) == old for engine, old in zip(ENGINES, before, strict=True)] == [True, False, False]
    assert len(set(before)) == 3


def test_split_test_is_exact():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 10))
    p = [ensembles.split_test(np.abs(x[:, None] - x), 5)[0] for x in values]
    # Under the null hypothesis all divisions are equally likely.
    assert abs(np.mean(p) - 0.5) < 0.07 and 0.02 < np.mean(np.array(p) <= 0.1) < 0.18


def test_runs_are_stored_and_read_back(tmp_path):
    case = cases.two_columns(0.02, 0.1, 60.0, 10.0, 3)
    first = run(case, "procedural", 1, tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    again = run(case, "procedural", 1, tmp_path)
    assert isinstance(again, Statistics) and path.stat().st_mtime_ns == before
    for name, by_label in first.samples.items():
        for label, x in by_label.items():
            np.testing.assert_array_equal(again.samples[name][label], x)
    run(cases.two_columns(0.02, 0.1, 70.0, 10.0, 3), "procedural", 1, tmp_path)
    assert path.stat().st_mtime_ns > before, "a file of another case is not taken"
