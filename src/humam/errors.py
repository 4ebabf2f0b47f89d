"""Errors that a user can mend: printed as one line by the command line, never as a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HumamError(Exception):
    """Bad input or an unusable environment; its message names the thing, its value and what is allowed."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the closest allowed name, or an empty string.

    Examples
    --------
    >>> nearest("chii", ["chi", "seed"])
    " (did you mean 'chi'?)"
    >>> nearest("zzz", ["chi"])
    ''
    """
    hits = difflib.get_close_matches(name, list(allowed), n=1)
    return f" (did you mean {hits[0]!r}?)" if hits else ""
