"""``humam analyse``: spike statistics, synaptic currents and functional connectivity of one run."""

from __future__ import annotations

from pathlib import Path

from humam import network as network_file
from humam import spikes as spikes_folder
from humam.analysis import statistics
from humam.analysis.run import analyse
from humam.files import check_replaceable
from humam.progress import progress


def main(*, network: Path, spikes: Path, out: Path) -> None:
    """Compute spike statistics, synaptic currents and functional connectivity of one run.

    Parameters
    ----------
    network
        The network that was simulated.
    spikes
        Folder of spikes.
    out
        The folder to write.
    """
    check_replaceable(out, statistics.NETCDF_NAME)
    built = network_file.read(network)
    run = spikes_folder.read(spikes)
    with progress("analyse", run.manifest.n_spikes, "spikes") as report:
        analyse(built, run, out, report)
