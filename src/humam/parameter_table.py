"""The parameter table of ``docs/model.md``, made from the parameters themselves.

``python -m humam.parameter_table`` rewrites the table; a test demands that it is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from humam import markdown
from humam.files import atomic_path
from humam.parameters import Parameters, allowed_range
from humam.resources import shipped

BEGIN, END = "<!-- parameters: begin -->\n", "<!-- parameters: end -->\n"


COLUMNS: Final = ["parameter", "default", "unit", "allowed", "meaning", "source"]


def rows(parameters: Parameters | None = None) -> Iterator[tuple[str, ...]]:
    """Yield name, value, unit, allowed values, meaning and source of every parameter.

    Parameters
    ----------
    parameters : Parameters, optional
        Those of a network; the defaults if not given.
    """
    for name, field in Parameters.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)  # noqa: S101  every field is made by parameters._field
        value = field.default if parameters is None else getattr(parameters, name)
        cells = (name, "none" if value is None else value, extra["unit"], allowed_range(name))
        yield tuple(map(str, (*cells, field.description, extra["source"])))


def table() -> str:
    """Return the parameters as a Markdown table."""
    escaped = ([f"`{name}`", *(cell.replace("|", "\\|") for cell in cells)] for name, *cells in rows())
    return markdown.table(COLUMNS, escaped) + "\n"


def with_table(document: str) -> str:
    """Return the document with the table between its two marks."""
    head, rest = document.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    page = shipped("docs", "model.md")
    with atomic_path(page) as temporary:
        temporary.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
