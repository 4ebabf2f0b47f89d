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

from humam_setup.places import Places


def version_of(
    places: Places,
    program: Path,
    arguments: Sequence[str],
    pattern: str,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Return the version that a program prints, or None if it does not run or prints none.

    The answer is remembered by path, size and time of the file, for some programs take seconds to give it.

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
    identity = f"{program.resolve()}|{status.st_size}|{status.st_mtime_ns}"
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
            env={**os.environ, **(environment or {})},
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
