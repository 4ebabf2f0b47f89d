"""A campaign: runs one after another, from the network to the archive, to be stopped and gone on with at any time.

Everything a run needs stands in a folder of its name below the campaign's folder (``network.nc``, ``spikes.partial/``,
``spikes/``, ``statistics/``). What is there already is not made again: a run in the archive is done, one with
checkpoints goes on from the last. Each step is a process of its own, so that memory is given back and measured.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humam import archive
from humam.campaigns import forecast
from humam.campaigns.samplesheet import Run
from humam.errors import HumamError
from humam.parameters import load_experiment
from humam.simulation.partial_run import is_partial, partial_folder, progress_in


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes
    ----------
    run : Run
        The run.
    done : bool
        Whether it is in the archive.
    wall_s : float
        Seconds of simulation that are left.
    disk_bytes : float
        Room that it takes while it is being made.
    spikes_bytes : float
        Its spikes.
    source : str
        What the estimate rests on.
    """

    run: Run
    done: bool
    wall_s: float
    disk_bytes: float
    spikes_bytes: float
    source: str


def estimate(runs: Sequence[Run], out: Path, archive_folder: Path, threads: int) -> list[Estimate]:
    """Return what each run will take, from archived runs of the same kind of activity where there are any.

    Parameters
    ----------
    runs : sequence of Run
        The runs.
    out, archive_folder : Path
        Folder of the campaign, whose checkpoints count, and of archived runs.
    threads : int
        Threads of the simulation.

    Raises
    ------
    HumamError
        If the archive holds another run of the same name.
    """
    known = forecast.known_runs(archive_folder)
    return [_estimate(run, out, archive_folder, threads, known) for run in runs]


def _estimate(run: Run, out: Path, archive_folder: Path, threads: int, known: list[forecast.Known]) -> Estimate:
    if is_archived(run, archive_folder):
        return Estimate(run, True, 0.0, 0.0, 0.0, "archived")
    found = forecast.forecast(run, known, threads, _done_ms(out / run.id))
    disk = found.passing_bytes + found.lasting_bytes
    return Estimate(run, False, found.wall_s, disk, found.spikes_bytes, found.source)


def _done_ms(folder: Path) -> float:
    """Return the biological time that the last checkpoint of a run has reached."""
    if (folder / "spikes").is_dir():
        return float("inf")
    return progress_in(partial_folder(folder / "spikes"))[0]


def is_archived(run: Run, archive_folder: Path) -> bool:
    """Return whether the archive holds a run.

    Raises
    ------
    HumamError
        If it holds another one of that name.
    """
    folder = archive_folder / run.id
    if not (folder / archive.RECORD_NAME).exists():
        return False
    found = archive.record(folder)
    # Seed and time of the parameters are those of the experiment, which the list replaces.
    there = found["parameters"] | found
    asked: dict[str, Any] = load_experiment(run.file, choice=run.choice).model_dump(mode="json") | {
        "engine": run.engine, "scale": run.scale, "in_degree_scale": run.in_degree_scale,
        "t_sim_ms": run.t_sim, "seed": run.seed,
    }  # fmt: skip
    del asked["t_sim"], asked["name"], asked["description"]
    for name, value in asked.items():
        if there.get(name) != value:
            raise HumamError(
                f"archived run {str(folder)!r} has {name} = {there.get(name)!r}, the list asks for {value!r}:"
                " choose another name or remove it"
            )
    return True


def check_disk(estimates: Sequence[Estimate], out: Path, keep_spikes: bool) -> None:
    """Refuse a campaign for which the disk has no room.

    Raises
    ------
    HumamError
        If it is too small; tells how much is missing.
    """
    waiting = [item for item in estimates if not item.done]
    # Without its spikes a run leaves next to nothing.
    kept = sum(item.spikes_bytes for item in waiting) if keep_spikes else 0.0
    forecast.check_room({out: kept + max((item.disk_bytes for item in waiting), default=0.0)})


def perform(run: Run, out: Path, archive_folder: Path, keep_spikes: bool, threads: int | None) -> None:
    """Make one run: network, spikes, statistics, archive; what is there already is kept.

    Raises
    ------
    HumamError
        If a step fails (it has said why).
    SystemExit
        After a signal, with what the interrupted step ended with.
    """
    folder = out / run.id
    network, spikes, statistics = folder / "network.nc", folder / "spikes", folder / "statistics"
    experiment = run.file if run.choice is None else f"{run.file}@{run.choice}"
    if not network.exists():
        _step(["network", "--experiment", experiment, "--out", network])
    if not spikes.exists():
        simulate = ["simulate", "--network", network, "--engine", run.engine, "--t-sim", run.t_sim, "--seed", run.seed]
        simulate += ["--scale", run.scale, "--in-degree-scale", run.in_degree_scale, "--out", spikes]
        simulate += ["--continue"] if is_partial(spikes) else []
        _step(simulate + ([] if threads is None else ["--threads", threads]))
    if not statistics.exists():
        _step(["analyse", "--network", network, "--spikes", spikes, "--out", statistics])
    _step([
        "archive", "--network", network, "--spikes", spikes, "--statistics", statistics,
        "--out", archive_folder / run.id,
    ])  # fmt: skip
    if not keep_spikes:
        shutil.rmtree(spikes)


def _step(arguments: Sequence[Any]) -> None:
    """Run one command; a signal is passed on once, so that a simulation leaves its checkpoint."""
    # The session of its own keeps Ctrl-C of a terminal from reaching it twice, which would end it without.
    with (
        subprocess.Popen(
            [sys.executable, "-P", "-m", "humam", *map(str, arguments)], start_new_session=True
        ) as process,
        _passing_on(process) as caught,
    ):
        code = process.wait()
    if caught:
        sys.exit(128 + caught[0])
    if code:
        raise HumamError(f"step {arguments[0]!r} ended with exit code {code}, see above")


@contextmanager
def _passing_on(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Pass on signals that ask for the end; yields those that came."""
    caught: list[int] = []
    before: dict[signal.Signals, Any] = {}

    def pass_on(number: int, _: Any) -> None:
        caught.append(number)
        process.send_signal(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) != signal.SIG_IGN:  # nohup
            before[each] = signal.signal(each, pass_on)
    try:
        yield caught
    finally:
        for each, usual in before.items():
            signal.signal(each, usual)
