"""What the procedural engine cannot hold is refused in one line; what lies just within its limits is right."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from humam.engines import get
from humam.engines.base import SimulationJob
from humam.engines.procedural import limits
from humam.engines.procedural.build import build
from humam.engines.procedural.engine import ProceduralEngine, Simulation
from humam.engines.procedural.tables import MAX_SLOT, weight_rows
from humam.errors import HumamError
from humam.parameters import Parameters
from humam.validation import neuron, structure
from humam.validation.checks import failed
from humam.validation.networks import small_network


def two_areas(delay=(1.5, 5.0), weight=None, neurons=100, p=None, synapses=500):
    """Return a job of two areas with one population of E neurons each, and one of I neurons in the first."""
    sizes = {0: neurons, 1: 20, 8: 100}
    pairs = [(0, 0), (1, 0), (0, 1), (0, 8), (1, 8), (8, 0)]
    p = Parameters() if p is None else p
    network = small_network(
        sizes,
        dict.fromkeys(pairs, synapses),
        {pair: 10.0 + (weight or {}).get(pair, 0.0) for pair in pairs},
        {(t, s): delay[(t < 8) != (s < 8)] for t, s in pairs},
        p,
    )
    return SimulationJob(network, p, 10.0, 1)


def refused(job, window=4):
    """Return the line with which a job is refused, before anything is built and when it is."""
    with pytest.raises(HumamError) as first:
        ProceduralEngine(window).check(job)
    with pytest.raises(HumamError) as second:
        build(job, window)
    assert str(first.value) == str(second.value)
    return str(first.value)


def changed(job, name, pair, value):
    """Return the job with another entry in a matrix of its network."""
    network = job.network.copy(deep=True)
    network[name].values[pair] = value
    return dataclasses.replace(job, network=network)


@pytest.mark.parametrize("window", [1, 2, 4])
def test_what_is_within_limits_is_taken(window):
    job = two_areas()
    ProceduralEngine(window).check(job)
    tables, constants = build(job, window)
    assert constants.window == window and len(tables.n_links) == 2


@pytest.mark.parametrize("window", [0, 3, 8])
def test_other_windows_are_refused(window):
    for use in (lambda: get("procedural", window), lambda: build(two_areas(), window)):
        with pytest.raises(HumamError) as refusal:
            use()
        assert str(refusal.value) == f"window = {window} steps: must be 1, 2 or 4"


def test_nine_weights_onto_an_area_are_refused():
    network = two_areas().network.copy(deep=True)
    network["neurons"].values[:8] = 10
    for i in range(8):
        network["synapses"].values[i, 0], network["delay"].values[i, 0] = 500, 1.5
        network["weight"].values[i, 0] = 20.0 + i
    network["synapses"].values[1, 1], network["delay"].values[1, 1] = 500, 1.5
    job = SimulationJob(network, Parameters(), 10.0, 1)
    network["weight"].values[[0, 0, 1], [1, 8, 8]] = 20.0
    assert build(job, 4)[0].class_weights.any()  # eight; what has no weight does not count
    network["weight"].values[1, 1] = -60.0
    assert refused(job) == "9 distinct mean weights onto one area: the procedural engine holds at most 8"


@pytest.mark.parametrize(("window", "limit"), [(4, 262_144), (1, 1_048_576)])
def test_too_large_areas_are_refused(window, limit):
    ProceduralEngine(window).check(two_areas(neurons=limit - 20))
    line = refused(two_areas(neurons=limit - 19), window)
    assert line.startswith(f"an area has {limit + 1:,} neurons: the procedural engine holds at most {limit:,} per area")


def test_several_delays_per_pair_of_areas_are_refused():
    job = two_areas()
    assert "needs one mean delay per pair of areas" in refused(changed(job, "delay", (1, 8), 6.0))
    build(changed(job, "delay", (2, 8), 6.0), 4)  # there are no synapses
    build(changed(job, "delay", (0, 1), 0.7), 4)  # within an area any number is possible


@pytest.mark.parametrize("pair", [(0, 1), (1, 8)])
@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_delays_must_be_numbers_where_synapses_are(pair, value):
    source = {1: "II/III|I", 8: "II/III|E"}[pair[1]]
    line = refused(changed(two_areas(), "delay", pair, value))
    assert line.startswith("mean delay from ") and source in line and line.endswith(f"is {value:g} ms: must be > 0")


def test_long_delays_are_refused():
    # Log-normal with a relative sd of 0.5: one in 10 000 is longer than 5.18 means.
    longest_within = 102.3 / 5.18
    build(two_areas((0.99 * longest_within, 5.0)), 1)
    assert "mean delay within an area of 21 ms" in refused(two_areas((21.0, 5.0)))
    assert "mean delay within an area of 1000 ms: 1 of these delays are longer than 102.3 ms" in refused(
        two_areas((1000.0, 5.0))
    )
    assert refused(two_areas((1.5, 200.0)), 1).startswith("mean delay between areas of 200 ms: ")
    assert "longer than 409.4 ms, what the procedural engine holds with a window of 1" in refused(
        two_areas((1.5, 200.0)), 1
    )
    _, constants = build(two_areas((1.5, 200.0)), 4)
    assert 0 < constants.cut_share < limits.MAX_CUT


def test_no_delay_between_areas_is_cut():
    """The longest mean that is taken: each level of delays has its place."""
    mean = 409.4 / 5.18 * 0.999
    tables, constants = build(two_areas((1.5, mean)), 1)
    assert limits.MAX_CUT / 2 < constants.cut_share < limits.MAX_CUT and constants.floored_share == 0
    longest = int(tables.link_delay.max())
    assert 0.9 * limits.longest_delay(1) < longest < limits.longest_delay(1)


def test_raised_delays_are_told():
    assert Simulation(two_areas(), 4).remark == ""
    assert Simulation(two_areas((1.5, 0.6)), 1).remark == ""
    remark = Simulation(two_areas((1.5, 0.6)), 4).remark
    assert remark.endswith("of the delays between areas are raised to the window, 4 steps; with 1 none is")
    lognormal = stats.lognorm(np.sqrt(np.log1p(0.25)), scale=0.6 / np.sqrt(1.25))
    share = (lognormal.cdf(0.35) - lognormal.cdf(0.1)) / lognormal.sf(0.1)
    assert float(remark.split()[0]) == pytest.approx(share, rel=0.05)


def test_long_refractory_periods_are_refused():
    p = Parameters(t_ref=500.0)
    build(two_areas(p=p), 4)
    assert "t_ref = 501 ms: the procedural engine holds at most 50 tau_m" in refused(
        two_areas(p=p.model_copy(update={"t_ref": 501.0}))
    )
    spread = Parameters(t_ref=300.0, tau_m_rel_sd_E=0.5)
    with pytest.raises(HumamError, match="the shortest tau_m is 3"):
        build(two_areas(p=spread), 4)


def test_the_longest_refractory_period_is_kept():
    p = Parameters(t_ref=500.0, V_0_mean=0.0, V_0_sd=0.0)
    network = small_network({0: 3}, {}, {}, {}, p, dc={0: 1e4})
    simulation = Simulation(SimulationJob(network, p, 1000.0, 1), 4)
    simulation.advance(1800)
    steps = simulation.take_spikes()[2]
    assert steps[0] == 1 and len(steps) == 6
    # Back at the reset potential it takes 25 mV / (1e4 pA tau_m / C_m) of a time constant to fire again.
    again = 100 * -np.log(1 - 25 / (1e4 * 10 / 220))
    assert steps[-1] == pytest.approx(1 + 5000 + again, abs=2)


@pytest.mark.parametrize("synapses", [1, 20, 5000])
def test_the_largest_possible_input_fits_into_an_integer(synapses):
    """In-degrees are Poisson, and all synapses of a neuron may act in the same step."""
    p = Parameters(weight_rel_sd=0.0)
    network = small_network({0: 1}, {(0, 0): synapses}, {(0, 0): 87.8}, {(0, 0): 1.5}, p)
    _, _, quantum = weight_rows(SimulationJob(network, p, 1.0, 1))
    assert stats.poisson(synapses).isf(1e-14) * 87.8 < 2**31 * quantum


def long_delays(mean_ms):
    """Return the network of the tests of structure with longer delays of the E neurons within its first area."""
    network = structure.structure_network()
    network["delay"].values[:2, structure.EXC] = mean_ms
    return network


def test_long_delays_within_an_area_are_those_of_the_law():
    p = Parameters(delay_distribution="clipped_normal")
    checks = structure.check_synapses(long_delays(6.0), long_delays(6.0), p, 11, structure.EXC, 10)
    assert len(checks) >= 16 and failed(checks) == []


def test_long_delays_within_an_area_are_the_same_for_all_windows():
    """At the last step of a window the oldest spikes are older than what has a place in the tables of ages."""
    network, states = long_delays(6.0), []
    network["dc"].values[structure.EXC] = 600.0  # spikes at each place within a window
    for window in (1, 4):
        simulation = Simulation(SimulationJob(network, Parameters(), 20.0, 11), window)
        slots = int(simulation.tables.slots.max())
        assert slots + window - 1 <= MAX_SLOT and slots > 100
        simulation.advance(240 // window)
        assert simulation.counters()["spikes"] > 1000
        states.append(simulation.neurons)
    np.testing.assert_array_equal(states[0].V, states[1].V)
    np.testing.assert_array_equal(states[0].I_ex, states[1].I_ex)
    assert np.abs(states[0].I_ex).max() > 1


def test_thresholds_above_reset():
    """Thresholds at or below the reset potential are drawn again; nothing else changes."""
    n = 5000
    found = []
    for reset in (-70.0, -50.0):
        p = Parameters(**neuron.SPREAD, V_reset=reset)
        network = small_network({0: n, 1: n}, {}, {}, {}, p)
        found.append(build(SimulationJob(network, p, 1.0, 3), 1)[0])
    below = found[0].threshold < 20
    assert 0.1 < below.mean() < 0.2
    np.testing.assert_array_equal(found[0].threshold[~below], found[1].threshold[~below])
    for name in ("decay_V", "current_ex", "constant"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))
    law = stats.lognorm(np.sqrt(np.log1p(0.2**2)), scale=25 / np.sqrt(1 + 0.2**2))
    for part in (slice(0, n), slice(n, 2 * n)):
        threshold = found[1].threshold[part]
        assert threshold.min() > 20
        assert stats.kstest(threshold, lambda x: (law.cdf(x) - law.cdf(20)) / law.sf(20)).pvalue > 1e-3


def test_initial_potentials_and_weights_of_the_drive():
    n = 40_000  # two blocks
    p = Parameters(weight_rel_sd=0.8)
    network = small_network({0: n, 9: n}, {}, {}, {}, p, drive={0: (10, 8.0, 30.0), 9: (10, 8.0, 50.0)})
    neurons = Simulation(SimulationJob(network, p, 1.0, 5), 4).neurons
    law = stats.truncnorm(-1 / 0.8, np.inf, 1, 0.8)
    for part, weight in ((slice(0, n), 30.0), (slice(n, 2 * n), 50.0)):
        assert stats.kstest(neurons.W[part] / weight, law.cdf).pvalue > 1e-3
        assert stats.kstest(neurons.V[part] + p.E_L, stats.norm(p.V_0_mean, p.V_0_sd).cdf).pvalue > 1e-3
        assert abs(np.corrcoef(neurons.W[part], neurons.V[part])[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.corrcoef(neurons.V[:n], neurons.V[n:])[0, 1]) < 4 / np.sqrt(n)
