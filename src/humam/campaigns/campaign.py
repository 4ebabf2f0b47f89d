"""A campaign: runs one after another, from the network to the archive, to be stopped and gone on with at any time.

Everything a run needs stands in a folder of its name below the campaign's folder (``network.nc``, ``spikes.partial/``,
``spikes/``, ``statistics/``). What is there already is not made again if it is of this run: a run in the archive is
done, one with checkpoints goes on from the last. Each step is a process of its own, so that memory is given back and
measured; it ends with this one.
"""

from __future__ import annotations

import dataclasses
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from humam import archive, spikes_manifest
from humam import network as networks
from humam.analysis import statistics as statistics_folder
from humam.campaigns import estimate, forecast, outlook
from humam.campaigns.outlook import Row
from humam.campaigns.samplesheet import Run
from humam.child import end_with_parent
from humam.errors import HumamError
from humam.simulation.partial_record import progress_in
from humam.simulation.partial_run import is_partial, partial_folder

ARCHIVED: Final = "archived"
"""What is said of a run that the archive holds."""


def plan(runs: Sequence[Run], out: Path, archive_folder: Path, cores: int) -> list[Row]:
    """Return what each run will take.

    Parameters
    ----------
    runs : sequence of Run
        The runs.
    out, archive_folder : Path
        Folder of the campaign, whose checkpoints count, and of archived runs.
    cores : int
        Threads of a simulation that takes all that there are.

    Raises
    ------
    HumamError
        If the archive holds another run of the same name.
    """
    known = forecast.known_runs(archive_folder)
    needs = estimate.needs(runs)
    found = []
    for run in runs:
        made = ARCHIVED if is_archived(run, archive_folder) else ""
        reached = 0.0 if made else _reached_ms(run, out / run.id / "spikes")
        item = outlook.row(run, dataclasses.asdict(needs[run.id]), known, cores, reached, made)
        found.append(dataclasses.replace(item, cores=cores))  # one after another: others are idle meanwhile
    return found


def _reached_ms(run: Run, spikes: Path) -> float:
    """Return the biological time that is simulated: all of it, or until the last checkpoint.

    Raises
    ------
    HumamError
        If the checkpoint is of another run.
    """
    if outlook.are_of(run, spikes):
        return run.t_sim
    reached, there = progress_in(partial_folder(spikes))
    for name, value in outlook.about_of(run).items():
        if name != "t_sim_ms" and there.get(name, value) != value:  # a run may become longer
            raise HumamError(
                f"folder {str(partial_folder(spikes))!r} holds a run of another {name} that was interrupted: remove it"
            )
    return reached


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
    asked: dict[str, Any] = dict(outlook.about_of(run)["network_parameters"]) | {
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


def room(rows: Sequence[Row], keep_spikes: bool) -> float:
    """Return the bytes that a campaign takes at most: a run leaves next to nothing, unless its spikes are kept."""
    waiting = [item.forecast for item in rows if not item.made]
    if keep_spikes:
        return sum(item.lasting_bytes for item in waiting) + max((item.passing_bytes for item in waiting), default=0.0)
    return max((item.passing_bytes + item.lasting_bytes for item in waiting), default=0.0)


def _network_is_of(run: Run, path: Path) -> bool:
    """Return whether a file holds the network of a run."""
    try:
        found = networks.parameters(networks.read(path))
    except HumamError:
        return False
    return found.model_dump(mode="json") == outlook.about_of(run)["network_parameters"]


def _statistics_are_of(spikes: Path, folder: Path) -> bool:
    """Return whether a folder holds the statistics of some spikes."""
    try:
        found = statistics_folder.read(folder).manifest
    except HumamError:
        return False
    return found == spikes_manifest.read(spikes / spikes_manifest.MANIFEST_NAME).model_dump(mode="json")


def perform(run: Run, out: Path, archive_folder: Path, keep_spikes: bool, threads: int | None) -> None:
    """Make one run: network, spikes, statistics, archive; what is there already and of this run is kept.

    Parameters
    ----------
    run : Run
        The run.
    out, archive_folder : Path
        Folder of the campaign, and of archived runs.
    keep_spikes : bool
        Whether network, spikes and statistics stay after the run has been archived.
    threads : int or None
        Threads of a run that names none.

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
    if not _network_is_of(run, network):
        _step(["network", "--experiment", experiment, "--out", network])
    if not outlook.are_of(run, spikes):
        simulate = ["simulate", "--network", network, "--engine", run.engine, "--t-sim", run.t_sim, "--seed", run.seed]
        simulate += ["--scale", run.scale, "--in-degree-scale", run.in_degree_scale, "--out", spikes]
        simulate += ["--continue"] if is_partial(spikes) else []
        simulate += ["--ranks", run.ranks] if run.ranks > 1 else []
        used = run.threads or threads
        _step(simulate + ([] if used is None else ["--threads", used]))
    if not _statistics_are_of(spikes, statistics):
        _step(["analyse", "--network", network, "--spikes", spikes, "--out", statistics])
    _step([
        "archive", "--network", network, "--spikes", spikes, "--statistics", statistics,
        "--out", archive_folder / run.id,
    ])  # fmt: skip
    if not keep_spikes:
        shutil.rmtree(spikes)
        shutil.rmtree(statistics)
        network.unlink()
        with suppress(OSError):  # the user's own files
            folder.rmdir()


def _step(arguments: Sequence[Any]) -> None:
    """Run one command; a signal is passed on once, so that a simulation leaves its checkpoint."""
    # The session of its own keeps Ctrl-C of a terminal from reaching it twice, which would end it without.
    with (
        subprocess.Popen(
            [sys.executable, "-P", "-m", "humam", *map(str, arguments)],
            start_new_session=True,
            preexec_fn=end_with_parent,
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
