"""Long runs of the procedural engine: interrupted and continued, refused, out of disk, from packed code."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_simulation import SOURCE, arguments, failure, simulate, write_inputs

from humam import codepack, spikes
from humam.engines.procedural import kernels
from humam.errors import HumamError
from humam.provenance import machine
from humam.simulation import checkpoints, partial_record, partial_run


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Folder with the network and the theory of the base state."""
    return write_inputs(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def undivided(files, tmp_path_factory):
    """Spikes of 60 ms at a stretch."""
    out = tmp_path_factory.mktemp("undivided") / "spikes"
    assert simulate(files, out, "--threads", "1") == 0
    return spikes.read(out)


@pytest.fixture
def interrupt(monkeypatch):
    """Return a function: from now on a signal arrives at the end of each chunk (20 ms), or none."""
    due = partial_run.PartialRun.due

    def at_each_chunk(number):
        def signalled(self):
            os.kill(os.getpid(), number)
            return due(self)

        monkeypatch.setattr(partial_run.PartialRun, "due", due if number is None else signalled)

    return at_each_chunk


@pytest.fixture
def interrupted(files, tmp_path, interrupt):
    """The output of a run of which 20 of 60 ms are done."""
    interrupt(signal.SIGTERM)
    assert simulate(files, tmp_path / "s") == 143
    interrupt(None)
    return tmp_path / "s"


def test_two_interruptions_change_nothing(files, tmp_path, interrupt, undivided, capsys):
    out = tmp_path / "s"
    interrupt(signal.SIGINT)
    assert simulate(files, out, "--threads", "2") == 130
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("humam: interrupted at 20 of 60 ms") and "--continue" in told
    part = spikes.read(tmp_path / "s.partial")
    assert (part.manifest.t_sim_ms, part.manifest.t_sim_planned_ms) == (20.0, 60.0)
    expected = undivided.load(t_stop_ms=20.1)
    np.testing.assert_array_equal(part.load().neuron, expected.neuron)
    interrupt(signal.SIGTERM)
    assert simulate(files, out, "--continue", "--threads", "1") == 143
    assert spikes.read(tmp_path / "s.partial").manifest.t_sim_ms == 40.0
    interrupt(None)
    assert simulate(files, out, "--continue", "--threads", "2") == 0
    whole = spikes.read(out).manifest
    assert whole.sha256 == undivided.manifest.sha256
    assert whole.t_sim_planned_ms is None and whole.t_sim_ms == 60.0
    assert whole.engine_options["continued_at_ms"] == [20.0, 40.0]
    assert whole.wall_times_s["simulate"] > part.manifest.wall_times_s["simulate"]
    for name in ("events_within", "events_between", "events_queued", "spikes"):
        assert whole.engine_options[name] == undivided.manifest.engine_options[name] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "spikes.parquet"]
    capsys.readouterr()
    assert simulate(files, out, "--continue") == 0
    assert "is complete" in capsys.readouterr().err
    assert "holds another run" in failure(capsys, files, out, "--continue", "--seed", "8")
    assert "holds another run (window)" in failure(capsys, files, out, "--continue", "--window", "1")
    assert "another run (delay quantile)" in failure(capsys, files, out, "--continue", "--delay-quantile", "0.9")


KILLED = """
import os, signal, sys
from humam import cli
from humam.simulation import partial_run

class PartialRun(partial_run.PartialRun):
    def append(self, *spikes):
        super().append(*spikes)
        if self.step:  # after the checkpoint at 20 ms
            self._writer.close()
            os.kill(os.getpid(), signal.SIGKILL)

partial_run.PartialRun = PartialRun
cli.main(sys.argv[1:])
"""


def test_killed_run_goes_on_from_its_last_checkpoint(files, tmp_path, undivided):
    command = [sys.executable, "-c", KILLED, *arguments(files, tmp_path / "s", "--checkpoint-every", "1e-9")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(SOURCE)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "s.partial").glob("spikes-*.parquet"))) == 2, "one before, one after the checkpoint"
    assert simulate(files, tmp_path / "s", "--continue") == 0
    whole = spikes.read(tmp_path / "s").manifest
    assert whole.sha256 == undivided.manifest.sha256
    assert whole.engine_options["continued_at_ms"] == [20.0]


