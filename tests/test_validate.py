from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_up_run import write_run

from humam import schema
from humam.cli import main
from humam.commands.validate import INSTEAD, check

ROOT = Path(__file__).resolve().parents[1]


def given(folder: Path, **changes: Any) -> dict[str, Any]:
    sheet = str(ROOT / "assets" / "samplesheet.csv")
    return {"input": sheet, "outdir": str(folder / "results"), "data_origin": "auto", "help": False, **changes}


def test_the_default_plan_has_four_runs_and_every_report(tmp_path: Path) -> None:
    errors, plan = check(given(tmp_path, reports=None, data_mirror=None), ROOT)
    assert errors == []
    assert [run["id"] for run in plan["runs"]] == ["base", "best_fit", "base_nest", "base_scaled"]
    assert [experiment["id"] for experiment in plan["experiments"]] == ["base", "best_fit"]
    assert {report["id"] for report in plan["reports"]} == {path.stem for path in (ROOT / "reports").glob("*.py")}
    assert all(report["inputs"] for report in plan["reports"])
    assert list(tmp_path.iterdir()) == []


def test_runs_of_one_experiment_share_its_network(tmp_path: Path) -> None:
    sheet = tmp_path / "runs.csv"
    sheet.write_text("run,experiment,engine,scale,t_sim,seed\na,base,nest,0.01,10,1\nb,base,nest,0.01,10,2\n")
    _, plan = check(given(tmp_path, input=str(sheet)), ROOT)
    assert len(plan["runs"]) == 2
    assert [experiment["id"] for experiment in plan["experiments"]] == ["base"]


def test_reports_have_the_network_of_the_base_version_whatever_is_simulated(tmp_path: Path) -> None:
    own, sheet = tmp_path / "weak.yml", tmp_path / "runs.csv"
    own.write_text("g: -2\nchi: 1.75\n")
    sheet.write_text("run,experiment,engine,scale,t_sim,seed\nweak,weak.yml,nest,0.01,10,1\n")
    errors, plan = check(given(tmp_path, input=str(sheet)), ROOT)
    assert errors == []
    assert {each["id"]: each["file"] for each in plan["experiments"]} == {
        "weak": str(own), "base": str(ROOT / "experiments" / "base.yml"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "message"),
    [(("A/a.yml", "B/a.yml"), "experiment files '{0}/A/a.yml' and '{0}/B/a.yml' have one name: rename one"),
     (("base.yml",), "experiment files '{0}/base.yml' and '{1}/experiments/base.yml' have one name: rename one"),
     (("my exp.yml",), "experiment file '{0}/my exp.yml': a name has letters, digits and _ . @ = - only: rename it")],
)  # fmt: skip
def test_experiment_files_must_fit_into_one_folder(tmp_path: Path, files: tuple[str, ...], message: str) -> None:
    sheet = tmp_path / "runs.csv"
    rows = ["run,experiment,engine,scale,t_sim,seed"]
    for number, file in enumerate(files):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(f"name: own{number}\nseries:\n  g: [-3, -4]\n")
        rows += [f"r{number}{g},{file}@-{g},nest,0.01,10,1" for g in (3, 4)]
    sheet.write_text("\n".join(rows) + "\n")
    errors, _ = check(given(tmp_path, input=str(sheet)), ROOT)
    assert errors == [message.format(tmp_path, ROOT)]


@pytest.mark.parametrize(("text", "message"), [("{bad", "--parameters is no JSON: "), ("[]", "must be a JSON object")])
def test_parameters_that_are_no_json_are_refused_in_one_line(
    text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["validate", "--parameters", text])
    (line,) = capsys.readouterr().err.splitlines()
    assert stop.value.code == 2 and line.startswith("humam: error: ") and message in line


def test_engine_and_scale_are_those_of_the_samplesheet_for_all_rows(tmp_path: Path) -> None:
    row = schema.properties(schema.load(ROOT / "assets" / "schema_input.json")["items"])
    own = schema.properties(schema.load(ROOT / "nextflow_schema.json"))
    for name in INSTEAD:
        assert schema.allowed(own[name]) == schema.allowed(row[name])
    errors, plan = check(given(tmp_path, engine="nest", scale="0.004"), ROOT)
    assert errors == []
    assert [(run["id"], run["engine"], run["scale"]) for run in plan["runs"]] == [
        ("base", "nest", 0.004), ("best_fit", "nest", 0.004), ("base_nest", "nest", 0.004),
    ]  # fmt: skip
    assert len(plan["notes"]) == 1


