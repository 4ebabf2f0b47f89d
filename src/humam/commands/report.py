"""``humam report``: execute one report notebook and render it as HTML with its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam.conventions import Conventions
from humam.errors import HumamError
from humam.provenance import software, task
from humam.reports import reporting
from humam.resources import shipped

_Inputs = Annotated[list[str], Parameter(consume_multiple=True, negative=())]


def main(
    *,
    notebook: Path,
    out: Path,
    network: _Inputs = [],  # noqa: B006
    theory: _Inputs = [],  # noqa: B006
    structure: _Inputs = [],  # noqa: B006
    statistics: _Inputs = [],  # noqa: B006
    published: Path | None = None,
    tables: Path | None = None,
    conventions: Annotated[Conventions | None, Parameter(show_default=False)] = None,
) -> None:
    """Execute one report notebook and render it as HTML with its figures, values and sources.

    Parameters
    ----------
    notebook
        The notebook, a Python file in percent format (``reports/figure2.py``).
    out
        The folder to write.
    network
        Networks as ``ID=PATH`` (repeatable); the id is the name of an experiment.
    theory
        Mean-field rates as ``ID=PATH``.
    structure
        Structural analyses as ``ID=PATH``.
    statistics
        Statistics of runs as ``ID=PATH``; the id is the name of a run.
    published
        Folder of published results; default: the shipped ones.
    tables
        Folder of anatomy tables; default: the shipped ones.
    conventions
        Draw with the conventions of the published analysis, its known slips included, or with the corrected ones, where
        the notebook knows both; default: what its cell of parameters says.
    """
    groups = {"network": network, "theory": theory, "structure": structure, "statistics": statistics}
    inputs: dict[str, object] = {kind: parse_inputs(kind, values) for kind, values in groups.items()}
    inputs["published"] = str((published or shipped("datasets", "published", missing_ok=True)).resolve())
    inputs["tables"] = str((tables or shipped("datasets", "tables", missing_ok=True)).resolve())
    if conventions is not None:
        inputs["conventions"] = str(conventions)
    reporting.execute(notebook, inputs, out)
    used = out / software.FILE  # a notebook runs in a process of its own
    if used.is_file():
        task.used_elsewhere(json.loads(used.read_text(encoding="utf-8")))


def parse_inputs(kind: str, values: list[str]) -> dict[str, str]:
    """Return absolute paths by id from ``ID=PATH`` items.

    Raises
    ------
    HumamError
        If an item has another form, an id is given twice or a path does not exist.

    Examples
    --------
    >>> parse_inputs("network", ["base=/"])
    {'base': '/'}
    """
    found: dict[str, str] = {}
    for value in values:
        name, equals, path = value.partition("=")
        # An id may itself hold "=" (a series member, scaling@chi=1.5): the path is what exists.
        while equals and not Path(path).exists() and "=" in path:
            more, _, path = path.partition("=")
            name = f"{name}={more}"
        if not name or not path:
            raise HumamError(f"--{kind} {value!r}: must have the form ID=PATH")
        if not Path(path).exists():
            raise HumamError(f"--{kind} {value!r}: {path!r} does not exist")
        if name in found:
            raise HumamError(f"--{kind} {name!r} is given twice")
        found[name] = str(Path(path).resolve())
    return found
