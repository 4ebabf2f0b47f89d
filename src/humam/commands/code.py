"""``humam code``: pack the modules that each step imports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam import codepack
from humam.engines import ENGINES
from humam.errors import HumamError
from humam.files import atomic_path


def main(
    *,
    source: Annotated[Path, Parameter(help="Folder that holds the package.")] = Path("src"),
    reports: Annotated[Path, Parameter(help="Folder of the report notebooks.")] = Path("reports"),
    out: Annotated[Path, Parameter(help="Folder to write: STEP.zip for each step.")],
) -> None:
    """Pack the modules that each step imports; the same code gives the same bytes.

    Writes STEP.zip for each step, simulate-ENGINE.zip for each engine, report-NAME.zip for each notebook.
    """
    notebooks = sorted(reports.glob("*.py"))
    if not notebooks:
        raise HumamError(f"folder {str(reports)!r} holds no report notebook (*.py)")
    with atomic_path(out, f"{codepack.STEPS[0]}.zip") as folder:
        folder.mkdir()
        for command in codepack.STEPS:
            codepack.pack(codepack.command_modules(command), source, folder / f"{command}.zip")
        for engine in ENGINES:
            start, without = codepack.engine_modules(ENGINES, engine)
            codepack.pack(start, source, folder / f"simulate-{engine}.zip", without)
        for notebook in notebooks:
            start = codepack.command_modules("report") + codepack.notebook_modules(notebook, source)
            codepack.pack(start, source, folder / f"report-{notebook.stem}.zip")
