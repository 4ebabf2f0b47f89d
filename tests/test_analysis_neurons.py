"""Spike trains, irregularity, correlation, rates, windows and rasters; oracle: Elephant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humam.analysis.correlation import mean_correlation
from humam.analysis.irregularity import irregularity
from humam.analysis.rasters import raster_rows, raster_sample
from humam.analysis.rates import LOG_RATE_EDGES, area_rate, histogram, log_rate_density, population_rate
from humam.analysis.trains import trains
from humam.analysis.windows import n_windows, window_statistics

DT_MS = 0.1
N_STEPS = 30_000


def gamma_spikes(n_neurons=60, seed=1, n_steps=N_STEPS):
    """Gamma processes of different rates and regularities; some are silent or spike too rarely. Random order."""
    random = np.random.default_rng(seed)
    unit, step = [], []
    for i in range(n_neurons):
        intervals = 21 + random.gamma(1 + i % 4, random.choice([80, 400, 5000]), size=2000)
        own = np.cumsum(intervals).astype(int)
        own = own[own < n_steps]
        unit.append(np.full(len(own), 3 * i))
        step.append(own)
    unit, step = np.concatenate(unit), np.concatenate(step)
    order = random.permutation(len(unit))
    return unit[order], step[order]


@pytest.fixture(scope="module")
def spikes():
    return gamma_spikes()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99)), unique=True), st.integers(0, 99), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_trains_keep_every_spike(pairs, a, b):
    unit = np.array([p[0] for p in pairs], dtype=np.int64)
    step = np.array([p[1] for p in pairs], dtype=np.int64)
    grouped = trains(unit, step)
    assert grouped.n_spikes.sum() == len(pairs)
    assert sorted(zip(np.repeat(grouped.unit, grouped.n_spikes), grouped.step, strict=True)) == sorted(pairs)
    assert (grouped.n_spikes > 0).all()
    first, stop = min(a, b), max(a, b)
    inside = grouped.window(first, stop)
    expected = sorted(p for p in pairs if first <= p[1] < stop)
    assert list(zip(np.repeat(inside.unit, inside.n_spikes), inside.step, strict=True)) == expected
    some = grouped.units(2, 4)
    assert sorted(zip(np.repeat(some.unit, some.n_spikes), some.step, strict=True)) == sorted(
        p for p in pairs if 2 <= p[0] < 4
    )


def test_irregularity_equals_elephant(spikes):
    import quantities as pq
    from elephant import statistics as elephant

    grouped = trains(*spikes)
    cv, lvr = irregularity(grouped, DT_MS)
    n = grouped.n_spikes
    assert (n < 10).any() and (n >= 10).sum() > 30
    assert np.isnan(cv[n < 10]).all() and np.isnan(lvr[n < 10]).all()
    for i in np.flatnonzero(n >= 10):
        intervals = np.diff(grouped.step[grouped.start[i] : grouped.start[i + 1]]) * DT_MS
        assert cv[i] == pytest.approx(elephant.cv(intervals), rel=1e-10)
        assert lvr[i] == pytest.approx(elephant.lvr(intervals * pq.ms, R=2 * pq.ms), rel=1e-10)


def test_ten_spikes_are_enough_and_nine_are_not():
    step = np.cumsum([50, 70, 30, 90, 21, 60, 44, 80, 120, 33])
    for n, defined in ((10, True), (9, False)):
        cv, lvr = irregularity(trains(np.zeros(n, int), step[:n]), DT_MS)
        assert np.isfinite(cv).all() == np.isfinite(lvr).all() == defined
    cv, lvr = irregularity(trains([], []), DT_MS)
    assert len(cv) == len(lvr) == 0
    with pytest.raises(ValueError, match="at least 3"):
        irregularity(trains([0], [1]), DT_MS, min_spikes=2)


def test_poisson_has_cv_1_and_lvr_1_without_refractoriness():
    random = np.random.default_rng(0)
    step = np.cumsum(random.geometric(0.002, size=100_000))
    cv, lvr = irregularity(trains(np.zeros(len(step), int), step), DT_MS, refractoriness_ms=0.0)
    assert cv[0] == pytest.approx(1, abs=0.01)
    assert lvr[0] == pytest.approx(1, abs=0.01)


def test_correlation_equals_elephant(spikes):
    import neo
    import quantities as pq
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import correlation_coefficient

    first = 5000
    inside = trains(*spikes).window(first, N_STEPS)
    # Mid-step times keep rounding from moving a spike over the border of a bin.
    series = [
        neo.SpikeTrain(
            (inside.step[inside.start[i] : inside.start[i + 1]] + 0.5) * DT_MS,
            units="ms",
            t_start=first * DT_MS,
            t_stop=N_STEPS * DT_MS,
        )
        for i in range(len(inside))
    ]
    matrix = correlation_coefficient(BinnedSpikeTrain(series, bin_size=1 * pq.ms), binary=False)
    expected = matrix[~np.eye(len(matrix), dtype=bool)].mean()
    found = mean_correlation(trains(*spikes), first, N_STEPS, 10)
    assert found == pytest.approx(expected, abs=1e-12)
    assert abs(expected) > 1e-6


def test_correlation_of_shared_input_and_of_the_first_2000_trains():
    random = np.random.default_rng(3)
    common = np.flatnonzero(random.random(2000) < 0.05)
    unit, step = [], []
    for i in range(8):
        bins = np.unique(np.concatenate([common[random.random(len(common)) < 0.7], random.integers(0, 2000, 40)]))
        unit.append(np.full(len(bins), i))
        step.append(bins * 10 + random.integers(0, 10, len(bins)))
    grouped = trains(np.concatenate(unit), np.concatenate(step))
    counts = np.stack([np.histogram(grouped.units(i, i + 1).step, 2000, (0, 20000))[0] for i in range(8)])
    for n in (8, 5):
        expected = np.corrcoef(counts[:n])[~np.eye(n, dtype=bool)].mean()
        assert mean_correlation(grouped, 0, 20000, 10, max_trains=n) == pytest.approx(expected, abs=1e-12)
    assert expected > 0.3


def test_correlation_counts_undefined_coefficients_as_0():
    # Neuron 2 has one spike in each of the four bins: constant.
    grouped = trains([0, 1, 2, 2, 2, 2], [1, 2, 3, 13, 23, 33])
    assert mean_correlation(grouped, 0, 40, 10) == pytest.approx(2 * 1.0 / 6)
    assert mean_correlation(grouped.units(0, 1), 0, 40, 10) == 0.0
    assert mean_correlation(grouped, 0, 10, 10) == 0.0


def test_histogram_equals_elephant(spikes):
    import neo
    import quantities as pq
    from elephant.statistics import time_histogram

    step = spikes[1]
    train = neo.SpikeTrain(np.sort(step + 0.5) * DT_MS, units="ms", t_stop=N_STEPS * DT_MS)
    expected = time_histogram([train], bin_size=1 * pq.ms, output="counts").magnitude[:, 0]
    found = histogram(step, 3000, 10)
    assert np.array_equal(found, expected)
    assert found.sum() == len(step)


def test_rates_of_populations_and_areas():
    neurons = np.zeros(272, dtype=int)
    neurons[:2] = 30, 10
    counts = np.zeros((272, 2), dtype=int)
    counts[0], counts[1] = (3, 0), (1, 2)
    assert population_rate(counts.sum(axis=1), neurons, 2.0)[:2].tolist() == [50.0, 150.0]
    assert np.isnan(population_rate(counts.sum(axis=1), neurons, 2.0)[2:]).all()
    found = area_rate(counts.reshape(34, 8, 2).sum(axis=1), neurons)
    assert found[0].tolist() == [0.1, 0.05] and np.isnan(found[1:]).all()


def test_log_rate_density():
    assert LOG_RATE_EDGES[0] == -3 and LOG_RATE_EDGES[-1] == 4.5
    density = log_rate_density(np.random.default_rng(0).lognormal(0, 1, 1000))
    assert density.sum() * 0.5 == pytest.approx(1)
    assert np.isnan(log_rate_density(np.zeros(5))).all()


def test_windows_are_open_and_independent():
    # The first window is (2500, 4500) ms; steps 25000 and 45000 lie on its borders.
    table = window_statistics(trains([7, 7, 7, 9, 9], [25000, 25001, 44999, 45000, 45001]), DT_MS, 2)
    assert table[["unit", "window", "n_spikes", "rate"]].to_numpy().tolist() == [[7, 0, 2, 1.0], [9, 1, 1, 0.5]]
    assert table["cv"].isna().all()
    assert [n_windows(t) for t in (2000, 4500, 6500, 12499, 12500, 99999)] == [0, 1, 2, 4, 5, 5]
    empty = window_statistics(trains([1], [30000]), DT_MS, 0)
    assert len(empty) == 0 and list(empty) == list(table)


def test_windows_equal_statistics_of_the_cut_trains():
    unit, step = gamma_spikes(n_neurons=20, seed=2, n_steps=125_000)
    table = window_statistics(trains(unit, step), DT_MS, 5)
    keep = (step > 65000) & (step < 85000)
    cut = trains(unit[keep], step[keep])
    cv, lvr = irregularity(cut, DT_MS)
    found = table[table["window"] == 2]
    assert found["unit"].tolist() == cut.unit.tolist()
    assert np.array_equal(found["cv"], cv, equal_nan=True) and np.array_equal(found["lvr"], lvr, equal_nan=True)
    assert found["rate"].tolist() == (cut.n_spikes / 2).tolist()


def test_raster_rows_hold_distinct_spiking_neurons():
    unit, step = gamma_spikes(n_neurons=400, seed=5)
    grouped = trains(unit, step)
    neurons, rows = 3000, raster_rows(3000)
    assert rows == 75
    sample = raster_sample(grouped, neurons, rows, 0, N_STEPS, [1234, 0])
    pairs = sample[["unit", "row"]].drop_duplicates()
    assert pairs["unit"].is_unique and pairs["row"].is_unique and pairs["row"].between(0, rows - 1).all()
    # About 400 / 3000 of the rows are filled, and the spikes of a filled row are those of its neuron.
    assert 3 <= len(pairs) <= 20
    for neuron, row in pairs.itertuples(index=False):
        assert sample.loc[sample["row"] == row, "step"].tolist() == np.sort(step[unit == neuron]).tolist()
    again = raster_sample(grouped, neurons, rows, 0, N_STEPS, [1234, 0])
    assert again.equals(sample)
    # All neurons of a small population: every spiking one is there.
    full = raster_sample(grouped, 400, 400, 10_000, 20_000, [1234, 1])
    inside = (step >= 10_000) & (step < 20_000)
    assert len(full) == inside.sum()
    assert len(raster_sample(trains([], []), 10, 5, 0, 10, [1])) == 0
