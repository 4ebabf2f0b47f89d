"""From public raw files to tables: sources, the DataLad dataset, extraction."""

from __future__ import annotations

import os
from pathlib import Path

from humam.errors import HumamError


def shipped(name: str, folder: Path | str | None = None) -> Path:
    """Return the path of something in the ``datasets`` folder that comes with the archive.

    Parameters
    ----------
    name : str
        For example ``"tables"`` or ``"sources.tsv"``.
    folder : path, optional
        A ``datasets`` folder; default: that of the environment variable ``HUMAM_DATASETS``, else of the checkout
        that this module lies in.

    Raises
    ------
    HumamError
        If it does not exist.
    """
    base = folder or os.environ.get("HUMAM_DATASETS") or Path(__file__).resolve().parents[3] / "datasets"
    path = Path(base) / name
    if not path.exists():
        raise HumamError(f"{str(path)!r} does not exist: name the shipped 'datasets' folder with HUMAM_DATASETS")
    return path
