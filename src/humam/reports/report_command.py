"""The command that makes a report again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from humam import run_names
from humam.conventions import Conventions

CONVENTIONS: Final = "conventions"
"""Name in the cell of parameters, and of the option, for a notebook that draws with either conventions."""


def command_line(name: str, inputs: Mapping[tuple[str, str], Path], drawn_by: Conventions | None = None) -> str:
    """Return the command that makes a report again from a results folder.

    Parameters
    ----------
    name : str
        Name of the notebook.
    inputs : mapping
        Kind and id of each input that it used to its path.
    drawn_by : Conventions, optional
        Those of a notebook that draws with either.

    Examples
    --------
    >>> print(command_line("figure2", {("network", "base"): Path("base.nc"), ("published", ""): Path("x/published")}))
    bin/humam report --notebook reports/figure2.py \\
      --network base=results/network/base.nc \\
      --published datasets/published \\
      --out figure2
    """
    lines = [f"bin/humam report --notebook reports/{name}.py"]
    for (kind, identifier), path in inputs.items():
        if kind == "published":
            place = "datasets/published"
        elif identifier.startswith(run_names.ARCHIVED):  # shipped, or in a folder of the user's by its name
            shipped = path.parts[-3:-1] == ("datasets", "runs")
            place = f"{'datasets/' if shipped else ''}{path.parent.name}/{path.name}"
        elif run_names.is_earlier(identifier):  # of the results folder of that name
            place = f"{path.parent.parent.name}/{kind}/{path.name}"
        else:
            place = f"results/{kind}/{path.name}" if identifier else f"results/{kind}"
        lines.append(f"--{kind} {shlex.quote(f'{identifier}={place}' if identifier else place)}")
    if drawn_by is not None:
        lines.append(f"--{CONVENTIONS} {drawn_by}")
    return " \\\n  ".join([*lines, f"--out {name}"])
