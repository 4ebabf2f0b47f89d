"""Archived runs: what they keep, what they refuse, whether a run made again is the same; campaigns."""

import hashlib
import inspect
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from humam import (
    archive,
    engines,
    reproduction,
    reproduction_tolerance,
    run_commands,
    schema,
    spike_digest,
    spikes,
    spikes_manifest,
)  # fmt: skip
from humam import network as network_file
from humam.analysis import run as analysis
from humam.analysis import statistics
from humam.analysis.similarity import ks_similarity
from humam.anatomy import tables
from humam.campaigns import campaign, forecast, outlook, samplesheet
from humam.cli import main
from humam.commands import reproduce, simulate
from humam.engines.base import DELAY_QUANTILE
from humam.engines.procedural.engine import WINDOW
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS
from humam.parameters import load_experiment, parse_setting, validate
from humam.resources import shipped

T_SIM = 4800.0
MACHINE = {"processor": "A", "architecture": "x86_64", "cores": 2, "memory_bytes": 1, "system": "Linux"}


@pytest.fixture(scope="module")
def network():
    return network_file.build(tables.read(shipped("datasets", "tables")), validate({}))


def write_spikes(folder, network, t_sim=T_SIM, change=0, most=40, machine=MACHINE, parameters=None, **fields):
    """Regular spikes of 40 neurons per population; with ``change``, the last ones of some neurons are others.

    Only the first ``most`` neurons fire.
    """
    neurons = np.minimum(network["neurons"].to_numpy(), 40)
    random = np.random.default_rng(1)
    unit = [(p, n) for p in range(N_LABELS) for n in range(min(neurons[p], most))]
    table = []
    for p, n in unit:
        step = np.cumsum(random.integers(200, 3000, 60))
        step = step[step <= round(t_sim * 10)]
        if n < change:
            step = step[step < 30_000]
        table.append(np.stack([np.full(len(step), p), np.full(len(step), n), step]))
    population, neuron, step = np.concatenate(table, axis=1)
    content = {
        "dt_ms": 0.1, "t_sim_ms": t_sim, "engine": "procedural", "seed": 2903, "scale": 1.0, "in_degree_scale": 1.0,
        "scheme": "variance", "rates_source": "", "software": {"numpy": "2"}, "machine": machine,
        "network_parameters": parameters or network_file.parameters(network).model_dump(mode="json"),
        "origin": network_file.origin(network), "wall_times_s": {"simulate": 9.6}, "peak_memory_bytes": 5,
    }  # fmt: skip
    with spikes.create(folder, network["target"].to_numpy().tolist(), neurons.tolist()) as writer:
        writer.append(population, neuron, step)
        writer.finish(**{**content, **fields})
    return spikes.read(folder)


@pytest.fixture(scope="module")
def original(tmp_path_factory, network):
    """Spikes and statistics of a run, and a folder of archived runs with it as ``base``."""
    folder = tmp_path_factory.mktemp("archive")
    found = write_spikes(folder / "spikes", network)
    analysis.analyse(network, found, folder / "statistics")
    run = statistics.read(folder / "statistics")
    archive.write(network, found, run, folder / "runs" / "base")
    return found, run, folder / "runs"


def test_an_archived_run_is_read_as_statistics(original):
    _, run, root = original
    kept = archive.read("base", root)
    assert kept.data.attrs["archived"] == 1
    for name in ("rate", "cv", "lvr", "correlation", "fc", "spike_count", "area_rate", "log_rate_density"):
        np.testing.assert_array_equal(kept.data[name], run.data[name])
        assert kept.unavailable(name) == run.unavailable(name)
    assert kept.windows.equals(run.windows)
    assert kept.rasters.equals(run.rasters)
    assert len(kept.windows) > 100
    human = np.linspace(0.5, 3, 50)
    assert ks_similarity(kept.windows["rate"].to_numpy(), human) == ks_similarity(run.windows["rate"].to_numpy(), human)
    current = run.data["current"].to_numpy()
    assert kept.data["current"].to_numpy() == pytest.approx(current, rel=5e-4)
    assert "not kept in the archive" in kept.unavailable("bold")
    with pytest.raises(HumamError, match="keeps histograms, but no table of neurons"):
        _ = kept.neurons


