"""What a run is expected to need, and what is said of it before a workflow starts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from humam import network
from humam.anatomy import tables
from humam.campaigns import estimate, forecast
from humam.campaigns import outlook as outlook_table
from humam.cli import main
from humam.commands import validate
from humam.parameters import Parameters, load_experiment
from humam.resources import shipped
from humam.spikes_manifest import Manifest


@pytest.fixture(scope="module")
def base() -> xr.Dataset:
    return network.build(tables.read(shipped("datasets", "tables")), Parameters(name="base"))


def test_the_full_model_in_nest_fits_where_the_paper_ran_it_and_in_no_less_than_half(base: xr.Dataset) -> None:
    # 6 nodes of 512 GB, 32 ranks each, 4 threads per rank
    need = estimate.need(base, "nest", 1, 1, 12_500, ranks=192, threads=4)
    assert 3 * 512e9 < need.memory_bytes < 6 * 512e9
    assert 60 < need.core_seconds / 768 < 24 * 3600


def test_the_procedural_engine_needs_little_memory_and_its_time_is_an_upper_bound(base: xr.Dataset) -> None:
    need = estimate.need(base, "procedural", 1, 1, 2000, ranks=1, threads=2)
    assert need.memory_bytes < 4e9
    assert 2 * 33 < need.core_seconds / 2 < 1800  # measured: 33 s per biological second on two cores


def test_it_grows_with_size_duration_and_ranks(base: xr.Dataset) -> None:
    small = estimate.need(base, "nest", 0.01, 0.01, 1000, ranks=1, threads=2)
    for larger in (
        estimate.need(base, "nest", 0.02, 0.01, 1000, ranks=1, threads=2),
        estimate.need(base, "nest", 0.01, 0.1, 1000, ranks=1, threads=2),
    ):
        assert larger.memory_bytes > small.memory_bytes
        assert larger.core_seconds > small.core_seconds
    longer = estimate.need(base, "nest", 0.01, 0.01, 5000, ranks=1, threads=2)
    assert longer.core_seconds > small.core_seconds
    assert estimate.need(base, "nest", 0.01, 0.01, 1000, ranks=2, threads=1).memory_bytes > small.memory_bytes


def test_the_plan_of_a_workflow_has_the_needs_of_every_run(checkout: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "runs.csv"
    sheet.write_text("run,experiment,engine,scale,t_sim,seed\na,base,nest,0.004,100,1\nb,best_fit,procedural,1,100,1\n")
    lines, plan = validate.check({"input": str(sheet), "outdir": str(tmp_path / "out")}, checkout, tmp_path / "work")
    assert lines == []
    assert set(plan["needs"]) == {"a", "b"}
    assert set(plan["needs"]["a"]) == {"memory_bytes", "core_seconds"}
    assert plan["checkpoints"] == str(tmp_path / "work" / "checkpoints")
    json.dumps(plan)
    assert list(tmp_path.iterdir()) == [sheet]


HEADER = "run,experiment,engine,scale,in_degree_scale,t_sim,seed\n"
SHEET = HEADER + "a,base,procedural,1,1,3000,1\nb,best_fit,procedural,1,1,3000,1\nc,base,nest,0.005,0.05,3000,1\n"


@pytest.fixture(autouse=True)
def roomy(free_space: Callable[[float], None]) -> None:
    free_space(1e14)


def outlook(
    capsys: pytest.CaptureFixture[str], checkout: Path, folder: Path, *options: str, sheet: str = SHEET
) -> tuple[int, list[str]]:
    """Return the exit code and the lines that tell what the simulations of a workflow in a folder will take."""
    (folder / "runs.csv").write_text(sheet)
    given = json.dumps({"input": str(folder / "runs.csv"), "outdir": str(folder / "out")})
    command = ["validate", "--project", str(checkout), "--parameters", given, "--work", str(folder / "work")]
    capsys.readouterr()
    try:
        main([*command, "--cores", "2", *options])
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code, capsys.readouterr().err.splitlines()
    printed = capsys.readouterr()
    assert json.loads(printed.out)["runs"]
    return 0, printed.err.splitlines()


def test_time_memory_and_disk_are_told_before_a_workflow_starts(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = outlook(capsys, checkout, tmp_path)
    assert code == 0
    assert lines[0].split() == ["run", "simulation", "memory", "disk", "from"]
    assert [line.split()[0] for line in lines[1:4]] == ["a", "b", "c"]
    minutes = [int(part) for part in re.findall(r"about (\d+) min", "\n".join(lines))]
    a, b, total = minutes
    assert 1 <= a <= 3
    assert 8 <= b <= 80
    assert a + b <= total <= a + b + 2
    assert lines[-1].startswith("3 of 3 simulations to make: about ")
    # Events on their way make the checkpoints of an active network large.
    gigabytes = float(re.findall(r"and (\S+) GB of disk", lines[-1])[0])
    assert 4 < gigabytes < 6
    assert " (100000.0 GB free)" in lines[-1]


def test_what_is_made_is_not_counted_again(checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = {"engine": "procedural", "seed": 1, "scale": 1.0, "in_degree_scale": 1.0, "areas": None}
    best_fit = load_experiment(shipped("experiments", "best_fit.yml")).model_dump(mode="json")
    kept = tmp_path / "work" / "checkpoints" / "b-0123456789ab"
    kept.mkdir(parents=True)
    content = {"step": 29_000, "dt_ms": 0.1, "run": about | {"t_sim_ms": 3000.0, "network_parameters": best_fit}}
    (kept / "run.json").write_text(json.dumps(content))
    made = {
        "dt_ms": 0.1, "t_sim_ms": 3000.0, "labels": ["a"], "neurons": [1], "n_spikes": 0,
        "n_spikes_per_population": [0], "sha256": "0" * 64,
        "scheme": "variance", "rates_source": "", "origin": {}, "software": {}, "machine": {},
        "wall_times_s": {}, "peak_memory_bytes": 0,
        "network_parameters": load_experiment(shipped("experiments", "base.yml")).model_dump(mode="json"),
    }  # fmt: skip
    (tmp_path / "out" / "spikes" / "a").mkdir(parents=True)
    (tmp_path / "out" / "spikes" / "a" / "manifest.json").write_text(Manifest(**made, **about).model_dump_json())
    _, lines = outlook(capsys, checkout, tmp_path, "--resume")
    assert lines[1].split() == ["a", *outlook_table.MADE.split()]
    assert re.search(r"(under|about) [1-3] min, 2900 of 3000 ms are made ", lines[2])
    assert lines[-1].startswith("2 of 3 simulations to make: about ")
    assert re.search(r"; where code changed, up to 0.4 GB of disk more$", lines[-1])
    # Without -resume all is made anew, but checkpoints hold.
    _, lines = outlook(capsys, checkout, tmp_path)
    assert "about" in lines[1]
    assert "2900 of 3000 ms are made" in lines[2]
    # Neither is that of another run.
    _, lines = outlook(capsys, checkout, tmp_path, "--resume", sheet=SHEET.replace("000,1\n", "000,2\n"))
    assert "made" not in "".join(lines[1:-1])


def test_checkpoints_of_runs_side_by_side_take_room_together(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = HEADER + "a,best_fit,procedural,1,1,3000,1\nb,best_fit,procedural,1,1,3000,2\n"
    disk = []
    for options in ((), ("--parallel",)):
        _, lines = outlook(capsys, checkout, tmp_path, *options, sheet=sheet)
        disk.append(float(re.findall(r"and (\S+) GB of disk", lines[-1])[0]))
    assert disk[1] > disk[0] + 4  # two checkpoints of 2.1 GB, and the spikes


def test_a_workflow_too_large_for_the_disk_is_refused_in_one_line(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], free_space: Callable[[float], None]
) -> None:
    free_space(1e11)
    code, lines = outlook(capsys, checkout, tmp_path, sheet=HEADER + "a,best_fit,procedural,1,1,10000000,1\n")
    assert code == 2
    (line,) = lines
    found = re.fullmatch(rf"humam: error: folder '{tmp_path}/work': needs about (\S+) GB, 100.0 GB are free", line)
    assert found
    spikes_gb = forecast.ACTIVE.spikes_per_s * 10_000 * forecast.BYTES_PER_SPIKE / 1e9
    assert 3 * spikes_gb < float(found[1]) < 4 * spikes_gb  # as parts, in the work folder and among the results
