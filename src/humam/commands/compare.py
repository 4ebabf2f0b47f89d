"""``humam compare``: two results side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from cyclopts import Parameter

from humam.errors import HumamError
from humam.files import check_replaceable
from humam.reports import pair, pair_page, run_numbers
from humam.reports.pair import Results
from humam.reports.run_numbers import RunSides, Shared
from humam.resources import shipped

SHOWN = 20
"""Rows of the table on the terminal."""


def main(
    a: Path,
    b: Path | None = None,
    /,
    *,
    seeds: Annotated[bool, Parameter(negative="")] = False,
    out: Path = Path("comparison"),
) -> None:
    """Set two results side by side: quantities that differ as a table, and a page with the figures.

    A result is a results folder, a folder of runs, or one run (a folder of statistics, an archived run). Runs of
    different lengths are compared in what does not depend on the length.

    Parameters
    ----------
    a, b
        The results; B is the archive (``datasets/runs``) where it is not given.
    seeds
        Compare means over all runs of an experiment, which differ in their seeds alone, instead of runs by name.
    out
        The folder to write: index.html, comparison.csv, pictures, pair.json.
    """
    b = shipped("datasets", "runs") if b is None else b
    check_replaceable(out, pair_page.MARKER)
    sides = pair.read(a), pair.read(b)
    runs = dict((pair.common_experiments if seeds else pair.common_runs)(*sides))
    if not runs and not set(sides[0].numbers["where"]) & set(sides[1].numbers["where"]):
        raise HumamError(f"{str(a)!r} and {str(b)!r} have no report and no run in common")
    shared = {name: run_numbers.shared(both) for name, both in runs.items()}
    tables = [_numbers(side, runs, shared, i) for i, side in enumerate(sides)]
    # What one side has no report or run of is not compared.
    common = set(tables[0]["where"]) & set(tables[1]["where"])
    rows = pair.table(*(table[table["where"].isin(common)] for table in tables))
    differ = pair.differing(rows)
    settings = pair.parameter_table(*(_parameters(side, runs, i) for i, side in enumerate(sides)))
    notes = [*pair.length_notes(*sides), *_notes(runs, shared)]
    if note := run_numbers.fmri_note(rows["quantity"]):
        notes.append(note)
    path = pair_page.write(out, sides, runs, settings, rows, differ, notes)
    _print(settings, notes, differ)
    print(f"{len(differ)} of {len(rows)} quantities differ", file=sys.stderr)
    print(path)


def _numbers(side: Results, runs: Mapping[str, RunSides], shared: Mapping[str, Shared], i: int) -> pd.DataFrame:
    """Return the numbers of the reports and the runs of a side; ``i`` is 0 for A, 1 for B."""
    of_runs = (run_numbers.of_side(pair.label(name), both[i], shared[name]) for name, both in runs.items())
    return pd.concat([side.numbers, *of_runs])


def _parameters(side: Results, runs: Mapping[str, RunSides], i: int) -> dict[str, Mapping[str, Any]]:
    return {**side.parameters, **{pair.label(name): pair.run_settings(both[i]) for name, both in runs.items()}}


def _notes(runs: Mapping[str, RunSides], shared: Mapping[str, Shared]) -> Iterator[str]:
    """Yield what the numbers of runs are of, a sentence for all runs of which the same can be said."""
    told: dict[str, list[str]] = {}
    for name, both in runs.items():
        for note in filter(None, [run_numbers.seeds_note(both), run_numbers.length_note(both, shared[name])]):
            told.setdefault(note, []).append(pair.label(name))
    for note, names in told.items():
        yield f"{', '.join(names)}: {note}"


def _print(settings: pd.DataFrame, notes: list[str], differ: pd.DataFrame) -> None:
    for row in settings.itertuples():
        print(f"{row.name}: {row.parameter} = {row.a} in A, {row.b} in B")
    print(*notes, sep="\n", end="\n" if notes else "")
    largest = differ.reindex(differ["relative"].abs().sort_values(ascending=False, na_position="last").index)
    if len(largest):
        text = largest.head(SHOWN).filter(["where", "panel", "quantity", "a", "sd_a", "b", "sd_b", "relative"])
        print(text.to_string(index=False, na_rep="", float_format=lambda x: f"{x:.4g}"))
    if len(largest) > SHOWN:
        print(f"... and {len(largest) - SHOWN} more")
