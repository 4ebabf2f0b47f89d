"""``humam archive``: compact results of a run, with everything needed to make it again."""

from __future__ import annotations

import sys
from pathlib import Path

from humam import archive
from humam import network as networks
from humam import spikes as spikes_folder
from humam.analysis import statistics as statistics_folder
from humam.files import check_replaceable


def main(*, network: Path, spikes: Path, statistics: Path, out: Path) -> None:
    """Write compact results of a run, with everything needed to make it again.

    Parameters
    ----------
    network
        The network that was simulated.
    spikes
        Folder of its spikes.
    statistics
        Folder of their statistics.
    out
        The folder to write, ``datasets/runs/NAME``; its name is that of the run.
    """
    check_replaceable(out, archive.RECORD_NAME)
    run = statistics_folder.read(statistics)
    archive.write(networks.read(network), spikes_folder.read(spikes), run, out)
    size = sum(path.stat().st_size for path in out.iterdir())
    print(f"archived as {out.name!r}: {size / 1e6:.2f} MB", file=sys.stderr)
