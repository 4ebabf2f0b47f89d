"""The table of published numbers and ours in a report, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

import pandas as pd

from humam import comparison
from humam.page import Markup, number, readable, table

CLASSES: Final = {comparison.REPRODUCED: "good", comparison.DIFFERS: "bad"}
"""Class of the row of a verdict; others are neutral."""


def comparison_table(compared: pd.DataFrame) -> str:
    """Return the table of :mod:`humam.comparison` as HTML, the panel before each quantity."""
    rows, classes = [], []
    for row in compared.assign(by_own_pair=comparison.by_own_pair(compared)).to_dict("records"):
        difference, tolerance = float(f"{row['difference']:.2g}"), float(f"{row['tolerance']:.2g}")
        rows.append(
            [
                row["panel"],
                readable(row["quantity"]),
                row["published"],
                row["here"],
                Markup(
                    f"{number(difference)}<br>± {number(tolerance)}" if row["tolerance_from"] else number(difference)
                ),
                row["unit"],
                row["verdict"],
                Markup("<br>".join(filter(None, [_cause(row), escape(_remarks(row))]))),
            ]
        )
        classes.append(CLASSES.get(row["verdict"], ""))
    header = ["Panel", "Quantity", "Published", "Here", "Difference", "Unit", "Verdict", "Note"]
    return table(header, rows, classes)


def _cause(row: Mapping[Any, Any]) -> str:
    """Return why a number differs, as HTML; only the front page knows which other reports can be linked.

    Examples
    --------
    >>> _cause({"cause": "Few neurons.", "verdict": "differs", "shown_by": "reports/differences#differences_C"})
    'cause: Few neurons. (shown in report differences, panel C)'
    """
    if not row["cause"]:
        return "cause: not known" if row["verdict"] == comparison.DIFFERS else ""
    place, _, anchor = row["shown_by"].partition("#")
    name = place.removeprefix("reports/")
    where = f"report {name}, panel {anchor.removeprefix(f'{name}_')}" if name != place else row["shown_by"]
    return f"cause: {escape(row['cause'])}" + (f" (shown in {escape(where)})" if where else "")


def _remarks(row: Mapping[Any, Any]) -> str:
    """Return which run a number is of, where the published one and the tolerance come from, and its note."""
    run = f"run {row['run']}" if row["run"] else ""
    source = f"published: {row['published_from']}" if row["published_from"] == comparison.FROM_NETWORK else ""
    tolerance = f"tolerance: {row['tolerance_from']}" if row["tolerance_from"] else ""
    if row["by_own_pair"]:
        alone = float(f"{row['tolerance_published_pairs']:.2g}")
        tolerance += f" (without it ± {number(alone)}: outside)"
    return "; ".join(filter(None, [run, row["note"], source, tolerance]))
