"""Some areas of a network, the others replaced by Poisson input."""

import re

import numpy as np
import pytest
from scipy import stats

from humam import archive, spikes, theory, theory_file
from humam import network as networks
from humam.analysis import statistics
from humam.anatomy import tables
from humam.cli import main
from humam.engines.base import SimulationJob
from humam.engines.procedural.engine import Simulation
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS, population_labels
from humam.parameters import Parameters
from humam.resources import shipped
from humam.simulation import given_rates
from humam.subnetwork import isolate
from humam.validation import cases, ensembles
from humam.validation.checks import chi_squared, failed
from humam.validation.networks import pd_rates, small_network
from humam.validation.probe import reseeded


def network():
    """Two areas; one source population of the other area excites, one inhibits."""
    neurons = {0: 1000, 1: 500, 8: 300, 9: 200}
    synapses = {(0, 0): 5000, (0, 8): 30_000, (1, 8): 10_000, (1, 9): 5000, (8, 0): 7000}
    weight = {(0, 0): 20.0, (0, 8): 30.0, (1, 8): 40.0, (1, 9): -80.0, (8, 0): 10.0}
    return small_network(neurons, synapses, weight, {pair: 2.0 for pair in synapses}, drive={0: (1000, 5.0, 16.0)})


def rates():
    values = np.zeros(N_LABELS)
    values[[0, 8, 9]] = 100.0, 2.0, 3.0
    return values


def test_rate_and_weight_of_the_replaced_input():
    alone = isolate(network(), [AREAS[0]], rates())
    assert alone.neurons.values.sum() == 1500 and alone.synapses.values.sum() == 5000
    # 30 synapses from neurons with 2 spikes/s; 20 with 2 and 10 with 3.
    np.testing.assert_allclose(alone.rate_replaced.values[:2], [60.0, 70.0])
    np.testing.assert_allclose(alone.weight_replaced.values[:2], [30.0, (40 * 40 - 80 * 30) / 70])
    assert not alone.rate_replaced.values[2:].any() and alone.synapses_external.values[0] == 1_000_000
    assert np.isnan(alone.delay.values[0, 8]) and alone.weight.values[0, 8] == 0


def test_all_areas_stay_as_they_are():
    both = isolate(network(), AREAS[:2], rates())
    assert both.neurons.equals(network().neurons) and both.synapses.equals(network().synapses)
    assert not both.rate_replaced.values.any()


@pytest.mark.parametrize(
    ("areas", "values", "message"),
    [
        (["cuneuss"], rates(), "did you mean 'cuneus'"),
        ([], rates(), "at least one"),
        ([AREAS[0]], np.zeros(3), "272 finite numbers"),
        ([AREAS[0]], np.full(N_LABELS, np.nan), "272 finite numbers"),
        ([AREAS[0]], np.full(N_LABELS, -1.0), "272 finite numbers"),
    ],
)
def test_bad_input(areas, values, message):
    with pytest.raises(HumamError, match=message):
        isolate(network(), areas, values)


@pytest.mark.parametrize("taus", [{}, {"tau_syn_in": 4.0}])
def test_events_of_the_procedural_engine(taus):
    # 2000 spikes/s from each source: 6 and 7 events per step.
    alone = isolate(network(), [AREAS[0]], rates() * 1000)
    alone["rate_external"] = alone["rate_external"] * 0
    p = Parameters(V_0_mean=-70.0, V_0_sd=0.0, **taus)
    simulation = Simulation(SimulationJob(alone, p, 1.0, 3), window=1)
    simulation.tables.threshold[:] = 1e6
    reseeded(simulation, decay_ex=np.float32(0), decay_in=np.float32(0))
    events = np.empty((300, 1500))
    for row in events:
        simulation.advance(1)
        current = [simulation.neurons.I_ex[:1000], simulation.neurons.I_ex[1000:]]
        if taus:
            assert not current[1].any(), "inhibition goes to its own current"
            current[1] = simulation.neurons.I_in[1000:]
        row[:] = np.concatenate([current[i] / alone.weight_replaced.values[i] for i in range(2)])
    np.testing.assert_allclose(events, np.rint(events), atol=1e-3)
    for part, mean in ((events[:, :1000], 6.0), (events[:, 1000:], 7.0)):
        law = stats.poisson(mean)
        counts = np.bincount(np.rint(part).astype(int).ravel(), minlength=31)
        assert (
            failed([chi_squared("replaced input", "events", counts[:31], law.pmf(np.arange(31)), min_share=2e-3)]) == []
        )
        assert abs(np.corrcoef(part[:-1].ravel(), part[1:].ravel())[0, 1]) < 0.01


