"""What a report tells of itself beside its page, for those who read it: its files of records, and what is in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from humam import form
from humam.errors import HumamError
from humam.experiment_yaml import parse

PANEL: Final = ("panel", "id", "files", "code")
"""What a record tells of each panel."""


class _Input(form.Form):
    kind: str
    id: str
    file: str


class _Parameters(form.Form):
    inputs: list[_Input] = Field([])
    data_origin: dict[str, Any] | None = None
    parameters: dict[str, dict[str, Any]] | None = None
    runs: dict[str, dict[str, Any]] | None = None


class _Panel(form.Form):
    files: dict[str, str]
    code: dict[str, str]


class _Panels(form.Form):
    panels: list[_Panel] = Field([])
    command: str = ""
    script: str = ""


def parameters(path: Path, facts: Sequence[str]) -> dict[str, Any]:
    """Return the inputs of a report, the origin of its data, its simulations and parameters.

    Parameters
    ----------
    path : path
        The file :data:`humam.reports.report_files.PARAMETERS` of its folder; need not exist.
    facts : sequence of str
        What it must tell of each simulation, for its reader.

    Raises
    ------
    HumamError
        If it cannot be read or lacks something.
    """
    content = _read(path)
    _check_each(content.get("runs") or {}, facts, path)
    return form.check(content, _Parameters, _what(path))


def panels(path: Path) -> dict[str, Any]:
    """Return the command and the script of a report, and the files and the code of its panels.

    ``path`` is the file :data:`humam.reports.report_files.PANELS`. Errors are those of :func:`parameters`.
    """
    content = _read(path)
    _check_each(content.get("panels", []), PANEL, path)
    return form.check(content, _Panels, _what(path))


def versions(path: Path) -> dict[str, Any]:
    """Return the versions of the software of a report by name, from its file :data:`humam.provenance.software.FILE`."""
    return _read(path)


def _what(path: Path) -> str:
    return f"record {str(path)!r} of a report"


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else parse(text, _what(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HumamError(f"{_what(path)} cannot be read: {error}") from None
    return form.check({} if content is None else content, form.Form, _what(path))


def _check_each(found: Any, needed: Sequence[str], path: Path) -> None:
    """Refuse a mapping, or a list, one of whose items lacks something."""
    items = found.items() if isinstance(found, Mapping) else enumerate(found if isinstance(found, list) else [found])
    for name, content in items:
        lacks = [key for key in needed if not isinstance(content, Mapping) or key not in content]
        if lacks:
            raise HumamError(f"{_what(path)}: {name!r} lacks {', '.join(lacks)}")
