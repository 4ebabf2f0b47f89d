"""Highlighted source code as a page of a report: what computed and drew a panel, and the notebook itself."""

from __future__ import annotations

from html import escape
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from humam.page import page

HOME = "../../../index.html"
"""The front page, seen from ``reports/NAME/code/MODULE.html``."""


def address(name: str) -> str:
    """Return the address of a module's or notebook's page, seen from the report."""
    return f"code/{name}.html"


def colours() -> str:
    """Return style rules for highlighted code, in light and in dark."""
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    both = ".highlight { background: none; }\n.highlight .linenos { color: var(--soft); }"
    return f"\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{both}\n"


def write(report: Path, name: str, source: str) -> str:
    """Write the page of a piece of Python code into a report; return its address.

    Parameters
    ----------
    report : path
        Folder of the report.
    name : str
        Name of the module or notebook.
    source : str
        The code. Line N gets the anchor ``line-N``.
    """
    formatter = HtmlFormatter(linenos="inline", lineanchors="line")
    body = f"<h1><code>{escape(name)}</code></h1>{highlight(source, PythonLexer(), formatter)}"
    path = report / address(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(page(name, body, HOME, colours(), {"Report": "../index.html"}), encoding="utf-8")
    return address(name)