def in_store(files, tmp_path, *options, task="a", t_sim=60):
    """Simulate as a task of a workflow does: in a folder of its own, with checkpoints elsewhere."""
    store = str(tmp_path / "store")
    return simulate(files, tmp_path / task / "s", "--checkpoints", store, "--threads", "1", *options, t_sim=t_sim)


def test_checkpoints_outlive_the_folder_of_a_task(files, tmp_path, undivided, interrupt, capsys):
    interrupt(signal.SIGTERM)
    assert in_store(files, tmp_path) == 143
    assert "interrupted at 20 of 60 ms" in capsys.readouterr().err
    assert not (tmp_path / "a" / "s.partial").exists()
    (kept,) = (tmp_path / "store").iterdir()
    about = spikes.read(kept).manifest.about() | {"t_sim_ms": 60.0}
    assert checkpoints.reached_ms(tmp_path / "store", "s", about) == 20.0
    assert checkpoints.reached_ms(tmp_path / "store", "s", about | {"seed": 8}) == 0.0
    interrupt(None)
    # Neither another seed nor another duration or network goes on from there, nor are they in the way.
    for number, (options, t_sim) in enumerate([(("--seed", "8"), 60), ((), 40), (("--scale", "0.003"), 60)]):
        assert in_store(files, tmp_path, *options, task=f"other {number}", t_sim=t_sim) == 0
        assert "continued_at_ms" not in spikes.read(tmp_path / f"other {number}" / "s").manifest.engine_options
    assert list((tmp_path / "store").iterdir()) == [kept]
    assert in_store(files, tmp_path, task="b") == 0
    assert f"going on from 20 ms, the checkpoint in {str(kept)!r}" in capsys.readouterr().err
    whole = spikes.read(tmp_path / "b" / "s").manifest
    assert whole.sha256 == undivided.manifest.sha256
    assert whole.engine_options["continued_at_ms"] == [20.0]
    assert list((tmp_path / "store").iterdir()) == []


def test_checkpoints_of_other_code_are_not_in_the_way(files, tmp_path, undivided, interrupt, monkeypatch):
    interrupt(signal.SIGTERM)
    assert in_store(files, tmp_path) == 143
    interrupt(None)
    with monkeypatch.context() as changed:
        changed.setattr(kernels, "engine_digest", lambda: "0" * 64)
        assert in_store(files, tmp_path, task="b") == 0
    assert "continued_at_ms" not in spikes.read(tmp_path / "b" / "s").manifest.engine_options


