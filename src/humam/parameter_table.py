"""The parameter table of ``docs/model.md``, made from the parameters themselves.

``python -m humam.parameter_table`` rewrites the table; a test demands that it is up to date.
"""

from __future__ import annotations

from humam import markdown
from humam.files import atomic_path
from humam.parameters import Parameters, allowed_range
from humam.resources import shipped

BEGIN, END = "<!-- parameters: begin -->\n", "<!-- parameters: end -->\n"


def table() -> str:
    """Return the parameters as a Markdown table: name, default, unit, allowed values, meaning, source."""
    rows = []
    for name, field in Parameters.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)  # noqa: S101  every field is made by parameters._field
        default = "none" if field.default is None else f"{field.default}"
        cells = (f"`{name}`", default, extra["unit"], allowed_range(name), field.description, extra["source"])
        rows.append([str(cell).replace("|", "\\|") for cell in cells])
    return markdown.table(["parameter", "default", "unit", "allowed", "meaning", "source"], rows) + "\n"


def with_table(document: str) -> str:
    """Return the document with the table between its two marks."""
    head, rest = document.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    page = shipped("docs", "model.md")
    with atomic_path(page) as temporary:
        temporary.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
