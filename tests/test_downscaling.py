"""Down-scaling: what it preserves, to the rounding of synapse numbers, and what it refuses."""

import functools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from humam import codepack, downscaling, network, theory
from humam.anatomy import tables as anatomy_tables
from humam.downscaling import Rates, scale, scale_neurons, scale_synapses, theory_rates
from humam.errors import HumamError
from humam.labels import N_LABELS
from humam.parameters import validate
from humam.resources import shipped

relaxed = settings(deadline=None, max_examples=30)
EXCITATORY = np.arange(N_LABELS) % 2 == 0
VARIABLES = ("neurons", "synapses", "synapses_external", "weight", "weight_external", "delay", "rate_external")


@functools.cache
def built(**parameters):
    return network.build(anatomy_tables.read(shipped("datasets", "tables")), validate(parameters))


@functools.cache
def rates(**parameters):
    return theory_rates(built(**parameters), theory.predict(built(**parameters)))


def rounding_bound(coefficients, neurons, excitatory):
    """Return how far rounding synapse numbers can move sum_s (synapses_s / neurons) coefficient_s of each target.

    The running sum over the sources of a kind is off by at most 1/2 synapse everywhere (Abel summation).
    """
    bound = 0.0
    for kind in (excitatory, ~excitatory):
        c = coefficients[:, kind]
        bound += 0.5 / neurons * (np.abs(np.diff(c, axis=1)).sum(axis=1) + np.abs(c[:, -1]))
    return bound


@relaxed
@given(st.floats(0.002, 1), st.floats(0.002, 1))
def test_mean_and_variance_of_the_input_are_preserved(s, k):
    full, nu = built(), rates()
    small = scale(full, s, k, nu).network
    occupied = full["neurons"].values > 0
    before, after = theory.of_network(full), theory.of_network(small)
    values, n, excitatory = nu.values[occupied], small["neurons"].values[occupied], EXCITATORY[occupied]
    # The theory's own J, K and dc of the small network; only the rounding of its synapse numbers is left.
    jump = before.jump / np.sqrt(k)
    for moment, power in ((theory.MeanField.mean, 1), (theory.MeanField.variance, 2)):
        factor = 1e-3 * before.tau_m * values
        external = 1e-3 * before.tau_m * (before.jump_external / np.sqrt(k)) ** power * before.rate_external
        allowed = rounding_bound(factor * jump**power, n, excitatory) + 0.5 / n * external
        assert np.all(np.abs(moment(after, values) - moment(before, values)) <= allowed + 1e-9)


def test_rounding_matters_little():
    full, nu = built(), rates()
    occupied = full["neurons"].values > 0
    before, values = theory.of_network(full), nu.values[occupied]
    for s, mean_mv, sd in ((0.1, 1e-3, 1e-4), (0.02, 1e-2, 2e-3), (0.004, 0.1, 0.05)):
        after = theory.of_network(scale(full, s, rates=nu).network)
        assert after.mean(values) == pytest.approx(before.mean(values), abs=mean_mv)
        assert np.sqrt(after.variance(values)) == pytest.approx(np.sqrt(before.variance(values)), rel=sd)


@pytest.mark.parametrize("scheme", downscaling.SCHEMES)
@pytest.mark.parametrize("given_rates", [None, Rates(np.full(N_LABELS, 3.0), "some run")])
def test_full_scale_is_the_identity(scheme, given_rates):
    full = built()
    scaled = scale(full, 1, rates=given_rates, scheme=scheme)
    xr.testing.assert_identical(scaled.network.drop_vars("dc"), full)
    assert np.all(scaled.network["dc"].values == 0)
    assert (scaled.scale, scaled.in_degree_scale, scaled.rates_source) == (1, 1, "not needed")


def test_fewer_neurons_with_all_in_degrees_need_no_current():
    full = built()
    small = scale(full, 0.1, 1.0).network
    n = np.maximum(small["neurons"].values, 1)
    in_degree = full["synapses"].values / np.maximum(full["neurons"].values, 1)[:, None]
    assert small["synapses"].values / n[:, None] == pytest.approx(in_degree, abs=0.01)
    assert np.all(small["dc"].values == 0)
    assert small["weight"].equals(full["weight"])


