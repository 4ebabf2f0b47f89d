"""Python environments and tools from lock files with digests, by uv or pip."""

from __future__ import annotations

import functools
import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from humam_setup.building import NO_NETWORK, Run, ensure, is_complete, say
from humam_setup.places import Places, SetupError

ENVIRONMENTS: Final = {
    "runtime": "the Python environment",
    "test": "the Python environment of the tests",
    "validator": "the validator of RO-Crates",
}

# Exactly what the lock file lists, every file checked, nothing built (a build would fetch what no lock lists).
_LOCKED: Final = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "-r")


def key(lock: Path, more: str = "") -> str:
    """Return a digest of a lock file, the Python version, the platform, and what else a part is made from."""
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise SetupError(f"lock file {lock} cannot be read: {error.strerror}") from None
    # The suffix of extension modules names implementation, version, and on Linux machine and C library.
    machine = os.uname()
    version = ".".join(map(str, sys.version_info[:3]))
    platform = [version, importlib.machinery.EXTENSION_SUFFIXES[0], machine.sysname, machine.machine, more]
    return hashlib.sha256(content + "\n".join(platform).encode()).hexdigest()[:16]


def environment_folder(places: Places, name: str) -> Path:
    """Return the folder of an environment (one of :data:`ENVIRONMENTS`), set up or not."""
    return places.cache / f"python-{name}-{key(places.lock(name))}"


def environment_ready(places: Places, name: str) -> bool:
    """Return whether an environment is set up."""
    return is_complete(environment_folder(places, name), "bin/python")


def ensure_environment(places: Places, name: str) -> Path:
    """Return the folder of an environment; set it up first where needed.

    Raises
    ------
    SetupError
        If a package cannot be fetched or its digest is not in the lock file.
    """
    lock = places.lock(name)

    def fill(folder: Path, run: Run) -> None:
        uv = ensure_uv(places)
        python = folder / "bin" / "python"
        if uv is None:
            run([base_python(), "-m", "venv", folder])
            run([python, "-m", "pip", "install", *_LOCKED, lock])
        else:
            variables = uv_variables(places)
            run([uv, "venv", "--python", sys.executable, folder], variables)
            run([uv, "pip", "install", "--python", python, *_LOCKED, lock], variables)

    return ensure(environment_folder(places, name), ENVIRONMENTS[name], "bin/python", fill)


def ensure_tool(places: Places, name: str, what: str, needs: str) -> Path:
    """Return a folder with the packages of ``requirements/NAME.lock``, of use on PYTHONPATH.

    Parameters
    ----------
    places : Places
        Checkout and cache.
    name : str
        Name of the lock file.
    what : str
        What it is, for progress and errors.
    needs : str
        A file that must be in the folder.
    """
    lock = places.lock(name)

    def fill(folder: Path, run: Run) -> None:
        if uv := ensure_uv(places):
            run(
                [uv, "pip", "install", "--python", sys.executable, "--target", folder, *_LOCKED, lock],
                uv_variables(places),
            )
        else:
            run([*pip(places), "install", "--target", folder, *_LOCKED, lock])

    return ensure(places.cache / f"{name}-{key(lock)}", what, needs, fill)


@functools.cache
def ensure_uv(places: Places) -> Path | None:
    """Return uv: the one on PATH, else one in the cache, else None (no uv for this platform: pip does its work)."""
    if found := shutil.which("uv"):
        return Path(found)
    lock = places.lock("uv")

    def fill(folder: Path, run: Run) -> None:
        run([*pip(places), "install", "--retries", "2", "--target", folder, *_LOCKED, lock])

    try:
        return ensure(places.cache / f"uv-{key(lock)}", "uv", "bin/uv", fill) / "bin" / "uv"
    except SetupError as error:
        if "No matching distribution" not in str(error) or NO_NETWORK in str(error):
            raise
        say(f"{error}; pip is used instead")
        return None


def base_python() -> str:
    """Return this interpreter, or the one from which its virtual environment was made."""
    return getattr(sys, "_base_executable", sys.executable) or sys.executable


def pip(places: Places) -> list[str | Path]:
    """Return the command that runs pip: that of this Python, else that of a virtual environment in the cache."""
    for python in dict.fromkeys([sys.executable, base_python()]):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return [python, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            f"{sys.executable} has neither pip nor ensurepip: install uv or pip (on Debian: apt install python3-venv)"
        )

    def fill(folder: Path, run: Run) -> None:
        run([base_python(), "-m", "venv", folder])

    name = f"pip-{key(places.lock('uv'))}"
    return [ensure(places.cache / name, "pip", "bin/pip", fill) / "bin" / "python", "-m", "pip"]


def uv_variables(places: Places) -> dict[str, str]:
    """Return environment variables for uv in which it uses what pip was configured to use, unless uv has its own."""
    variables = dict(os.environ)
    settings = {
        "UV_DEFAULT_INDEX": ("PIP_INDEX_URL", "global.index-url"),
        "UV_INDEX": ("PIP_EXTRA_INDEX_URL", "global.extra-index-url"),
        "UV_FIND_LINKS": ("PIP_FIND_LINKS", "global.find-links"),
        "SSL_CERT_FILE": ("PIP_CERT", "global.cert"),
    }
    configured = _pip_configuration()
    for name, (variable, option) in settings.items():
        value = os.environ.get(variable) or configured.get(option)
        if value and name not in variables and not (name == "UV_DEFAULT_INDEX" and "UV_INDEX_URL" in variables):
            variables[name] = ",".join(value.split()) if name == "UV_FIND_LINKS" else value
    if shutil.which("uv") is None:
        variables.setdefault("UV_CACHE_DIR", str(places.cache / "packages"))
    return variables


def _pip_configuration() -> dict[str, str]:
    """Return the settings in pip's configuration files; empty where there is no pip."""
    listed = subprocess.run(
        [base_python(), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    pairs = (line.partition("=") for line in listed.splitlines())
    return {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}
