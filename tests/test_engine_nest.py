"""The NEST engine: structure, determinism, drive, perturbation, memory."""

import dataclasses
import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from humam import engines
from humam.engines import nest_size
from humam.engines.base import Engine, Perturbation, SimulationJob
from humam.engines.nest import NestEngine, _Build, _set_kernel, import_nest
from humam.errors import HumamError
from humam.lif import rate_and_slopes
from humam.parameters import Parameters

LABELS = ["a|II/III|E", "a|II/III|I", "b|IV|E", "b|IV|I", "b|V|E"]


class Collector:
    """A sink that keeps spikes in memory, in a canonical order."""

    def __init__(self):
        self.parts = []

    def append(self, population, neuron, step):
        self.parts.append(np.column_stack([step, population, neuron]))

    @property
    def spikes(self):
        rows = np.concatenate(self.parts)
        return rows[np.lexsort(rows.T[::-1])]


def mini_network(external=1.0, dc=0.0, connected=True):
    """Four populations of 100 neurons in two areas and an empty one."""
    neurons = np.array([80, 20, 80, 20, 0])
    exists = np.outer(neurons > 0, neurons > 0)
    synapses = np.where(exists, 2000, 0) * connected
    weight = np.where(exists, np.where(np.arange(5) % 2, -200.0, 40.0), 0.0)
    weight[3, 0] = 0.0  # a factor of 0 between areas
    delay = np.where(exists, np.where(np.arange(5) % 2, 0.75, 1.5), np.nan)
    delay[2:, :2] = delay[:2, 2:] = 12.0
    return xr.Dataset(
        {
            "neurons": ("target", neurons),
            "synapses": (("target", "source"), synapses),
            "synapses_external": ("target", neurons * 1000),
            "weight": (("target", "source"), weight),
            "weight_external": ("target", np.full(5, 50.0)),
            "delay": (("target", "source"), delay),
            "rate_external": ("target", np.full(5, 6.0) * external),
            "dc": ("target", np.full(5, dc)),
        },
        coords={"target": LABELS, "source": LABELS},
    )


def job(network=None, **changes):
    settings = {"network": mini_network() if network is None else network, "parameters": Parameters()}
    return SimulationJob(**{**settings, "t_sim_ms": 200.0, "seed": 5, **changes})


def run(job, engine=None):
    sink = Collector()
    record = (engine or NestEngine()).simulate(job, sink, lambda done, note="": None)
    return sink.spikes, record


def built(job):
    """Return the network as NEST holds it: rows of (target, source population, weight, delay)."""
    nest = import_nest()
    _set_kernel(nest, job)
    build = _Build(nest, job)
    build.create_neurons()
    build.connect()
    found = nest.GetConnections().get(["source", "target", "weight", "delay"])
    source, _ = build.locate(np.array(found["source"]))
    target, _ = build.locate(np.array(found["target"]))
    return target, source, np.array(found["weight"]), np.array(found["delay"])


def test_is_an_engine():
    assert isinstance(engines.get("nest"), Engine)


def test_synapse_numbers_weights_and_delays():
    target, source, weight, delay = built(job(delay_quantile=0.99))
    counts = np.zeros((5, 5), int)
    np.add.at(counts, (target, source), 1)
    expected = mini_network().synapses.to_numpy().copy()
    expected[3, 0] = 0
    np.testing.assert_array_equal(counts, expected)
    for t, s, w, d in ((0, 0, 40.0, 1.5), (0, 1, -200.0, 0.75), (2, 0, 40.0, 12.0)):
        here = (target == t) & (source == s)
        assert stats.kstest(weight[here], stats.norm(w, abs(w) / 10).cdf).pvalue > 1e-3
        # Log-normal of the given mean and relative sd 0.5, cut at its 0.99 quantile, on the grid of 0.1 ms.
        lognormal = stats.lognorm(math.sqrt(math.log(1.25)), scale=d / math.sqrt(1.25))
        found = delay[here] + np.random.default_rng(0).uniform(-0.05, 0.05, here.sum())
        assert stats.kstest(found, lambda x, law=lognormal: law.cdf(x) / 0.99).pvalue > 1e-3
        assert delay[here].min() >= 0.1 and delay[here].max() <= lognormal.ppf(0.99) + 0.05


def test_multapses_and_autapses_occur():
    nest = import_nest()
    _set_kernel(nest, job())
    build = _Build(nest, job())
    build.create_neurons()
    build.connect()
    pairs = np.column_stack([*nest.GetConnections().get(["source", "target"]).values()])
    assert (pairs[:, 0] == pairs[:, 1]).any() and len(np.unique(pairs, axis=0)) < len(pairs)


@pytest.mark.parametrize("rule", ["fixed_total_number", "fixed_indegree"])
def test_connection_rules(rule):
    target, source, *_ = built(job(parameters=Parameters(connection_rule=rule)))
    assert ((target == 0) & (source == 0)).sum() == 2000