def test_a_task_is_told_more_than_once_and_nobody_listens(files, tmp_path, interrupt, monkeypatch):
    """What ends a task sends several signals, also to what reads its lines."""
    keep = partial_run.PartialRun.keep

    def signalled(self, *state):
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        return keep(self, *state)

    def broken(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(partial_run.PartialRun, "keep", signalled)
    monkeypatch.setattr("builtins.print", broken)
    interrupt(signal.SIGTERM)
    assert in_store(files, tmp_path) == 143
    (kept,) = (tmp_path / "store").iterdir()
    assert spikes.read(kept).manifest.t_sim_ms == 20.0


def test_checkpoints_and_where_recording_ends_change_nothing(files, tmp_path, undivided):
    assert simulate(files, tmp_path / "s", "--checkpoint-every", "1e-9") == 0
    assert spikes.read(tmp_path / "s").manifest.sha256 == undivided.manifest.sha256
    assert simulate(files, tmp_path / "t", t_sim=33.3) == 0
    shorter = spikes.read(tmp_path / "t")
    expected = undivided.load(t_stop_ms=33.4)
    np.testing.assert_array_equal(shorter.load().neuron, expected.neuron)
    np.testing.assert_array_equal(shorter.load().step, expected.step)


def test_a_run_can_be_made_longer(files, interrupted, undivided):
    assert simulate(files, interrupted, "--continue", t_sim=70) == 0
    longer = spikes.read(interrupted)
    assert longer.manifest.t_sim_ms == 70.0
    np.testing.assert_array_equal(longer.load(t_stop_ms=60.1).neuron, undivided.load().neuron)


def test_interrupted_run_is_not_overwritten(files, interrupted, capsys):
    line = failure(capsys, files, interrupted)
    assert "interrupted at 20 ms: go on with --continue" in line
    assert partial_run.is_partial(interrupted)
    assert spikes.read(partial_run.partial_folder(interrupted)).manifest.t_sim_ms == 20.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", "8"), "seed 7, here 8"),
        (("--window", "1"), "window 4 steps, here 1 steps"),
        (("--delay-quantile", "0.99"), "delay quantile 1.0, here 0.99"),
        (("--scale", "0.003"), "network "),
    ],
)
def test_checkpoint_of_another_run_is_refused(files, interrupted, undivided, capsys, options, message):
    line = failure(capsys, files, interrupted, "--continue", *options)
    assert "the checkpoint is of another run and cannot be continued: " + message in line
    assert simulate(files, interrupted, "--continue") == 0
    assert spikes.read(interrupted).manifest.sha256 == undivided.manifest.sha256


def test_checkpoint_of_other_code_is_refused(files, interrupted, capsys, monkeypatch):
    monkeypatch.setattr(kernels, "engine_digest", lambda: "0" * 64)
    assert "code of the engine" in failure(capsys, files, interrupted, "--continue")


def test_shorter_than_the_checkpoint_is_refused(files, interrupted, capsys):
    assert "the checkpoint is at 20 ms" in failure(capsys, files, interrupted, "--continue", t_sim=10)


def damage(folder, what):
    if what == "checkpoint cut":
        path = next(folder.glob("checkpoint-*.npz"))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif what == "checkpoint altered":
        path = next(folder.glob("checkpoint-*.npz"))
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif what == "part gone":
        next(folder.glob("spikes-*.parquet")).unlink()
    else:
        path = folder / "run.json"
        content = json.loads(path.read_text())
        content["format_version"] = 99
        path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("checkpoint cut", "cannot be read"),
        ("checkpoint altered", "damaged"),
        ("part gone", "part "),
        ("version", "its format is not 'humam-partial-run', version 1"),
    ],
)
def test_damage_is_named_and_nothing_is_lost(files, interrupted, capsys, what, message):
    folder = partial_run.partial_folder(interrupted)
    damage(folder, what)
    before = sorted(folder.iterdir())
    assert message in failure(capsys, files, interrupted, "--continue")
    assert sorted(folder.iterdir()) == before


def test_folder_of_something_else_is_left_alone(files, tmp_path, capsys):
    (tmp_path / "s.partial").mkdir()
    (tmp_path / "s.partial" / "thesis.txt").write_text("mine")
    assert "holds 'thesis.txt', which is no part of a run" in failure(capsys, files, tmp_path / "s")
    assert (tmp_path / "s.partial" / "thesis.txt").read_text() == "mine"


def test_two_processes_do_not_share_a_run(files, interrupted, capsys):
    with partial_run.open_run(
        interrupted, ["a"] * 272, [1] * 272, dt_ms=0.1, every_s=1.0, go_on=True, stop=lambda: False
    ):
        assert "another process" in failure(capsys, files, interrupted, "--continue")


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_keeps_the_last_checkpoint(files, tmp_path, undivided, capsys, monkeypatch):
    out = tmp_path / "s"
    write, written = partial_run._write_arrays, []

    def second_is_too_much(path, state):
        written.append(path)
        return write(path, state) if len(written) == 1 else full_disk()

    monkeypatch.setattr(partial_run, "_write_arrays", second_is_too_much)
    line = failure(capsys, files, out, "--checkpoint-every", "1e-9")
    assert "No space left on device; kept until 20 ms, --continue goes on from there" in line
    assert not out.exists()
    assert len(list((tmp_path / "s.partial").glob("checkpoint-*"))) == 1
    monkeypatch.setattr(spikes.SpikeWriter, "append", full_disk)
    assert "No space left on device; kept until 20 ms" in failure(capsys, files, out, "--continue")
    monkeypatch.undo()
    assert simulate(files, out, "--continue") == 0
    assert spikes.read(out).manifest.sha256 == undivided.manifest.sha256


