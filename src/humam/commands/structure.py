"""``humam structure``: graph distances, out-degrees, autapses and multapses of a network."""

from __future__ import annotations

from pathlib import Path

from humam import network as networks
from humam.analysis import structure
from humam.errors import HumamError


def main(*, network: Path, out: Path) -> None:
    """Analyse the structure of a network: graph distances, degrees, autapses, multapses, synapse statistics.

    Parameters
    ----------
    network
        The netCDF file of a network.
    out
        The netCDF file to write.
    """
    if out.is_dir():
        raise HumamError(f"cannot write the structure to {str(out)!r}: it is a folder")
    structure.write(structure.analyse(networks.read(network)), out)
