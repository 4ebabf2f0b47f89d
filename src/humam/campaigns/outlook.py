"""What simulations will take, said before they start: time, memory and disk of each run and of all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from humam import spikes_manifest
from humam.campaigns import estimate
from humam.campaigns.forecast import RULE, Forecast, Known, check_room, forecast
from humam.campaigns.samplesheet import Run
from humam.errors import HumamError
from humam.parameters import load_experiment
from humam.simulation import checkpoints

MADE: Final = "made, unless code changed"
"""What is said of a run whose spikes are among the results: whether its code is still that, the workflow finds out."""


@dataclass(frozen=True)
class Folders:
    """Where a workflow writes.

    Attributes
    ----------
    work, outdir, checkpoints : path
        The folders of tasks, of results, and of checkpoints.
    copies : bool
        Whether results are copied from one to the other, not linked.
    parallel : bool
        Whether simulations run at the same time, on many nodes, each with its checkpoints.
    """

    work: Path
    outdir: Path
    checkpoints: Path
    copies: bool
    parallel: bool = False


@dataclass(frozen=True)
class Row:
    """What one run will take.

    Attributes
    ----------
    run : Run
        The run.
    forecast : Forecast
        What it will take; of a run that is made: what it would take anew.
    reached_ms : float
        Biological time at its last checkpoint.
    cores : int
        Cores that it takes.
    memory_bytes : float
        Peak memory.
    made : str
        What is said of a run that is there already, else empty.
    """

    run: Run
    forecast: Forecast
    reached_ms: float
    cores: int
    memory_bytes: float
    made: str = ""


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
    about = about_of(run)
    if resume and are_of(run, folders.outdir / "spikes" / run.id):
        return row(run, need, known, cores, made=MADE)
    return row(run, need, known, cores, checkpoints.reached_ms(folders.checkpoints, run.id, about))


def row(
    run: Run, need: Mapping[str, float], known: list[Known], cores: int, reached_ms: float = 0.0, made: str = ""
) -> Row:
    """Return what one run will take.

    Parameters
    ----------
    run : Run
        The run.
    need : mapping
        What a scheduler would be asked for (:class:`humam.campaigns.estimate.Need`).
    known : list of Known
        Archived runs.
    cores : int
        Cores that a run takes which takes all that there are.
    reached_ms : float
        Biological time that its checkpoints have reached; those of NEST have none.
    made : str
        What is said of a run that is there already.
    """
    if run.engine == "procedural":
        taken = run.threads or cores
        return Row(run, forecast(run, known, taken, reached_ms), reached_ms, taken, need["memory_bytes"], made)
    taken = run.ranks * (run.threads or 1)
    seconds = (need["core_seconds"] - estimate.START_S) / taken
    found = dataclasses.replace(forecast(run, known, taken), wall_s=seconds, source=RULE)
    return Row(run, found, 0.0, taken, need["memory_bytes"], made)


def about_of(run: Run) -> spikes_manifest.About:
    """Return what the manifest of its spikes tells of a run."""
    return spikes_manifest.About(
        engine=run.engine, seed=run.seed, scale=run.scale, in_degree_scale=run.in_degree_scale,
        areas=None,  # all
        t_sim_ms=run.t_sim,
        network_parameters=load_experiment(run.file, choice=run.choice).model_dump(mode="json"),
    )  # fmt: skip


def are_of(run: Run, spikes: Path) -> bool:
    """Return whether a folder holds the spikes of a run, all of them."""
    try:
        manifest = spikes_manifest.read(spikes / spikes_manifest.MANIFEST_NAME)
    except HumamError:
        return False
    split = ("threads", "ranks") if run.engine == "nest" else ()  # spikes of the other do not depend on them
    options = manifest.engine_options
    return manifest.about() == about_of(run) and all(options.get(key) == getattr(run, key) for key in split)


def check(found: Sequence[Row], folders: Folders) -> tuple[float, float]:
    """Refuse what the disks have no room for; return the bytes that the runs take, and those that are free.

    Raises
    ------
    HumamError
        If a disk is too small.
    """
    left = [item.forecast for item in found if not item.made]
    lasting = sum(item.lasting_bytes for item in left)
    passing = [item.passing_bytes for item in left]
    needed = {
        folders.work: lasting,
        folders.checkpoints: sum(passing) if folders.parallel else max(passing, default=0.0),
        folders.outdir: lasting if folders.copies else 0.0,
    }
    return sum(needed.values()), check_room(needed)


def table(found: Sequence[Row], cores: int, disk_bytes: float, free_bytes: float) -> list[str]:
    """Return lines for the terminal: a header, one for each run, one for all."""
    cells = [("run", "simulation", "memory", "disk", "from"), *map(_cells, found)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(text.ljust(n) for text, n in zip(line, widths, strict=True)).rstrip() for line in cells]
    left = [item for item in found if not item.made]
    again = sum(_disk(item) for item in found if item.made == MADE)
    changed = f"; where code changed, up to {_size(again)} of disk more" if again else ""
    if not left:
        return [*lines, f"all simulations are made{changed and f'{changed} ({_size(free_bytes)} free)'}"]
    seconds = sum(item.forecast.wall_s * item.cores / cores for item in left)
    return [
        *lines,
        f"{len(left)} of {len(found)} simulations to make: {_time(seconds)} on {cores} cores, and"
        f" {_size(disk_bytes)} of disk ({_size(free_bytes)} free); what other steps take is not in it{changed}",
    ]


def _cells(item: Row) -> tuple[str, ...]:
    if item.made:
        return item.run.id, item.made, "", "", ""
    after = f", {item.reached_ms:g} of {item.run.t_sim:g} ms are made" if item.reached_ms else ""
    time = _time(item.forecast.wall_s) + after
    return item.run.id, time, _size(item.memory_bytes), _size(_disk(item)), item.forecast.source


def _disk(item: Row) -> float:
    return item.forecast.passing_bytes + item.forecast.lasting_bytes


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
