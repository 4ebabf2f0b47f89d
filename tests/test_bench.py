"""The benchmark: what is measured, the table and the pages made of it, and the command end to end."""

import dataclasses
import json
import math
import re
import shutil
import time

import numpy as np
import pandas as pd
import pytest

from humam.bench import deviations, load, page, points, runner, table, tasks, totals_effect
from humam.bench.points import Point
from humam.commands import bench
from humam.engines.procedural import kernels
from humam.engines.procedural.build import build
from humam.engines.procedural.counts import count_distribution, group_parameters, normal_levels
from humam.engines.procedural.tables import LATE_DELAYS, poisson_thresholds
from humam.errors import HumamError
from humam.markdown import fill, scientific
from humam.resources import shipped


def test_plan_puts_both_engines_at_the_scale_of_nest():
    planned = points.plan(["base", "best_fit"], [0.01, 1.0], [1, 2], 0.05, 300.0, seed=1)
    assert len(planned) == len(set(planned)) == 2 * 2 * 2 + 2 * 2
    beside = [p for p in planned if p.scale == 0.05]
    assert {(p.engine, p.experiment, p.threads) for p in beside} == {
        (engine, experiment, 2) for engine in ("nest", "procedural") for experiment in ("base", "best_fit")
    }
    assert not any(p.engine == "nest" for p in points.plan(["base"], [0.01], [1], None, 300.0, seed=1))
    assert len({p.name for p in planned}) == len(planned)


@dataclasses.dataclass
class FakeJob:
    scale: float


class FakeEngine:
    """Needs 1000 bytes at scale 1, in proportion to its square, and holds no network above 0.5."""

    name = "fake"

    def check(self, job):
        if job.scale > 0.5:
            raise HumamError("too many synapses")

    def estimate_memory(self, job):
        return 1000 * job.scale**2


@pytest.mark.parametrize(("available", "largest"), [(100, 0.28), (None, 0.5), (10, 0.089)])
def test_largest_scale_fits_and_is_not_much_too_small(available, largest):
    found = points.largest_scale(FakeJob, available, FakeEngine())
    # The next scale of two digits would not fit, or bisection stopped half a per cent below.
    assert largest * 0.97 <= found <= largest
    if available is not None:
        assert 1000 * found**2 <= points.SHARE_OF_MEMORY * available


def test_no_scale_fits():
    engine = FakeEngine()
    engine.check = lambda job: (_ for _ in ()).throw(HumamError("no"))
    with pytest.raises(HumamError, match="does not fit"):
        points.largest_scale(FakeJob, 100, engine)


def test_long_points_are_expected_to_be_long():
    def seconds(engine, scale, threads, chi):
        point = Point(engine, "x", scale, threads, points.measured_time(300.0, scale), 1)
        return points.expected_seconds(point, 3_468_839, 42_778_034_077, chi)

    assert seconds("procedural", 1, 2, 2.5) > 3 * seconds("procedural", 1, 2, 1)
    assert seconds("procedural", 1, 1, 1) > 1.5 * seconds("procedural", 1, 2, 1)
    assert seconds("procedural", 0.01, 1, 1) < seconds("procedural", 0.1, 1, 1) < seconds("procedural", 1, 2, 1)


def test_meter_sees_this_process_and_no_negative_others():
    meter = load.Meter()
    begin = time.process_time()
    while time.process_time() - begin < 0.05:
        pass
    found = meter.read()
    assert 0.05 <= found.cpu_s <= found.wall_s + 0.02
    assert found.other_cores is None or found.other_cores >= 0


