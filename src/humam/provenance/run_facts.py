"""Facts of a run that has ended, as the workflow tells them: ``humam crate --run``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from humam import form
from humam.errors import HumamError


def _is_time(text: str) -> str:
    datetime.fromisoformat(text)
    return text


_Time = Annotated[str, AfterValidator(_is_time)]


class _Parameters(form.Form):
    input: Any


class _Experiment(form.Form):
    file: str


class _Plan(form.Form):
    experiments: list[_Experiment]


class _Facts(form.Form):
    name: str
    session: str
    start: _Time
    end: _Time
    command: str
    nextflow: str
    commit: str | None
    image: str | None = None
    parameters: _Parameters
    plan: _Plan


def parse(text: str) -> dict[str, Any]:
    """Return the facts in a JSON text; :func:`humam.provenance.crate.write` says what they are.

    Raises
    ------
    HumamError
        If it is no JSON, or lacks something.
    """
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise HumamError(f"--run is no JSON: {error}") from None
    return form.check(facts, _Facts, "--run")
