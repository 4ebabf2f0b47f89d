"""Mean-field theory against its check numbers, direct integration and nnmt."""

import functools
import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nnmt.lif import _general
from nnmt.lif import exp as nnmt_exp
from scipy.integrate import quad
from scipy.special import erfcx

from humam import lif, network, theory, theory_file
from humam.anatomy import tables as anatomy_tables
from humam.cli import main
from humam.errors import HumamError
from humam.parameters import Parameters, validate
from humam.resources import shipped
from humam.theory import MeanField

relaxed = settings(deadline=None, max_examples=60)


@functools.cache
def built(**parameters):
    return network.build(anatomy_tables.read(shipped("datasets", "tables")), validate(parameters))


@functools.cache
def predicted(**parameters):
    return theory.predict(built(**parameters))


def random_mean_field(seed, n=5, tau_syn_in=2.0):
    """Return the equations of a random network of n populations that fires at moderate rates."""
    rng = np.random.default_rng(seed)
    inhibitory = np.arange(n) % 2 == 1
    return MeanField(
        in_degree=rng.uniform(0, 500, (n, n)),
        jump=rng.uniform(0.05, 0.2, (n, n)) * np.where(inhibitory, -5.0, 1.0),
        in_degree_external=rng.uniform(1500, 2500, n),
        jump_external=rng.uniform(0.1, 0.2, n),
        rate_external=rng.uniform(6, 10, n),
        drift=rng.uniform(-0.2, 0.2, n),
        tau_syn=np.where(inhibitory, tau_syn_in, 2.0),
        tau_syn_external=2.0,
        tau_m=10.0,
        t_ref=2.0,
        V_th=25.0,
        V_reset=0.0,
    )


# The rate of one neuron

neurons = {
    "mean": st.floats(-30, 60),
    "sd": st.floats(0.8, 30),
    "tau_syn": st.floats(0, 5),
    "tau_m": st.floats(5, 30),
    "t_ref": st.floats(0.1, 5),
    "V_th": st.floats(10, 25),
    "V_reset": st.floats(-10, 5),
}


def stationary_rate(*arguments):
    """Return the rate without its slopes."""
    return lif.rate_and_slopes(*arguments)[0]


@relaxed
@given(**neurons)
def test_rate_is_the_integral(mean, sd, tau_syn, tau_m, t_ref, V_th, V_reset):
    shift = 2.0652531522312172 / 2 * np.sqrt(tau_syn / tau_m)
    y_th, y_r = (V_th - mean) / sd + shift, (V_reset - mean) / sd + shift
    top = max(y_th, 0.0) ** 2

    def integrand(u):
        # exp(u^2) (1 + erf u) / exp(top), without overflow
        return erfcx(-u) * np.exp(-top) if u < 20 else 2 * np.exp(u**2 - top)

    # Most of the integral lies within a few 1/y_th below y_th.
    marks = sorted({y_r, *(max(y_r, y_th - x) for x in (0.1, 1.0, 5.0)), y_th})
    integral = sum(quad(integrand, a, b, epsabs=0, epsrel=1e-10)[0] for a, b in itertools.pairwise(marks))
    expected = 1e3 * np.exp(-top) / (np.exp(-top) * t_ref + tau_m * np.sqrt(np.pi) * integral)
    assert stationary_rate(mean, sd, tau_syn, tau_m, t_ref, V_th, V_reset) == pytest.approx(expected, rel=1e-8)


@relaxed
@given(**{**neurons, "tau_syn": st.floats(0.1, 0.4)})
def test_rate_is_that_of_nnmt(mean, sd, tau_syn, tau_m, t_ref, V_th, V_reset):
    milli = [1e-3 * x for x in (mean, sd, V_reset, V_th, tau_m, t_ref, tau_syn)]
    expected = nnmt_exp._firing_rates_for_given_input(*milli)
    ours = stationary_rate(mean, sd, tau_syn, tau_m, t_ref, V_th, V_reset)
    assert ours == pytest.approx(expected, rel=1e-10, abs=1e-290)


@relaxed
@given(**neurons)
def test_rate_rises_with_the_mean_up_to_the_refractory_limit(mean, sd, tau_syn, tau_m, t_ref, V_th, V_reset):
    rates = stationary_rate(mean + np.array([0, 1, 10, 1e3, 1e6]), sd, tau_syn, tau_m, t_ref, V_th, V_reset)
    assert np.all(np.diff(rates) >= 0)
    assert np.all((rates >= 0) & (rates <= 1e3 / t_ref))
    assert rates[-1] == pytest.approx(1e3 / t_ref, rel=0.02)