def test_runs_of_earlier_results_are_found_wherever_a_folder_has_them(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for name in ("a", "b"):
        write_run(first / "statistics" / name)
    for name in ("b", "c"):
        write_run(second / name)
    runs = {"a": first / "statistics" / "a", "b": first / "statistics" / "b", "c": second / "c"}
    for folders, names in {f"{first},{second}": "abc", f"{first / 'statistics'}": "ab", f"{second / 'c'}": "c"}.items():
        errors, plan = check(given(tmp_path, runs=folders), ROOT)
        assert errors == []
        assert plan["earlier"] == [str(runs[name]) for name in names]
    assert check(given(tmp_path), ROOT)[1]["earlier"] == []


def test_an_earlier_run_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "old" / "base").mkdir(parents=True)
    (tmp_path / "old" / "base" / "statistics.nc").write_text("x")
    write_run(tmp_path / "results" / "statistics" / "base")
    for folders, words in {
        tmp_path / "none": "no such folder",
        tmp_path: "no statistics of runs (statistics/RUN/statistics.nc) are in it",
        tmp_path / "results": "these results are replaced by the new ones; choose another outdir",
        tmp_path / "old": "base/statistics.nc' cannot be read",
    }.items():
        errors, _ = check(given(tmp_path, runs=str(folders)), ROOT)
        assert len(errors) == 1
        assert errors[0].startswith(f"parameter runs = {str(folders)!r}: ") and words in errors[0]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"inputt": "x"}, "unknown parameter 'inputt' (did you mean 'input'?)"),
        ({"data_origin": "wep"}, "parameter data_origin = 'wep' is not allowed ('auto' or 'web'"),
        ({"data_origin": "mirror"}, "parameter data_origin = 'mirror' needs the parameter data_mirror"),
        ({"data_mirror": "no/such"}, "parameter data_mirror = 'no/such' is no folder"),
        ({"archive": "no/such"}, "parameter archive = 'no/such' is no folder (none: without archived runs)"),
        (
            {"engine": "nset"},
            "parameter engine = 'nset' is not allowed ('nest' or 'procedural') (did you mean 'nest'?)",
        ),
        ({"scale": 2}, "parameter scale = 2 is not allowed (number, > 0, <= 1)"),
        ({"runs": True}, "parameter runs = True is not allowed (text)"),
        ({"data_mirror": True}, "parameter data_mirror = True is not allowed (text)"),
        ({"reports": "figure01"}, "parameter reports: unknown report 'figure01' (did you mean 'figure1'?)"),
        ({"reports": True}, "parameter reports = True is not allowed (text)"),
        ({"input": "none.csv"}, "samplesheet 'none.csv' does not exist"),
        ({"input": True}, "parameter input = True is not allowed (text)"),
        ({"input": None}, "parameter 'input' is missing"),
        (
            {"outdir": "/dev/null/results"},
            "parameter outdir = '/dev/null/results' cannot be written to: Not a directory",
        ),
        ({"checkpoints": "/dev/null/c"}, "parameter checkpoints = '/dev/null/c' cannot be written to: Not a directory"),
    ],
)
def test_each_bad_parameter_is_one_line(tmp_path: Path, change: dict[str, Any], error: str) -> None:
    errors, _ = check(given(tmp_path, **change), ROOT)
    assert len(errors) == 1
    assert errors[0].startswith(error)


def test_a_number_is_a_name_where_text_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert check(given(tmp_path, outdir=2024), ROOT)[0] == []


def test_the_command_prints_all_errors_and_ends_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["validate", "--project", str(ROOT), "--parameters", json.dumps(given(tmp_path, a=1, b=2))])
    assert end.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "humam: error: unknown parameter 'a'\nhumam: error: unknown parameter 'b'\n"
