"""``humam verdicts``: the table 'quantity, published, here, difference, tolerance, verdict, cause'."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam import causes, comparison
from humam import published as published_results
from humam.resources import shipped


def main(
    *,
    values: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    out: Path,
    published: Path | None = None,
) -> None:
    """Compare the values of the reports with the published ones.

    A known cause that explains no difference any more is named on stderr.

    Parameters
    ----------
    values
        The ``values.csv`` of the reports.
    out
        The CSV file to write.
    published
        Folder of published results; default: the shipped ones.
    """
    known = causes.read()
    here = comparison.read_values(values)
    folder = published or shipped("datasets", "published")
    paper = comparison.read_published(folder)
    tolerances = comparison.Tolerances(paper, published_results.states(folder))
    table = comparison.compare(here, paper, tolerances, known)
    comparison.write(table, out)
    for cause in causes.idle(table, known, (comparison.REPRODUCED, comparison.DIFFERS)):
        message = f"causes.csv: no row of {cause.figure!r}, {cause.quantity!r} differs any more: {cause.cause}"
        print(f"humam: warning: {message}", file=sys.stderr)
