"""``humam extract``: tables from a dataset."""

from __future__ import annotations

from pathlib import Path

from humam.anatomy.tables import write
from humam.datasets.extract import from_dataset


def main(*, dataset: Path, out: Path) -> None:
    """Turn the raw files of a dataset into the tables the model needs.

    Parameters
    ----------
    dataset
        Dataset made by `humam dataset`.
    out
        Folder of the tables.
    """
    write(from_dataset(dataset), out)
