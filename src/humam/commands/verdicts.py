"""``humam verdicts``: the table 'quantity, published, here, difference, verdict'."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam import comparison
from humam.resources import shipped


def main(
    *,
    values: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    out: Path,
    published: Path | None = None,
) -> None:
    """Compare the values of the reports with the published ones.

    Parameters
    ----------
    values
        The ``values.csv`` of the reports.
    out
        The CSV file to write.
    published
        Folder of published results; default: the shipped ones.
    """
    table = comparison.compare(
        comparison.read_values(values),
        comparison.read_published(published or shipped("datasets", "published")),
    )
    comparison.write(table, out)
