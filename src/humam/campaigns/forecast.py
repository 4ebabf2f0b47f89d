"""What a run will take, in time and disk, from archived runs of the same kind of activity where there are any.

What a scheduler is asked for is another thing: an upper bound (:mod:`humam.campaigns.estimate`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from humam.analysis.comparable import SERIES, is_active, series_of
from humam.archive import mean_rate, summaries
from humam.campaigns.samplesheet import Run
from humam.errors import HumamError
from humam.parameters import load_experiment


class Cost(NamedTuple):
    """What one biological second takes at full density, and what a checkpoint does."""

    thread_s_per_s: float
    spikes_per_s: float
    queue_bytes: float
    """Events on their way, the better part of a checkpoint."""


QUIET: Final = Cost(80.0, 2.0e6, 1.3e8)
"""Below the transition; until a run of this kind is archived."""
ACTIVE: Final = Cost(500.0, 1.5e7, 2.1e9)
"""Above it."""

RULE: Final = "rule of thumb"

BYTES_PER_SPIKE: Final = 3.1
"""Spikes on disk; measured, it falls with activity."""
STATISTICS: Final = 0.2
"""Disk that the statistics of a run take, relative to its spikes."""
NEURONS_BYTES: Final = 16 * 3.5e6
"""State of all neurons in a checkpoint, at full density: potential, two currents, weight of the drive."""

UPDATES: Final = 40.0
"""Thread seconds per biological second of all neurons without synapses: what a smaller in-degree leaves."""


class Known(NamedTuple):
    """An archived run of the procedural engine."""

    name: str
    record: Mapping[str, Any]
    chi: float
    active: bool
    """Whether it was in the active state itself, whatever the published run of its experiment did."""


@dataclass(frozen=True)
class Forecast:
    """What a run will take.

    Attributes
    ----------
    wall_s : float
        Seconds of simulation that are left.
    spikes_bytes : float
        Its spikes on disk.
    checkpoint_bytes : float
        A checkpoint; there are two while one is written, none with NEST.
    source : str
        What it rests on: the name of an archived run, or :data:`RULE`.
    """

    wall_s: float
    spikes_bytes: float
    checkpoint_bytes: float
    source: str

    @property
    def passing_bytes(self) -> float:
        """What is on disk only until the run is done: its parts, two checkpoints."""
        return self.spikes_bytes + 2 * self.checkpoint_bytes

    @property
    def lasting_bytes(self) -> float:
        """Spikes and statistics."""
        return self.spikes_bytes * (1 + STATISTICS)


def known_runs(archive_folder: Path) -> list[Known]:
    """Return the archived runs from which others can be foretold: of the procedural engine, at full density."""
    records = summaries(archive_folder).items()
    full = {"engine": "procedural", "scale": 1, "in_degree_scale": 1}
    whole = ((name, record) for name, record in records if full.items() <= record.items())
    return [
        Known(name, record, float(record["parameters"]["chi"]), is_active(record["experiment"], mean_rate(record)))
        for name, record in whole
    ]


def forecast(run: Run, known: list[Known], threads: int, reached_ms: float = 0.0) -> Forecast:
    """Return what a run of the procedural engine will take.

    Parameters
    ----------
    run : Run
        The run.
    known : list of Known
        Archived runs.
    threads : int
        Threads of the simulation.
    reached_ms : float
        Biological time that is done.
    """
    chi, active = _kind(load_experiment(run.file, choice=run.choice).model_dump(mode="json"))
    cost, source = (ACTIVE if active else QUIET), RULE
    own = [other for other in known if other.record["experiment"] == run.experiment]
    # Random numbers may lead to the other state than published: the same ones do so again.
    same = [other for other in own if other.record["seed"] == run.seed]
    in_state = [other for other in own if other.active == active]
    alike = [
        (series_of(other.record["experiment"]) != series_of(run.experiment), abs(other.chi - chi), other)
        for other in same or in_state or own or [other for other in known if other.active == active]
    ]
    if alike:
        nearest = min(alike, key=lambda item: (*item[:2], item[2].name))[2]
        cost, source = _cost(nearest.record), nearest.name
    left_s = max(0.0, run.t_sim - reached_ms) / 1000
    spikes = cost.spikes_per_s * run.t_sim / 1000 * run.scale
    state = NEURONS_BYTES * run.scale + cost.queue_bytes * run.scale * run.in_degree_scale
    updates = min(UPDATES, cost.thread_s_per_s)
    busy = updates + (cost.thread_s_per_s - updates) * run.in_degree_scale
    wall = left_s * busy / threads * run.scale
    return Forecast(wall, spikes * BYTES_PER_SPIKE, state if run.engine == "procedural" else 0.0, source)


def _cost(record: Mapping[str, Any]) -> Cost:
    seconds, options = record["t_sim_ms"] / 1000, record["engine_options"]
    return Cost(
        record["wall_times_s"]["simulate"] * options.get("threads", 1) / seconds,
        record["n_spikes"] / seconds,
        options.get("peak_queue_bytes", 0.0),
    )


def _kind(parameters: Mapping[str, Any]) -> tuple[float, bool]:
    """Return chi and whether a run will be active: as the published series, one of its own as the main one."""
    chi = float(parameters["chi"])
    return chi, chi >= SERIES.get(series_of(str(parameters["name"])), SERIES["scaling"]).active_from_chi


def check_room(needed: Mapping[Path, float]) -> float:
    """Refuse what the disks have no room for; return the bytes that are free on the fullest of them.

    Parameters
    ----------
    needed : mapping
        Bytes in each folder; folders need not exist, and those on one disk share its room.

    Raises
    ------
    HumamError
        If a disk is too small; tells how much is missing.
    """
    disks: dict[int, list[tuple[Path, float]]] = {}
    for folder, n in needed.items():
        disks.setdefault(existing(folder).stat().st_dev, []).append((folder, n))
    room = []
    for folders in disks.values():
        first, total = folders[0][0], sum(n for _, n in folders)
        room.append(shutil.disk_usage(existing(first)).free)
        if total > room[-1]:
            raise HumamError(
                f"folder {str(first)!r}: needs about {total / 1e9:.1f} GB, {room[-1] / 1e9:.1f} GB are free"
            )
    return min(room)


def unwritable(what: str, folder: Path) -> list[str]:
    """Return an error if a folder, which need not exist, cannot be made or written to; leave no trace.

    Parameters
    ----------
    what : str
        What the folder was given as, for the error.
    folder : path
        The folder.
    """
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return []
    except OSError as error:
        return [f"{what} = {str(folder)!r} cannot be written to: {error.strerror or error}"]


def existing(folder: Path) -> Path:
    """Return a folder or, where it does not exist, the one in which it would be made."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
