"""JSON schemas: the checks of workflow parameters and samplesheet rows, each error in one line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from humam.errors import nearest
from humam.files import read_json

_SIGNS = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<=", "pattern": "matching"}


def load(path: Path | str) -> dict[str, Any]:
    """Return the schema in a JSON file."""
    return read_json(Path(path), "schema")


def properties(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all properties of a schema, those of its ``$defs`` groups (the nf-core convention) included.

    Examples
    --------
    >>> properties({"$defs": {"in": {"properties": {"a": {"type": "string"}}}}, "properties": {"b": {}}})
    {'a': {'type': 'string'}, 'b': {}}
    """
    groups = [*schema.get("$defs", {}).values(), schema]
    return {name: value for group in groups for name, value in group.get("properties", {}).items()}


def allowed(spec: Mapping[str, Any]) -> str:
    """Return what a property may be, as text.

    Examples
    --------
    >>> allowed({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
    'number, > 0, <= 1'
    >>> allowed({"type": "string", "enum": ["auto", "web"]})
    "'auto' or 'web'"
    """
    if "enum" in spec:
        return " or ".join(repr(value) for value in spec["enum"])
    kind = "text" if spec.get("type") == "string" else str(spec.get("type", "value"))
    return ", ".join([kind, *(f"{sign} {spec[key]}" for key, sign in _SIGNS.items() if key in spec)])


def convert(text: Any, spec: Mapping[str, Any]) -> Any:
    """Return a value in the type that its property asks for, or unchanged where that is impossible.

    Command lines turn ``--outdir 2024`` into a number and CSV cells are text; a schema is strict about both.

    Examples
    --------
    >>> convert("0.01", {"type": "number"}), convert(2024, {"type": "string"}), convert("x", {"type": "integer"})
    (0.01, '2024', 'x')
    """
    kind = spec.get("type")
    try:
        if kind == "string" and isinstance(text, int | float) and not isinstance(text, bool):
            return str(text)
        if kind == "integer" and isinstance(text, str):
            return int(text)
        if kind == "number" and isinstance(text, str) and math.isfinite(float(text)):
            return float(text)
    except ValueError:
        pass
    return text


def errors(values: Mapping[str, Any], schema: Mapping[str, Any], noun: str) -> list[str]:
    """Return one line for each thing in ``values`` that the schema does not allow.

    Parameters
    ----------
    values : mapping
        Already in the types of the schema (see :func:`convert`).
    schema : mapping
        A JSON schema of an object; properties that it does not name are errors.
    noun : str
        What a property is called in the line, for example ``"parameter"``.

    Examples
    --------
    >>> schema = {"properties": {"scale": {"type": "number", "exclusiveMinimum": 0}}, "required": ["scale"]}
    >>> errors({"scale": 0.0}, schema, "column")
    ['column scale = 0.0 is not allowed (number, > 0)']
    >>> errors({"scal": 1}, schema, "column")
    ["unknown column 'scal' (did you mean 'scale'?)", "column 'scale' is missing"]
    """
    known = properties(schema)
    lines = [f"unknown {noun} {name!r}{nearest(name, known)}" for name in values if name not in known]
    groups = [*schema.get("$defs", {}).values(), schema]
    required = [name for group in groups for name in group.get("required", [])]
    lines += [f"{noun} {name!r} is missing" for name in required if values.get(name) in (None, "")]
    for name, spec in known.items():
        value = values.get(name)
        if value in (None, "") or jsonschema.Draft202012Validator(spec).is_valid(value):
            continue
        guess = nearest(value, spec["enum"]) if "enum" in spec and isinstance(value, str) else ""
        lines.append(f"{noun} {name} = {value!r} is not allowed ({allowed(spec)}){guess}")
    return lines