def test_histograms_hold_every_neuron_and_the_window_of_the_perturbation_every_spike(original):
    found, run, _ = original
    table = run.neurons
    for histogram, column in (("rate_histogram", "rate"), ("cv_histogram", "cv"), ("lvr_histogram", "lvr")):
        expected = table[table[column] > 0].groupby("population").size().reindex(range(N_LABELS), fill_value=0)
        np.testing.assert_array_equal(run.data[histogram].sum(axis=1), expected)
    batch = found.load()
    inside = (batch.step >= 20_000) & (batch.step <= 21_000)
    counts = run.data["perturbation_count"]
    assert int(counts.sum()) == inside.sum() > 0
    first = np.flatnonzero(inside)[0]
    assert counts[batch.population[first]].sel(perturbation_time=batch.step[first] * 0.1, method="nearest") > 0


def test_of_most_experiments_less_is_kept(original, network, tmp_path):
    parameters = validate({"name": "scaling@1"}).model_dump(mode="json")
    found = write_spikes(tmp_path / "spikes", network, parameters=parameters)
    analysis.analyse(network, found, tmp_path / "statistics")
    named = network.assign_attrs(parameters=json.dumps(parameters))
    archive.write(named, found, statistics.read(tmp_path / "statistics"), tmp_path / "scaling@1")
    kept = archive.read("scaling@1", tmp_path)
    assert kept.data["spike_count"].isnull().all()
    assert kept.unavailable("current") == "not kept in the archive of this run"
    assert not kept.data["area_rate"].isnull().all()
    areas = {AREAS[p // 8] for p in kept.rasters["population"]}
    assert areas == set(archive.RASTER_AREAS)


def test_the_record_says_how_the_run_is_made_again(original):
    found, _, root = original
    record = archive.record(root / "base")
    assert record["command"] == ["bin/humam", "reproduce", "base"]
    assert record["spikes_sha256"] == found.manifest.sha256
    assert record["machine"] == MACHINE
    assert record["n_spikes"] == record["digests"][-1]["n_spikes"] == found.manifest.n_spikes
    assert all((shipped() / path).exists() for path in record["inputs"])
    assert set(record["files"]) == {"statistics.nc", "windows.parquet", "rasters.parquet"}
    assert archive.names(root) == ["base"]


def test_the_commands_of_a_run_name_what_is_not_the_default(original):
    manifest = original[0].manifest

    def commands(**changes):
        found, inputs = run_commands.of(manifest.model_copy(update=changes), "a b")
        return found[0].removeprefix("bin/humam network --experiment ").removesuffix(" --out network.nc"), found, inputs

    own = {"name": "mine", "description": "It's mine = ours", "chi": 1.23456789, "weight_rel_sd": 1e-05}
    own = validate(own).model_dump(mode="json")
    words, found, inputs = commands(network_parameters=own, t_sim_ms=1234567.5)
    assert inputs == ["experiments/base.yml", "datasets/tables"]
    name, *options = shlex.split(words)
    assert options[::2] == ["--set"] * 5  # chi_I, which follows from chi, too
    made = load_experiment(shipped("experiments", f"{name}.yml"), dict(map(parse_setting, options[1::2])))
    assert made.model_dump(mode="json") == own
    assert "--t-sim 1234567.5 --scale 1 --in-degree-scale 1 --out spikes" in found[1]
    assert found[-1].endswith("--out 'datasets/runs/a b'")
    series = load_experiment(shipped("experiments", "scaling.yml"), choice="2.5").model_dump(mode="json")
    assert commands(network_parameters=series | {"g": -4.0})[0] == "scaling@2.5 --set g=-4.0"
    # What the name says and what was simulated must not differ: then it is no setting of that series.
    assert commands(network_parameters=series | {"chi": 1.0})[0].startswith("base --set name=")
    options = {"engine_options": {"window_steps": 1, "delay_quantile": 0.99, "threads": 7}, "scheme": "working_point"}
    assert commands(**options)[1][1].endswith("--scheme working_point --delay-quantile 0.99 --window 1 --out spikes")
    options = {"engine": "nest", "engine_options": {"threads": 2, "ranks": 3, "delay_quantile": 0.9999}}
    assert commands(**options)[1][1].endswith("--in-degree-scale 1 --ranks 3 --threads 2 --out spikes")
    for source in ("table rates.csv", "run of base at s = 1, k = 1, seed 1, not needed"):
        with pytest.raises(HumamError, match="the run could not be made again; simulate it with rates of theory"):
            commands(rates_source=source)
    assert commands(rates_source="mean-field theory at chi = 1")[1] == commands()[1]


def test_commands_know_the_defaults_of_simulations():
    usual = run_commands.DEFAULTS
    assert usual["procedural"]["window_steps"] == WINDOW and usual["nest"]["delay_quantile"] == DELAY_QUANTILE
    given = inspect.signature(simulate.main).parameters
    assert (given["scheme"].default, given["n_ranks"].default) == (run_commands.SCHEME, usual["nest"]["ranks"])
    assert engines.get("nest").default_threads == usual["nest"]["threads"]


def test_the_commands_of_shipped_runs_stay_what_they_are():
    for name, record in archive.summaries().items():
        manifest = spikes_manifest.Manifest.model_validate(statistics.read(archive.folder_of(name)).manifest)
        assert run_commands.of(manifest, name) == (record["commands"], record["inputs"])


def test_what_was_altered_is_refused(original, tmp_path):
    _, _, root = original
    copy = tmp_path / "base"
    copy.mkdir()
    for path in (root / "base").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "windows.parquet").write_bytes(b"x")
    with pytest.raises(HumamError, match=r"the content of 'windows.parquet' is not that of its record"):
        archive.read("base", tmp_path)
    with pytest.raises(HumamError, match=r"'bas': unknown \(did you mean 'base'\?\)"):
        archive.read("bas", tmp_path)
    (copy / "run.json").write_text("{")
    with pytest.raises(HumamError, match="cannot be read"):
        archive.record(copy)


def test_what_does_not_belong_together_is_refused(original, network, tmp_path):
    found, run, _ = original
    with pytest.raises(HumamError, match="are of another network"):
        archive.write(network_file.build(tables.read(shipped("datasets", "tables")), validate({"chi": 2})), found, run,
                      tmp_path / "x")  # fmt: skip
    other = write_spikes(tmp_path / "other", network, change=2)
    with pytest.raises(HumamError, match="are not those of the spikes"):
        archive.write(network, other, run, tmp_path / "x")
    interrupted = write_spikes(tmp_path / "half", network, t_sim_planned_ms=12_500.0)
    with pytest.raises(HumamError, match="interrupted at 4800 of 12500 ms"):
        archive.write(network, interrupted, run, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_digests_are_those_of_the_packed_spikes(original):
    batch = original[0].load()
    for found in spike_digest.digests(original[0], [1.0, 100.0, 2500.0]):
        inside = batch.step <= round(found.t_ms * 10)
        packed = b"".join(
            int(p).to_bytes(2, "little") + int(n).to_bytes(4, "little") + int(s).to_bytes(4, "little")
            for p, n, s in zip(batch.population[inside], batch.neuron[inside], batch.step[inside], strict=True)
        )
        assert (found.n_spikes, found.sha256) == (inside.sum(), hashlib.sha256(packed).hexdigest())
    assert found.t_ms == T_SIM


def test_digests_do_not_depend_on_the_batches(original, monkeypatch):
    whole = spike_digest.digests(original[0])
    batch = original[0].load()

    def one_by_one(self):
        for cut in np.array_split(np.arange(len(batch)), 97):
            yield spikes.Batch(batch.population[cut], batch.neuron[cut], batch.step[cut])

    monkeypatch.setattr(spikes.Spikes, "batches", one_by_one)
    assert spike_digest.digests(original[0]) == whole


def checks(original, network, folder, **changes):
    root = original[2]
    again = write_spikes(folder, network, **changes)
    return reproduction.compare(archive.record(root / "base"), archive.read("base", root), network, again)


def test_the_same_run_is_identical_as_a_whole_and_in_part(original, network, tmp_path):
    whole = checks(original, network, tmp_path / "a")
    assert {check.verdict for check in whole} == {reproduction.IDENTICAL}
    assert "4800 ms" in whole[-1].quantity
    part = checks(original, network, tmp_path / "b", t_sim=1500.0)
    assert {check.verdict for check in part} == {reproduction.IDENTICAL}
    assert "1000 ms" in part[-1].quantity


def test_another_run_differs_here_and_may_be_within_tolerance_elsewhere(original, network, tmp_path):
    here = checks(original, network, tmp_path / "a", change=1)
    assert not reproduction.same(here)
    assert [c.verdict for c in here if "2500 ms" in c.quantity] == [reproduction.IDENTICAL]
    elsewhere = checks(original, network, tmp_path / "b", change=1, machine={**MACHINE, "processor": "B"})
    assert reproduction.same(elsewhere)
    assert elsewhere[-2].verdict == reproduction.WITHIN
    far = checks(original, network, tmp_path / "c", change=20, machine={**MACHINE, "processor": "B"})
    assert not reproduction.same(far)
    assert not reproduction.in_other_state(far)  # base has one state only


def test_another_network_is_no_rounding(network):
    record = {"network_sha256": archive.network_digest(network), "n_synapses": archive.n_synapses(network), "scale": 1}
    archived = SimpleNamespace(data=network)
    assert reproduction.network_check(record, archived, network).verdict == reproduction.IDENTICAL
    rounded = network.assign(weight=network["weight"] * (1 + 1e-15))
    assert reproduction.network_check(record, archived, rounded).verdict == reproduction.WITHIN
    anatomy = tables.read(shipped("datasets", "tables"))
    other = network_file.build(anatomy, load_experiment(shipped("experiments", "corrected_distance.yml")))
    assert reproduction.network_check(record, archived, other).verdict == reproduction.DIFFERS


def test_a_run_in_the_other_of_two_states_says_so(original, network, tmp_path, monkeypatch, capsys):
    root = original[2]
    record = archive.record(root / "base")
    best_fit = {**record, "experiment": "best_fit", "parameters": {**record["parameters"], "chi": 2.5}}
    few = write_spikes(tmp_path / "few", network, most=5, machine={**MACHINE, "processor": "B"})
    run = archive.read("base", root)
    elsewhere = reproduction.compare(best_fit, run, network, few)
    assert reproduction.in_other_state(elsewhere) and not reproduction.same(elsewhere)
    here = reproduction.compare(best_fit, run, network, write_spikes(tmp_path / "here", network, most=5))
    assert not reproduction.in_other_state(here)  # the same machine rounds in the same way
    monkeypatch.setattr(reproduction, "compare", lambda *_: elsewhere)
    monkeypatch.setattr(reproduce.simulate, "main", lambda **_: None)
    monkeypatch.setattr(reproduce.spikes_folder, "read", lambda _: few)
    with pytest.raises(SystemExit) as stop:
        main(["reproduce", "base", "--archive", str(root), "--out", str(tmp_path / "again")])
    assert stop.value.code == 1 and "has two states" in capsys.readouterr().err


def test_a_run_of_nest_is_made_again_with_its_ranks_and_threads(original, tmp_path, monkeypatch):
    shutil.copytree(original[2] / "base", tmp_path / "base")
    record = archive.record(tmp_path / "base")
    record |= {"engine": "nest", "engine_options": {"threads": 2, "ranks": 3, "delay_quantile": 0.9999}}
    (tmp_path / "base" / "run.json").write_text(json.dumps(record))
    asked = {}
    monkeypatch.setattr(reproduce.simulate, "main", lambda **options: asked.update(options))
    monkeypatch.setattr(reproduce.spikes_folder, "read", lambda _: original[0])
    main(["reproduce", "base", "--archive", str(tmp_path), "--out", str(tmp_path / "again")])
    assert (asked["engine"], asked["n_ranks"], asked["threads"], asked["go_on"]) == ("nest", 3, 2, False)


@pytest.mark.parametrize(
    ("experiment", "chi", "expected"),
    [("best_fit", 2.5, True), ("scaling@2.4", 2.4, False), ("smaller_g@1.75", 1.75, True), ("perturbed@1", 1.0, False),
     ("lower_e_to_i@1.9", 1.9, False), ("distributed_parameters@4", 4.0, False)],
)  # fmt: skip
def test_two_states_exist_from_the_published_jump_on(experiment, chi, expected):
    assert reproduction.has_two_states({"experiment": experiment, "parameters": {"chi": chi}}) == expected


def test_tolerances_come_from_archived_runs_and_are_not_idle():
    rows = list(reproduction_tolerance.measured())
    assert {name for name, *_ in rows} == set(reproduction_tolerance.PAIRS)
    for name, duration, apart, allowed in rows:
        assert apart.rate <= allowed.rate and apart.correlation >= allowed.correlation, (name, duration)
        if "seeds" in name:
            assert apart.rate <= reproduction_tolerance.RATES[0]
            assert apart.correlation >= reproduction_tolerance.CORRELATIONS[1]
    counts = {name: archive.read(name).data["area_spike_count"].to_numpy() for name in ("base", "scaling@0")}
    other = reproduction_tolerance.difference(*(values[:, :6500].astype(float) for values in counts.values()))
    assert other.rate > reproduction_tolerance.of_run(counts["base"], 6500.0).rate  # other areas disconnected


def test_the_measured_tolerances_of_the_documentation_are_up_to_date():
    page = shipped("docs", "validation.md").read_text(encoding="utf-8")
    assert page == reproduction_tolerance.page(page) and "base, two seeds" in page


def test_durations_that_cannot_be_compared_are_refused(original):
    record = archive.record(original[2] / "base")
    for t_sim in (5.0, 4900.0):
        with pytest.raises(HumamError, match="can be compared from 10 to 4800 ms"):
            reproduction.marks(record, t_sim)


def rows(path, *lines):
    path.write_text("run,experiment,engine,scale,in_degree_scale,t_sim,seed\n" + "\n".join(lines) + "\n")
    return path


def sheet(path):
    runs, errors = samplesheet.read(
        path, schema.load(shipped("assets", "schema_input.json"))["items"], shipped("experiments")
    )
    assert errors == []
    return runs


def test_the_shipped_campaign_names_existing_experiments(tmp_path):
    runs = sheet(shipped("assets", "campaign.csv"))
    assert [run.id for run in runs[:2]] == ["base", "best_fit"]
    plan = campaign.plan(runs, tmp_path, tmp_path, cores=2)
    slow = {item.run.id for item in plan if item.forecast.wall_s / item.run.t_sim > 0.2}
    assert {"best_fit", "scaling@2.6", "smaller_g@1.75", "lower_e_to_i@2", "perturbed@2.5"} <= slow
    assert not slow & {"base", "scaling@2.4", "distributed_parameters@4", "tau_syn_in@1", "unperturbed@1"}
    for run in runs:
        assert load_experiment(run.file, choice=run.choice).name == run.experiment


def test_the_shipped_campaign_goes_on_from_the_shipped_archive(tmp_path):
    folder = shipped("datasets") / "runs"
    plan = campaign.plan(sheet(shipped("assets", "campaign.csv")), tmp_path, folder, cores=2)
    assert {item.run.id for item in plan if item.made} == set(archive.names(folder))


def test_an_estimate_rests_on_archived_runs_and_checkpoints(original, tmp_path):
    root = original[2]
    # The made-up run fires as much as others do in the active state.
    runs = sheet(rows(tmp_path / "a.csv", "base,base,procedural,1,1,4800,2903", "s,scaling@2.8,procedural,1,1,10000,1"))
    done, waiting = campaign.plan(runs, tmp_path, root, cores=1)
    assert (done.made, waiting.made) == ("archived", "")
    assert waiting.forecast.source == "base"
    assert waiting.forecast.wall_s == pytest.approx(20.0)  # 9.6 s for 4.8 s
    assert campaign.plan(runs, tmp_path, root, cores=4)[1].forecast.wall_s == pytest.approx(5.0)
    partial = tmp_path / "s" / "spikes.partial"
    partial.mkdir(parents=True)
    (partial / "run.json").write_text(json.dumps({"step": 50_000, "dt_ms": 0.1}))
    assert campaign.plan(runs, tmp_path, root, cores=1)[1].forecast.wall_s == pytest.approx(10.0)
    (partial / "run.json").write_text(json.dumps({"step": 50_000, "dt_ms": 0.1, "run": {"seed": 2}}))
    with pytest.raises(HumamError, match=r"spikes.partial' holds a run of another seed that was interrupted: remove"):
        campaign.plan(runs, tmp_path, root, cores=1)


@pytest.mark.parametrize("change", [{"engine": "nest"}, {"scale": 0.5}, {"in_degree_scale": 0.1}])
def test_other_engines_and_densities_foretell_nothing(original, tmp_path, change):
    shutil.copytree(original[2] / "base", tmp_path / "base")
    record = archive.record(tmp_path / "base")
    assert [run.name for run in forecast.known_runs(tmp_path)] == ["base"]
    (tmp_path / "base" / "run.json").write_text(json.dumps(record | change))
    assert forecast.known_runs(tmp_path) == []


def test_a_run_in_the_other_state_foretells_none_in_the_published_one(tmp_path):
    runs = sheet(rows(tmp_path / "a.csv", "c,best_fit,procedural,1,1,2500,7"))
    low = archive.record(shipped("datasets") / "runs" / "best_fit_seed2903")
    (waiting,) = campaign.plan(runs, tmp_path, shipped("datasets") / "runs", cores=2)
    source = archive.record(shipped("datasets") / "runs" / waiting.forecast.source)
    assert low["experiment"] == source["experiment"] == "best_fit"
    assert waiting.forecast.source != low["name"]
    assert waiting.forecast.wall_s / 2.5 > 3 * low["wall_times_s"]["simulate"] / (low["t_sim_ms"] / 1000)


def test_an_archived_run_of_another_kind_is_in_the_way(original, tmp_path):
    root = original[2]
    runs = sheet(rows(tmp_path / "a.csv", "base,base,procedural,1,1,12500,2903"))
    with pytest.raises(HumamError, match=r"has t_sim_ms = 4800.0, the list asks for 12500.0"):
        campaign.plan(runs, tmp_path, root, cores=1)
    runs = sheet(rows(tmp_path / "b.csv", "base,best_fit,procedural,1,1,4800,2903"))
    with pytest.raises(HumamError, match=r"has chi = 1.0, the list asks for 2.5"):
        campaign.plan(runs, tmp_path, root, cores=1)


def test_a_campaign_too_large_for_the_disk_is_refused(tmp_path):
    runs = sheet(rows(tmp_path / "a.csv", "a,best_fit,procedural,1,1,10000000,2903"))
    for keep_spikes in (False, True):
        needed = campaign.room(campaign.plan(runs, tmp_path, tmp_path, 2), keep_spikes)
        with pytest.raises(HumamError, match=r"needs about \d+\.\d GB, .* are free"):
            forecast.check_room({tmp_path: needed})


def small_steps(folder, network, t_sim=700.0):
    """Stand in for the steps of a campaign: each notes that it was made and leaves a small result."""
    made = []

    def step(arguments):
        command, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2], strict=False))
        made.append(command)
        place = options["--out"]
        if command == "network":
            parameters = load_experiment(options["--experiment"]).model_dump(mode="json")
            place.parent.mkdir(parents=True, exist_ok=True)
            network_file.write(network.assign_attrs(parameters=json.dumps(parameters)), place)
        elif command == "simulate":
            found = network_file.parameters(network_file.read(options["--network"])).model_dump(mode="json")
            shutil.rmtree(place, ignore_errors=True)
            asked = {"engine": options["--engine"], "seed": options["--seed"], "t_sim": options["--t-sim"]}
            split = {name: options.get(f"--{name}", 1) for name in ("threads", "ranks")}
            write_spikes(place, network, most=1, parameters=found, engine_options=split, **asked)
        elif command == "analyse":
            analysis.analyse(network_file.read(options["--network"]), spikes.read(options["--spikes"]), place)
        else:
            raise HumamError("stop before the archive")

    return made, step


