"""``humam dataset``: the DataLad dataset of raw files."""

from __future__ import annotations

import sys
from pathlib import Path

from humam.datasets.dataset import DEFAULT_GROUPS, build


def main(
    *,
    out: Path,
    origin: str = "auto",
    mirror: Path | None = None,
    sources: Path | None = None,
    tables: Path | None = None,
    groups: str = ",".join(DEFAULT_GROUPS),
) -> None:
    """Build the DataLad dataset of raw input data from the web, a mirror or the shipped tables.

    Parameters
    ----------
    out
        Folder of the dataset; it must not exist and appears when it is complete.
    origin
        auto, web, mirror or tables. auto: with a mirror, that, and the web for what it lacks; without one, the web, or
        the shipped tables where it cannot be reached.
    mirror
        Folder with copies of the raw files.
    sources
        List of sources; default: datasets/sources.tsv.
    tables
        Extracted tables; default: datasets/tables.
    groups
        Groups of sources to get, separated by commas: anatomy, fmri, published.
    """

    def report(text: str) -> None:
        print(f"humam: {text}", file=sys.stderr)

    used = build(out, origin, mirror, sources, tables, groups.split(","), report=report)
    report(f"dataset {str(out)!r} holds data from: {used}")
