"""The table that compares: quantity, published, here, difference, tolerance, verdict, and why we differ.

Rows are joined from the ``values.csv`` of the reports, ``figures.csv`` of the published results and the causes that
were found (:mod:`humam.causes`); no number of the table is written anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from humam import causes
from humam.errors import HumamError
from humam.files import atomic_path
from humam.seed_spread import Tolerances

KEY: Final = ["figure", "panel", "quantity"]

COLUMNS: Final = [
    *KEY, "unit", "published", "published_from", "here", "difference", "tolerance", "tolerance_from",
    "tolerance_published_pairs", "verdict", "cause_kind", "cause", "shown_by", "run", "note",
]  # fmt: skip
"""Columns of the table; numbers are empty where there is none. ``published_from``: one of :data:`SOURCES`.
``tolerance_published_pairs``: the tolerance without our own pair of runs, where that counts in it. ``run``: the run of
our number."""

FROM_NETWORK: Final = "computed from the published network"
SOURCES: Final = {"D": "published data", "R": FROM_NETWORK, "A": "abstract of the authors"}
"""Where a published number stands, by its kind in ``figures.csv``: in a data file of the authors, in none but computed
from their network, which is published; or in words."""

UNPUBLISHED: Final = "U"
"""Kind of a reference number of a program that is not published: shown in the note, not compared."""

REPRODUCED: Final = "reproduced"
RECOMPUTED: Final = "recomputed from published data"
DIFFERS: Final = "differs"
NO_PUBLISHED_VALUE: Final = "no published value"
NOT_AVAILABLE: Final = "data not available"
NOT_COMPARED: Final = "not compared (another kind of run)"
NOT_COMPUTED: Final = "not computed in this run"

VERDICTS: Final = {
    REPRODUCED: "within the tolerance of the published value, whose source is beside it",
    RECOMPUTED: "within the tolerance, but from the authors' own simulated data: confirms the analysis, not the model",
    DIFFERS: "outside the tolerance; first those without a cause that is settled, then those with one",
    NO_PUBLISHED_VALUE: "no published value is at hand; ours is reported alone",
    NOT_AVAILABLE: "the data that this quantity needs are not public, or could not be fetched in this run",
    NOT_COMPARED: "ours comes from a run that is down-scaled, shorter than 6.5 s, in the other state of activity, "
    "or of other parameters than the paper's",
    NOT_COMPUTED: "a published value that no report of this run produced",
}
"""Verdicts in the order in which they are counted, with their meaning."""

STATUSES: Final = {"": REPRODUCED, "published": RECOMPUTED, "incomparable": NOT_COMPARED, "unavailable": NOT_AVAILABLE}
"""The best verdict a value can have by its ``status``: empty for a result of the model that this run built,
``published`` if it was computed from published arrays."""


def read_values(paths: Iterable[Path | str]) -> pd.DataFrame:
    """Return the values of several reports.

    Parameters
    ----------
    paths : iterable of path
        Files with the columns ``figure, panel, quantity, unit, value`` and, if wished, ``status`` (see
        :data:`STATUSES`), ``note``, ``seed_difference`` (between two seeds of our own runs) and ``run``.

    Returns
    -------
    DataFrame
        All rows, in the order of the files, with all nine columns.

    Raises
    ------
    HumamError
        If a file cannot be read, lacks a column, or holds a value that is no number or an unknown status.
    """
    optional = ["status", "note", "seed_difference", "run"]
    tables = [_read(Path(path), [*KEY, "unit", "value"], optional, "value", "seed_difference") for path in paths]
    empty = pd.DataFrame(columns=[*KEY, "unit", "value", *optional])
    values = pd.concat(tables, ignore_index=True) if tables else empty
    _refuse_unknown(values["status"], STATUSES, "value status")
    return values.drop_duplicates(ignore_index=True)


def read_published(folder: Path | str) -> pd.DataFrame:
    """Return the published numbers of all figures.

    Returns
    -------
    DataFrame
        Columns ``figure, panel, quantity, unit, value, tolerance, tolerance_from, kind, note``; the tolerance is
        absolute. A number of a program that is not published is no published value: it is in ``note``.

    Raises
    ------
    HumamError
        If ``figures.csv`` of the folder is missing, malformed or names a quantity twice.
    """
    path = Path(folder) / "figures.csv"
    optional = ["tolerance_from", "kind", "note"]
    published = _read(path, [*KEY, "unit", "value", "tolerance"], optional, "value", "tolerance")
    twice = published[published.duplicated(KEY)]
    if len(twice):
        raise HumamError(f"{str(path)!r} has the quantity {_name(twice.iloc[0])} more than once")
    other = published["kind"] == UNPUBLISHED
    told = published["note"] + published["value"].map(": {:g}".format)
    return published.assign(value=published["value"].mask(other), note=published["note"].mask(other, told))


def _read(path: Path, required: Sequence[str], optional: Sequence[str], *numbers: str) -> pd.DataFrame:
    if not path.is_file():
        raise HumamError(f"file {str(path)!r} does not exist")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, OSError) as error:
        raise HumamError(f"file {str(path)!r} cannot be read as CSV: {error}") from None
    missing = [column for column in required if column not in table]
    if missing:
        raise HumamError(f"file {str(path)!r} lacks the column {missing[0]!r}")
    for column in optional:
        if column not in table:
            table[column] = ""
    for column in numbers:
        values = pd.to_numeric(table[column].replace({"": "nan"}), errors="coerce")
        bad = table[values.isna() & ~table[column].str.lower().isin(["", "nan"])]
        if len(bad):
            raise HumamError(
                f"file {str(path)!r}: {column} of {_name(bad.iloc[0])} is no number: {bad.iloc[0][column]!r}"
            )
        table[column] = values
    return table[[*required, *optional]]


def _refuse_unknown(words: pd.Series, allowed: Iterable[str], what: str) -> None:
    unknown = sorted(set(words) - set(allowed))
    if unknown:
        raise HumamError(f"{what} {unknown[0]!r} is unknown: allowed are {', '.join(filter(None, allowed))}")


def _name(row: pd.Series) -> str:
    return f"{row['figure']} {row['panel']} {row['quantity']!r}"


def compare(
    values: pd.DataFrame,
    published: pd.DataFrame,
    tolerances: Tolerances | None = None,
    known: Sequence[causes.Cause] = (),
) -> pd.DataFrame:
    """Return the table that compares the values of a run with the published ones.

    Parameters
    ----------
    values : DataFrame
        As from :func:`read_values`.
    published : DataFrame
        As from :func:`read_published`. A value without a number means that none is at hand.
    tolerances : Tolerances, optional
        Those of simulated quantities; default: from ``published``, which then must hold all figures.
    known : sequence of Cause, optional
        Why numbers differ (:func:`humam.causes.read`).

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, by figure and panel. A quantity that only one side has is listed too.

    Raises
    ------
    HumamError
        If the two sides give a quantity in different units.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = {"figure": ["3"], "panel": ["B"], "quantity": ["slope"], "unit": ["1/mm"]}
    >>> here = pd.DataFrame({**keys, "value": [-0.0095], "status": [""], "note": [""]})
    >>> paper = pd.DataFrame({**keys, "value": [-0.0096], "tolerance": [0.0002], "kind": ["R"], "note": [""]})
    >>> compare(here, paper)["verdict"].tolist()
    ['reproduced']
    """
    values = values.assign(
        position=np.arange(len(values)),
        seed_difference=values.get("seed_difference", np.nan),
        run=values.get("run", ""),
    )
    published = published.assign(
        position=len(values) + np.arange(len(published)), tolerance_from=published.get("tolerance_from", "")
    )
    table = values.merge(published, on=KEY, how="outer", suffixes=("_here", "_published"), indicator=True)
    both = table[table["_merge"] == "both"]
    clash = both[both["unit_here"] != both["unit_published"]]
    if len(clash):
        row = clash.iloc[0]
        raise HumamError(
            f"{_name(row)} has the unit {row['unit_here']!r} here but {row['unit_published']!r} as published"
        )
    difference = table["value_here"] - table["value_published"]
    tolerance, source, published_pairs = _tolerances(table, tolerances or Tolerances(published))
    # Rounding of decimal fractions must not decide a value that lies exactly on the tolerance.
    within = difference.abs() <= tolerance.fillna(0.0) * (1 + 1e-9) + 1e-12
    status = table["status"].fillna("")
    verdict = np.select(
        [
            table["_merge"] == "right_only",
            status == "unavailable",
            table["value_published"].isna(),
            status == "incomparable",
            table["value_here"].isna(),
            within & (status == "published"),
            within,
        ],
        [NOT_COMPUTED, NOT_AVAILABLE, NO_PUBLISHED_VALUE, NOT_COMPARED, NOT_COMPUTED, RECOMPUTED, REPRODUCED],
        DIFFERS,
    )
    notes = [
        "; ".join(dict.fromkeys(n for n in pair if isinstance(n, str) and n))
        for pair in zip(table["note_here"], table["note_published"], strict=True)
    ]
    named = zip(verdict, table["figure"], table["quantity"], table["run"].fillna(""), strict=True)
    why = [
        causes.of(figure, quantity, run, known) if found == DIFFERS else causes.NONE
        for found, figure, quantity, run in named
    ]
    result = table[KEY].assign(
        unit=table["unit_here"].fillna(table["unit_published"]),
        published=table["value_published"],
        published_from=table["kind"].map(SOURCES).where(table["value_published"].notna()).fillna(""),
        here=table["value_here"],
        difference=difference,
        tolerance=tolerance,
        tolerance_from=source,
        tolerance_published_pairs=published_pairs,
        verdict=verdict,
        cause_kind=[cause.kind for cause in why],
        cause=[cause.cause for cause in why],
        shown_by=[cause.shown_by for cause in why],
        run=table["run"].fillna(""),
        note=notes,
    )
    position = table["position_here"].fillna(table["position_published"])
    keys = zip(result["figure"], result["panel"], position, strict=True)
    order = [i for _, i in sorted((_natural(*key), i) for i, key in enumerate(keys))]
    return result.loc[order, COLUMNS].reset_index(drop=True)


def _tolerances(table: pd.DataFrame, spread: Tolerances) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return tolerance, its source, and itself without our own pair: of the published number, or the spread over seeds.

    What was computed again from published arrays has the same random numbers, so that digits alone count.
    """
    tolerance, source = table["tolerance"].copy(), table["tolerance_from"].fillna("")
    alone = pd.Series(np.nan, table.index)
    simulated = table.index[table["status"].isin(["", "incomparable"]) & table["value_published"].notna()]
    columns = ["figure", "quantity", "value_published", "seed_difference"]
    for i, row in zip(simulated, table.loc[simulated, columns].itertuples(index=False), strict=True):
        wide = spread.of(*row)
        digits = np.nan_to_num(tolerance[i])
        if wide.size > digits:
            tolerance[i], source[i], alone[i] = wide.size, wide.source, np.maximum(wide.published_pairs, digits)
    return tolerance, source, alone