def test_what_a_campaign_finds_of_another_run_is_made_again(network, tmp_path, monkeypatch):
    own = tmp_path / "own.yml"

    def perform(t_sim=700, seed=1, split="1,2", chi=1):
        own.write_text(f"description: Own\nchi: {chi}\n")
        path = tmp_path / "a.csv"
        path.write_text(
            f"run,experiment,engine,scale,t_sim,seed,ranks,threads\na,{own},nest,1,{t_sim},{seed},{split}\n"
        )
        made, step = small_steps(tmp_path, network)
        monkeypatch.setattr(campaign, "_step", step)
        (run,) = sheet(path)
        with pytest.raises(HumamError, match="stop before the archive"):
            campaign.perform(run, tmp_path / "work", tmp_path / "runs", keep_spikes=False, threads=None)
        return made[:-1]

    assert perform() == ["network", "simulate", "analyse"]
    assert perform() == []
    assert perform(seed=2) == perform(seed=2, t_sim=800) == ["simulate", "analyse"]
    assert perform(seed=2, t_sim=800, split="3,1") == ["simulate", "analyse"]
    assert perform(seed=2, t_sim=800, split="3,1", chi=2) == ["network", "simulate", "analyse"]
    shutil.rmtree(tmp_path / "work" / "a" / "statistics")
    assert perform(seed=2, t_sim=800, split="3,1", chi=2) == ["analyse"]


