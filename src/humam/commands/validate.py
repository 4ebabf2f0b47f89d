"""``humam validate``: check workflow parameters and samplesheet, and print the plan of the run."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from humam import schema
from humam.campaigns import estimate, forecast, outlook, samplesheet
from humam.errors import HumamError, nearest
from humam.provenance import machine
from humam.reports import earlier_runs, notebook_inputs

INSTEAD: Final = ("engine", "scale")
"""Parameters that take the place of the columns of the samplesheet of that name."""

FILE_NAME: Final = r"[A-Za-z0-9_.@=-]+"
"""Names of experiment files: tasks get them by their name, and results keep all in one folder."""

BASE: Final = "base"
"""Experiment whose network reports ask for."""


def main(
    *,
    parameters: Annotated[str, Parameter(help="Workflow parameters as a JSON object.")],
    project: Annotated[Path, Parameter(help="Folder of the project.")] = Path(),
    work: Annotated[Path | None, Parameter(help="Work folder: say what the simulations will take.")] = None,
    resume: Annotated[bool, Parameter(help="Results that are there count as made.", negative="")] = False,
    cores: Annotated[int | None, Parameter(help="Cores for one step; default: those of this machine.")] = None,
    parallel: Annotated[bool, Parameter(help="Simulations run at the same time, on many nodes.", negative="")] = False,
) -> None:
    """Check everything that can be checked before a step runs; one line for each error.

    Prints the plan as JSON: ``runs``, ``experiments`` (one for each network, the base version among them), ``reports``
    with the inputs each needs, ``earlier``: statistics of runs of earlier results, ``needs``: memory and time of each
    run, ``notes``, ``checkpoints``: their folder. With a work folder it also says on standard error what time, memory
    and disk the simulations will take, and refuses them where the disk has no room.
    """
    try:
        given = json.loads(parameters)
    except ValueError as error:
        raise HumamError(f"--parameters is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise HumamError("--parameters must be a JSON object")
    lines, plan = check(given, project, work)
    if work is not None and not lines:
        copies = given.get("publish_dir_mode", "copy") == "copy"
        folders = outlook.Folders(work, Path(str(given["outdir"])), Path(plan["checkpoints"]), copies, parallel)
        lines = _foretell(plan, folders, project, resume, cores or machine.usable_cores())
    if lines:
        print("\n".join(f"humam: error: {line}" for line in lines), file=sys.stderr)
        sys.exit(2)
    for note in plan["notes"]:
        print(f"humam: {note}", file=sys.stderr)
    print(json.dumps(plan))


def _foretell(plan: dict[str, Any], folders: outlook.Folders, project: Path, resume: bool, cores: int) -> list[str]:
    """Say what the simulations will take; return an error if the disk has no room."""
    runs = [samplesheet.Run(**run) for run in plan["runs"]]
    known = forecast.known_runs(project / "datasets" / "runs")
    rows = outlook.rows(runs, plan["needs"], known, folders, min(cores, estimate.ALL_THREADS), resume)
    try:
        lines = outlook.table(rows, cores, *outlook.check(rows, folders))
    except HumamError as error:
        return [str(error)]
    print("\n".join(lines), file=sys.stderr, flush=True)
    return []


def check(given: dict[str, Any], project: Path, work: Path | None = None) -> tuple[list[str], dict[str, Any]]:
    """Return the errors, one line each, and the plan."""
    rules = schema.load(project / "nextflow_schema.json")
    known = schema.properties(rules)
    values = {name: schema.convert(value, known.get(name, {})) for name, value in given.items()}
    lines = schema.errors(values, rules, "parameter")
    runs: list[samplesheet.Run] = []
    reports: list[dict[str, Any]] = []
    notes: list[str] = []
    if not any(f"parameter {name} " in line or "'input'" in line for line in lines for name in ("input", *INSTEAD)):
        row = schema.load(project / "assets" / "schema_input.json")["items"]
        instead = {name: values[name] for name in INSTEAD if values.get(name) is not None}

        def read() -> tuple[list[samplesheet.Run], list[str]]:
            found, errors, left_out = samplesheet.read_with(values["input"], row, project / "experiments", instead)
            notes.extend(left_out)
            return found, errors

        lines += _collect(read, runs)
    lines += _collect(lambda: _reports(values.get("reports"), project / "reports"), reports)
    mirror = values.get("data_mirror")
    if isinstance(mirror, str) and not Path(mirror).is_dir():
        lines.append(f"parameter data_mirror = {mirror!r} is no folder")
    earlier: list[Path] = []
    if isinstance(values.get("runs"), str):
        outdir = values.get("outdir")
        earlier, bad = earlier_runs.find(values["runs"], Path(outdir) if isinstance(outdir, str) else None)
        lines += bad
    archived = values.get("archive")
    if isinstance(archived, str) and not _is_archive(Path(archived), project):
        lines.append(f"parameter archive = {archived!r} is no folder (none: without archived runs)")
    if values.get("data_origin") == "mirror" and not mirror:
        lines.append("parameter data_origin = 'mirror' needs the parameter data_mirror")
    checkpoints = values.get("checkpoints") or (work or Path("work")) / "checkpoints"
    for name, folder in (("outdir", values.get("outdir")), ("checkpoints", checkpoints)):
        if isinstance(folder, str):
            lines += forecast.unwritable(f"parameter {name}", Path(folder))
    experiments = {run.experiment: {"id": run.experiment, "file": run.file, "choice": run.choice} for run in runs}
    # Figures of the model itself are drawn from the base version, also where it is not simulated.
    base = {"id": BASE, "file": str((project / "experiments" / f"{BASE}.yml").absolute()), "choice": None}
    experiments.setdefault(BASE, base)
    lines += _bad_files([item["file"] for item in experiments.values()])
    plan = {
        "runs": [dataclasses.asdict(run) for run in runs],
        "experiments": list(experiments.values()),
        "reports": reports,
        "earlier": [str(path) for path in earlier],
        "notes": notes,
        "needs": {} if lines else {name: dataclasses.asdict(need) for name, need in estimate.needs(runs).items()},
        "checkpoints": str(Path(str(checkpoints)).absolute()),
    }
    return lines, plan


def _bad_files(files: list[str | None]) -> list[str]:
    """Return errors for experiment files that cannot lie beside each other in one folder, under names for a shell."""
    lines = []
    by_name: dict[str, Path] = {}
    for path in dict.fromkeys(Path(str(file)) for file in files):
        if not re.fullmatch(FILE_NAME, path.name):
            lines.append(f"experiment file {str(path)!r}: a name has letters, digits and _ . @ = - only: rename it")
        elif by_name.setdefault(path.name, path).resolve() != path.resolve():
            lines.append(f"experiment files {str(by_name[path.name])!r} and {str(path)!r} have one name: rename one")
    return lines


def _is_archive(folder: Path, project: Path) -> bool:
    """Return whether a folder may stand for archived runs; the project's own need not exist."""
    return str(folder) == "none" or folder.is_dir() or folder.resolve() == (project / "datasets" / "runs").resolve()


def _collect(read: Any, into: list[Any]) -> list[str]:
    """Add what ``read`` returns to ``into``; return its errors."""
    try:
        found, lines = read()
    except HumamError as error:
        return [str(error)]
    into.extend(found)
    return lines


def _reports(wanted: str | None, folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the chosen report notebooks (all by default) with the inputs each asks for."""
    known = {path.stem: path for path in sorted(folder.glob("*.py"))}
    names = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else list(known)
    lines = [
        f"parameter reports: unknown report {name!r}{nearest(name, known)}; known: {', '.join(known)}"
        for name in names if name not in known
    ]  # fmt: skip
    found = [
        {"id": name, "file": str(known[name].absolute()), "inputs": notebook_inputs.read(known[name])}
        for name in dict.fromkeys(names) if name in known
    ]  # fmt: skip
    return found, lines
