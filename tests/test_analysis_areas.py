"""Currents, functional connectivity, similarity and BOLD; checked against published arrays, scipy and integrals."""

import numpy as np
import pytest
from scipy import integrate, stats

from humam import published
from humam.analysis import bold
from humam.analysis.currents import EXCITATORY_SOURCES, KERNELS, area_currents, exponential_filter
from humam.analysis.fc import block_means, functional_connectivity, network_order
from humam.analysis.similarity import ks_similarity, off_diagonal, pearson_similarity, rmse_similarity
from humam.errors import HumamError
from humam.labels import AREAS, area_slice


def test_published_kernel_falls_to_1_over_e_after_20_bins_and_lags_by_one():
    pulse = np.zeros(400)
    pulse[100] = 1.0
    response = exponential_filter(pulse, tau_ms=2.0, sampling_ms=KERNELS["published"])
    assert not response[:101].any() and response.argmax() == 101
    assert response[121] / response[101] == pytest.approx(np.exp(-1))
    corrected = exponential_filter(pulse, tau_ms=2.0, sampling_ms=KERNELS["corrected"])
    assert corrected[103] / corrected[101] == pytest.approx(np.exp(-1))
    assert corrected.sum() == pytest.approx(1)


def test_filter_equals_convolution_with_the_sampled_kernel():
    series = np.random.default_rng(0).poisson(2.0, (3, 500)).astype(float)
    kernel = np.exp(-np.arange(200) * 0.1 / 2.0)
    kernel /= kernel.sum()
    expected = np.stack([np.convolve(row, kernel)[:499] for row in series])
    found = exponential_filter(series, 2.0, 0.1)[:, 1:]
    # The published kernel is cut where it is exp(-10) = 4.5e-5 of its height.
    assert found == pytest.approx(expected, rel=2e-4)


def test_currents_equal_the_sum_over_populations():
    random = np.random.default_rng(1)
    rate = random.random((272, 50)) * 0.01
    synapses = random.integers(0, 1000, (272, 272))
    weight = np.where(EXCITATORY_SOURCES, 16.0, -80.0) * np.ones((272, 1))
    neurons = random.integers(100, 200, 272)
    found = area_currents(rate, synapses, weight, neurons, 2.0, 4.0)
    area = area_slice("pericalcarine")
    expected = np.zeros(50)
    for t in range(area.start, area.stop):
        for s in range(272):
            tau = 2.0 if EXCITATORY_SOURCES[s] else 4.0
            in_degree = synapses[t, s] / neurons[t]
            current = tau * abs(weight[t, s]) * in_degree * exponential_filter(rate[s], tau, 0.1)
            expected += neurons[t] * current / neurons[area].sum()
    assert found[AREAS.index("pericalcarine")] == pytest.approx(expected)


def test_constant_rate_gives_the_mean_field_current():
    rate = np.full((272, 2000), 0.002)
    neurons, synapses = np.full(272, 10), np.full((272, 272), 100)
    for sampling in KERNELS.values():
        current = area_currents(rate, synapses, np.full((272, 272), 5.0), neurons, 2.0, 2.0, sampling)
        assert current[:, -1] == pytest.approx(np.full(34, 272 * 10 * 5.0 * 2.0 * 0.002))


def test_functional_connectivity_is_pearson():
    random = np.random.default_rng(2)
    series = random.standard_normal((34, 300)).cumsum(axis=1)
    matrix = functional_connectivity(series)
    assert matrix[3, 7] == pytest.approx(stats.pearsonr(series[3], series[7]).statistic)
    series[5] = 1.0
    silent = functional_connectivity(series)
    assert np.isnan(silent[5]).all() and np.isfinite(silent[6, 7])


def test_network_order_holds_every_area_once():
    order, networks = network_order()
    assert sorted(order) == list(range(34))
    assert [networks.count(n) for n in ("DMN", "DAN", "SAN", "AUD", "VIS", "other")] == [8, 5, 4, 1, 4, 12]


def test_block_means_of_the_published_best_fit():
    means = block_means(published.functional_connectivity("scaling", "best_fit").to_numpy())
    expected = {
        ("VIS", "VIS"): 0.825,
        ("DAN", "DAN"): 0.524,
        ("SAN", "SAN"): 0.432,
        ("DMN", "DMN"): 0.396,
        ("DAN", "AUD"): 0.597,
        ("DAN", "SAN"): 0.436,
        ("DMN", "VIS"): 0.140,
    }
    assert {pair: round(means[pair], 3) for pair in expected} == expected
    assert ("AUD", "AUD") not in means


