"""``humam compare``: two results side by side."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from humam.errors import HumamError
from humam.files import check_replaceable
from humam.reports import pair, pair_page
from humam.resources import shipped

SHOWN = 20
"""Rows of the table on the terminal."""


def main(a: Path, b: Path | None = None, /, *, out: Path = Path("comparison")) -> None:
    """Set two results side by side: quantities that differ as a table, and a page with the figures.

    A result is a results folder, a folder of runs, or one run (a folder of statistics, an archived run).

    Parameters
    ----------
    a, b
        The results; B is the archive (``datasets/runs``) where it is not given.
    out
        The folder to write: index.html, comparison.csv, pictures, pair.json.
    """
    b = shipped("datasets", "runs") if b is None else b
    check_replaceable(out, pair_page.MARKER)
    sides = pair.read(a), pair.read(b)
    runs = {name: (first, second) for name, first, second in pair.common_runs(*sides)}
    tables = [pd.concat([side.numbers, *(pair.run_values(name, both[i]) for name, both in runs.items())])
              for i, side in enumerate(sides)]  # fmt: skip
    parameters = [{**side.parameters, **{pair.label(name): pair.run_settings(both[i]) for name, both in runs.items()}}
                  for i, side in enumerate(sides)]  # fmt: skip
    if not runs and not set(sides[0].numbers["where"]) & set(sides[1].numbers["where"]):
        raise HumamError(f"{str(a)!r} and {str(b)!r} have no report and no run in common")
    # What one side has no report or run of is not compared.
    common = set(tables[0]["where"]) & set(tables[1]["where"])
    rows = pair.table(*(table[table["where"].isin(common)] for table in tables))
    differ = pair.differing(rows)
    settings = pair.parameter_table(*parameters)
    path = pair_page.write(out, sides, runs, settings, rows, differ)
    for row in settings.itertuples():
        print(f"{row.name}: {row.parameter} = {row.a} in A, {row.b} in B")
    largest = differ.reindex(differ["relative"].abs().sort_values(ascending=False, na_position="last").index)
    if len(largest):
        text = largest.head(SHOWN)[["where", "panel", "quantity", "a", "b", "relative"]]
        print(text.to_string(index=False, float_format=lambda x: f"{x:.4g}"))
    if len(largest) > SHOWN:
        print(f"... and {len(largest) - SHOWN} more")
    print(f"{len(differ)} of {len(rows)} quantities differ", file=sys.stderr)
    print(path)
