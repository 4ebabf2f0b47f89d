"""``humam crate``: the Workflow Run RO-Crate over a results folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam.errors import HumamError
from humam.provenance import crate


def main(
    *,
    results: Path,
    run: Annotated[str, Parameter(help="Facts of the run as a JSON object (the workflow gives them).")],
    project: Annotated[Path, Parameter(help="Folder of the project.")] = Path(),
    agent: str | None = None,
) -> None:
    """Record what was run, with what, by whom, and what came out: ``ro-crate-metadata.json`` and ``provenance/``.

    Parameters
    ----------
    results
        Folder of a finished run.
    agent
        Who ran it: ``NAME`` or ``NAME <https://orcid.org/...>``.
    """
    try:
        facts = json.loads(run)
    except ValueError as error:
        raise HumamError(f"--run is no JSON: {error}") from None
    crate.write(results, project.absolute(), facts, agent)
