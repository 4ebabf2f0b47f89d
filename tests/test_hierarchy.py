import numpy as np
import pytest

from humam.analysis import dynamics_values, hierarchy
from humam.datasets.published_names import LOBES
from humam.errors import HumamError
from humam.labels import AREAS, N_AREAS, SHORT_NAMES
from humam.plotting import hierarchy as panels
from humam.plotting import style


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


def test_areas_that_no_lag_connects_with_the_others_get_no_position():
    lag = np.full((6, 6), np.nan)
    np.fill_diagonal(lag, 0)
    lag[0, 1] = lag[4, 5] = 3.0  # two pairs, and three areas of which only one direction each is defined
    assert hierarchy.hierarchy(lag)[[0, 1]].tolist() == [1.0, 0.0]  # of groups as large, that with the first area
    assert np.isnan(hierarchy.hierarchy(lag)[2:]).all()
    lag[3, 2] = 1.0
    lag[3, 4] = -1.0  # earlier than the pair of 4 and 5: a group of four
    position = hierarchy.hierarchy(lag)
    assert np.isnan(position[:2]).all()
    assert position[2:] == pytest.approx(np.array([-2, -1, 0, -3]) / 3 + 1)
    alone = hierarchy.hierarchy(lag[2:, 2:])
    assert alone == pytest.approx(position[2:])


def test_too_short_rates_are_refused():
    with pytest.raises(HumamError, match="needs 3333 ms of activity"):
        hierarchy.temporal_hierarchy(np.ones((2, 3000)))


def test_areas_without_a_place_are_drawn_as_missing():
    fig = style.figure()
    matrix, brain = fig.subplots(1, 2)
    position = np.linspace(0, 1, N_AREAS)
    position[[0, 7]] = np.nan
    panels.draw_lags(matrix, np.where(np.isnan(position), np.nan, np.zeros((N_AREAS, N_AREAS))), position)
    assert [label.get_text() for label in matrix.get_xticklabels()][-2:] == [SHORT_NAMES[0], SHORT_NAMES[7]]
    panels.draw_brain(brain, "lateral", position)
    lag = np.full((N_AREAS, N_AREAS), np.nan)
    values = list(dynamics_values.temporal_hierarchy(hierarchy.Hierarchy(lag, position, 9), LOBES, ""))
    found = {value.quantity: value.value for value in values}
    assert np.isnan(found[f"hierarchy_position[area={AREAS[7]}]"])
    assert np.isfinite(found["hierarchy_position_mean[lobe=temporal]"])