def test_the_step_of_a_campaign_ends_with_it(tmp_path):
    program = tmp_path / "python"
    noted = tmp_path / "noted"
    program.write_text(f"#!/bin/sh\necho $$ > {noted} && mv {noted} {tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    code = "import sys; from humam.campaigns import campaign; sys.executable = sys.argv[1]; campaign._step(['network'])"
    environment = os.environ | {"PYTHONPATH": str(shipped("src"))}
    with subprocess.Popen([sys.executable, "-c", code, program], env=environment) as parent:
        while not (tmp_path / "pid").exists():
            assert parent.poll() is None
            time.sleep(0.1)
        parent.kill()
    step = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
    end = time.monotonic() + 10
    while step.exists() and step.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_campaign_foretells_runs_of_nest_by_the_cost_of_nest(tmp_path):
    path = tmp_path / "a.csv"
    row = "{name},base,nest,0.01,20000,1,{ranks},2\n"
    path.write_text("run,experiment,engine,scale,t_sim,seed,ranks,threads\n"
                    + row.format(name="a", ranks=1) + row.format(name="b", ranks=2))  # fmt: skip
    runs = sheet(path)
    one, two = campaign.plan(runs, tmp_path, tmp_path, cores=8)
    assert one.forecast.source == two.forecast.source == forecast.RULE
    assert one.forecast.wall_s == pytest.approx(2 * two.forecast.wall_s)
    assert one.forecast.passing_bytes == one.forecast.spikes_bytes  # without checkpoints
    total = outlook.table([one, two], 8, 0, 1)[-1]
    assert f"about {(one.forecast.wall_s + two.forecast.wall_s) / 60:.0f} min on 8 cores" in total


def test_a_campaign_goes_on_after_a_signal_and_its_run_can_be_reproduced(tmp_path, capsys):
    given = rows(tmp_path / "a.csv", "wrong,base,nest,1,1,100,3", "small,base,procedural,0.002,0.05,620,3")
    command = [sys.executable, "-m", "humam", "campaign", "--input", given, "--out", tmp_path / "work"]
    command += ["--archive", tmp_path / "runs"]
    environment = os.environ | {"PYTHONPATH": str(shipped("src")), "HUMAM_ROOT": str(shipped())}
    with subprocess.Popen(list(map(str, command)), env=environment, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(600):
            if (tmp_path / "work" / "small" / "spikes.partial").exists():
                break
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, text = process.communicate(timeout=600)
    interrupted = "interrupted at" in text
    assert process.returncode == (128 + signal.SIGTERM if interrupted else 2), text

    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    # The first run cannot be: the model at full size does not fit into NEST here. The other is made.
    assert done.returncode == 2
    assert "error: run 'wrong': step 'simulate' ended with exit code 2" in done.stderr
    assert done.stderr.strip().splitlines()[-1] == "humam: error: 1 of 2 runs failed: wrong"
    assert archive.names(tmp_path / "runs") == ["small"]
    assert not (tmp_path / "work" / "small").exists()
    record = archive.record(tmp_path / "runs" / "small")
    assert ("continued_at_ms" in record["engine_options"]) == interrupted

    # Another duration is another run, and a complete one is made anew: it may be of other code.
    manifest = tmp_path / "again" / "spikes" / "manifest.json"
    for t_sim in ("100", "200", "200"):
        before = manifest.stat().st_ino if manifest.exists() else None
        main(["reproduce", "small", "--archive", str(tmp_path / "runs"), "--t-sim", t_sim,
              "--out", str(tmp_path / "again")])  # fmt: skip
        assert "'small' is reproduced: identical" in capsys.readouterr().out
        assert manifest.stat().st_ino != before


def test_the_shipped_archive_is_small_intact_and_of_this_code(tmp_path, capsys):
    names = archive.names()
    size = sum(path.stat().st_size for path in (shipped("datasets") / "runs").rglob("*") if path.is_file())
    assert size < 150e6
    for name in names:
        record = archive.record(archive.folder_of(name))
        run = archive.read(name)
        assert (record["name"], record["scale"], record["in_degree_scale"]) == (name, 1, 1)
        assert run.manifest["sha256"] == record["spikes_sha256"]
        assert not record["commit"].endswith("-dirty")
    if "base" in names:  # the first steps of the whole model, as archived
        main(["reproduce", "base", "--t-sim", "20", "--out", str(tmp_path / "again")])
        assert "'base' is reproduced" in capsys.readouterr().out
