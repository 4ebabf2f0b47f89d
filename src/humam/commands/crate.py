"""``humam crate``: the Workflow Run RO-Crate over a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam.provenance import crate, run_facts


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
    crate.write(results, project.absolute(), run_facts.parse(run), agent)
