"""The frame of every HTML page of the archive: self-contained, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final, TypeGuard


class Markup(str):
    """Text that is HTML already."""


CSS: Final = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #5b6470; --line: #d9dee4; --wash: #f5f7f9;
  --link: #004488; --good: #00612e; --bad: #a11a00; --card: #ffffff; --warn: #fff8e1; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e6e9ed; --soft: #a4adb8; --line: #39424d; --wash: #1d232a;
    --link: #8ab8ff; --good: #7bd6a0; --bad: #ff9c85; --card: #ffffff; --warn: #3a3115; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: .5rem; }
body { margin: 0; color: var(--ink); background: var(--paper); overflow-wrap: break-word; }
body { font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
nav { border-bottom: 1px solid var(--line); font-size: .875rem; }
nav > div { max-width: 62rem; margin: 0 auto; padding: .6rem 1.25rem; display: flex; flex-wrap: wrap; gap: 0 1.2rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .3rem .6rem; z-index: 1; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible,
[tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1.2rem 0 .6rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p, ul { max-width: 48rem; }
.anchor-link { display: none; }
figure { margin: 1rem 0 1.5rem; }
figure img { max-width: 100%; height: auto; display: block; background: var(--card); border: 1px solid var(--line);
  border-radius: 4px; }
figcaption { font-size: .875rem; color: var(--soft); margin-top: .4rem; max-width: 52rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8125rem; line-height: 1.4; margin: .8rem 0; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); white-space: nowrap; }
td.note { min-width: 16rem; }
td.difference { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.quantity { min-width: 8rem; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.good td.verdict { color: var(--good); }
tr.bad td.verdict { color: var(--bad); font-weight: 600; }
code, pre { font: .8125rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
details > summary { cursor: pointer; font-size: .8125rem; color: var(--soft); }
details.code { margin: .2rem 0; }
.highlight pre { background: var(--wash); padding: .7rem .9rem; border-radius: 4px; overflow-x: auto; margin: .4rem 0; }
.notice { background: var(--warn); border-left: 4px solid #DDAA33; padding: .5rem .9rem; max-width: 48rem; }
.notice p { margin: 0; }
@media (max-width: 44rem) { main { padding: .5rem 1rem 3rem; } h1 { font-size: 1.4rem; } }
@media print { nav, details.code { display: none; } }
"""


ORIGINS: Final = {
    "web": "raw files from their public repositories, each verified by its SHA-256",
    "mirror": "raw files from a mirror folder, each verified by its SHA-256",
    "tables": "the tables shipped with the archive, extracted from the raw files",
}
"""Where the anatomical data came from, in words."""


def page(title: str, body: str, home: str = "", css: str = "", links: Mapping[str, str] | None = None) -> str:
    """Return a complete HTML page.

    Parameters
    ----------
    title : str
        Title of the browser's window.
    body : str
        HTML of the content.
    home : str, optional
        Relative address of the front page; empty on the front page itself.
    css : str, optional
        Further style rules.
    links : mapping, optional
        Text to relative address of further things to name at the top.

    Examples
    --------
    >>> "<title>A &amp; B</title>" in page("A & B", "<h1>A</h1>")
    True
    """
    tops = ({"HuMAM archive": home, "Published and here": f"{home}#comparison"} if home else {}) | dict(links or {})
    items = "".join(f'<a href="{escape(address)}">{escape(text)}</a>' for text, address in tops.items())
    nav = f'<nav aria-label="Archive"><div>{items}</div></nav>\n' if items else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}{css}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#content">To the content</a>\n{nav}'
        f'<main id="content">\n{body}\n</main>\n</body>\n</html>\n'
    )


def number(value: float | None) -> str:
    """Return a number as readers like it: six digits, thousands separated, a true minus sign; empty for none.

    Examples
    --------
    >>> number(8394.0), number(42778034098), number(-0.00952874), number(float("nan"))
    ('8,394', '42,778,034,098', '−0.00952874', '')
    """
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    whole = float(value).is_integer() and abs(value) < 1e15
    return (f"{value:,.0f}" if whole else f"{value:.6g}").replace("-", "−")


def readable(quantity: str) -> str:
    """Return the identifier of a quantity for readers.

    Examples
    --------
    >>> readable("fc_block_mean[state=base;networks=DMN-DAN]")
    'fc block mean (state base, networks DMN-DAN)'
    """
    name, _, conditions = quantity.partition("[")
    text = name.replace("_", " ")
    if conditions:
        text += f" ({conditions.rstrip(']').replace(';', ', ').replace('=', ' ').replace('_', ' ')})"
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[object]], classes: Iterable[str] = ()) -> str:
    """Return an HTML table; numbers are formatted and set flush right, text is escaped, :class:`Markup` kept.

    Parameters
    ----------
    header : sequence of str
        Column heads.
    rows : iterable of sequences
        Cells: numbers, text or :class:`Markup`.
    classes : iterable of str, optional
        A class for each row.
    """
    rows = [list(row) for row in rows]
    numeric = [bool(rows) and all(_is_number(cell) for cell in column) for column in zip(*rows, strict=True)]
    heads = "".join(
        f'<th class="number">{escape(head)}</th>' if right else f"<th>{escape(head)}</th>"
        for head, right in itertools.zip_longest(header, numeric)
    )
    body = []
    for row, kind in itertools.zip_longest(rows, classes, fillvalue=""):
        cells = []
        for head, cell in zip(header, row, strict=True):
            if _is_number(cell):
                cells.append(f'<td class="number">{number(cell)}</td>')
            else:
                text = cell if isinstance(cell, Markup) else escape(str(cell))
                cells.append(f'<td class="{escape(head.lower())}">{text}</td>')
        body.append(f'<tr class="{kind}">{"".join(cells)}</tr>' if kind else f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
        + "\n".join(body)
        + "\n</tbody></table></div>"
    )


def _is_number(cell: object) -> TypeGuard[float]:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)