@relaxed
@given(**neurons)
def test_slopes_are_derivatives(mean, sd, tau_syn, tau_m, t_ref, V_th, V_reset):
    other = (tau_syn, tau_m, t_ref, V_th, V_reset)
    rate, slope_mean, slope_sd = lif.rate_and_slopes(mean, sd, *other)
    assume(rate > 1e-200)  # differences of denormal numbers tell nothing
    step = 1e-6 * sd
    by_mean = np.diff(stationary_rate(mean + step * np.array([-1, 1]), sd, *other))[0] / (2 * step)
    by_sd = np.diff(stationary_rate(mean, sd + step * np.array([-1, 1]), *other))[0] / (2 * step)
    scale = rate / sd * 1e-4
    assert slope_mean == pytest.approx(by_mean, rel=1e-3, abs=scale)
    assert slope_sd == pytest.approx(by_sd, rel=1e-3, abs=scale)


@pytest.mark.parametrize("mean", [-1e3, 0.0, 14.9, 15.1, 40.0])
def test_without_noise_the_rate_is_deterministic(mean):
    rate = stationary_rate(mean, 0.0, 2.0, 10.0, 2.0, 15.0, 0.0)
    expected = 0.0 if mean < 15 else 1e3 / (2 + 10 * np.log(mean / (mean - 15)))
    assert rate == pytest.approx(expected, rel=1e-3)


def test_extreme_inputs_stay_finite():
    mean, sd = (x.ravel() for x in np.meshgrid([-1e6, -100, 0, 24.999, 25, 100, 1e6], [0, 1e-9, 1e-2, 1, 1e3, 1e6]))
    with np.errstate(all="raise", under="ignore"):
        for values in lif.rate_and_slopes(mean, sd, 2.0, 10.0, 2.0, 25.0, 0.0):
            assert np.all(np.isfinite(values))


# The equations of a network