def test_engines_agree_on_an_isolated_area():
    comparison = ensembles.compare(cases.isolated_column(0.02, 0.1, 600.0, 200.0, 4), range(1, 8))
    assert failed(ensembles.checks(comparison)) == []
    alone = np.mean([r.samples["rate"][label].mean() for r in comparison.by_engine["procedural"] for label in range(8)])
    assert alone == pytest.approx(pd_rates()[:8].mean(), rel=0.2), "the input of the other area is missing"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Folder with the network of the base version, its theory and a table of rates."""
    folder = tmp_path_factory.mktemp("areas")
    whole = networks.build(tables.read(shipped("datasets", "tables")), Parameters())
    networks.write(whole, folder / "network.nc")
    theory_file.write(theory.predict(whole), folder / "theory.nc")
    rows = [f"{label},{10 + i % 5 if label.endswith('E') else 0}" for i, label in enumerate(population_labels())]
    (folder / "rates.csv").write_text("population,rate\n" + "\n".join(rows[:200]) + "\n")
    return folder


def simulate(folder, *options, out="spikes", t_sim="20"):
    main(["simulate", "--network", f"{folder}/network.nc", "--out", f"{folder}/{out}", "--t-sim", t_sim, *options])
    return spikes.read(folder / out)


@pytest.mark.parametrize("engine", ["nest", "procedural"])
def test_areas_on_the_command_line(files, engine):
    options = ["--engine", engine, "--scale", "0.002", "--in-degree-scale", "0.01", "--threads", "1"]
    given = ["--theory", str(files / "theory.nc")]
    found = simulate(files, *options, *given, "--areas", "insula, cuneus", out=engine)
    assert found.manifest.areas == ["cuneus", "insula"] and found.manifest.rates_source.startswith("mean-field theory")
    simulated = found.neurons.reshape(-1, 8).sum(axis=1)
    assert [AREAS[i] for i in np.flatnonzero(simulated)] == ["cuneus", "insula"] and found.manifest.n_spikes > 0
    main(
        ["analyse", "--network", f"{files}/network.nc", "--spikes", f"{files}/{engine}", "--out", f"{files}/s_{engine}"]
    )
    run = statistics.read(files / f"s_{engine}")
    assert run.down_scaled and run.areas == ["cuneus", "insula"] and "areas were left out" in run.unavailable("current")
    assert np.isnan(run.data["fc"].values).all() and run.data["spike_count"].values.sum() == found.manifest.n_spikes
    with pytest.raises(HumamError, match="are of 2 areas: archived runs are of all"):
        archive.write(networks.read(files / "network.nc"), found, run, files / "archived")


def test_replaced_rates_are_those_of_the_table(files):
    def rate_of(table):
        options = ("--engine", "procedural", "--scale", "0.01", "--in-degree-scale", "1", "--areas", "cuneus")
        found = simulate(files, *options, "--rates", str(table), out=table.stem, t_sim="100")
        return found.manifest

    silent = files / "silent.csv"
    silent.write_text("population,rate\ninsula|V|E,0\n")
    loud = rate_of(files / "rates.csv")
    assert loud.rates_source == "table rates.csv" and loud.n_spikes > 2 * rate_of(silent).n_spikes
    values = given_rates.of_table(files / "rates.csv").values
    assert list(values[:6]) == [10, 0, 12, 0, 14, 0] and not values[200:].any()


def test_a_complete_run_of_other_areas_is_not_taken_for_this_one(files, capsys):
    options = ("--engine", "procedural", "--scale", "0.01", "--in-degree-scale", "1", "--rates", f"{files}/rates.csv")
    simulate(files, *options, "--areas", "cuneus", out="first")
    simulate(files, *options, "--areas", "cuneus", "--continue", out="first")
    assert "is complete" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        simulate(files, *options, "--areas", "insula", "--continue", out="first")
    assert "holds another run" in capsys.readouterr().err
    with pytest.raises(HumamError, match="only 1 of its areas were simulated, the others would be 0"):
        given_rates.of_run(files / "first")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("population,rates\n", "columns must be population, rate"),
        ("population,rate\ncuneus|V|X,1\n", "population 'cuneus|V|X': unknown (did you mean"),
        ("population,rate\ncuneus|V|E,fast\n", "rate 'fast' of 'cuneus|V|E' is no number"),
        ("population,rate\ncuneus|V|E,-1\n", "must be finite and >= 0 spikes/s"),
        ("population,rate\ncuneus|V|E,1\ncuneus|V|E,1\n", "a population is listed twice"),
        ("", "cannot be read"),
    ],
)
def test_bad_tables_of_rates(tmp_path, content, message):
    path = tmp_path / "rates.csv"
    path.write_text(content)
    with pytest.raises(HumamError, match=re.escape(message)):
        given_rates.of_table(path)


@pytest.mark.parametrize(("areas", "message"), [("cuneuss", "did you mean 'cuneus'"), (",", "at least one must stay")])
def test_bad_areas_on_the_command_line(files, areas, message, capsys):
    with pytest.raises(SystemExit):
        simulate(files, "--areas", areas, out="refused")
    assert message in capsys.readouterr().err and not (files / "refused").exists()
