"""Runs of earlier results folders, which the user gives to the reports (``--runs``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from humam.analysis import statistics
from humam.errors import HumamError

PLACES: Final = ("statistics/*", "*", ".")
"""Where the statistics of runs lie in a folder: in a results folder, one of statistics, that of one run."""


def find(folders: str, outdir: Path | None = None) -> tuple[list[Path], list[str]]:
    """Return the statistics of the runs in some folders.

    Parameters
    ----------
    folders : str
        Folders, separated by commas. Of two runs of the same name that of the folder named first counts.
    outdir : path, optional
        Where new results go: no earlier ones can be there.

    Returns
    -------
    runs : list of paths
        Absolute folders of statistics, in the order of their names.
    errors : list of str
        One line for each.
    """
    found: dict[str, Path] = {}
    lines = []
    for name in folders.split(","):
        folder = Path(name.strip()).absolute()
        try:
            for run in _runs(folder, outdir):
                found.setdefault(run.name, run)
        except HumamError as error:
            lines.append(f"parameter runs = {name.strip()!r}: {error}")
    return [found[name] for name in sorted(found)], lines


def _runs(folder: Path, outdir: Path | None) -> Iterator[Path]:
    if not folder.is_dir():
        raise HumamError("no such folder")
    if outdir is not None and folder.resolve().is_relative_to(outdir.resolve()):
        raise HumamError("these results are replaced by the new ones; choose another outdir")
    for place in PLACES:
        runs = sorted(path.parent for path in folder.glob(f"{place}/{statistics.NETCDF_NAME}"))
        if runs:
            break
    else:
        raise HumamError(f"no statistics of runs (statistics/RUN/{statistics.NETCDF_NAME}) are in it")
    for run in runs:
        statistics.attributes(run)
        yield run
