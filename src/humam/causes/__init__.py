"""Why numbers of ours differ from the published ones: causes found by experiment, for the rows of the comparison.

``causes.csv`` beside this file is curated. A cause whose rows do not differ any more is reported (:func:`idle`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final, NamedTuple

import pandas as pd


class Cause(NamedTuple):
    """One cause.

    Attributes
    ----------
    figure, quantity, run : str
        Regular expressions that match the whole of a row's identifiers: another run may differ for another reason.
    kind : str
        Key of :data:`KINDS`, empty where no cause is known.
    cause : str
        What makes the numbers differ, in one sentence.
    shown_by : str
        Where the experiment is: ``reports/NAME#ANCHOR`` (a report) or ``docs/PAGE.md#ANCHOR``.
    """

    figure: str
    quantity: str
    run: str
    kind: str
    cause: str
    shown_by: str


NONE: Final = Cause("", "", "", "", "", "")
"""No cause is known."""

OPEN, MECHANISM, CHANCE = "open", "mechanism", "chance"
KINDS: Final = {
    OPEN: "not settled: it may be chance, but the run itself does not show that, or it is known how and not why",
    MECHANISM: "a mechanism, found by experiment: something that the model does in one run and not in another",
    CHANCE: "chance: other random numbers alone make as large a difference, as the run itself or other seeds show",
}
"""What kind of cause there is, in the order in which rows are listed."""

WORDS: Final = {"": "cause not known", OPEN: "cause not settled", MECHANISM: "by a mechanism", CHANCE: "by chance"}
"""What stands beside the verdict of a row that differs, by the kind of its cause."""


def read() -> list[Cause]:
    """Return all causes that were found.

    Examples
    --------
    >>> all(cause.cause.endswith(".") for cause in read())
    True
    """
    with files("humam.causes").joinpath("causes.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False)
    return [Cause(*row) for row in table[list(Cause._fields)].itertuples(index=False)]


def of(figure: str, quantity: str, run: str, known: Sequence[Cause]) -> Cause:
    """Return the first cause of a row, :data:`NONE` if there is none.

    Examples
    --------
    >>> known = [Cause("figure5.*", r"rate_sd\\[.*", "archive/base", CHANCE, "A few fire fast.", "docs/model.md")]
    >>> of("figure5", "rate_sd[state=base]", "archive/base", known).shown_by
    'docs/model.md'
    >>> of("figure5", "rate_sd[state=base]", "mine", known).shown_by
    ''
    """
    for cause in known:
        pairs = ((cause.figure, figure), (cause.quantity, quantity), (cause.run, run))
        if all(re.fullmatch(pattern, text) for pattern, text in pairs):
            return cause
    return NONE


def idle(table: pd.DataFrame, known: Sequence[Cause], compared: Sequence[str]) -> list[Cause]:
    """Return the causes that explain nothing in a table, although one of their rows was compared.

    Parameters
    ----------
    table : DataFrame
        A comparison.
    known : sequence of Cause
        The causes it was made with.
    compared : sequence of str
        Verdicts of rows that hold a number of ours against a published one.
    """
    used = set(table["cause"])
    rows = table.loc[table["verdict"].isin(compared), ["figure", "quantity", "run"]]
    met = {of(figure, quantity, run, known) for figure, quantity, run in rows.itertuples(index=False)}
    return [cause for cause in known if cause in met and cause.cause not in used]