def test_full_disk_before_any_checkpoint_leaves_nothing(files, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(spikes.SpikeWriter, "append", full_disk)
    assert failure(capsys, files, tmp_path / "s").endswith("No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [("--continue",), ("--checkpoint-every", "5"), ("--window", "2")])
def test_nest_refuses_what_it_cannot_do(files, tmp_path, capsys, options):
    assert "engine 'nest'" in failure(capsys, files, tmp_path / "s", "--engine", "nest", *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--window", "3"), "window = 3"),
        (("--checkpoint-every", "0"), "checkpoint-every = 0 s: must be > 0"),
        (("--continue", "--checkpoints", "c"), "a run with --checkpoints goes on anyway"),
    ],
)
def test_bad_options(files, tmp_path, capsys, options, message):
    assert message in failure(capsys, files, tmp_path / "s", *options)


def test_manifest_tells_how(files, tmp_path, capsys):
    assert simulate(files, tmp_path / "s", "--window", "2", t_sim=1) == 0
    options = spikes.read(tmp_path / "s").manifest.engine_options
    assert (options["window_steps"], options["delay_quantile"]) == (2, 1.0)
    assert options["threads"] == machine.usable_cores()
    assert 0 < options["share_of_delays_raised"] < 1e-5
    assert 0 <= options["share_of_delays_cut"] < 1e-10
    assert "2/1 ms" not in capsys.readouterr().err


def test_kernels_are_found_again_from_packed_code(files, tmp_path, undivided):
    """Two packs at different paths take the kernels that this process has compiled."""
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        start = [*codepack.command_modules("simulate"), "humam.engines.procedural.engine"]
        codepack.pack(start, SOURCE, folder / "code.zip")
        variables = os.environ | {
            "PYTHONPATH": str(folder / "code.zip"),
            "NUMBA_CACHE_DIR": str(kernels.folder().parent),
        }
        command = [sys.executable, "-P", "-m", "humam", *arguments(files, folder / "s")]
        done = subprocess.run(command, env=variables, cwd=folder, check=True, stderr=subprocess.PIPE, text=True)
        assert "compiling" not in done.stderr
        assert spikes.read(folder / "s").manifest.sha256 == undivided.manifest.sha256


RECORD = {
    "format": "humam-partial-run", "format_version": 1, "dt_ms": 0.1, "step": 200, "run": {"seed": 1},
    "checkpoint": "checkpoint-00001.npz", "parts": {"spikes-00001.parquet": 3}, "counts": [3], "last_step": 7,
    "continued_at_ms": [], "peak_memory_bytes": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [[], 5, {"step": None}, {"dt_ms": "0.1"}, {"run": [1]}, {"counts": 3}, {"parts": ["a"]}, {"checkpoint": "a.npz"}],
)
def test_a_record_of_another_form_is_named_and_counts_as_none(tmp_path, change):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(RECORD))
    assert partial_record.read(path) == RECORD and partial_record.progress_in(tmp_path) == (20.0, {"seed": 1})
    path.write_text(json.dumps(RECORD | change if isinstance(change, dict) else change))
    with pytest.raises(HumamError, match=r"interrupted run '.*run\.json'"):
        partial_record.read(path)
    if not isinstance(change, dict) or set(change) & {"step", "dt_ms", "run"}:
        assert partial_record.progress_in(tmp_path) == (0.0, {})


def test_a_run_needs_a_folder_with_a_name(files, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "cannot write '.': it has no name of its own" in failure(capsys, files, Path())
    assert not list(tmp_path.iterdir())
