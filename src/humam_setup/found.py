"""Programs that the machine has: where, and which version; asked once, remembered in the cache."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from humam_setup.places import Places

CHOOSING: Final = ("NXF_VER",)
"""Environment variables by which a program becomes one of another version."""


def version_of(
    places: Places,
    program: Path,
    arguments: Sequence[str],
    pattern: str,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Return the version that a program prints, or None if it does not run or prints none.

    The answer is remembered, for some programs take seconds to give it, by all that it depends on: question, size and
    time of the file, and the name by which it is called, for several names can link to one file.

    Parameters
    ----------
    places : Places
        Checkout and cache.
    program : path
        The executable file.
    arguments : sequence of str
        What makes it print its version.
    pattern : str
        Regular expression whose first group is the version.
    environment : mapping, optional
        Environment variables that are added.
    """
    try:
        status = program.stat()
    except OSError:
        return None
    variables = {**os.environ, **(environment or {})}
    chosen = {name: variables[name] for name in {*(environment or {}), *CHOOSING} if name in variables}
    file = [str(program.absolute()), str(program.resolve()), status.st_size, status.st_mtime_ns]
    identity = json.dumps([*file, *arguments, pattern, chosen], sort_keys=True)
    memory = places.cache / "found.json"
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):
        known = json.loads(memory.read_text(encoding="utf-8"))
    if identity in known:
        return known[identity]
    try:
        done = subprocess.run(
            [str(program), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
            env=variables,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(pattern, done.stdout + done.stderr)
    if done.returncode or match is None:
        return None
    _remember(memory, {**known, identity: match[1]})
    return match[1]


def _remember(memory: Path, known: Mapping[str, str]) -> None:
    # What cannot be remembered is asked again.
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=memory.parent, delete=False, encoding="utf-8") as stream:
            json.dump(known, stream, indent=1)
        Path(stream.name).replace(memory)


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version.

    Examples
    --------
    >>> numbers("25.04.4"), numbers("17.0.15+6")
    ((25, 4, 4), (17, 0, 15, 6))
    """
    return tuple(int(n) for n in re.findall(r"\d+", version))
