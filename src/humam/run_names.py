"""Names of runs in reports: the first part of a name tells that a run comes from elsewhere."""

from __future__ import annotations

from typing import Final

EARLIER: Final = "earlier/"
"""Stands before the name of a run from an earlier results folder (``--runs``): reports prefer it to all others."""


def is_earlier(name: str) -> bool:
    """Return whether a run is from an earlier results folder.

    Examples
    --------
    >>> is_earlier("earlier/base"), is_earlier("base"), is_earlier("archive/base")
    (True, False, False)
    """
    return name.startswith(EARLIER)
