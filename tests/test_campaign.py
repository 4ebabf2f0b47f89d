"""Campaigns: what they foretell, find, make again and leave."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from regular_spikes import archived, base_network, write_spikes

from humam import archive, schema, spikes
from humam import network as network_file
from humam.analysis import run as analysis
from humam.campaigns import campaign, forecast, outlook, samplesheet
from humam.cli import main
from humam.errors import HumamError
from humam.parameters import load_experiment
from humam.resources import shipped


@pytest.fixture(scope="module")
def network():
    return base_network()


@pytest.fixture(scope="module")
def original(tmp_path_factory, network):
    return archived(tmp_path_factory.mktemp("archive"), network)


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


def test_an_archived_run_of_the_same_experiment_foretells_it_in_whatever_state(tmp_path):
    runs = sheet(rows(tmp_path / "a.csv", "c,lower_e_to_i@1.9,procedural,1,1,6500,2903"))
    (waiting,) = campaign.plan(runs, tmp_path, shipped("datasets") / "runs", cores=2)
    record = archive.record(shipped("datasets") / "runs" / "lower_e_to_i@1.9")  # active, the published one is not
    assert waiting.forecast.source == "lower_e_to_i@1.9"
    assert waiting.forecast.wall_s == pytest.approx(record["wall_times_s"]["simulate"], rel=0.01)


def test_an_archived_run_of_another_kind_is_in_the_way(original, tmp_path):
    root = original[2]
    runs = sheet(rows(tmp_path / "a.csv", "base,base,procedural,1,1,12500,2903"))
    with pytest.raises(HumamError, match=r"has t_sim_ms = 4800.0, the list asks for 12500.0"):
        campaign.plan(runs, tmp_path, root, cores=1)
    runs = sheet(rows(tmp_path / "b.csv", "base,best_fit,procedural,1,1,4800,2903"))
    with pytest.raises(HumamError, match=r"has chi = 1.0, the list asks for 2.5"):
        campaign.plan(runs, tmp_path, root, cores=1)


def test_a_campaign_too_large_for_the_disk_is_refused(tmp_path, free_space):
    free_space(1e11)
    runs = sheet(rows(tmp_path / "a.csv", "a,best_fit,procedural,1,1,10000000,2903"))
    for keep_spikes in (False, True):
        needed = campaign.room(campaign.plan(runs, tmp_path, tmp_path, 2), keep_spikes)
        assert needed > 1e12
        with pytest.raises(HumamError, match=rf"needs about {needed / 1e9:.1f} GB, 100.0 GB are free$"):
            forecast.check_room({tmp_path: needed})
        assert forecast.check_room({tmp_path: 0.99e11}) == 1e11


def small_steps(network):
    """Stand in for the steps of a campaign: each notes that it was made and leaves a small result."""
    made = []

    def step(arguments):
        command, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2], strict=False))
        made.append(command)
        place = options["--out"]
        if command == "network":
            parameters = load_experiment(options["--experiment"]).model_dump(mode="json")
            place.parent.mkdir(parents=True, exist_ok=True)
            built = network.assign_attrs(parameters=json.dumps(parameters))
            network_file.write(built.assign_attrs({network_file.DIGEST: network_file.content_digest(built)}), place)
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
        made, step = small_steps(network)
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
    given = rows(tmp_path / "a.csv", "wrong,base,nest,1,1,100,3", "small,base,procedural,0.002,0.05,1000,3")
    command = [sys.executable, "-m", "humam", "campaign", "--input", given, "--out", tmp_path / "work"]
    command += ["--archive", tmp_path / "runs"]
    environment = os.environ | {"PYTHONPATH": str(shipped("src")), "HUMAM_ROOT": str(shipped())}
    with subprocess.Popen(list(map(str, command)), env=environment, stderr=subprocess.PIPE, text=True) as process:
        # From this folder on, the simulation listens to signals.
        while not (tmp_path / "work" / "small" / "spikes.partial").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, text = process.communicate(timeout=600)
    assert process.returncode == 128 + signal.SIGTERM, text
    assert re.search(r"humam: interrupted at \S+ of 1000 ms: .*; the same command with --continue goes on", text)

    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    # The first run cannot be: the model at full size does not fit into NEST here. The other is made.
    assert done.returncode == 2
    assert "error: run 'wrong': step 'simulate' ended with exit code 2" in done.stderr
    assert done.stderr.strip().splitlines()[-1] == "humam: error: 1 of 2 runs failed: wrong"
    assert archive.names(tmp_path / "runs") == ["small"]
    assert not (tmp_path / "work" / "small").exists()
    record = archive.record(tmp_path / "runs" / "small")
    assert len(record["engine_options"]["continued_at_ms"]) == 1

    # Another duration is another run, and a complete one is made anew: it may be of other code.
    manifest = tmp_path / "again" / "spikes" / "manifest.json"
    for t_sim in ("100", "200", "200"):
        before = manifest.stat().st_ino if manifest.exists() else None
        main(["reproduce", "small", "--archive", str(tmp_path / "runs"), "--t-sim", t_sim,
              "--out", str(tmp_path / "again")])  # fmt: skip
        assert "'small' is reproduced: identical" in capsys.readouterr().out
        assert manifest.stat().st_ino != before


@pytest.mark.parametrize("option", ["out", "archive"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_anything_runs(option, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(campaign, "plan", lambda *_: pytest.fail("too late"))
    monkeypatch.setattr(campaign, "perform", lambda *_: pytest.fail("too late"))
    (tmp_path / "file").write_text("mine")
    folders = {"out": tmp_path / "campaign", "archive": tmp_path / "runs"}
    for bad in (tmp_path / "file", tmp_path / "file" / "below"):
        words = [word for name, folder in (folders | {option: bad}).items() for word in (f"--{name}", str(folder))]
        with pytest.raises(SystemExit) as stop:
            main(["campaign", "--dry-run", *words])
        line = f"humam: error: {option} = {str(bad)!r} cannot be written to: Not a directory\n"
        assert (stop.value.code, capsys.readouterr().err) == (2, line)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