@pytest.mark.parametrize("seed", range(10))
def test_equations_are_those_of_nnmt(seed):
    m = random_mean_field(seed)
    n = len(m.in_degree)
    rates = np.random.default_rng(seed).uniform(0, 20, n)
    arguments = {
        "J": 1e-3 * m.jump,
        "K": m.in_degree,
        "tau_m": 1e-3 * m.tau_m,
        "J_ext": 1e-3 * np.diag(m.jump_external),
        "K_ext": np.diag(m.in_degree_external),
        "nu_ext": m.rate_external,
    }
    dc = m.tau_m * m.drift
    assert 1e3 * _general._mean_input(rates, **arguments) + dc == pytest.approx(m.mean(rates), rel=1e-12)
    assert 1e3 * _general._std_input(rates, **arguments) == pytest.approx(np.sqrt(m.variance(rates)), rel=1e-12)
    solution = m.solve()
    assert m.residual(solution) < theory.TOLERANCE
    # nnmt takes one constant current for all, so it enters by the potentials.
    reference = nnmt_exp._firing_rates(
        **arguments, V_0_rel=-1e-3 * dc, V_th_rel=1e-3 * (m.V_th - dc), tau_r=2e-3, tau_s=2e-3
    )
    assert solution == pytest.approx(reference, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("tau_syn_in", [2.0, 4.0])
def test_jacobian_is_the_derivative_of_the_response(tau_syn_in):
    m = random_mean_field(3, tau_syn_in=tau_syn_in)
    rates = np.random.default_rng(3).uniform(1, 10, len(m.in_degree))
    steps = 1e-4 * np.eye(len(rates))
    numeric = np.column_stack([(m.response(rates + h) - m.response(rates - h)) / 2e-4 for h in steps])
    # The change of the effective time constant is left out.
    tolerance = 1e-6 if tau_syn_in == 2.0 else 0.05
    assert m.jacobian(rates) == pytest.approx(numeric, abs=tolerance * np.abs(numeric).max())


@relaxed
@given(st.floats(0.5, 8), st.integers(0, 100))
def test_effective_time_constant_lies_between_those_of_the_sources(tau_syn_in, seed):
    m = random_mean_field(seed, tau_syn_in=tau_syn_in)
    tau = m.tau_effective(np.random.default_rng(seed).uniform(0, 20, 5))
    assert np.all((tau >= min(2.0, tau_syn_in) - 1e-12) & (tau <= max(2.0, tau_syn_in) + 1e-12))


def test_effective_time_constant_keeps_the_variance_of_the_current():
    m = random_mean_field(1, tau_syn_in=4.0)
    rates = np.arange(1.0, 6.0)
    k_j2_nu = m.in_degree * m.jump**2 * rates
    external = m.in_degree_external * m.jump_external**2 * m.rate_external
    currents = (k_j2_nu / m.tau_syn).sum(axis=1) + external / m.tau_syn_external
    assert (k_j2_nu.sum(axis=1) + external) / m.tau_effective(rates) == pytest.approx(currents)


# The network of the model


def test_fixed_point_of_the_base_state():
    base = built()
    rates, n = theory.fixed_point(base), base["neurons"].values
    occupied = n > 0
    # Our type-I/II split differs by 2e-5 from the one behind the published sum.
    assert rates.sum() == pytest.approx(191.65471504, rel=5e-6)
    assert (rates * n).sum() / n.sum() == pytest.approx(0.43557, abs=1e-5)
    assert rates[occupied].mean() == pytest.approx(0.75455, abs=1e-5)
    assert rates[occupied].min() == pytest.approx(0.0044, abs=5e-5)
    assert rates.max() == pytest.approx(5.346, abs=1e-3)
    assert np.all(rates[~occupied] == 0)
    by_population = np.ma.masked_equal(rates.reshape(34, 8), 0).mean(axis=0)
    assert by_population.tolist() == pytest.approx([0.055, 0.360, 0.751, 1.561, 0.383, 0.696, 0.343, 2.103], abs=6e-4)


def test_fixed_point_of_the_base_state_solves_the_equations_of_nnmt():
    base = built()
    m, occupied = theory.of_network(base), base["neurons"].values > 0
    rates = predicted()["rate"].values[occupied]
    arguments = {
        "J": 1e-3 * m.jump,
        "K": m.in_degree,
        "tau_m": 1e-2,
        "J_ext": 1e-3 * np.diag(m.jump_external),
        "K_ext": np.diag(m.in_degree_external),
        "nu_ext": m.rate_external,
    }
    response = nnmt_exp._firing_rates_for_given_input(
        _general._mean_input(rates, **arguments), _general._std_input(rates, **arguments), 0.0, 25e-3, 1e-2, 2e-3, 2e-3
    )
    assert response == pytest.approx(rates, abs=1e-8)


def test_pseudo_time_of_the_base_state():
    base = built()
    rates, occupied = theory.pseudo_time(base), base["neurons"].values > 0
    assert rates.shape == (100, 272)
    assert 0 < rates[0][occupied].min() < rates[0].max() < 10
    # The integrator's tolerance of 1e-3 leaves a few 1e-3 of the published sum open.
    assert rates[-1].sum() == pytest.approx(191.651, abs=0.005)
    assert np.abs(rates[-1] - predicted()["rate"].values).max() == pytest.approx(1.6e-3, abs=1e-4)
    assert np.all(rates[:, ~occupied] == 0)


def test_base_state_is_predicted():
    result = predicted()
    assert result.attrs["valid"] == 1
    assert result.attrs["message"] == ""
    assert result["rate"].equals(result["rate_base_state"].rename("rate"))
    assert result["pseudo_time"].values[[0, 1, -1]].tolist() == [0.0, 0.1, 9.9]


def test_best_fit_state_is_not_predicted():
    result = predicted(chi=2.5)
    assert result.attrs["valid"] == 0
    assert "does not predict" in result.attrs["message"]
    assert "2.5" in result.attrs["message"]
    # Its base state is the base version of the model, with what was edited by hand.
    edited = built(chi=2.5)
    edited["weight"].loc[{"target": "insula|V|E", "source": "insula|V|I"}] /= 2
    own = theory.base_state(edited)["weight"] / built()["weight"].where(built()["synapses"] > 0)
    assert own.sel(target="insula|V|E", source="insula|V|I") == 0.5
    assert (abs(own - 1) > 1e-12).sum() == 1
    assert result["rate_base_state"].values == pytest.approx(predicted()["rate"].values, rel=1e-12)
    # The published integration runs to saturation.
    last = result["rate_pseudo_time"].values[-1]
    assert last.sum() / 254 == pytest.approx(29, abs=0.5)
    assert last.max() == pytest.approx(429, abs=10)


@pytest.mark.parametrize(("chi", "highest"), [(1.9, 5.7), (1.95, 267)])
def test_the_low_state_is_a_solution_up_to_the_chi_that_the_page_names(chi, highest):
    equations = theory.of_network(built(chi=chi))
    rates = equations.solve()
    assert equations.residual(rates) < theory.TOLERANCE
    assert rates.max() == pytest.approx(highest, rel=5e-3)
    assert bool(rates.max() < theory.SATURATED) == (chi == 1.9)
    page = shipped("docs", "model.md").read_text(encoding="utf-8")
    assert "up to chi = 1.9 " in page and "(at most 5.7 spikes/s" in page and "from chi = 1.95 on" in page


def test_distributed_neurons_are_predicted_as_mean_neurons():
    result = theory.predict(built(tau_m_rel_sd_E=0.55))
    assert result.attrs["valid"] == 1
    assert "mean neuron" in result.attrs["message"]
    assert result["rate"].values == pytest.approx(predicted()["rate"].values)


def test_oscillating_solution_is_not_called_stationary():
    result = theory.predict(built(chi=4, tau_syn_in=4, g=-8.118))  # the current of faster inhibition
    assert result.attrs["residual"] > 1
    assert "no stationary state" in result.attrs["message"]


def test_constant_current_is_read_from_parameter_or_network():
    base = built()
    zero = np.zeros(254)
    by_parameter = theory.of_network(base, Parameters(dc=22.0)).mean(zero)
    by_network = theory.of_network(base.assign(dc=("target", np.full(272, 22.0)))).mean(zero)
    assert by_parameter == pytest.approx(by_network)
    # 22 pA x 10 ms / 220 pF = 1 mV onto E neurons
    assert (by_parameter - theory.of_network(base).mean(zero))[0] == pytest.approx(1.0)


# The file and the command


@pytest.fixture
def network_file(tmp_path):
    path = tmp_path / "a network.nc"
    network.write(built(), path)
    return path


def test_command_writes_what_is_read(tmp_path, network_file, capsys):
    out = tmp_path / "theory.nc"
    main(["theory", "--network", str(network_file), "--out", str(out)])
    assert capsys.readouterr().err == ""
    read = theory_file.read(out)
    xr.testing.assert_equal(read, predicted())
    assert read.attrs["valid"] == 1
    assert read["rate"].attrs["units"] == "1/s"
    xr.testing.assert_equal(theory_file.of_network(built(), out), theory_file.of_network(built()))
    with pytest.raises(HumamError, match="belongs to another network"):
        theory_file.of_network(built(chi=2.5), out)


def test_command_says_where_theory_fails(tmp_path, capsys):
    path, out = tmp_path / "best.nc", tmp_path / "theory.nc"
    network.write(built(chi=2.5), path)
    main(["theory", "--network", str(path), "--out", str(out)])
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "does not predict this state: at χ = 2.5 rates rise" in error
    assert theory_file.read(out).attrs["valid"] == 0


def test_bad_files_are_one_line(tmp_path, network_file, capsys):
    with pytest.raises(HumamError, match="does not exist"):
        theory_file.read(tmp_path / "none.nc")
    with pytest.raises(HumamError, match="is not a theory file"):
        theory_file.read(network_file)
    broken = tmp_path / "broken.nc"
    broken.write_bytes(network_file.read_bytes()[:2000])
    with pytest.raises(HumamError, match="cannot be read"):
        theory_file.read(broken)
    for change, message in (
        (lambda t: t.assign_attrs(format_version=99), "format version 99"),
        (lambda t: t.drop_vars("rate"), "lacks rate"),
        (lambda t: t.isel(target=slice(None, None, -1)), "canonical order"),
    ):
        theory_file.write(change(predicted()), tmp_path / "other.nc")
        with pytest.raises(HumamError, match=message):
            theory_file.read(tmp_path / "other.nc")
    with pytest.raises(SystemExit) as stop:
        main(["theory", "--network", str(tmp_path / "none.nc"), "--out", str(tmp_path / "x.nc")])
    line = f"humam: error: network file '{tmp_path}/none.nc' does not exist\n"
    assert (stop.value.code, capsys.readouterr().err) == (2, line)
    assert not (tmp_path / "x.nc").exists()
