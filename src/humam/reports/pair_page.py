"""The page of two results side by side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pandas as pd

from humam import page
from humam.files import atomic_path, sha256
from humam.plotting import overview, style
from humam.reports.pair import Results, label
from humam.reports.run_numbers import RunSides

TABLE_NAME: Final = "comparison.csv"
MARKER: Final = "pair.json"
"""Names both sides; no other folder has it."""
DPI: Final = 150
_CSS: Final = """
main { max-width: 92rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; align-items: start; }
.pair figure { margin: .4rem 0; }
@media (max-width: 44rem) { .pair { grid-template-columns: 1fr; } }
"""


def write(
    out: Path,
    sides: tuple[Results, Results],
    runs: Mapping[str, RunSides],
    parameters: pd.DataFrame,
    all_rows: pd.DataFrame,
    rows: pd.DataFrame,
    notes: Sequence[str] = (),
) -> Path:
    """Write the page with its pictures and tables; return its path.

    Parameters
    ----------
    out : path
        The folder to write; an existing one is replaced.
    sides : two of Results
        A and B.
    runs : mapping
        Statistics of the runs that both have; the first of each side is drawn.
    parameters : DataFrame
        Parameters that differ (:func:`humam.reports.pair.parameter_table`).
    all_rows, rows : DataFrame
        All quantities, and those that differ (:func:`humam.reports.pair.table`).
    notes : sequence of str
        Sentences on what is compared and what is not.
    """
    a, b = (str(side.folder) for side in sides)
    with atomic_path(out, MARKER) as folder:
        folder.mkdir()
        (folder / MARKER).write_text(json.dumps({"a": a, "b": b}) + "\n", encoding="utf-8")
        all_rows.to_csv(folder / TABLE_NAME, index=False, float_format="%.10g")
        body = [
            f"<h1>{escape(a)} and {escape(b)}</h1>",
            f"<p>A: <code>{escape(a)}</code>, B: <code>{escape(b)}</code>. {len(rows)} of {len(all_rows)} quantities"
            f' differ (<a href="{TABLE_NAME}">all as a table</a>).</p>',
            _notes(notes),
            "<h2>Parameters that differ</h2>",
            page.table(["Of", "Parameter", "A", "B"], parameters.to_numpy().tolist())
            if len(parameters)
            else "<p>None of those that both sides tell.</p>",
            '<h2 id="quantities">Quantities that differ</h2>',
            _quantities(rows) if len(rows) else "<p>None.</p>",
            '<h2 id="figures">Figures</h2>',
        ]
        figures = []
        for name in (name for name in sides[0].pictures if name in sides[1].pictures):
            copies = [folder / f"{_stem(name)}_{side}.png" for side in "AB"]
            for result, path in zip(sides, copies, strict=True):
                shutil.copyfile(result.pictures[name], path)
            figures.append(_pair(name, *copies))
        for name, both in runs.items():
            style.use()
            drawn = []
            for side, own in zip("AB", both, strict=True):
                path = folder / f"{_stem(label(name))}_{side}.png"
                overview.draw_overview(own[0]).savefig(path, dpi=DPI, metadata={"Software": None})
                drawn.append(path)
            figures.append(_pair(label(name), *drawn))
        body += figures or ["<p>No figure stands on both sides.</p>"]
        text = page.page(f"{a} and {b}", "\n".join(body), css=_CSS)
        (folder / "index.html").write_text(text, encoding="utf-8")
    return out / "index.html"


def _notes(notes: Sequence[str]) -> str:
    text = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f'<div class="notice">{text}</div>' if text else ""


def _quantities(rows: pd.DataFrame) -> str:
    heads = {"where": "Where", "panel": "Panel", "quantity": "Quantity", "a": "A", "sd_a": "SD of A", "b": "B",
             "sd_b": "SD of B", "difference": "B − A", "relative": "Relative", "unit": "Unit"}  # fmt: skip
    shown = rows.assign(quantity=rows["quantity"].map(page.readable)).filter(list(heads))
    return page.table([heads[str(name)] for name in shown], shown.astype(object).to_numpy().tolist())


def _stem(name: str) -> str:
    return name.replace(" ", "_").replace("/", "_")


def _pair(name: str, *paths: Path) -> str:
    """Return two pictures of the page's folder side by side."""
    figures = [
        f'<figure><img src="{quote(path.name)}" alt="{escape(name)}, {side}"><figcaption>{side}</figcaption></figure>'
        for side, path in zip("AB", paths, strict=True)
    ]
    same = " (the same picture)" if sha256(paths[0]) == sha256(paths[1]) else ""
    return f'<h3>{escape(name)}{same}</h3>\n<div class="pair">{"".join(figures)}</div>'
