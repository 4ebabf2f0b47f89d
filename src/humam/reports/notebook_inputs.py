"""Which inputs a report notebook asks for: what its cell tagged ``parameters`` assigns."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

from humam.errors import HumamError


def read(notebook: Path) -> list[str]:
    """Return the names that the cell tagged ``parameters`` of a notebook assigns, in their order.

    The file is read as text (jupytext's percent format), since a check before anything runs need not import Jupyter.

    Raises
    ------
    HumamError
        If the notebook or this cell cannot be read, or if it has no such cell.
    """
    try:
        lines = notebook.read_text(encoding="utf-8").splitlines()
        marks = [i for i, line in enumerate(lines) if line.startswith("# %%")]
        for start, end in pairwise([*marks, len(lines)]):
            if "tags=" in lines[start] and '"parameters"' in lines[start]:
                # Lines before the cell are kept as empty ones: an error names the line of the file.
                cell = ast.parse("\n" * start + "\n".join(lines[start:end]), filename=notebook.name)
                return [target.id for target in _targets(cell) if isinstance(target, ast.Name)]
    except (OSError, SyntaxError, ValueError) as error:
        raise HumamError(f"report notebook {str(notebook)!r} cannot be read: {error}") from None
    raise HumamError(f"report notebook {str(notebook)!r} has no cell tagged 'parameters'")


def _targets(cell: ast.Module) -> list[ast.expr]:
    targets = []
    for statement in cell.body:
        if isinstance(statement, ast.Assign):
            targets += statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets.append(statement.target)
    return targets
