"""The parameter table of ``docs/model.md``, made from the parameters themselves.

``python -m humam.docs_pages.parameter_table`` rewrites the table; a test demands that it is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from humam import errors, markdown
from humam.parameters import Parameters, allowed_range
from humam.resources import shipped

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


def parts() -> dict[str, str]:
    """Return what ``docs/model.md`` says between the marks."""
    escaped = ([f"`{name}`", *(cell.replace("|", "\\|") for cell in cells)] for name, *cells in rows())
    return {"parameters": markdown.table(COLUMNS, escaped)}


def main() -> None:
    """Rewrite the table."""
    markdown.rewrite(shipped("docs", "model.md"), parts())


if __name__ == "__main__":
    errors.run(main)
