import numpy as np
import pytest

from humam.analysis import hierarchy
from humam.errors import HumamError


def lagged(lags, n=10_000, noise=0.3, seed=1):
    """Rates of areas that follow one signal, each by its lag in ms."""
    random = np.random.default_rng(seed)
    signal = np.convolve(random.normal(size=n + 200), np.exp(-((np.arange(-15, 16) / 4) ** 2)), "same")
    signal /= signal.std()
    return np.stack([signal[100 - lag : 100 - lag + n] + noise * random.normal(size=n) for lag in lags])


def test_cross_correlation_is_that_of_numpy():
    z = lagged([0, 7, 20], n=500)
    found = hierarchy.cross_correlation(z)
    for i, j in np.ndindex(3, 3):
        full = np.correlate(z[i], z[j], "full") / 500
        assert found[i, j] == pytest.approx(full[499 - 50 : 499 + 51])


def test_lags_and_positions_are_those_that_were_made():
    made = [0, 7, 3, 12]
    found = hierarchy.temporal_hierarchy(lagged(made))
    assert found.n_chunks == 9
    expected = np.subtract.outer(made, made)  # positive: the row follows
    assert found.lag == pytest.approx(expected, abs=1)
    assert found.position == pytest.approx(np.array(made) / 12, abs=0.05)


def test_areas_that_share_nothing_have_no_lag():
    rates = np.vstack([lagged([0, 5]), lagged([0], seed=9), np.ones((1, 10_000))])
    found = hierarchy.temporal_hierarchy(rates)
    assert found.lag[1, 0] == 5
    assert np.isnan(found.lag[2, :2]).all() and np.isnan(found.lag[:2, 2]).all()
    assert np.isnan(found.lag[3]).all()
    assert np.isnan(found.position[2:]).all()
    assert found.position[:2].tolist() == [0.0, 1.0]


def test_a_pair_with_equal_peaks_on_both_sides_is_undecided():
    lags = hierarchy.LAGS
    two = np.exp(-(((lags - 10) / 3) ** 2)) + np.exp(-(((lags + 10) / 3) ** 2))
    parts = np.tile(two, (9, 1))
    assert np.isnan(hierarchy._lag(two, parts, 0.01))
    assert hierarchy._lag(two + 0.1 * np.exp(-(((lags - 10) / 3) ** 2)), parts, 0.01) == 10


def test_a_farther_peak_must_be_higher_by_more_than_the_spread():
    lags = hierarchy.LAGS
    near, far = np.exp(-(((lags - 5) / 2) ** 2)), np.exp(-(((lags - 20) / 2) ** 2))
    assert hierarchy._peaks(near + 1.05 * far, 0.1)[0] == 5
    assert hierarchy._peaks(near + 1.2 * far, 0.1)[0] == 20
    assert np.isnan(hierarchy._peaks(near, 0.1)[1])


def test_the_exact_minimum_is_what_a_numerical_search_finds():
    from scipy.optimize import minimize

    random = np.random.default_rng(3)
    lag = random.normal(size=(6, 6)) * 5
    lag[random.random((6, 6)) < 0.3] = np.nan
    np.fill_diagonal(lag, 0)

    def cost(h):
        return np.sqrt(np.nansum((np.subtract.outer(h, h) - lag) ** 2))

    h = minimize(cost, random.random(6)).x
    assert hierarchy.hierarchy(lag) == pytest.approx((h - h.min()) / np.ptp(h), abs=1e-3)


def test_too_short_rates_are_refused():
    with pytest.raises(HumamError, match="needs 3333 ms of activity"):
        hierarchy.temporal_hierarchy(np.ones((2, 3000)))
