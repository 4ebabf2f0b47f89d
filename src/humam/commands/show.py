"""``humam show``: the comparison of a results folder on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from humam import comparison, tally
from humam.page import number, readable
from humam.site.front import label

HEADS: Final = {
    comparison.REPRODUCED: ("reproduced", "green"),
    comparison.RECOMPUTED: ("recomputed", ""),
    comparison.DIFFERS: ("differs", "red"),
    comparison.NO_PUBLISHED_VALUE: ("not\npublished", ""),
    comparison.NOT_COMPARED: ("not\ncompared", ""),
    comparison.NOT_AVAILABLE: ("no\ndata", ""),
}
"""Head and colour of each verdict that a run can give."""

_STYLE: Final[dict[str, Any]] = {
    "box": box.SIMPLE_HEAD, "title_justify": "left", "caption_justify": "left", "pad_edge": False,
    "padding": (0, 1, 0, 0),
}  # fmt: skip

MOST_DIFFERENCES: Final = 12
"""Rows of the table of what differs; the rest is counted."""


def main(results: Path = Path("results"), /) -> None:
    """Print how many published quantities of each figure were reproduced, and those that differ.

    Parameters
    ----------
    results
        Folder of a run.
    """
    console = Console(highlight=False)
    table = comparison.read(results / "comparison.csv")
    console.print(by_figure(table))
    differing = comparison.urgent_first(tally.once(table))
    differing = differing[differing["verdict"] == comparison.DIFFERS]
    if len(differing):
        console.print(differences(differing))
        for cause, i in causes(differing.head(MOST_DIFFERENCES)).items():
            console.print(f"Cause {i}: {cause}")
    numbers = tally.of(table)
    console.print(f"{tally.headline(numbers)}. {tally.RULE}")
    for remark in tally.remarks(numbers):
        console.print(f"- {remark}")
    left_out = int((table["verdict"] == comparison.NOT_COMPUTED).sum())
    console.print(f"{number(left_out)} further published quantities were not computed in this run.")


def by_figure(comparison_table: pd.DataFrame) -> Table:
    """Return a table of the number of quantities of each figure by verdict."""
    table = Table(title="Published quantities", show_footer=True, **_STYLE)
    produced = comparison_table[comparison_table["verdict"] != comparison.NOT_COMPUTED]
    counts = {figure: rows["verdict"].value_counts() for figure, rows in produced.groupby("figure", sort=False)}
    table.add_column("", "all")
    for verdict, (head, colour) in HEADS.items():
        total = int((produced["verdict"] == verdict).sum())
        table.add_column(head, number(total), justify="right", style=colour)
    for figure, found in counts.items():
        table.add_row(label(str(figure)), *(number(int(found.get(verdict, 0))) for verdict in HEADS))
    return table


def differences(rows: pd.DataFrame) -> Table:
    """Return a table of the quantities that differ, causes by their number in :func:`causes`."""
    table = Table(title="What differs", title_style="red", **_STYLE)
    for head in ("figure", "quantity", "published", "here", "unit", "cause"):
        table.add_column(head, justify="right" if head in ("published", "here", "cause") else "left")
    numbered = causes(rows.head(MOST_DIFFERENCES))
    for row in rows.head(MOST_DIFFERENCES).itertuples():
        name = f"{label(str(row.figure))} {row.panel}".strip()
        values = (float(f"{row.published:.4g}"), float(f"{row.here:.4g}"))  # the terminal is narrow
        cause = numbered.get(str(row.cause), "none known")
        table.add_row(name, readable(str(row.quantity)), *map(number, values), str(row.unit), str(cause))
    if len(rows) > MOST_DIFFERENCES:
        table.caption = f"and {len(rows) - MOST_DIFFERENCES} more: see index.html"
    return table


def causes(rows: pd.DataFrame) -> dict[str, int]:
    """Return the known causes of what differs, numbered as they come."""
    return {cause: i for i, cause in enumerate(filter(None, dict.fromkeys(rows["cause"])), start=1)}
