"""The graph: every step as a stub, help, bad input. No step's command runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from harness import Outcome, Workflow, commit_all

pytestmark = pytest.mark.workflow

ROOT = Path(__file__).resolve().parents[2]
HEADER = "run,experiment,engine,scale,t_sim,seed\n"
REPORTS = len(list((ROOT / "reports").glob("*.py")))


@pytest.fixture(scope="module")
def stub(workflow: Workflow) -> Outcome:
    outcome = workflow.run("-stub-run")
    assert outcome.code == 0, outcome.out + outcome.err
    return outcome


def test_every_step_runs_as_often_as_the_default_samplesheet_asks(stub: Outcome) -> None:
    assert stub.tasks("COMPLETED") == Counter(
        CODE=1, DATASET=1, EXTRACT=1, NETWORK=2, THEORY=2, STRUCTURE=2, SIMULATE=4, ANALYSE=4, REPORT=REPORTS,
        VERDICTS=1, INDEX=1,
    )  # fmt: skip


def test_results_lie_where_the_documentation_says(stub: Outcome) -> None:
    assert {path.name for path in stub.results.iterdir()} == {
        "dataset", "tables", "network", "theory", "structure", "spikes", "statistics", "reports", "comparison.csv",
        "index.html", "pipeline_info", "provenance", "ro-crate-metadata.json",
    }  # fmt: skip
    assert {path.name for path in (stub.results / "pipeline_info").iterdir()} == {
        "dag.mmd", "report.html", "resources.json", "software_versions.yml", "timeline.html", "trace.txt",
    }  # fmt: skip
    for kind in ("network", "theory", "structure"):
        assert {path.name for path in (stub.results / kind).iterdir()} == {"base.nc", "best_fit.nc"}
    for kind in ("spikes", "statistics"):
        assert {path.name for path in (stub.results / kind).iterdir()} == {
            "base",
            "best_fit",
            "base_nest",
            "base_scaled",
        }
    assert (stub.results / "reports" / "figure1" / "index.html").exists()
    assert not list(stub.results.rglob("versions.yml"))


def test_a_process_has_one_entry_of_versions_for_all_its_tasks(workflow: Workflow, tmp_path: Path) -> None:
    texts = [
        '"A:SIMULATE":\n    numba: "0.6"\n    numpy: "2.0"', '"A:SIMULATE":\n    nest-simulator: "3.10.0"',
        '"A:SIMULATE":\n    image: "sha256:ab"\n    numpy: "2.1"', '"A:NETWORK":\n    numpy: "2.0"',
    ]  # fmt: skip
    (tmp_path / "main.nf").write_text(
        f"include {{ merged_versions }} from '{workflow.checkout}/workflows/humam.nf'\n"
        f"workflow {{ merged_versions(channel.of(*{json.dumps(texts)})).collectFile(name: 'versions.yml', "
        "storeDir: '.', newLine: true) }\n"
    )
    command = [workflow.nextflow, "run", "main.nf"]
    subprocess.run(command, cwd=tmp_path, env=workflow.environment(), check=True, capture_output=True)
    assert yaml.safe_load((tmp_path / "versions.yml").read_text()) == {
        "A:NETWORK": {"numpy": "2.0"},
        "A:SIMULATE": {"image": "sha256:ab", "nest-simulator": "3.10.0", "numba": "0.6", "numpy": ["2.0", "2.1"]},
    }


def test_a_further_run_adds_its_own_tasks_and_renews_what_they_meet_in(workflow: Workflow, stub: Outcome) -> None:
    rows = (workflow.checkout / "assets" / "samplesheet.csv").read_text()
    sheet = workflow.folder / "five runs.csv"
    sheet.write_text(rows + "other_seed,base,nest,0.01,,2000,7\n")
    again = workflow.run("-stub-run", "-resume", "--input", sheet.name)
    assert again.code == 0, again.err
    done = again.names("COMPLETED")
    assert {name for name in done if not name.startswith("REPORT")} == {
        "SIMULATE (other_seed)", "ANALYSE (other_seed)", "VERDICTS", "INDEX",
    }  # fmt: skip
    assert again.tasks("CACHED")["SIMULATE"] == 4
    assert "REPORT (figure1)" in again.names("CACHED")  # it asks for networks only


def test_one_engine_and_scale_for_all_rows_and_runs_of_earlier_results(workflow: Workflow, stub: Outcome) -> None:
    archived = workflow.checkout / "datasets" / "runs"
    options = ("--engine", "nest", "--scale", "0.004", "--runs", str(archived), "--reports", "figure4,figure1")
    outcome = workflow.run("-stub-run", "-resume", *options, outdir="other results")
    assert outcome.code == 0, outcome.err
    assert "run 'base_scaled' is left out" in outcome.err
    ran = outcome.tasks("COMPLETED") + outcome.tasks("CACHED")
    assert (ran["SIMULATE"], ran["ANALYSE"], ran["REPORT"]) == (3, 3, 2)
    staged = {path.name for path in (workflow.folder / "work").glob("*/*/earlier/*")}
    assert staged == {path.parent.name for path in archived.glob("*/run.json")}


def test_the_repository_runs_from_an_empty_folder_under_the_strict_syntax_too(
    workflow: Workflow, tmp_path: Path
) -> None:
    commit_all(workflow.checkout)
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", str(workflow.checkout), str(tmp_path / "archive.git")], check=True
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    settings = {"NXF_HOME": str(tmp_path / "home"), "NXF_OFFLINE": "false", "NXF_SYNTAX_PARSER": "v2"}
    done = subprocess.run(
        [workflow.nextflow, "run", f"file://{tmp_path}/archive.git", "-r", "v0", "-stub-run"],
        cwd=empty, env=workflow.environment() | settings,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (empty / "results" / "index.html").exists()


def test_help_lists_every_parameter_and_runs_nothing(workflow: Workflow, tmp_path: Path) -> None:
    done = subprocess.run(
        workflow.command("--help"), cwd=tmp_path, env=workflow.environment(), capture_output=True, text=True, check=True
    )
    schema = json.loads((ROOT / "nextflow_schema.json").read_text())
    for group in schema["$defs"].values():
        for name, spec in group["properties"].items():
            assert f"--{name} " in done.stdout
            assert spec["description"] in done.stdout
    assert not (tmp_path / "results").exists()


def test_bad_input_is_one_line_for_each_error_before_anything_runs(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(HEADER + "base,base,nest,2,2000,2903\nbest,bestfit,nest,1,1,1\n")
    done = subprocess.run(
        workflow.command("--data-mirror", "x", "--data_origin", "wep", "--input", "bad.csv"),
        cwd=tmp_path, env=workflow.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 4
    assert lines[0] == "humam: error: unknown parameter 'dataMirror' (did you mean 'data_mirror'?)"
    assert lines[1].startswith("humam: error: parameter data_origin = 'wep' is not allowed ('auto' or ")
    assert lines[2].endswith("line 2: column scale = 2.0 is not allowed (number, > 0, <= 1)")
    assert "line 3: unknown experiment 'bestfit' (did you mean 'best_fit'?)" in lines[3]
    assert not (tmp_path / "results").exists()


def test_an_outdir_that_cannot_be_written_to_is_refused(workflow: Workflow, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = workflow.run(outdir=os.path.relpath(tmp_path / "file" / "results", workflow.folder))
    assert outcome.code == 2
    assert outcome.err.startswith("humam: error: parameter outdir = ")
    assert outcome.err.strip().endswith("cannot be written to: Not a directory")
