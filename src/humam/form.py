"""The form of what stands in JSON and YAML files: what has another one is named where it is read, not further on."""

from __future__ import annotations

import reprlib
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from humam.errors import HumamError


class Form(BaseModel):
    """What a mapping must hold for its readers, as the fields of a subclass; what else it holds is its own affair."""

    model_config = ConfigDict(strict=True, extra="allow")


def check(content: Any, form: type[Form], what: str) -> dict[str, Any]:
    """Return a mapping that has a form, as it is.

    Parameters
    ----------
    content : object
        What was read.
    form : type of Form
        What it must hold.
    what : str
        What it is, for errors.

    Raises
    ------
    HumamError
        If it has another form.

    Examples
    --------
    >>> class Place(Form):
    ...     step: int
    >>> check({"step": 2, "more": None}, Place, "place")
    {'step': 2, 'more': None}
    >>> check({"step": "2"}, Place, "place")
    Traceback (most recent call last):
    humam.errors.HumamError: place: step = '2': Input should be a valid integer
    """
    if not isinstance(content, dict):
        raise HumamError(f"{what} must be an object, not {reprlib.repr(content)}")
    try:
        form.model_validate(content)
    except ValidationError as error:
        raise HumamError(f"{what}: {explain(error)}") from None
    return content


def explain(error: ValidationError) -> str:
    """Return the first thing that is wrong: where it stands, its value, what is allowed."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    value = f" = {reprlib.repr(first['input'])}" if where and first["type"] != "missing" else ""
    allowed = first["msg"].removeprefix("Value error, ").partition(" or instance of ")[0]
    return f"{where or 'content'}{value}: {allowed}"