def units(state, quantity):
    table = published.single_units("scaling", state)
    return table.loc[table["quantity"] == quantity, "value"].to_numpy()


@pytest.mark.parametrize("state, expected", [("base", 0.8240), ("best_fit", 0.9298)])
def test_similarity_of_the_published_rates(state, expected):
    assert ks_similarity(units(state, "rate"), units("human", "rate")) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    "state, quantity, expected",
    [("base", "cv", 0.4695), ("base", "lvr", 0.4745), ("best_fit", "cv", 0.9122), ("best_fit", "lvr", 0.9282)],
)
def test_similarity_of_the_published_irregularity_with_10_spikes(state, quantity, expected):
    # The published arrays use at least 10 spikes, the published curves more than 10.
    assert ks_similarity(units(state, quantity), units("human", quantity)) == pytest.approx(expected, abs=5e-5)


def test_ks_similarity_equals_scipy():
    random = np.random.default_rng(4)
    a, b = random.normal(size=300), random.normal(0.3, 1.2, size=77).round(1)
    assert ks_similarity(a, b) == pytest.approx(1 - stats.ks_2samp(a, b).statistic, abs=1e-14)
    assert ks_similarity(np.append(a, np.nan), b) == ks_similarity(a, b)
    assert np.isnan(ks_similarity(np.array([np.nan]), b))


@pytest.mark.parametrize(
    "series, state, pearson, rmse",
    [
        ("scaling", "base", (0.284, 0.299), (0.378, 0.378)),
        ("scaling", "best_fit", (0.197, 0.183), (0.454, 0.440)),
        ("smaller_g", "base", (0.338, 0.347), None),
        ("smaller_g", "best_fit", (0.267, 0.261), None),
        ("distributed_parameters", "best_fit", (0.360, 0.364), None),
        ("lower_e_to_i", "best_fit", (0.111, 0.111), None),
        ("factor_10_per_7", "best_fit", (0.391, 0.398), None),
    ],
)
def test_fmri_similarity_of_published_connectivity(series, state, pearson, rmse):
    model = published.functional_connectivity(series, state).to_numpy()
    human = [published.enigma_fc(side).to_numpy() for side in ("left", "right")]
    assert [pearson_similarity(model, h) for h in human] == pytest.approx(pearson, abs=6e-4)
    if rmse:
        assert [rmse_similarity(model, h) for h in human] == pytest.approx(rmse, abs=6e-4)


def test_similarity_of_a_matrix_with_itself():
    human = published.enigma_fc("left").to_numpy()
    assert pearson_similarity(human, human) == pytest.approx(1) and rmse_similarity(human, human) == 1
    assert len(off_diagonal(human)) == 34 * 33


def test_bold_equals_scipy_integration():
    random = np.random.default_rng(6)
    step_s, n = 0.01, 600
    activity = 1.0 + 0.5 * random.standard_normal(n)

    def derivative(t, state):
        z = activity[min(int(t / step_s + 1e-9), n - 1)]
        return bold._derivative(np.array(state)[:, None], np.array([z]))[:, 0]

    state, expected = np.array([0.0, 1.0, 1.0, 1.0]), []
    for i in range(n):
        # One solution per step: the activity jumps between steps.
        solution = integrate.solve_ivp(derivative, (i * step_s, (i + 1) * step_s - 1e-12), state, rtol=1e-9, atol=1e-12)
        state = solution.y[:, -1]
        _, _, v, q = state
        expected.append(bold.V0 * (bold.K1 * (1 - q) + bold.K2 * (1 - q / v) + bold.K3 * (1 - v)))
    found = bold.bold_signal(activity[None], step_s)[0]
    assert found == pytest.approx(np.array(expected), abs=1e-9)


def test_bold_response_to_a_short_event():
    activity = np.zeros((1, 3000))
    activity[0, :100] = 1.0
    signal = bold.bold_signal(activity, 0.01)[0]
    # Peak after some seconds, then an undershoot, then rest.
    assert 2.0 < signal.argmax() * 0.01 < 6.0
    assert signal[signal.argmax() :].min() < 0 and abs(signal[-1]) < 0.02 * signal.max()


def test_bold_refuses_activity_that_the_model_cannot_follow():
    activity = np.zeros((1, 2000))
    activity[0, :500] = 100.0
    with pytest.raises(HumamError, match="blood flow is not positive"):
        bold.bold_signal(activity, 0.01)