@relaxed
@given(st.floats(0.001, 1), st.floats(0.01, 1))
def test_numbers_scale(s, k):
    full = built()
    small = scale(full, s, k, rates()).network
    n, before = small["neurons"].values, full["neurons"].values
    assert np.all(np.abs(n - before * s) <= 0.5)  # the smallest population has several hundred neurons
    assert small["synapses"].sum() == pytest.approx(int(full["synapses"].sum()) * s * k, rel=5e-3)
    assert small["synapses_external"].sum() == pytest.approx(int(full["synapses_external"].sum()) * s * k, rel=5e-3)
    for name in VARIABLES:
        assert small[name].dtype == full[name].dtype
        assert small[name].attrs == full[name].attrs
    connected = small["synapses"].values > 0
    assert np.all((small["weight"].values != 0) == connected)
    assert np.all(np.isnan(small["delay"].values) == ~connected)
    assert small["rate_external"].equals(full["rate_external"])


@relaxed
@given(
    hnp.arrays(np.int64, (4, N_LABELS), elements=st.integers(0, 10**9)),
    hnp.arrays(np.float64, 4, elements=st.floats(0, 1)),
)
def test_rounding_keeps_in_degrees(synapses, factor):
    scaled = scale_synapses(synapses, factor)
    exact = synapses * factor[:, None]
    assert np.all(scaled >= 0)
    assert np.all(np.abs(scaled - exact) < 1 + 1e-3)
    assert np.all(scaled[synapses == 0] == 0)
    for kind in (EXCITATORY, ~EXCITATORY):
        difference = (scaled - exact)[:, kind].sum(axis=1)
        assert np.all(np.abs(difference) <= 0.5 + 1e-3)


@given(hnp.arrays(np.int64, 20, elements=st.integers(0, 10**6)), st.floats(1e-6, 1))
def test_no_population_is_lost(neurons, s):
    scaled = scale_neurons(neurons, s)
    assert np.all((scaled > 0) == (neurons > 0))
    assert np.all(scaled <= neurons)
    assert np.all((np.abs(scaled - s * neurons) <= 0.5) | (scaled == 1))


def test_a_population_of_one_keeps_its_in_degree():
    full = built()
    smallest = int(np.argmin(np.where(full["neurons"] > 0, full["neurons"], np.inf)))
    s, k = 0.1 / float(full["neurons"][smallest]), 0.1
    small = scale(full, s, k, rates()).network
    assert small["neurons"].values[smallest] == 1
    expected = k * full["synapses"].values[smallest].sum() / full["neurons"].values[smallest]
    assert small["synapses"].values[smallest].sum() == pytest.approx(expected, abs=1)


def test_constant_current_is_that_of_the_formula():
    full, nu, k = built(), rates().values, 0.04
    dc = scale(full, 0.02, k, rates()).network["dc"]
    for label in ("bankssts|II/III|E", "insula|VI|I"):
        t = full.sel(target=label)
        n, current = float(t["neurons"]), 0.0
        for synapses, weight, rate in zip(t["synapses"].values, t["weight"].values, nu, strict=True):
            current += synapses / n * weight * 2.0 * rate / 1e3
        current += float(t["synapses_external"] / n * t["weight_external"] * 2.0 * t["rate_external"] / 1e3)
        assert float(dc.sel(target=label)) == pytest.approx(0.8 * current)
    assert np.all(dc.values[full["neurons"].values == 0] == 0)


def test_constant_current_adds_to_that_of_the_parameters():
    other = built(dc=5.0)
    difference = scale(other, 0.1, rates=rates()).network["dc"] - scale(built(), 0.1, rates=rates()).network["dc"]
    assert difference.values == pytest.approx(5.0)


def test_both_time_constants_enter():
    full, nu = built(tau_syn_in=4.0), rates(tau_syn_in=4.0)
    occupied = full["neurons"].values > 0
    after = theory.of_network(scale(full, 0.1, rates=nu).network)
    assert after.mean(nu.values[occupied]) == pytest.approx(theory.of_network(full).mean(nu.values[occupied]), abs=2e-3)


