"""Real runs of the smallest size: killed half-way, completed, resumed after changes of code, failing.

The tests follow each other on one results folder, in the order of this file.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from browser import chromium, visit_all
from crate_issues import issues
from harness import Outcome, Workflow

from humam import cli, codepack, spikes
from humam.files import locked, sha256
from humam.simulation import partial_record

pytestmark = pytest.mark.workflow

REPORTS = ("figure2", "theory")
OPTIONS = ("-profile", "test", "--data_origin", "tables", "--reports", ",".join(REPORTS))
ALL = Counter(
    CODE=1, DATASET=1, EXTRACT=1, NETWORK=1, THEORY=1, STRUCTURE=1, SIMULATE=1, ANALYSE=1, REPORT=len(REPORTS),
    VERDICTS=1, INDEX=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def killed(workflow: Workflow) -> Workflow:
    """Kill the first run, all its tasks included, as soon as there is a network."""
    run = subprocess.Popen(
        workflow.command("--outdir", "the results", *OPTIONS),
        cwd=workflow.folder, env=workflow.environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 300
    while not (workflow.folder / "the results" / "network" / "base.nc").exists():
        assert run.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return workflow


@pytest.fixture(scope="module")
def complete(killed: Workflow) -> Outcome:
    outcome = killed.run(*OPTIONS, "-resume")
    assert outcome.code == 0, outcome.out + outcome.err
    return outcome


def test_a_killed_run_is_completed(complete: Outcome) -> None:
    assert complete.tasks("COMPLETED") + complete.tasks("CACHED") == ALL
    assert complete.tasks("CACHED") >= Counter(CODE=1, DATASET=1, EXTRACT=1)
    assert complete.tasks("COMPLETED") >= Counter(SIMULATE=1, ANALYSE=1, REPORT=len(REPORTS), VERDICTS=1, INDEX=1)


def test_the_results_are_there(complete: Outcome) -> None:
    page = (complete.results / "index.html").read_text()
    for report in REPORTS:
        assert f'href="reports/{report}/index.html' in page
        assert (complete.results / "reports" / report / "values.csv").stat().st_size
    assert "reproduced" in (complete.results / "comparison.csv").read_text()
    versions = yaml.safe_load((complete.results / "pipeline_info" / "software_versions.yml").read_text())
    assert "nest-simulator" in versions["HUMAM:SIMULATE"]
    assert {"matplotlib", "xarray"} <= set(versions["HUMAM:REPORTS:REPORT"])
    assert "numpy" in versions["HUMAM:NETWORK"]


def test_the_provenance_of_all_results_is_recorded(complete: Outcome) -> None:
    graph = json.loads((complete.results / "ro-crate-metadata.json").read_text())["@graph"]
    files = {unquote(entity["@id"]): entity for entity in graph if "sha256" in entity and "File" in entity["@type"]}
    assert {"network/base.nc", "spikes/base/spikes.parquet", "provenance/samplesheet.csv"} <= set(files)
    for name, entity in files.items():
        assert entity["sha256"] == sha256(complete.results / name), name
    action = next(entity for entity in graph if entity["@type"] == "CreateAction")
    assert "-profile test" in action["description"]


def test_the_record_of_provenance_is_valid(complete: Outcome, tmp_path: Path) -> None:
    folder = tmp_path / "results"  # the validator fails on a path with a space
    shutil.copytree(complete.results, folder, ignore=shutil.ignore_patterns(".git"))
    assert issues(folder) == []


def test_every_page_is_whole_in_a_browser(complete: Outcome) -> None:
    with chromium() as new_context:
        visited, problems = visit_all(new_context(), complete.results / "index.html")
    assert problems == []
    assert {f"reports/{report}/code/{report}.html" for report in REPORTS} <= {
        path.relative_to(complete.results.resolve()).as_posix() for path in visited
    }


def test_nothing_runs_again_when_nothing_changed(workflow: Workflow, complete: Outcome) -> None:
    again = workflow.run(*OPTIONS, "-resume")
    assert again.code == 0, again.err
    assert again.tasks("CACHED") == ALL


def test_a_remark_in_theory_runs_theory_again_and_nothing_that_gets_its_equal_result(
    workflow: Workflow, complete: Outcome
) -> None:
    source = workflow.checkout / "src"
    with (source / "humam" / "theory.py").open("a") as stream:
        stream.write("# A remark.\n")
    notebooks = {name: workflow.checkout / "reports" / f"{name}.py" for name in REPORTS}
    users = {
        f"REPORT ({name})"
        for name, path in notebooks.items()
        if "humam.theory" in codepack.closure(codepack.notebook_modules(path, source), source)
    }
    again = workflow.run(*OPTIONS, "-resume")
    assert again.code == 0, again.err
    done = again.names("COMPLETED")
    assert done - {"VERDICTS", "INDEX"} == {"CODE", "THEORY (base)"} | users
    assert again.tasks("CACHED") >= Counter(NETWORK=1, STRUCTURE=1, SIMULATE=1, ANALYSE=1)


def test_a_change_of_a_figure_runs_its_report_again_and_what_collects_them(
    workflow: Workflow, complete: Outcome
) -> None:
    with (workflow.checkout / "reports" / "figure2.py").open("a") as stream:
        stream.write("\n# %% [markdown]\n# The end.\n")
    again = workflow.run(*OPTIONS, "-resume")
    assert again.code == 0, again.err
    assert again.names("COMPLETED") == {"CODE", "REPORT (figure2)", "VERDICTS", "INDEX"}


LONG = "run,experiment,engine,scale,in_degree_scale,t_sim,seed,threads\nlong,base,procedural,0.003,0.03,6000,7,1\n"


@pytest.fixture
def long_run(workflow: Workflow) -> tuple[str, ...]:
    """Return the options of a run with one simulation that lasts some seconds and keeps a checkpoint every second."""
    (workflow.folder / "long.csv").write_text(LONG)
    config = workflow.folder / "checkpoints.config"
    config.write_text("process { withName: SIMULATE { ext.args = '--checkpoint-every 1' } }\n")
    return (*OPTIONS, "--input", "long.csv", "-c", config.name, "-resume")


def reached_ms(workflow: Workflow) -> float:
    """Return the biological time of the last checkpoint of the long run; 0 where there is none."""
    kept = list((workflow.folder / "work" / "checkpoints").glob("long-*"))
    return partial_record.progress_in(kept[0])[0] if kept else 0.0


def interrupt(workflow: Workflow, options: tuple[str, ...], number: int, beyond_ms: float) -> float:
    """End the workflow once its simulation is beyond a time; return what its last checkpoint has reached."""
    run = subprocess.Popen(
        workflow.command("--outdir", "the results", *options),
        cwd=workflow.folder, env=workflow.environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 300
    while reached_ms(workflow) <= beyond_ms:
        assert run.poll() is None, "the run ended before its simulation"
        assert time.monotonic() < end
        time.sleep(0.05)
    if number == signal.SIGKILL:  # all at once, as when the machine goes off
        os.killpg(run.pid, number)
    else:
        run.send_signal(number)
    run.wait(60)
    (kept,) = (workflow.folder / "work" / "checkpoints").glob("long-*")
    with locked(kept, wait_s=60) as held:  # until the simulation has ended, too
        assert held
    return reached_ms(workflow)


def test_a_simulation_goes_on_where_it_was_ended(
    workflow: Workflow, complete: Outcome, long_run: tuple[str, ...], tmp_path: Path
) -> None:
    asked = interrupt(workflow, long_run, signal.SIGTERM, 0)
    (kept,) = (workflow.folder / "work" / "checkpoints").iterdir()
    assert spikes.read(kept).manifest.t_sim_ms == asked < 6000  # asked to end, it leaves what can be read
    killed = interrupt(workflow, long_run, signal.SIGKILL, asked)
    done = workflow.run(*long_run)
    assert done.code == 0, done.err
    assert f"{killed:g} of 6000 ms are made" in done.err
    manifest = spikes.read(done.results / "spikes" / "long").manifest
    assert manifest.engine_options["continued_at_ms"] == [asked, killed]
    assert list((workflow.folder / "work" / "checkpoints").iterdir()) == []
    inputs = [f"--{kind}={done.results / kind / 'base.nc'}" for kind in ("network", "theory")]
    sizes = ["--scale=0.003", "--in-degree-scale=0.03", "--t-sim=6000", "--seed=7", "--threads=1"]
    cli.main(["simulate", "--engine=procedural", *inputs, *sizes, f"--out={tmp_path / 'undivided'}"])
    assert manifest.sha256 == spikes.read(tmp_path / "undivided").manifest.sha256


def test_another_folder_of_checkpoints_repeats_no_simulation(
    workflow: Workflow, complete: Outcome, long_run: tuple[str, ...]
) -> None:
    again = workflow.run(*long_run, "--checkpoints", "somewhere else")
    assert again.code == 0, again.err
    assert "all simulations are made" in again.err
    assert again.tasks("CACHED")["SIMULATE"] == 1


def test_a_failing_step_is_one_line_with_its_cause_and_its_log(workflow: Workflow, complete: Outcome) -> None:
    config = workflow.folder / "failing.config"
    config.write_text("process { withName: INDEX { ext.args = '--nonsense' } }\n")
    failed = workflow.run(*OPTIONS, "-resume", "-c", config.name)
    assert failed.code == 1
    assert not (failed.results / "ro-crate-metadata.json").exists()  # the record of the run before is not of this one
    line = failed.last_error
    assert line.startswith("humam: error: step HUMAM:REPORTS:INDEX failed: ")
    assert "--nonsense" in line
    log = failed.log
    assert log.name == ".command.log"
    assert "--nonsense" in log.read_text()
