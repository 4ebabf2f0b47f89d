from __future__ import annotations

from pathlib import Path

import pytest

from humam import schema
from humam.campaigns import samplesheet
from humam.engines import ENGINES
from humam.errors import HumamError

ROOT = Path(__file__).resolve().parents[1]
ROW = schema.load(ROOT / "assets" / "schema_input.json")["items"]
HEADER = "run,experiment,engine,scale,t_sim,seed"


def read(folder: Path, *lines: str, header: str = HEADER) -> tuple[list[samplesheet.Run], list[str]]:
    path = folder / "runs.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    runs, errors = samplesheet.read(path, ROW, ROOT / "experiments")
    return runs, [error.removeprefix(f"samplesheet {str(path)!r}").lstrip(",: ") for error in errors]


def test_every_engine_may_be_named() -> None:
    assert ROW["properties"]["engine"]["enum"] == list(ENGINES)


def test_shipped_samplesheets_are_valid() -> None:
    for path in (ROOT / "assets").glob("samplesheet*.csv"):
        runs, errors = samplesheet.read(path, ROW, ROOT / "experiments")
        assert runs
        assert errors == []


def test_rows_become_typed_runs(tmp_path: Path) -> None:
    runs, errors = read(tmp_path, "a,scaling@2.5,nest,0.01,2000,1", "", "b, base ,nest,1,0.5,2")
    assert errors == []
    assert [(run.id, run.experiment, run.choice, run.scale, run.t_sim, run.seed) for run in runs] == [
        ("a", "scaling@2.5", "2.5", 0.01, 2000.0, 1),
        ("b", "base", None, 1.0, 0.5, 2),
    ]
    assert Path(runs[0].file) == ROOT / "experiments" / "scaling.yml"


def test_in_degrees_scale_like_neurons_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    rows = ["a,base,nest,0.01,0.05,100,1", "b,base,nest,0.01,,100,1", "c,base,nest,0.01,1.5,100,1"]
    path.write_text("\n".join([HEADER.replace("scale", "scale,in_degree_scale"), *rows]) + "\n")
    runs, errors = samplesheet.read(path, ROW, ROOT / "experiments")
    assert [run.in_degree_scale for run in runs] == [0.05, 0.01]
    assert len(errors) == 1
    assert "line 4: column in_degree_scale = 1.5 is not allowed (number, > 0, <= 1)" in errors[0]


def test_columns_given_for_all_rows_take_the_place_of_their_own(tmp_path: Path) -> None:
    path = ROOT / "assets" / "samplesheet.csv"
    before, _ = samplesheet.read(path, ROW, ROOT / "experiments")
    runs, errors, notes = samplesheet.read_with(path, ROW, ROOT / "experiments", {"engine": "nest", "scale": 0.004})
    assert errors == []
    assert {(run.engine, run.scale, run.in_degree_scale, run.threads) for run in runs} == {("nest", 0.004, 0.004, 2)}
    assert [run.id for run in runs] == [run.id for run in before if run.id != "base_scaled"]
    assert notes == ["run 'base_scaled' is left out: with engine = nest; scale = 0.004 it is run 'base_nest'"]
    runs, errors, notes = samplesheet.read_with(path, ROW, ROOT / "experiments", {"engine": "procedural"})
    assert [run.scale for run in runs] == [1, 1, 0.005] and [run.in_degree_scale for run in runs] == [1, 1, 0.05]
    path = tmp_path / "runs.csv"
    path.write_text(f"{HEADER},ranks\na,base,nest,0.01,9,1,2\n")
    _, errors, _ = samplesheet.read_with(path, ROW, ROOT / "experiments", {"engine": "procedural"})
    assert errors[0].endswith("column ranks = 2: engine 'procedural' runs as 1 process with threads")


