"""Where things are: the checkout, the cache folder, and what runs from them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


class SetupError(Exception):
    """Something that set-up needs cannot be had; its message is one line."""


@dataclass(frozen=True)
class Places:
    """The checkout and the cache folder, both absolute."""

    checkout: Path
    cache: Path

    @property
    def source(self) -> Path:
        """Folder of the Python packages of this project."""
        return self.checkout / "src"

    def lock(self, name: str) -> Path:
        """Lock file of an environment or tool: versions and SHA-256 digests."""
        return self.checkout / "requirements" / f"{name}.lock"


def cache_folder(variables: os._Environ[str] | dict[str, str]) -> Path:
    """Return the cache folder: ``$HUMAM_CACHE``, else ``$XDG_CACHE_HOME/humam``, else ``~/.cache/humam``.

    Examples
    --------
    >>> str(cache_folder({"HUMAM_CACHE": "/a", "XDG_CACHE_HOME": "/b"}))
    '/a'
    >>> str(cache_folder({"XDG_CACHE_HOME": "/b", "HOME": "/home/x"}))
    '/b/humam'
    >>> str(cache_folder({"HOME": "/home/x"}))
    '/home/x/.cache/humam'

    Raises
    ------
    SetupError
        If there is no home folder that it could be in.
    """
    chosen = variables.get("HUMAM_CACHE")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        if base := variables.get("XDG_CACHE_HOME"):
            return Path(base).absolute() / "humam"
        home = variables.get("HOME")
        return (Path(home) if home else Path.home()).absolute() / ".cache" / "humam"
    except RuntimeError:
        where = f"HUMAM_CACHE={chosen}" if chosen else "the cache folder"
        raise SetupError(f"{where}: there is no such home folder; HUMAM_CACHE chooses another folder") from None


def child_environment(places: Places, environment: Path | None) -> dict[str, str]:
    """Return the environment variables of what the launcher starts.

    Parameters
    ----------
    places : Places
        Checkout and cache.
    environment : path or None
        The Python environment whose commands come first on PATH.
    """
    variables = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "HUMAM_IMAGE"):
        variables.pop(name, None)
    code = os.environ.get("HUMAM_CODE")  # packed code of one workflow step
    variables |= {
        "HUMAM_CACHE": str(places.cache),
        "HUMAM_ROOT": str(places.checkout),
        "PYTHONPATH": str(Path(code).absolute() if code else places.source),
        "PYTHONNOUSERSITE": "1",
        # Compiled modules go to the cache: the checkout stays clean and may be read-only.
        "PYTHONPYCACHEPREFIX": str(places.cache / "pycache"),
    }
    variables.setdefault("MPLCONFIGDIR", str(places.cache / "matplotlib"))
    variables.setdefault("NUMBA_CACHE_DIR", str(places.cache / "numba"))
    if environment is not None:
        variables["PATH"] = os.pathsep.join([str(environment / "bin"), os.environ.get("PATH", os.defpath)])
    return variables
