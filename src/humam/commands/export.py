"""``humam export``: spikes for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam import export
from humam import spikes as spikes_folder
from humam.errors import HumamError
from humam.progress import progress


def main(
    *,
    spikes: Path,
    out: Path,
    format: str = "sonata",
    populations: Annotated[list[str], Parameter(consume_multiple=True, negative=())] = [],  # noqa: B006
    t_start: float = 0.0,
    t_stop: float | None = None,
) -> None:
    """Write spikes in a format of other programs.

    Parameters
    ----------
    spikes
        Folder of spikes.
    out
        The file to write.
    format
        parquet (columns population, neuron, time), sonata (HDF5, a group for each population), or neo
        (MATLAB files of Neo, for some populations: at most 100,000 neurons).
    populations
        Labels to export, ``*`` and ``?`` allowed: ``"cuneus|*|E"``; default: all.
    t_start, t_stop
        Times in ms; default: the whole run.
    """
    if out.is_dir():
        raise HumamError(f"cannot write to {str(out)!r}: it is a folder")
    run = spikes_folder.read(spikes)
    selection = export.select(run, populations, t_start, t_stop)
    with progress("export", selection.t_stop_ms, "ms", begin=selection.t_start_ms) as report:
        n = export.write(run, selection, format, out, report)
    print(f"{n:,} spikes of {len(selection.labels)} populations", file=sys.stderr)