def test_ranks_and_threads(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    rows = ["a,base,nest,0.01,9,1,,", "b,base,nest,0.01,9,1,2,", "c,base,nest,0.01,9,1,4,3", "d,base,nest,0.01,9,1,,1"]
    rows += ["e,base,procedural,0.01,9,1,,", "f,base,procedural,0.01,9,1,1,8"]
    rows += ["g,base,procedural,0.01,9,1,2,", "h,base,nest,0.01,9,1,0,", "i,base,nest,0.01,9,1,,1.5"]
    path.write_text("\n".join([HEADER + ",ranks,threads", *rows]) + "\n")
    runs, errors = samplesheet.read(path, ROW, ROOT / "experiments")
    found = [(run.ranks, run.threads) for run in runs]
    assert found == [(1, 2), (2, 1), (4, 3), (1, 1), (1, None), (1, 8)]
    assert len(errors) == 3
    assert "line 8: column ranks = 2: engine 'procedural' runs as 1 process with threads" in errors[0]
    assert "line 9: column ranks = 0 is not allowed (integer, >= 1" in errors[1]
    assert "line 10: column threads = '1.5' is not allowed (integer, >= 1" in errors[2]


def test_a_row_may_name_a_file_beside_the_samplesheet(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("chi: 1.5\n")
    runs, errors = read(tmp_path, "a,mine.yml,nest,0.01,2000,1")
    assert errors == []
    assert (runs[0].experiment, Path(runs[0].file)) == ("mine", tmp_path / "mine.yml")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("a,bestfit,nest,0.1,1,1", "line 2: unknown experiment 'bestfit' (did you mean 'best_fit'?)"),
        ("a,scaling,nest,0.1,1,1", "line 2: experiment 'scaling' is a series over chi: choose one of"),
        (
            "a,base,nset,0.1,1,1",
            "line 2: column engine = 'nset' is not allowed ('nest' or 'procedural') (did you mean 'nest'?)",
        ),
        ("a,base,nest,0,1,1", "line 2: column scale = 0.0 is not allowed (number, > 0, <= 1)"),
        ("a,base,nest,-1,1,1", "line 2: column scale = -1.0 is not allowed (number, > 0, <= 1)"),
        ("a,base,nest,2,1,1", "line 2: column scale = 2.0 is not allowed (number, > 0, <= 1)"),
        ("a,base,nest,nan,1,1", "line 2: column scale = 'nan' is not allowed (number, > 0, <= 1)"),
        ("a,base,nest,0.1,0,1", "line 2: column t_sim = 0.0 is not allowed (number, > 0, <= 10000000)"),
        ("a,base,nest,0.1,1,1.5", "line 2: column seed = '1.5' is not allowed (integer, >= 1, <= 4294967295)"),
        ("a b,base,nest,0.1,1,1", "line 2: column run = 'a b' is not allowed (text, matching"),
        (",base,nest,0.1,1,1", "line 2: column 'run' is missing"),
        ("a,base,nest,0.1,1", "line 2: 5 cells, the header has 6"),
        ("a,base,nest,0.1,1,1\na,base,nest,0.1,1,2", "run 'a' appears more than once"),
        ("a,base,nest,0.1,1,1\nb,base,nest,0.1,1,1", "runs 'a' and 'b' are the same"),
    ],
)
def test_a_bad_row_is_one_line(tmp_path: Path, row: str, error: str) -> None:
    _, errors = read(tmp_path, row)
    assert len(errors) == 1
    assert errors[0].startswith(error)


def test_every_error_is_named(tmp_path: Path) -> None:
    _, errors = read(tmp_path, "a,base,nest,0,0,1", "b,bas,nest,1,1,1")
    assert [error.split(":")[0] for error in errors] == ["line 2", "line 2", "line 3"]


def test_columns_are_checked(tmp_path: Path) -> None:
    _, errors = read(tmp_path, "a,base,nest,0.1,1", header="run,experiment,engine,scal,t_sim")
    assert errors == [
        "column 'scale' is missing (did you mean 'scal'?)",
        "column 'seed' is missing",
        "unknown column 'scal' (did you mean 'scale'?)",
    ]
    assert read(tmp_path)[1][0].endswith("has no rows")


def test_an_unreadable_samplesheet_is_refused(tmp_path: Path) -> None:
    for name, content, error in [
        ("none.csv", None, "does not exist"),
        ("empty.csv", b"", "is empty"),
        ("binary.csv", b"\xff\xfe\x00\x01", "cannot be read"),
        ("twice.csv", b"run,run\na,b\n", "column 'run' appears more than once"),
    ]:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(HumamError, match=error):
            samplesheet.read(tmp_path / name, ROW, ROOT / "experiments")


def test_errors_name_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(f"{HEADER}\n\n\na,base,nest,0,1,1\n")
    _, errors = samplesheet.read(path, ROW, ROOT / "experiments")
    assert len(errors) == 1 and "line 4: column scale = 0" in errors[0]
    path.write_text(f"{HEADER}\n{'x' * 200_000},base,nest,1,1,1\n")
    with pytest.raises(HumamError, match="line 2: field larger than field limit"):
        samplesheet.read(path, ROW, ROOT / "experiments")
