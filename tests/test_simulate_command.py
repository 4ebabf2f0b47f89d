"""``humam simulate``: the model scaled down in NEST, agreement with theory, one line for bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import humam
from humam import cli, extra_spike, spikes, theory, theory_file
from humam import network as networks
from humam.anatomy import tables
from humam.commands import simulate
from humam.engines import base, nest
from humam.errors import HumamError
from humam.parameters import Parameters
from humam.provenance import machine
from humam.resources import shipped
from humam.simulation import ranks


def build(path, **parameters):
    """Write the network and the theory of an experiment."""
    network = networks.build(tables.read(shipped("datasets", "tables")), Parameters(**parameters))
    networks.write(network, path / "network.nc")
    theory_file.write(theory.predict(network), path / "theory.nc")
    return path


@pytest.fixture(scope="module")
def base_state(tmp_path_factory):
    """Folder with the network and the theory of the base state."""
    return build(tmp_path_factory.mktemp("base state"))


@pytest.fixture(scope="module")
def best_fit(tmp_path_factory):
    """Folder with the network and the theory of the best-fit state."""
    return build(tmp_path_factory.mktemp("best"), name="best_fit", chi=2.5)


def run(folder, *options, out="spikes"):
    cli.main(["simulate", "--network", f"{folder}/network.nc", "--out", f"{folder}/{out}", *options])
    return spikes.read(folder / out)


def failure(capsys, folder, *options, out="refused"):
    """Return the one line of a refused call."""
    with pytest.raises(SystemExit) as stop:
        cli.main(["simulate", "--network", f"{folder}/network.nc", "--out", f"{folder}/{out}", *options])
    assert stop.value.code == 2
    assert not (folder / out).exists()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("humam: error: ")
    return lines[0]


def theory_option(folder):
    return "--theory", str(folder / "theory.nc")


TINY = ("--scale", "0.0005", "--in-degree-scale", "0.002", "--t-sim", "20")


def test_manifest_tells_how_the_spikes_came_about(base_state, capsys):
    data = run(base_state, *TINY, *theory_option(base_state), "--seed", "7")
    printed = capsys.readouterr()
    assert printed.out == ""
    m = data.manifest
    assert (m.engine, m.seed, m.scale, m.in_degree_scale, m.t_sim_ms) == ("nest", 7, 0.0005, 0.002, 20.0)
    assert m.scheme == "variance" and m.rates_source == "mean-field theory at chi = 1"
    assert m.network_parameters["chi"] == 1.0 and m.origin == networks.origin(networks.read(base_state / "network.nc"))
    assert {"humam", "python", "nest-simulator", "numpy", "pyarrow"} <= set(m.software)
    assert m.engine_options["delay_quantile"] == base.DELAY_QUANTILE
    assert m.peak_memory_bytes > 1e8 and m.wall_times_s["simulate"] > 0
    full = networks.read(base_state / "network.nc").neurons.to_numpy()
    assert (data.neurons[full > 0] >= 1).all() and (data.neurons[full == 0] == 0).all()
    assert data.neurons.sum() == pytest.approx(0.0005 * full.sum(), rel=0.02)


def test_experiment_gives_seed_and_duration(tmp_path):
    folder = build(tmp_path, seed=11, t_sim=3.0)
    m = run(folder, *TINY[:4]).manifest
    assert (m.seed, m.t_sim_ms) == (11, 3.0)


def test_same_call_same_bytes_with_threads_too(base_state):
    options = (*TINY[:4], "--t-sim", "5", *theory_option(base_state))
    digests = {threads: set() for threads in ("1", "2")}
    for threads, found in digests.items():
        for repeat in "ab":
            found.add(run(base_state, *options, "--threads", threads, out=f"t{threads}{repeat}").manifest.sha256)
    assert [len(found) for found in digests.values()] == [1, 1]


def test_rates_of_an_earlier_run(base_state, best_fit):
    first = run(best_fit, *TINY, *theory_option(best_fit))
    assert "an approximation: mean-field theory does not predict this state: at χ = 2.5" in first.manifest.rates_source
    second = run(best_fit, *TINY, "--rates", str(best_fit / "spikes"), out="second")
    assert second.manifest.rates_source.startswith("run of best_fit at s = 0.0005, k = 0.002, seed 2903, mean-field")
    assert second.manifest.sha256 != first.manifest.sha256


def test_extra_spike_has_its_weight_at_full_scale(tmp_path):
    folder = build(tmp_path, perturbation_time=5.0)
    network = networks.read(folder / "network.nc")
    extra = simulate._perturbation(network, networks.parameters(network))
    assert extra.weight_pa == pytest.approx(3.17e7, rel=2e-3)
    data = run(folder, *TINY, *theory_option(folder))
    mine = data.load([extra_spike.PERTURBED])
    assert 5 <= ((mine.neuron == 0) & (mine.step > 60)).sum() <= 9


def test_an_extra_spike_after_the_end_is_refused_and_the_beginning_of_a_longer_run_is_not(tmp_path, capsys):
    folder = build(tmp_path, perturbation_time=15.0, t_sim=15.0)
    assert failure(capsys, folder, *TINY[:4]).endswith(
        "perturbation_time = 15 ms: must be at least 1 ms before the end of the run at 15 ms"
    )
    with pytest.raises(HumamError, match=r"perturbation_time = 5.05 ms: must be a multiple of the time step 0.1 ms"):
        extra_spike.check_time(Parameters(perturbation_time=5.05), 100.0)
    extra_spike.check_time(Parameters(perturbation_time=15.0, t_sim=15.0), 16.0)
    extra_spike.check_time(Parameters(perturbation_time=2000.0, t_sim=2500.0), 100.0)
    extra_spike.check_time(Parameters(t_sim=1.0), 1.0)


def test_base_state_follows_theory(base_state):
    data = run(
        base_state, "--scale", "0.004", "--in-degree-scale", "0.04", "--t-sim", "1000", *theory_option(base_state)
    )
    expected = theory_file.read(base_state / "theory.nc").rate.to_numpy()
    rates = data.mean_rates(300.0)
    spiking = rates > 0
    assert spiking.sum() > 0.9 * (data.neurons > 0).sum()
    correlation = np.corrcoef(np.log(rates[spiking]), np.log(expected[spiking]))[0, 1]
    assert correlation > 0.8
    mean = (rates * data.neurons).sum() / data.neurons.sum()
    assert 0.1 < mean < 1.0, "the full network fires at 0.585 spikes/s"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--scale", "0"), "scale s = 0: must be > 0 and at most 1"),
        (("--scale", "-0.1"), "scale s = -0.1"),
        (("--scale", "1.5"), "scale s = 1.5"),
        (("--scale", "nan"), "scale s = nan"),
        (("--scale", "much"), '--scale: unable to convert "much" into float'),
        (("--scale", "0.01", "--in-degree-scale", "2"), "in-degree scale k = 2"),
        (("--scale", "0.01", "--scheme", "varianc"), "did you mean 'variance'?"),
        (("--engine", "nset"), "engine 'nset': unknown (did you mean 'nest'?)"),
        (("--scale", "0.001", "--t-sim", "0"), "t_sim = 0 ms: must be > 0"),
        (("--scale", "0.001", "--seed", "-1"), "seed = -1: must be 1 to 4294967295"),
        (("--scale", "0.001", "--seed", "4294967296"), "seed = 4294967296"),
        (("--scale", "0.001", "--threads", "0"), "threads = 0"),
        (("--scale", "1"), "the largest scale that fits is 0.056"),
        (("--scale", "1", "--threads", "4"), "319 virtual processes would do: --ranks 80 --threads 4"),
        (("--scale", "0.001", "--ranks", "0"), "processes = 0: must be at least 1"),
        (("--scale", "0.001", "--ranks", "2", "--engine", "procedural"), "ranks = 2: engine 'procedural' runs as 1"),
        (("--scale", "0.001", "--ranks", "2", "--launcher", "no-such"), "several ranks need 'no-such', which is not"),
        (("--scale", "0.001", "--rates", "nowhere"), "spikes manifest 'nowhere/manifest.json': no such file"),
        (("--scale", "0.001", "--no-such-option", "1"), "Unknown option: --no-such-option"),
    ],
)
def test_bad_input_is_refused_before_anything_is_built(base_state, capsys, monkeypatch, options, message):
    monkeypatch.setattr(nest, "import_nest", lambda: pytest.fail("NEST was started"))
    monkeypatch.setattr(machine, "available_memory", lambda: 10**12)
    if options[0] == "--scale" and "--rates" not in options:
        options = (*options, *theory_option(base_state))
    assert message in failure(capsys, base_state, *options)


def test_too_little_memory_names_the_largest_scale_that_fits(base_state, capsys, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: 2_000_000_000)
    options = ("--t-sim", "20", *theory_option(base_state))
    line = failure(capsys, base_state, "--scale", "0.02", *options)
    assert "of memory, 2.0 GB are available" in line
    named = float(line.rsplit(" ", 1)[1])
    assert 0.002 < named < 0.01
    monkeypatch.setattr(nest.NestEngine, "simulate", lambda *_: pytest.fail("fits"))
    assert "fits is" in failure(capsys, base_state, "--scale", str(1.1 * named + 0.0005), *options)
    with pytest.raises(pytest.fail.Exception, match="fits"):
        run(base_state, "--scale", str(named), *options)


def test_ranks_on_too_few_nodes_are_told_how_many_would_do(base_state, capsys, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: 500 * 10**9)
    monkeypatch.setattr(ranks.Launcher, "parse", classmethod(lambda cls, text: cls((text,))))
    monkeypatch.setattr(ranks, "simulate", lambda *_: pytest.fail("fits"))
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", "3")
    options = ("--scale", "1", "--threads", "4", *theory_option(base_state))
    line = failure(capsys, base_state, *options, "--ranks", "96")
    assert "32 ranks x 4 threads on each node need about" in line and "500.0 GB are available" in line
    named = line.partition(" such nodes would do: --ranks ")
    nodes, n_ranks = int(named[0].rsplit(" ", 1)[1]), named[2].partition(",")[0]
    assert 4 <= nodes <= 6, "the paper took 6"
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", str(nodes))
    with pytest.raises(pytest.fail.Exception, match="fits"):
        run(base_state, *options, "--ranks", n_ranks)


def test_unreadable_and_foreign_networks(base_state, tmp_path, capsys):
    (tmp_path / "network.nc").write_bytes(b"nonsense")
    assert "cannot be read" in failure(capsys, tmp_path, "--scale", "0.001")
    (tmp_path / "network.nc").unlink()
    assert "does not exist" in failure(capsys, tmp_path, "--scale", "0.001")
    network = networks.read(base_state / "network.nc")
    network.attrs["format_version"] = 99
    networks.write(network, tmp_path / "network.nc")
    assert "format version 99" in failure(capsys, tmp_path, "--scale", "0.001")


def test_theory_of_another_network_is_refused(best_fit, base_state, capsys):
    line = failure(capsys, best_fit, "--scale", "0.001", *theory_option(base_state))
    assert "belongs to another network" in line


def test_output_that_would_destroy_something(base_state, tmp_path, capsys):
    for name in ("folder", "file"):
        path = tmp_path / name
        if name == "folder":
            path.mkdir()
            (path / "thesis.txt").write_text("mine")
        else:
            path.write_text("mine")
        with pytest.raises(SystemExit):
            cli.main(["simulate", "--network", f"{base_state}/network.nc", "--out", str(path), "--scale", "0.001"])
        assert str(path) in capsys.readouterr().err
    assert (tmp_path / "folder/thesis.txt").read_text() == (tmp_path / "file").read_text() == "mine"


MEASURE = """
import json, sys
from humam import downscaling, theory_file, network as networks
from humam.engines import get
from humam.engines.base import SimulationJob
from humam.provenance import machine

class Sink:
    def append(self, population, neuron, step): pass

network, theory, s, k = sys.argv[1:]
full = networks.read(network)
rates = downscaling.theory_rates(full, theory_file.read(theory))
scaled = downscaling.scale(full, float(s), float(k), rates).network
job = SimulationJob(scaled, networks.parameters(full), 1.0, 1)
engine = get("nest")
estimate = engine.estimate_memory(job)
engine.simulate(job, Sink(), lambda done, note="": None)
print(json.dumps([estimate, machine.peak_memory()]))
"""


@pytest.mark.parametrize(("s", "k"), [(0.001, 0.001), (0.003, 0.003), (0.002, 0.1)])
def test_memory_estimate_holds(base_state, s, k):
    files = [str(base_state / name) for name in ("network.nc", "theory.nc")]
    command = [sys.executable, "-c", MEASURE, *files, str(s), str(k)]
    environment = os.environ | {"PYTHONPATH": str(Path(humam.__file__).parents[1])}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    estimate, peak = json.loads(done.stdout)
    assert peak <= 1.02 * estimate, "too little would be asked for"
    assert estimate <= 1.4 * peak, "runs that fit would be refused"
