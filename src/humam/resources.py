"""The files that the archive ships beside the package: experiments, tables, published results."""

from __future__ import annotations

import os
from pathlib import Path

from humam.errors import HumamError


def shipped(*parts: str, missing_ok: bool = False) -> Path:
    """Return the path of a shipped file or folder.

    The root is ``$HUMAM_ROOT`` (set by the launcher, since a workflow task runs from packed code) or the checkout that
    holds this module. In a container there is neither: a step gets all files as inputs, and ``missing_ok`` is for a
    default that it may not need.

    Raises
    ------
    HumamError
        If there is no such file.

    Examples
    --------
    >>> shipped("experiments", "base.yml").name
    'base.yml'
    """
    root = os.environ.get("HUMAM_ROOT")
    path = (Path(root) if root else Path(__file__).resolve().parents[2]).joinpath(*parts)
    if not missing_ok and not path.exists():
        raise HumamError(f"the archive's own {'/'.join(parts)!r} is not at {str(path)!r}")
    return path