def test_scheme_of_the_published_tutorial_adds_the_mean_again():
    full, nu, k = built(), rates(), 0.1
    small = scale(full, 0.1, rates=nu, scheme="published-tutorial").network
    occupied = full["neurons"].values > 0
    before, after, values = theory.of_network(full), theory.of_network(small), nu.values[occupied]
    # Peak of the potential over charge / capacitance: 0.1 mV / 0.1495 mV.
    again = (1 - np.sqrt(k)) * before.mean(values) * 0.1 / 0.149534878
    assert after.mean(values) - before.mean(values) == pytest.approx(again, abs=2e-3)
    assert after.variance(values) == pytest.approx(before.variance(values) / k, rel=1e-3)


def test_scheme_of_the_published_variance_adds_a_current_that_is_too_small():
    full, nu, k = built(), rates(), 0.1
    small = scale(full, 0.1, rates=nu, scheme="published-variance").network
    occupied = full["neurons"].values > 0
    before, after, values = theory.of_network(full), theory.of_network(small), nu.values[occupied]
    # Of the mean sqrt(k) is left; instead of the rest comes sqrt(k) of it, from peaks of potentials.
    mean = before.mean(values) * np.sqrt(k) * (1 + (1 - np.sqrt(k)) * 0.1 / 0.149534878)
    assert after.mean(values) == pytest.approx(mean, abs=2e-3)
    assert after.variance(values) == pytest.approx(before.variance(values), rel=1e-3)


def test_theory_of_the_scaled_network_tells_its_rates():
    full, nu = built(), rates()
    occupied = full["neurons"].values > 0

    def mean_rate(k, scheme="variance"):
        small = scale(full, 0.02, k, nu, scheme).network
        solution = theory.of_network(small).solve()
        n = small["neurons"].values[occupied]
        return (solution * n).sum() / n.sum()

    # With a tenth of the in-degrees the state of the full network is a stable state of the small one ...
    assert mean_rate(0.1) == pytest.approx(0.4356, rel=2e-3)
    # ... with a fiftieth it is not, and rates settle lower; the tutorial's scheme fires far too much.
    assert mean_rate(0.02) < 0.3
    assert mean_rate(0.02, "published-tutorial") > 3


def test_rates_say_where_they_come_from():
    assert rates().source == "mean-field theory at chi = 1"
    best = scale(built(chi=2.5), 0.01, rates=rates(chi=2.5))
    assert best.rates_source.startswith("mean-field theory at chi = 1, an approximation: mean-field theory does not")
    assert rates(chi=2.5).values == pytest.approx(rates().values)
    low = rates(chi=1.5)  # theory describes this state
    assert low.source == "mean-field theory at chi = 1.5" and 0 < abs(low.values - rates().values).max() < 1
    spread = rates(C_m_rel_sd_E=0.2).source
    assert "mean neuron" in spread
    unsettled = theory.predict(built()).assign_attrs(valid=0, residual_base_state=1.0)
    with pytest.raises(HumamError, match="no stationary state"):
        theory_rates(built(), unsettled)


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.0001, float("nan"), float("inf")])
def test_scales_out_of_range_are_refused(bad):
    with pytest.raises(HumamError, match=r"^scale s = .*: must be > 0 and at most 1$"):
        scale(built(), bad, 0.5, rates())
    with pytest.raises(HumamError, match=r"^in-degree scale k = .*: must be > 0 and at most 1$"):
        scale(built(), 0.5, bad, rates())


def test_other_bad_input_is_refused():
    full = built()
    with pytest.raises(HumamError, match=r"unknown.*did you mean 'variance'"):
        scale(full, 0.5, rates=rates(), scheme="varianc")
    with pytest.raises(HumamError, match="needs the rates"):
        scale(full, 0.5)
    with pytest.raises(HumamError, match=r"too small: .* lose their external input"):
        scale(full, 1e-5, rates=rates())
    with pytest.raises(HumamError, match="3 values, not 272"):
        Rates(np.ones(3), "a file")
    with pytest.raises(HumamError, match="must be finite and >= 0"):
        Rates(np.full(N_LABELS, np.nan), "a file")


@relaxed
@given(st.floats(2e-3, 1))
def test_network_that_goes_in_stays_as_it_was(s):
    full = built()
    before = full.copy(deep=True)
    scale(full, s, rates=rates())
    xr.testing.assert_identical(full, before)


def test_code_of_the_theory_is_no_input_of_a_simulation():
    modules = codepack.closure(["humam.downscaling", "humam.theory_file"], shipped("src"))
    assert "humam.downscaling" in modules
    assert not {"humam.theory", "humam.lif"} & set(modules)
