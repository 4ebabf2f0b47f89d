"""``humam network``: build the network of an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam import network
from humam.anatomy import tables as anatomy_tables
from humam.errors import HumamError
from humam.parameters import find_experiment, load_experiment, parse_setting
from humam.resources import shipped


def main(
    *,
    experiment: str,
    out: Path,
    tables: Path | None = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative=())] = (),
) -> None:
    """Build the network of an experiment: neurons, synapses, weights, delays, external drive.

    Parameters
    ----------
    experiment
        A YAML file, or the name of a shipped experiment (``base``); ``NAME@VALUE`` takes one of a series.
    out
        The netCDF file to write.
    tables
        Folder of anatomy tables; default: the shipped ones.
    set_
        ``NAME=VALUE`` replaces a parameter of the experiment (repeatable).
    """
    path, choice = find_experiment(experiment, shipped("experiments", missing_ok=True))
    settings = dict(parse_setting(s) for s in set_)
    resolved = load_experiment(path, settings, choice)
    if resolved.edited:
        raise HumamError(f"edited = {resolved.edited!r}: is set by the archive alone, when it finds a change by hand")
    if out.is_dir():
        raise HumamError(f"cannot write the network to {str(out)!r}: it is a folder")
    anatomy = anatomy_tables.read(tables)
    known = shipped("datasets", "tables", missing_ok=True)
    if tables is not None and known.is_dir() and not anatomy_tables.agree(anatomy, anatomy_tables.read(known)):
        resolved = resolved.model_copy(update={"edited": anatomy_tables.digest(anatomy)[:12]})
    network.write(network.build(anatomy, resolved), out)
