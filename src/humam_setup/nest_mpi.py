"""NEST with MPI: the wheel on PyPI has none, so it is built from the source package, once, into the cache.

A wheel fits the systems that agree with the one it was built on in distribution, Python and MPI. The image is such a
system too, so where the machine is like the image both share one wheel.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from humam_setup import build_nest
from humam_setup.building import Run, ensure, is_complete
from humam_setup.environments import ensure_tool
from humam_setup.places import Places, SetupError

COMPILER: Final = "mpicxx"

_SITE: Final = "site"
_NEEDS: Final = f"{_SITE}/nest/__init__.py"
_SCRIPT: Final = Path(build_nest.__file__)


def system(distribution: str, version: str, python: tuple[int, int], mpi: str) -> str:
    """Return the name of all systems that a wheel built on one of them fits.

    Examples
    --------
    >>> system("debian", "12", (3, 11), "4.1.4").startswith("debian-12-cp311-openmpi-4.1.4-")
    True
    """
    return f"{distribution}-{version}-cp{python[0]}{python[1]}-openmpi-{mpi}-{platform.machine()}"


def this_system() -> str | None:
    """Return the name of this machine's system; None where it has no OpenMPI to compile with."""
    if shutil.which(COMPILER) is None:
        return None
    shown = subprocess.run([COMPILER, "--showme:version"], capture_output=True, text=True, check=False).stdout
    mpi = re.search(r"Open MPI (\d[\w.]*)", shown)
    release = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    if mpi is None:
        return None
    return system(release.get("ID", "linux"), release.get("VERSION_ID", "0"), sys.version_info[:2], mpi[1])


def folder(places: Places, name: str) -> Path:
    """Return where the wheel for a system lies in the cache, built or not."""
    content = hashlib.sha256(_SCRIPT.read_bytes() + places.lock("nest").read_bytes())
    content.update(build_nest.requirement(places.lock("runtime").read_text(encoding="utf-8")).encode())
    return places.cache / f"nest-mpi-{name}-{content.hexdigest()[:16]}"


def ready(places: Places, name: str) -> bool:
    """Return whether the wheel for a system is in the cache."""
    return is_complete(folder(places, name), _NEEDS)


def wheel(path: Path) -> Path:
    """Return the wheel in a folder."""
    found = list(path.glob("*.whl"))
    if len(found) != 1:
        raise SetupError(f"NEST with MPI: {len(found)} wheels in {path}, expected 1")
    return found[0]


def ensure_nest_mpi(places: Places) -> Path:
    """Return a folder that gives Python ``nest`` with MPI when it is first on PYTHONPATH; build it where needed.

    Raises
    ------
    SetupError
        If this machine has no OpenMPI to compile with, or the build fails.
    """
    name = this_system()
    if name is None:
        raise SetupError(
            f"NEST with MPI is built from source, and {COMPILER} of OpenMPI is not on PATH (on Debian: apt install"
            " g++ libopenmpi-dev openmpi-bin); or use the image: -profile apptainer"
        )
    return keep(places, name, lambda path, run: _build(places, path, run))


def keep(places: Places, name: str, build: Callable[[Path, Run], None]) -> Path:
    """Return the folder for PYTHONPATH of a system; where it is not there, ``build(folder, run)`` puts a wheel in."""

    def fill(path: Path, run: Run) -> None:
        build(path, run)
        # A wheel is an archive of what has to lie on PYTHONPATH.
        shutil.unpack_archive(wheel(path), path / _SITE, "zip")

    return ensure(folder(places, name), "NEST with MPI (two minutes)", _NEEDS, fill) / _SITE


def _build(places: Places, path: Path, run: Run) -> None:
    tools = ensure_tool(places, "nest", "the tools to build NEST", "ninja/__init__.py")
    variables = {
        **os.environ,
        "PYTHONPATH": str(tools),
        "PYTHONNOUSERSITE": "1",
        "PATH": os.pathsep.join([str(tools / "bin"), os.environ.get("PATH", os.defpath)]),
    }
    run([sys.executable, _SCRIPT, places.lock("runtime"), path], variables)