def test_fixed_in_degrees_are_rounded_and_counted_as_they_are_created():
    network = mini_network()
    n = network["neurons"].values
    synapses = network["synapses"].values.copy()
    synapses[0, 0], synapses[2, 0] = 3.6 * n[0], 0.4 * n[2]
    network["synapses"] = (("target", "source"), synapses)
    rounded = job(network, parameters=Parameters(connection_rule="fixed_indegree"))
    target, source, *_ = built(rounded)
    created = nest_size.created_synapses(rounded)
    for t, s in ((0, 0), (2, 0), (1, 0)):
        assert ((target == t) & (source == s)).sum() == created[t, s]
    assert created[0, 0] == 4 * n[0] and created[2, 0] == 0


def test_clipped_normal_delays():
    parameters = Parameters(delay_distribution="clipped_normal")
    target, source, _, delay = built(job(parameters=parameters, delay_quantile=1.0))
    long = delay[(target == 2) & (source == 0)]
    assert abs(long.mean() - 12) < 0.5 and abs(long.std() - 6) < 0.5 and long.min() >= 0.1


def test_weights_keep_their_sign():
    parameters = Parameters(weight_rel_sd=1.5)
    _target, source, weight, _ = built(job(parameters=parameters))
    assert (weight[source % 2 == 0] >= 0).all() and (weight[source % 2 == 1] <= 0).all()


def test_repeats_bit_by_bit_and_seed_matters():
    one, _ = run(job())
    again, _ = run(job())
    other, _ = run(job(seed=6))
    assert len(one) > 100
    np.testing.assert_array_equal(one, again)
    assert len(one) != len(other) or (one != other).any()


def test_repeats_with_threads():
    one, record = run(job(threads=2))
    again, _ = run(job(threads=2))
    assert record.options["virtual_processes"] == 2
    np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize("threads", [1, 2])
def test_compact_synapses_do_not_change_spikes(monkeypatch, threads):
    compact, record = run(job(threads=threads))
    assert record.options["synapse_model"] == "static_synapse_hpc"
    monkeypatch.setattr(nest_size, "MAX_COMPACT_NEURONS", 0)
    plain, record = run(job(threads=threads))
    assert record.options["synapse_model"] == "static_synapse"
    np.testing.assert_array_equal(compact, plain)


def test_compact_synapses_reach_as_many_neurons_as_stated():
    network = mini_network()
    network["neurons"][0] += nest_size.MAX_COMPACT_NEURONS - int(network.neurons.sum())
    most = job(network)
    assert nest_size.synapse_model(most) == "static_synapse_hpc"
    nest = import_nest()
    _set_kernel(nest, most)
    build = _Build(nest, most)
    build.recorder()
    build.create_neurons()
    last, beyond = build.populations[3][-1], nest.Create("iaf_psc_exp")
    assert last.global_id == nest_size.FIRST_NEURON + nest_size.MAX_COMPACT_NEURONS - 1
    synapse = {"synapse_model": nest_size.COMPACT_SYNAPSE}
    nest.Connect(build.populations[0][0], last, "one_to_one", synapse)
    with pytest.raises(nest.NESTError, match="65534 nodes per thread"):
        nest.Connect(build.populations[0][0], beyond, "one_to_one", synapse)
    network["neurons"][0] += 1
    assert nest_size.synapse_model(job(network)) == "static_synapse"
    assert nest_size.synapse_model(job(network, threads=2)) == "static_synapse_hpc"


@pytest.mark.parametrize("chunk_ms", [0.1, 7.3, 1000.0])
def test_chunks_do_not_change_spikes(chunk_ms):
    short = job(t_sim_ms=50.0 if chunk_ms < 1 else 200.0)
    expected, _ = run(short)
    found, _ = run(short, NestEngine(chunk_ms))
    np.testing.assert_array_equal(found, expected)


def test_spikes_lie_within_the_run():
    spikes, record = run(job())
    assert spikes[:, 0].min() >= 1 and spikes[:, 0].max() <= 2000
    assert set(spikes[:, 1]) <= {0, 1, 2, 3}
    assert record.options["synapses"] == 15 * 2000 and record.wall_times_s["simulate"] > 0


def test_constant_current_gives_the_analytic_rate():
    parameters = Parameters(V_0_mean=-70.0, V_0_sd=0.0)
    spikes, _ = run(job(mini_network(0, 1000.0, False), parameters=parameters, t_sim_ms=1000.0))
    for population, capacitance in ((0, 220.0), (1, 100.0)):
        drive = 1000.0 * 10 / capacitance
        period = 2 + 10 * math.log(drive / (drive - 25))
        count = (spikes[:, 1:] == [population, 0]).all(axis=1).sum()
        assert abs(count - 1000 / period) < 0.06 * count, "the grid lengthens each interval by up to 0.1 ms"


