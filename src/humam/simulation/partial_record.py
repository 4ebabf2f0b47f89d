"""``run.json`` in the folder of a run in progress: which checkpoint and parts belong together, and which run it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from humam import form
from humam.errors import HumamError
from humam.files import read_json

NAME: Final = "run.json"
FORMAT: Final = "humam-partial-run"
FORMAT_VERSION: Final = 1
_WHAT: Final = "interrupted run"


class _Progress(form.Form):
    step: int
    dt_ms: float
    run: dict[str, Any] = Field({})


class _Record(_Progress):
    checkpoint: Annotated[str, Field(pattern=r"^checkpoint-\d{5,}\.npz$")]
    parts: dict[Annotated[str, Field(pattern=r"^spikes-\d{5,}\.parquet$")], int]
    counts: list[int]
    last_step: int
    continued_at_ms: list[float]
    peak_memory_bytes: int


def read(path: Path) -> dict[str, Any]:
    """Return the record of a run in progress.

    Raises
    ------
    HumamError
        If it cannot be read, is of another format version or incomplete.
    """
    content = read_json(path, _WHAT)
    if (content.get("format"), content.get("format_version")) != (FORMAT, FORMAT_VERSION):
        raise HumamError(f"{_WHAT} {str(path)!r}: its format is not {FORMAT!r}, version {FORMAT_VERSION}")
    return form.check(content, _Record, f"{_WHAT} {str(path)!r}")


def progress_in(folder: Path) -> tuple[float, dict[str, Any]]:
    """Return the biological time in ms of the last checkpoint in a folder, and which run it is of.

    Time 0 without a readable checkpoint; nothing about the run where that was not written down.
    """
    try:
        content = form.check(read_json(folder / NAME, _WHAT), _Progress, _WHAT)
    except HumamError:
        return 0.0, {}
    return float(content["step"] * content["dt_ms"]), content.get("run", {})
