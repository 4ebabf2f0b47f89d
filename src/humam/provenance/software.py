"""Versions of the software that produced a result."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import humam

FILE: Final = "versions.json"
"""In the folder of a report: versions of what its notebook used."""


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return versions by name: this package, Python, and those of ``packages`` that are installed.

    In a container also ``image``, the digest of what it was made from.

    Examples
    --------
    >>> list(versions(["numpy", "no-such-package"]))
    ['humam', 'python', 'numpy']
    """
    found = {"humam": humam.__version__, "python": platform.python_version()}
    if image := os.environ.get("HUMAM_IMAGE"):
        found["image"] = image
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