def test_poisson_drive_gives_the_rate_of_theory():
    # Mean input below threshold, many small events: the regime of the diffusion approximation.
    jump, events_per_ms = 20.0 * 2 / 220, 13.0
    network = mini_network(connected=False)
    network["weight_external"] = ("target", np.full(5, 20.0))
    network["rate_external"] = ("target", np.full(5, events_per_ms))  # x 1000 synapses / 1000 ms
    spikes, _ = run(job(network, parameters=Parameters(weight_rel_sd=0.0), t_sim_ms=2000.0))
    late = spikes[(spikes[:, 0] > 2000) & (spikes[:, 1] % 2 == 0)]
    mean, sd = 10 * jump * events_per_ms, math.sqrt(10 * jump**2 * events_per_ms)
    expected = float(rate_and_slopes(mean, sd, 2.0, 10.0, 2.0, 25.0, 0.0)[0])
    assert expected > 3
    assert len(late) / 160 / 1.8 == pytest.approx(expected, rel=0.1)


def test_distributed_parameters():
    names = ("V_th", "C_m", "tau_m")
    spread = {f"{name}_rel_sd_{kind}": 0.3 for name in names for kind in "EI"}
    network = mini_network()
    network["neurons"] = ("target", np.array([4000, 10, 10, 10, 0]))
    nest = import_nest()
    _set_kernel(nest, job())
    build = _Build(nest, job(network, parameters=Parameters(**spread)))
    build.create_neurons()
    values = build.populations[0].get([*names, "E_L", "V_m"])
    for name, mean in (("V_th", 25.0), ("C_m", 220.0), ("tau_m", 10.0)):
        sample = np.array(values[name]) - (np.array(values["E_L"]) if name == "V_th" else 0)
        assert sample.mean() == pytest.approx(mean, rel=0.03) and sample.std() == pytest.approx(0.3 * mean, rel=0.08)
        law = stats.lognorm(math.sqrt(math.log(1.09)), scale=mean / math.sqrt(1.09))
        assert stats.kstest(sample, law.cdf).pvalue > 1e-3
    potential = np.array(values["V_m"])
    assert stats.kstest(potential, stats.norm(-150, 50).cdf).pvalue > 1e-3


def test_perturbation_changes_nothing_before_it_acts():
    calm, _ = run(job())
    extra = Perturbation(population=2, neuron=0, time_ms=100.0, weight_pa=3e7)
    disturbed, _ = run(job(perturbation=extra))
    acts = 1010
    np.testing.assert_array_equal(disturbed[disturbed[:, 0] <= acts], calm[calm[:, 0] <= acts])
    mine = (disturbed[:, 1:] == [2, 0]).all(axis=1) & (disturbed[:, 0] > acts) & (disturbed[:, 0] <= acts + 200)
    assert 8 <= mine.sum() <= 10, "fires about 9 times in 20 ms"
    with pytest.raises(HumamError, match=r"'b\|IV\|E'.*no such neuron"):
        run(job(perturbation=dataclasses.replace(extra, neuron=80)))


def test_nothing_on_standard_output(capfd):
    run(job())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"t_sim_ms": 0.0}, "t_sim = 0 ms: must be > 0"),
        ({"t_sim_ms": -5.0}, "t_sim = -5 ms"),
        ({"t_sim_ms": math.nan}, "t_sim = nan ms"),
        ({"t_sim_ms": 10.05}, "multiple of the time step"),
        ({"seed": 0}, "seed = 0: must be 1 to 4294967295"),
        ({"seed": 2**32}, "seed = 4294967296"),
        ({"threads": 0}, "threads = 0"),
        ({"delay_quantile": 1.5}, "delay quantile = 1.5"),
    ],
)
def test_bad_jobs(changes, message):
    with pytest.raises(HumamError, match=message):
        job(**changes)


def test_limits_of_nest():
    with pytest.raises(HumamError, match=r"ranks = 2: NEST sees 1 process"):
        run(job(processes=2))
    network = mini_network()
    network["synapses"] = network.synapses * 10_000
    # 300 million: those of weight 0 are not created.
    text = r"300,000,000 synapses on 1 rank\(s\) x 1 thread\(s\): NEST holds at most 134,217,727 per virtual process"
    with pytest.raises(HumamError, match=text + r".*; 3 virtual processes would do: --ranks 3 --threads 1$"):
        NestEngine().check(job(network))
    for threads, processes in ((3, 1), (1, 3), (2, 2)):
        NestEngine().check(job(network, threads=threads, processes=processes))


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_synapses_of_the_fullest_virtual_process(threads):
    one = job(threads=threads)
    nest = import_nest()
    _set_kernel(nest, one)
    build = _Build(nest, one)
    build.recorder()
    build.create_neurons()
    build.connect()
    found = np.bincount(nest.GetConnections().get("target_thread"))
    bound = nest_size.most_synapses(one, threads)
    assert found.max() <= bound <= 1.1 * found.max()
