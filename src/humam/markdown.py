"""Pieces of the documentation that code writes: numbers, rows of tables, and what stands between marks of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from humam.files import atomic_path


def row(cells: list[str]) -> str:
    """Return a row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table.

    Examples
    --------
    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    return "\n".join([row(list(head)), row(["---"] * len(head)), *(row(list(cells)) for cells in rows)])


def digits(value: float | None, n: int = 3) -> str:
    """Return a number with ``n`` digits, an en dash for none.

    Examples
    --------
    >>> digits(38.444), digits(0.01234), digits(1234.5), digits(float("nan"))
    ('38.4', '0.0123', '1230', '–')
    """
    if value is None or pd.isna(value):
        return "–"
    text = f"{value:.{n}g}"
    return f"{float(text):.0f}" if "e" in text and abs(value) >= 1 else text


def scientific(value: float) -> str:
    """Return a number in scientific notation with 2 digits, an en dash for none.

    Examples
    --------
    >>> scientific(4.28e10), scientific(float("nan"))
    ('4.3 × 10¹⁰', '–')
    """
    if pd.isna(value):
        return "–"
    digit, power = f"{value:.1e}".split("e")
    return f"{digit} × 10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def fill(document: str, parts: Mapping[str, str]) -> str:
    """Return a page with what is between each pair of marks (``<!-- NAME: begin -->``, ``end``) made anew.

    Examples
    --------
    >>> fill("a\\n<!-- x: begin -->\\nold\\n<!-- x: end -->", {"x": "new"}).split("\\n")
    ['a', '<!-- x: begin -->', 'new', '<!-- x: end -->']
    """
    for name, text in parts.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        if begin in document:
            head, rest = document.split(begin)
            document = head + begin + text + "\n" + end + rest.split(end)[1]
    return document


def rewrite(page: Path, parts: Mapping[str, str]) -> None:
    """Make what is between the marks of a page anew (:func:`fill`)."""
    text = fill(page.read_text(encoding="utf-8"), parts)
    with atomic_path(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
