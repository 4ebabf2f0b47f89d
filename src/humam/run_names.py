"""Names of runs in reports: the first part of a name tells that a run comes from elsewhere."""

from __future__ import annotations

from typing import Final

EARLIER: Final = "earlier/"
"""Stands before the name of a run from an earlier results folder (``--runs``): reports prefer it to all others."""

ARCHIVED: Final = "archive/"
"""Stands before the name of an archived run."""


def is_earlier(name: str) -> bool:
    """Return whether a run is from an earlier results folder.

    Examples
    --------
    >>> is_earlier("earlier/base"), is_earlier("base"), is_earlier("archive/base")
    (True, False, False)
    """
    return name.startswith(EARLIER)


def label(name: str) -> str:
    """Return the name of a run in a figure: most runs there are archived, so that goes without saying.

    Examples
    --------
    >>> label("archive/base"), label("earlier/base"), label("base")
    ('base', 'earlier/base', 'base')
    """
    return name.removeprefix(ARCHIVED)
