"""``humam extract``: tables from a dataset."""

from __future__ import annotations

from pathlib import Path

from humam.anatomy.tables import ORIGIN_NAME, write_files
from humam.datasets import human_fc, sources, tables_package
from humam.datasets.extract import from_dataset
from humam.datasets.fetch import read_status
from humam.files import atomic_path


def main(*, dataset: Path, out: Path) -> None:
    """Turn the raw files of a dataset into the tables the model needs.

    Parameters
    ----------
    dataset
        Dataset made by `humam dataset`.
    out
        Folder of the tables.
    """
    tables = from_dataset(dataset)
    with atomic_path(out, ORIGIN_NAME) as temporary:
        write_files(tables, temporary)
        tables_package.write(tables, temporary, sources.read(dataset / "sources.tsv"))
        human_fc.from_dataset(dataset, read_status(dataset), temporary)
