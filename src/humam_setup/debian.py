"""Debian packages that the tests use: what is missing, and their installation on demand."""

from __future__ import annotations

import os
import shutil
import subprocess

from humam_setup.building import locked, run_logged, say
from humam_setup.places import Places, SetupError


def wanted(places: Places) -> list[str]:
    """Return the names in ``requirements/debian.txt``."""
    lines = (places.checkout / "requirements" / "debian.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def missing(names: list[str]) -> list[str]:
    """Return those packages that are not installed."""
    listed = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    installed = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def install(places: Places) -> None:
    """Install what is missing of the packages that the tests use. Only ever called because the user asked for it.

    Raises
    ------
    SetupError
        If this is no Debian, we are not root, or apt-get fails.
    """
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        raise SetupError("--install needs a Debian system (apt-get); install what requirements/debian.txt names")
    names = missing(wanted(places))
    if not names:
        return
    if os.geteuid() != 0:
        raise SetupError(
            f"--install needs root; or run: sudo apt-get install --no-install-recommends {' '.join(names)}"
        )
    what = f"Debian packages {', '.join(names)}"
    say(f"installing {what}")
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for sub in ("locks", "logs"):
        (places.cache / sub).mkdir(parents=True, exist_ok=True)
    with locked(places.cache / "locks" / "debian.lock", what) as lock:
        for number, arguments in enumerate((["update"], ["install", "--yes", "--no-install-recommends", *names]), 1):
            log = places.cache / "logs" / f"debian.{number}.log"
            run_logged(["apt-get", "--quiet", *arguments], what, log, lock, variables)
