"""The results of a thorough validation in the documentation.

``python -m humam.validation.doc_page FOLDER`` takes the tables and figures that ``humam validate-engine --out FOLDER``
has written into ``benchmarks/validation/`` and ``docs/images/``, and rewrites what ``docs/validation.md`` says of them,
between marks. Without a folder it rewrites the page from what was taken before; a test demands that it is up to date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd

from humam import errors
from humam.engines.procedural import kernels
from humam.errors import HumamError
from humam.files import copy_into
from humam.markdown import digits, rewrite, table
from humam.resources import shipped
from humam.validation import figure, limits, summary
from humam.validation.checks import SIGNIFICANCE
from humam.validation.ensembles import ENSEMBLE_SIGNIFICANCE, Pair
from humam.validation.runs import EXACT, NEST, TITLES, WINDOWED

PAGE: Final = "validation.md"
KEPT: Final = (summary.CHECKS_NAME, summary.BANDS_NAME, summary.RECORD_NAME)
MUTATIONS: Final = "Wrong models"
NONE: Final = "The last thorough validation has no such runs."


def parts() -> dict[str, str]:
    """Return what the page says, by name of the marks."""
    folder = shipped("benchmarks", "validation")
    checks = pd.read_csv(folder / summary.CHECKS_NAME, keep_default_na=False, na_values=[""])
    bands = pd.read_csv(folder / summary.BANDS_NAME)
    record = json.loads((folder / summary.RECORD_NAME).read_text(encoding="utf-8"))
    networks: dict[str, str] = record["networks"]
    others = checks[checks["section"] != MUTATIONS]
    exact = [(NEST, NEST), (EXACT, EXACT), (NEST, EXACT)]
    windowed = [(NEST, NEST), (WINDOWED, WINDOWED), (NEST, WINDOWED), (EXACT, WINDOWED)]
    return {
        "verdict": verdict(checks, record),
        "kernels": judged(record.get("kernels")),
        "threshold": (
            f"Red is a check below {SIGNIFICANCE:g} (below {ENSEMBLE_SIGNIFICANCE:g} for comparisons of engines), or"
            " beyond its tolerance where there is no p."
        ),
        "sections": by_p(others[others["p"].notna()]),
        "tolerances": by_tolerance(others[others["p"].isna()]),
        "mutations": mutations(checks[checks["section"] == MUTATIONS]),
        "bands": distances(bands, networks, exact),
        "window": distances(bands, networks, windowed) if (bands["first"] == WINDOWED).any() else NONE,
        "limits": limits.sentence(),
        "figures": "\n\n".join(f"![{text}](images/{figure.name_of(name)}.svg)" for name, text in networks.items()),
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


def judged(digest: str | None) -> str:
    """Return which kernels were judged, and whether they are those of this checkout.

    Parameters
    ----------
    digest : str, optional
        Of the kernels judged (:func:`humam.engines.procedural.kernels.digest`); None where it is not known.
    """
    here = kernels.digest()
    if digest is None:
        return f"Which kernels were judged is not known; those of this checkout have the digest `{here[:16]}`."
    if digest == here:
        return f"The kernels judged are those of this checkout (SHA-256 of their sources `{here[:16]}…`)."
    return (
        f"**The kernels judged (SHA-256 of their sources `{digest[:16]}…`) are not those of this checkout"
        f" (`{here[:16]}…`)**: sources have changed since, and `bin/humam validate-engine` judges the present ones."
    )


def by_p(checks: pd.DataFrame) -> str:
    """Return a table of what p-values decided: one row per section and quantity."""
    rows = []
    for (section, quantity), mine in checks.groupby(["section", "quantity"], sort=False):
        smallest, chance = summary.smallest_p(mine["p"].tolist())
        red = int((mine["verdict"] != "passed").sum())
        rows.append([str(section), str(quantity), str(len(mine)), digits(smallest, 2), digits(chance, 2), str(red)])
    return table(["part", "quantity", "checks", "smallest p", "probability of one so small", "red"], rows)


def by_tolerance(checks: pd.DataFrame) -> str:
    """Return a table of what tolerances decided: one row per check."""
    rows = []
    for _, c in checks.fillna({"note": ""}).iterrows():
        found = [digits(c["expected"], 5), digits(c["found"], 5), digits(c["tolerance"], 2)]
        rows.append([str(c["group"]), str(c["quantity"]), *found, str(c["verdict"]), str(c["note"])])
    return table(["what", "quantity", "expected", "found", "tolerance", "verdict", "note"], rows)


def mutations(checks: pd.DataFrame) -> str:
    """Return a table of the wrong models and what found them."""
    rows = [
        [str(c.quantity), str(c.note), "found" if c.verdict == "passed" else "**missed**"] for c in checks.itertuples()
    ]
    return table(["wrong model", "how", "verdict"], rows)


def distances(bands: pd.DataFrame, networks: dict[str, str], pairs: list[Pair]) -> str:
    """Return a table of the distances between runs of some pairs of engines, and the p-values where they differ.

    Networks without runs of one of the engines are left out.
    """
    head = ["network", "statistic"]
    for first, second in pairs:
        head += [f"{TITLES[first]} / {TITLES[second]}"] + (["p"] if first != second else [])
    rows = []
    for (case, statistic), mine in bands.groupby(["case", "statistic"], sort=False):
        rows_here: list[dict[Any, Any]] = mine.to_dict("records")
        found = {(row["first"], row["second"]): row for row in rows_here}
        if any(pair not in found for pair in pairs):
            continue
        cells = [networks[str(case)], str(statistic)]
        for pair in pairs:
            x = found[pair]
            cells.append(f"{digits(x['mean'])} ± {digits(x['sd'], 2)}")
            cells += [digits(x["p"], 2)] if pair[0] != pair[1] else []
        rows.append(cells)
    return table(head, rows)


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
        copy_into(shipped("benchmarks", "validation"), KEPT, source)
        images, names = shipped("docs", "images"), [f"{figure.name_of(name)}.svg" for name in record["networks"]]
        copy_into(images, names, source)
        for path in images.glob(f"{figure.name_of('*')}.svg"):
            if path.name not in names:  # of a network that is no longer shown
                path.unlink()
    rewrite(shipped("docs", PAGE), parts())


if __name__ == "__main__":
    errors.run(main)
