"""Frictionless data packages: what tables hold, their units, sources, licences and citations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from humam.datasets.sources import Source
from humam.files import sha256

FILE: Final = "datapackage.json"
PRONOLD: Final = "Pronold et al. (2024) Cerebral Cortex 34(10):bhae409, doi:10.1093/cercor/bhae409"

_MEDIA_TYPES: Final = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_TYPES: Final = {"f": "number", "i": "integer", "u": "integer"}

Field = tuple[str, str, str]
"""Name, unit (empty for text) and description of a column."""


def resource(
    path: Path, title: str, table: pd.DataFrame, fields: Sequence[Field], sources: Sequence[Source]
) -> dict[str, Any]:
    """Return the description of one table that is already written.

    Parameters
    ----------
    path : Path
        The file, CSV or Parquet.
    title : str
        What it holds.
    table : DataFrame
        Its content; text columns that have a unit hold numbers or nothing.
    fields : sequence of Field
        Its columns.
    sources : sequence of Source
        The raw files it was made from; none for numbers printed in the paper.

    Raises
    ------
    ValueError
        If the columns are not those of the table.
    """
    if [field[0] for field in fields] != list(table.columns):
        raise ValueError(f"columns of {path.name} differ from their description: {list(table.columns)}")
    found: dict[str, Any] = {
        "name": path.stem,
        "profile": "tabular-data-resource",
        "path": path.name,
        "title": title,
        "format": path.suffix[1:],
        "mediatype": _MEDIA_TYPES[path.suffix[1:]],
        "hash": f"sha256:{sha256(path)}",
        "schema": {
            "fields": [
                {"name": name, "type": _type(table[name], unit), "unit": unit, "description": description}
                for name, unit, description in fields
            ],
            "missingValues": [""],
        },
        "sources": [{"title": s.path, "path": s.url, "sha256": s.sha256} for s in sources] or [{"title": PRONOLD}],
        "licenses": [_licence(text) for text in sorted({s.licence for s in sources})],
        "citations": sorted({s.citation for s in sources}) or [PRONOLD],
    }
    return {key: value for key, value in found.items() if value != []}


def _type(column: pd.Series, unit: str) -> str:
    return _TYPES.get(column.dtype.kind, "number" if unit else "string")


def _licence(text: str) -> dict[str, str]:
    """Return a licence as the standard wants it: a name without spaces, and the whole text.

    Examples
    --------
    >>> _licence("BSD-3-Clause (licence of the repository)")
    {'name': 'BSD-3-Clause', 'title': 'BSD-3-Clause (licence of the repository)'}
    """
    return {"name": text.split()[0], "title": text}


def write(folder: Path, name: str, title: str, description: str, resources: Sequence[dict[str, Any]]) -> None:
    """Write ``datapackage.json`` into a folder of tables."""
    content = {
        "profile": "tabular-data-package",
        "name": name,
        "title": title,
        "description": description,
        "citation": PRONOLD,
        "resources": list(resources),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
