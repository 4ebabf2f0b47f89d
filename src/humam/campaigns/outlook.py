"""What the simulations of a workflow will take, said before it starts: time, memory and disk of each run and of all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humam import spikes_manifest
from humam.campaigns import estimate
from humam.campaigns.forecast import RULE, Forecast, Known, check_room, forecast
from humam.campaigns.samplesheet import Run
from humam.errors import HumamError
from humam.parameters import load_experiment
from humam.simulation import checkpoints


@dataclass(frozen=True)
class Folders:
    """Where a workflow writes.

    Attributes
    ----------
    work, outdir, checkpoints : path
        The folders of tasks, of results, and of checkpoints.
    copies : bool
        Whether results are copied from one to the other, not linked.
    """

    work: Path
    outdir: Path
    checkpoints: Path
    copies: bool


@dataclass(frozen=True)
class Row:
    """What one run will take.

    Attributes
    ----------
    run : Run
        The run.
    forecast : Forecast or None
        None where its spikes are there already.
    reached_ms : float
        Biological time at its last checkpoint.
    cores : int
        Cores that it takes.
    memory_bytes : float
        Peak memory.
    """

    run: Run
    forecast: Forecast | None
    reached_ms: float
    cores: int
    memory_bytes: float


def rows(
    runs: Sequence[Run],
    needs: Mapping[str, Mapping[str, float]],
    known: list[Known],
    folders: Folders,
    cores: int,
    resume: bool,
) -> list[Row]:
    """Return what each run will take.

    Parameters
    ----------
    runs : sequence of Run
        The runs.
    needs : mapping
        What a scheduler is asked for, by the name of a run (:class:`humam.campaigns.estimate.Need`).
    known : list of Known
        Archived runs.
    folders : Folders
        Where the workflow writes; checkpoints there count.
    cores : int
        Cores of the machine, or of a node.
    resume : bool
        Whether spikes among the results count as made.
    """
    return [_row(run, needs[run.id], known, folders, cores, resume) for run in runs]


def _row(run: Run, need: Mapping[str, float], known: list[Known], folders: Folders, cores: int, resume: bool) -> Row:
    about = spikes_manifest.About(
        engine=run.engine, seed=run.seed, scale=run.scale, in_degree_scale=run.in_degree_scale,
        areas=None,  # of the workflow: all
        t_sim_ms=run.t_sim,
        network_parameters=load_experiment(run.file, choice=run.choice).model_dump(mode="json"),
    )  # fmt: skip
    if resume and _is_made(folders.outdir / "spikes" / run.id, about):
        return Row(run, None, 0.0, 0, 0.0)
    if run.engine == "procedural":
        taken, reached = run.threads or cores, checkpoints.reached_ms(folders.checkpoints, run.id, about)
        found = forecast(run, known, taken, reached)
    else:
        taken, reached = run.ranks * (run.threads or 1), 0.0
        seconds = (need["core_seconds"] - estimate.START_S) / taken
        found = dataclasses.replace(forecast(run, known, taken), wall_s=seconds, source=RULE)
    return Row(run, found, reached, taken, need["memory_bytes"])


def _is_made(spikes: Path, about: Mapping[str, Any]) -> bool:
    try:
        return spikes_manifest.read(spikes / spikes_manifest.MANIFEST_NAME).about() == about
    except HumamError:
        return False


def check(found: Sequence[Row], folders: Folders) -> tuple[float, float]:
    """Refuse what the disks have no room for; return the bytes that the runs take, and those that are free.

    Raises
    ------
    HumamError
        If a disk is too small.
    """
    left = [row.forecast for row in found if row.forecast]
    lasting = sum(item.lasting_bytes for item in left)
    needed = {
        folders.work: lasting,
        folders.checkpoints: max((item.passing_bytes for item in left), default=0.0),
        folders.outdir: lasting if folders.copies else 0.0,
    }
    return sum(needed.values()), check_room(needed)


def table(found: Sequence[Row], cores: int, disk_bytes: float, free_bytes: float) -> list[str]:
    """Return lines for the terminal: a header, one for each run, one for all."""
    cells = [("run", "simulation", "memory", "disk", "from"), *map(_cells, found)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(text.ljust(n) for text, n in zip(row, widths, strict=True)).rstrip() for row in cells]
    left = [row for row in found if row.forecast]
    if not left:
        return [*lines, "all simulations are made"]
    seconds = sum(row.forecast.wall_s * row.cores / cores for row in left if row.forecast)
    return [
        *lines,
        f"{len(left)} of {len(found)} simulations to make: {_time(seconds)} on {cores} cores, and"
        f" {_size(disk_bytes)} of disk ({_size(free_bytes)} free); what other steps take is not in it",
    ]


def _cells(row: Row) -> tuple[str, ...]:
    if row.forecast is None:
        return row.run.id, "made", "", "", ""
    after = f", {row.reached_ms:g} of {row.run.t_sim:g} ms are made" if row.reached_ms else ""
    disk = row.forecast.passing_bytes + row.forecast.lasting_bytes
    return row.run.id, _time(row.forecast.wall_s) + after, _size(row.memory_bytes), _size(disk), row.forecast.source


def _time(seconds: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> _time(12), _time(100), _time(9000)
    ('under 1 min', 'about 2 min', 'about 2.5 h')
    """
    if seconds < 60:
        return "under 1 min"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def _size(n_bytes: float) -> str:
    """Return a size in words.

    Examples
    --------
    >>> _size(2e6), _size(1.26e9)
    ('2 MB', '1.3 GB')
    """
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes < 1e8 else f"{n_bytes / 1e9:.1f} GB"
