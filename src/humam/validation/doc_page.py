"""The results of a thorough validation in the documentation.

``python -m humam.validation.doc_page FOLDER`` takes the tables and figures that ``humam validate-engine --out FOLDER``
has written into ``benchmarks/validation/`` and ``docs/images/``, and rewrites what ``docs/validation.md`` says of them,
between marks. Without a folder it rewrites the page from what was taken before; a test demands that it is up to date.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import pandas as pd

from humam.errors import HumamError
from humam.files import atomic_path
from humam.markdown import digits, fill, table
from humam.resources import shipped
from humam.validation import summary

PAGE: Final = "validation.md"
KEPT: Final = (summary.CHECKS_NAME, summary.BANDS_NAME, summary.RECORD_NAME)
MUTATIONS: Final = "Wrong models"


def parts() -> dict[str, str]:
    """Return what the page says, by name of the marks."""
    folder = shipped("benchmarks", "validation")
    checks = pd.read_csv(folder / summary.CHECKS_NAME, keep_default_na=False, na_values=[""])
    bands = pd.read_csv(folder / summary.BANDS_NAME)
    record = json.loads((folder / summary.RECORD_NAME).read_text(encoding="utf-8"))
    networks: dict[str, str] = record["networks"]
    return {
        "verdict": verdict(checks, record),
        "sections": sections(checks[checks["section"] != MUTATIONS]),
        "mutations": mutations(checks[checks["section"] == MUTATIONS]),
        "bands": distances(bands, networks),
        "figures": "\n\n".join(f"![{text}](images/{summary.figure_name(name)}.svg)" for name, text in networks.items()),
    }


def verdict(checks: pd.DataFrame, record: dict[str, Any]) -> str:
    """Return how many checks passed, and where."""
    red = int((checks["verdict"] != "passed").sum())
    software = record["provenance"]
    text = f"All {len(checks)} checks passed" if not red else f"{red} of {len(checks)} checks are red"
    return (
        f"**{text}** ({record['settings']['form']} form, {record['settings']['seeds of each engine']} seeds of each"
        f" engine; NEST {software['nest-simulator']}, Numba {software['numba']}, NumPy {software['numpy']})."
    )


def sections(checks: pd.DataFrame) -> str:
    """Return a table of what was checked: one row per section and quantity."""
    rows = []
    for (section, quantity), mine in checks.groupby(["section", "quantity"], sort=False):
        p = mine["p"].dropna().tolist()
        smallest, chance = summary.smallest_p(p)
        red = int((mine["verdict"] != "passed").sum())
        rows.append([str(section), str(quantity), str(len(mine)), digits(smallest, 2), digits(chance, 2), str(red)])
    return table(["part", "quantity", "checks", "smallest p", "probability of one so small", "red"], rows)


def mutations(checks: pd.DataFrame) -> str:
    """Return a table of the wrong models and what found them."""
    rows = [
        [str(c.quantity), str(c.note), "found" if c.verdict == "passed" else "**missed**"] for c in checks.itertuples()
    ]
    return table(["wrong model", "how", "verdict"], rows)


def distances(bands: pd.DataFrame, networks: dict[str, str]) -> str:
    """Return a table of the distances between runs of each engine and between the engines."""
    rows = []
    for (case, statistic), mine in bands.groupby(["case", "statistic"], sort=False):
        pairs = mine.set_index("pair")
        cells = [f"{digits(pairs['mean'][k])} ± {digits(pairs['sd'][k], 2)}" for k in ("nest", "procedural", "between")]
        rows.append([networks[str(case)], str(statistic), *cells, digits(pairs["p"]["between"], 2)])
    return table(["network", "statistic", "NEST, NEST", "procedural, procedural", "NEST, procedural", "p"], rows)


def main(folder: str | None = None) -> None:
    """Take a validation into the documentation.

    Raises
    ------
    HumamError
        If the folder holds no thorough validation.
    """
    if folder is not None:
        source = Path(folder)
        record = json.loads((source / summary.RECORD_NAME).read_text(encoding="utf-8"))
        if record["settings"]["form"] != "thorough":
            raise HumamError(
                f"validation {folder!r}: is the {record['settings']['form']} form, a thorough one is needed"
            )
        figures = [f"{summary.figure_name(name)}.svg" for name in record["networks"]]
        for name in (*KEPT, *figures):
            places = ("docs", "images") if name in figures else ("benchmarks", "validation")
            with atomic_path(shipped(places[0]) / places[1] / name) as temporary:
                shutil.copyfile(source / name, temporary)
    page = shipped("docs", PAGE)
    with atomic_path(page) as temporary:
        temporary.write_text(fill(page.read_text(encoding="utf-8"), parts()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