def _natural(figure: str, panel: str, position: float) -> tuple[bool, int, str, str, float]:
    """Sort key: numbered figures by number, then the named ones; within a panel as given."""
    number = re.search(r"\d+", figure)
    return number is None, int(number[0]) if number else 0, figure, panel, position


def by_own_pair(table: pd.DataFrame) -> pd.Series:
    """Return which rows are reproduced only because two runs of ours that differ in the seed lie as far apart.

    By the spread of published runs alone they would differ.
    """
    return (table["verdict"] == REPRODUCED) & (table["difference"].abs() > table["tolerance_published_pairs"])


def urgent_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with what differs first: without a cause, then by the kind of the cause."""
    kinds = ["", *causes.KINDS]
    rank = table["cause_kind"].map(kinds.index).where(table["verdict"] == DIFFERS, len(kinds))
    return table.iloc[np.argsort(rank, kind="stable")]


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many rows have each verdict, in the order of :data:`VERDICTS`, none left out."""
    found = table["verdict"].value_counts()
    return {verdict: int(found.get(verdict, 0)) for verdict in VERDICTS}


def write(table: pd.DataFrame, path: Path | str) -> None:
    """Write the table as CSV."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8", float_format="%.15g")


def read(path: Path | str) -> pd.DataFrame:
    """Return a table written by :func:`write`.

    Raises
    ------
    HumamError
        If the file is missing, is no comparison, or has an unknown verdict or kind of cause.
    """
    numbers = ("published", "here", "difference", "tolerance", "tolerance_published_pairs")
    table = _read(Path(path), COLUMNS, [], *numbers)
    for column, allowed in (("verdict", VERDICTS), ("cause_kind", causes.WORDS)):
        _refuse_unknown(table[column], allowed, f"file {str(path)!r}: {column}")
    return table