def test_busy_seconds_leave_out_idle_and_waiting(tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 20 30 999 888 4 5 6 0 0\ncpu0 1 1 1 1\n")
    ticks = 100 + 20 + 30 + 4 + 5 + 6
    assert load.busy_seconds(stat) == pytest.approx(ticks / load.os.sysconf("SC_CLK_TCK"))
    assert load.busy_seconds(tmp_path / "none") is None
    stat.write_text("something else\n")
    assert load.busy_seconds(stat) is None


def result(wall_s, threads, **changes):
    """A result with 1000 neurons that fire 500 spikes in 1 s."""
    return {
        "neurons": 1000, "synapses": 10_000, "stored_bytes": 10**6, "spikes": 500, "events": 5000.0, "build_s": 0.1,
        "compile_s": 0.2, "wall_s": wall_s, "cpu_s": wall_s * threads, "kernel_s": 0.9 * wall_s, "other_cores": 0.0,
        "load_average": 0.5, "peak_memory_bytes": 10**8, "peak_queue_bytes": 10**6,
        "did": {"events_within": 4000, "events_between": 1000, "events_queued": 1000, "spikes": 500},
        "cycles": {"within_areas": 40, "between_areas": 30, "queue": 10, "update": 15, "waiting": 5},
    } | changes  # fmt: skip


def test_table_of_known_numbers():
    rows = [(Point("procedural", "base", 1.0, n, 1000.0, 1), result(wall, n)) for n, wall in ((1, 10.0), (2, 6.0))]
    nest = result(100.0, 2, other_cores=0.5)
    for name in ("cycles", "did", "kernel_s", "peak_queue_bytes"):
        del nest[name]
    frame = table.table([*rows, (Point("nest", "base", 1.0, 2, 1000.0, 1), nest)])
    assert list(frame.columns) == list(table.COLUMNS)
    stored, one, two = (frame.iloc[i] for i in range(3))
    assert (one["wall_s_per_biological_s"], one["rate"], one["events_per_s"]) == (10.0, 0.5, 500.0)
    assert math.isnan(one["efficiency"]) and two["efficiency"] == pytest.approx(10 / 12)
    assert one["ns_within"] == pytest.approx(9e9 * 0.4 / 4000)  # 9 s in kernels, 40 % of the cycles
    assert two["ns_between"] == pytest.approx(2 * 5.4e9 * 0.3 / 1000)
    assert one["ns_update"] == pytest.approx(9e9 * 0.15 / (1000 * 10_000))
    for r in (one, two):
        assert sum(r[c] for c in table.COLUMNS if c.startswith("share_")) == pytest.approx(1)
    assert stored["engine"] == "nest" and math.isnan(stored["ns_within"])
    assert list(frame["disturbed"]) == [True, False, False]


def test_teams_keep_more_threads_busy_than_areas():
    cost = tasks.costs(deviations.base_job())
    assert len(cost.even) == len(cost.blocks) == 34
    total = np.array([even + blocks.sum() for even, blocks in zip(cost.even, cost.blocks, strict=True)])
    assert tasks.speed_up(cost, 1, teams=8) == pytest.approx(1)
    assert tasks.speed_up(cost, 64, teams=64) == pytest.approx(total.sum() / total.max())
    assert tasks.speed_up(cost, 8, teams=8) > 7
    assert tasks.speed_up(cost, 64, teams=64) < 28 < 48 < tasks.speed_up(cost, 64, teams=8) <= 64


def test_count_distribution_is_that_of_many_draws():
    rng = np.random.default_rng(1)
    location, sd = (float(x) for x in group_parameters(2.5))
    z = rng.choice(normal_levels(1024), 400_000)
    y = location + sd * z + (z**2 - 1) / 6 + rng.random(len(z))
    drawn = np.bincount(np.maximum(y, 0).astype(int)) / len(z)
    exact = count_distribution(location, sd)
    n = max(len(drawn), len(exact))
    assert np.abs(np.pad(drawn, (0, n - len(drawn))) - np.pad(exact, (0, n - len(exact)))).max() < 0.004


def test_drive_distribution_counts_thresholds():
    thresholds = poisson_thresholds(1.8)
    words = np.arange(-32768, 32768)
    counts = (words[:, None] > thresholds[None, :].astype(int)).sum(axis=1)
    exact = np.bincount(counts, minlength=len(thresholds) + 1) / 65536
    assert deviations.drive_distribution(thresholds) == pytest.approx(exact, abs=1e-12)


@pytest.fixture(scope="module")
def base():
    job = deviations.base_job()
    return job, build(job, 4)[0]


def test_delays_within_areas_deviate_by_their_levels_at_most(base):
    job, tables = base
    distance, mean = deviations.delays_within(job, tables)
    # A population with few synapses has no groups: half a level, beside single precision.
    assert distance == pytest.approx(0.5 / LATE_DELAYS, rel=0.01) and 0 < mean < 0.01
    later = tables._replace(late_delay=tables.late_delay + 1)
    assert deviations.delays_within(job, later)[1] == pytest.approx(1, abs=0.01)


def test_random_totals_move_rates_less_than_another_seed(base):
    network = base[0].network
    effect = totals_effect.by_theory(network, draws=1)
    assert effect.shape == (1, 254) and 1e-4 < np.median(np.abs(effect)) < 1e-2
    assert totals_effect.typical(effect) < 0.2 * totals_effect.typical(totals_effect.between_seeds())


def test_events_of_both_tables_are_the_same():
    found = page.kept()
    assert found is not None
    ours = found[0][(found[0]["scale"] == 1) & (found[0]["threads"] == found[0]["threads"].max())]
    lines = page.literature(found[0], pd.DataFrame()).splitlines()[2:]
    for line, events in zip(lines, ours["events_per_s"], strict=True):
        assert line.split(" | ")[-2] == scientific(events)


def test_pages_are_up_to_date():
    made = page.parts()
    for name in page.PAGES:
        text = shipped("docs", name).read_text(encoding="utf-8")
        assert fill(text, made) == text, f"run `python -m humam.bench.page` to rewrite docs/{name}"
    for mark in made:
        assert any(f"<!-- {mark}: begin -->" in shipped("docs", n).read_text(encoding="utf-8") for n in page.PAGES), (
            mark
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scales": "0.1,2"}, "scales: '2': must be numbers > 0 and at most 1"),
        ({"scales": "0.1;1"}, "scales: '0.1;1': must be numbers > 0"),
        ({"threads": "1,1.5"}, "threads: '1.5': must be whole numbers"),
        ({"threads": "0"}, "threads: '0': must be whole numbers > 0"),
        ({"nest_scale": "big"}, "nest-scale: 'big': must be numbers > 0"),
        ({"experiments": ","}, "experiments = ',': names with commas between"),
        ({"experiments": "bases"}, "unknown experiment 'bases' (did you mean 'base'?)"),
        ({"t_sim": 10.0}, "t-sim = 10 ms: must be 100 to 1e6 ms"),
    ],
)
def test_bad_options(options, message, tmp_path, monkeypatch):
    monkeypatch.setattr(bench.inputs, "prepare", lambda names, folder: None)
    monkeypatch.setattr(bench, "_size", lambda folder, name: (1, 1, 1.0))
    with pytest.raises(HumamError, match=re.escape(message)):
        bench.main(out=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_results_of_two_machines_do_not_mix(tmp_path):
    here = bench._record(tmp_path)
    here["machine"] |= {"cores": here["machine"]["cores"] + 1}
    bench._write_record(tmp_path, here)
    with pytest.raises(HumamError, match="another machine"):
        bench._record(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "cannot be read"), ("[]", "holds no object"), ('{"machine": 1}', r"another machine \(processor None")],
)
def test_a_damaged_record_of_the_machine_is_named(tmp_path, text, message):
    (tmp_path / "machine.json").write_text(text)
    with pytest.raises(HumamError, match=message):
        bench._record(tmp_path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A benchmark of tiny networks, and a function that goes on with it."""
    out = tmp_path_factory.mktemp("bench") / "out"
    with pytest.MonkeyPatch.context() as patch:
        # Kernels that other tests have compiled: here it does not matter how long that takes.
        patch.setattr(runner, "KERNELS", kernels.folder().parent)
        patch.setattr(points, "LONGEST", 1.0)

        def go(**changes):
            options = {"scales": "0.005", "threads": "1", "experiments": "base", "nest_scale": "0.005", "t_sim": 100.0}
            bench.main(out=out, **(options | changes))

        go()
        yield out, go


def test_command_measures_and_keeps(run, capsys):
    out, go = run
    frame = pd.read_csv(out / "bench.csv")
    assert list(frame.columns) == list(table.COLUMNS)
    assert sorted(frame["engine"]) == ["nest", "procedural"]
    assert (frame["measured_ms"] == 100).all()
    assert (frame["wall_s_per_biological_s"] > 0).all() and (frame["peak_memory_bytes"] > 5e7).all()
    own = frame[frame["engine"] == "procedural"].iloc[0]
    assert own[[c for c in table.COLUMNS if c.startswith("share_")]].sum() == pytest.approx(1, abs=1e-4)
    # Two ways to count: by what kernels drew, and by spikes times out-degrees.
    kept = json.loads((out / "points" / "procedural_base_0.005_1.json").read_text())["result"]
    assert kept["spikes"] == kept["did"]["spikes"] > 0
    drawn = kept["did"]["events_within"] + kept["did"]["events_between"]
    assert drawn == pytest.approx(kept["events"], rel=0.1)
    assert json.loads((out / "machine.json").read_text())["compile_s"] > 0
    assert (out / "bench.svg").exists() and (out / "bench.png").exists()

    before = {path: path.stat().st_mtime_ns for path in (out / "points").iterdir()}
    assert len(before) == 3
    go()
    assert {path: path.stat().st_mtime_ns for path in (out / "points").iterdir()} == before
    assert "procedural" in capsys.readouterr().out


@pytest.fixture
def copied(run, tmp_path, monkeypatch):
    """A copy of the benchmark, and a function that goes on with it and returns the points it would measure."""
    out = tmp_path / "out"
    shutil.copytree(run[0], out)
    planned = []
    monkeypatch.setattr(bench.plot, "draw", lambda *_: None)
    monkeypatch.setattr(runner, "run", lambda points, *_: planned.extend(p for p, _ in points))

    def go(**changes):
        planned.clear()
        options = {"scales": "0.005", "threads": "1", "experiments": "base", "nest_scale": "0.005", "t_sim": 100.0}
        bench.main(out=out, **(options | changes))
        return planned, [p.name for p in planned if runner.measured(out, p) is None]

    return out, go


def test_what_was_disturbed_is_measured_again_if_asked_for(copied, capsys):
    out, go = copied
    for path in (out / "points").iterdir():
        content = json.loads(path.read_text())
        content["result"]["other_cores"] = 2 * table.DISTURBED if path.name.startswith("nest") else 0.0
        path.write_text(json.dumps(content))
    assert go()[1] == []
    frame = pd.read_csv(out / "bench.csv")
    assert dict(zip(frame["engine"], frame["disturbed"], strict=True)) == {"nest": True, "procedural": False}
    (name,) = go(measure_again=True)[1]
    assert name.startswith("nest_base_0.005")


def test_nest_can_be_left_out(copied, capsys):
    _, go = copied
    assert {p.engine for p in go()[0]} == {"nest", "procedural"}
    assert {p.engine for p in go(nest_scale="none")[0]} == {"procedural"}


def test_failure_names_the_point_and_leaves_nothing(tmp_path):
    point = Point("procedural", "base", 0.005, 1, 100.0, 1)
    with pytest.raises(HumamError, match=r"point procedural_base_0.005_1: network file .* does not exist"):
        runner.run([(point, 1.0)], tmp_path / "out", tmp_path / "no inputs")
    assert not list((tmp_path / "out" / "points").iterdir())


def test_reason_of_a_failure(tmp_path):
    log = tmp_path / "log"
    log.write_text("warning\nscale s = 1e-9: too small\n")
    assert runner._reason(2, log) == "scale s = 1e-9: too small"
    assert "memory" in runner._reason(-9, log)
    log.write_text("")
    assert runner._reason(3, log) == "ended with status 3"


def test_damaged_result_is_named(tmp_path):
    point = Point("procedural", "base", 0.01, 1, 300.0, 1)
    path = runner.result_path(tmp_path, point)
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(HumamError, match="is damaged"):
        runner.measured(tmp_path, point)
    for content in ("{}", "[]", '{"point": {}, "code": {}, "result": 3}'):
        path.write_text(content)
        with pytest.raises(HumamError, match=r"is damaged: result '.*json'.*; remove the file to measure"):
            runner.measured(tmp_path, point)


def test_results_of_other_code_are_measured_again(tmp_path):
    point = Point("procedural", "base", 0.01, 1, 300.0, 1)
    path = runner.result_path(tmp_path, point)
    path.parent.mkdir()
    kept = {"point": point.as_dict(), "code": runner.code(), "result": {"x": 1}}
    path.write_text(json.dumps(kept))
    assert runner.measured(tmp_path, point) == {"x": 1}
    path.write_text(json.dumps(kept | {"code": kept["code"] | {"kernels": "other"}}))
    assert runner.measured(tmp_path, point) is None
    assert runner.measured(tmp_path, dataclasses.replace(point, seed=2)) is None
