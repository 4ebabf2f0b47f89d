"""Where compiled kernels are kept, and what identifies them.

Numba keeps a compiled function in a folder that belongs to the path of its source file, and compiles it anew when that
file changes. Two things are missing for us. A kernel contains the kernels and constants of other modules, whose changes
Numba does not see; and a task of the workflow runs from a packed file with a path of its own, so nothing would ever be
found. So compiled kernels are kept in a folder named after the content of all modules that they are made of, the
version of Numba and the processor: where one of these is another, they are compiled anew.

Compilation takes half a minute, loading less than a second.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import llvmlite.binding
import numba.core.config
from numba.core.caching import _CacheLocator

config: Any = numba.core.config

NOT_DECISIVE: Final = ("__init__", "kernels", "engine", "checkpoint", "memory", "limits")
"""Modules of this package that hold no kernels. Of their code spikes depend on which seeds the engine gives, and on
the largest delay of the limits; what an archived run is made with tells its commit."""


@cache
def digest() -> str:
    """Return the SHA-256 of the sources of kernels and tables of this checkout, as 64 hexadecimal digits."""
    sources = resources.files(__package__).iterdir()
    return digest_of({source.name: source.read_bytes() for source in sources if source.name.endswith(".py")})


def digest_of(sources: Mapping[str, bytes]) -> str:
    """Return the same of the modules of this package as they are given, content by name of the file."""
    content = hashlib.sha256()
    for name, source in sorted(sources.items()):
        module, _, suffix = name.partition(".")
        if suffix == "py" and module not in NOT_DECISIVE:
            content.update(f"{module}\0".encode() + source)
    return content.hexdigest()


@cache
def engine_digest() -> str:
    """Return the SHA-256 of the sources of the whole package, as 64 hexadecimal digits: no state outlives a change."""
    content = hashlib.sha256()
    for source in sorted(resources.files(__package__).iterdir(), key=lambda each: each.name):
        if source.name.endswith(".py"):
            content.update(f"{source.name}\0".encode() + source.read_bytes())
    return content.hexdigest()


@cache
def target() -> str:
    """Return what kernels are compiled by and for: version of Numba, name of the processor, digest of its features."""
    name = config.CPU_NAME or llvmlite.binding.get_host_cpu_name()
    features = config.CPU_FEATURES
    if features is None:
        features = llvmlite.binding.get_host_cpu_features().flatten()
    return f"{numba.__version__}-{name}-{hashlib.sha256(features.encode()).hexdigest()[:8]}"


@cache
def folder() -> Path:
    """Return the folder of compiled kernels: below ``$NUMBA_CACHE_DIR``, else the user's cache.

    Where that cannot be written to, it is a temporary one for this process, with what the other holds already.
    """
    base = config.CACHE_DIR
    if not base:
        user = os.environ.get("XDG_CACHE_HOME")
        base = (Path(user) if user else Path.home() / ".cache") / "humam" / "numba"
    path = Path(base).absolute() / f"kernels-{digest()[:16]}-{target()}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
        return path
    except OSError:
        own = Path(tempfile.mkdtemp(prefix="humam-kernels-"))
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        if path.is_dir():
            shutil.copytree(path, own, dirs_exist_ok=True)
        return own


def compiled() -> bool:
    """Return whether compiled kernels were there already."""
    return any(folder().glob("scheduling.work-*.nbc"))


class KernelLocator(_CacheLocator):
    """Tells Numba where compiled kernels are (option ``NUMBA_CACHE_LOCATOR_CLASSES``)."""

    def __init__(self, line: int) -> None:
        self._line = line

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(folder())

    def get_source_stamp(self) -> str:
        """Return what identifies the source."""
        return digest()

    def get_disambiguator(self) -> str:
        """Return what tells functions of the same name in a file apart."""
        return str(self._line)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> KernelLocator | None:
        """Return the locator of a kernel, None for functions of other packages."""
        package = py_func.__module__.rpartition(".")[0]
        return cls(py_func.__code__.co_firstlineno) if package == __package__ else None


def use() -> None:
    """Let Numba keep the kernels there; call before they are imported. Functions of others stay where they were."""
    ours = f"{__name__}.{KernelLocator.__name__}"
    others = config.CACHE_LOCATOR_CLASSES or (
        "UserProvidedCacheLocator,InTreeCacheLocator,UserWideCacheLocator,IPythonCacheLocator,ZipCacheLocator"
    )
    if ours not in others:
        config.CACHE_LOCATOR_CLASSES = f"{ours},{others}"
