"""Errors that a user can mend: printed as one line by the command line, never as a traceback."""

from __future__ import annotations

import difflib
import inspect
import os
import sys
from collections.abc import Callable, Iterable
from typing import Final

ERROR: Final = "humam: error: "
"""How the line of an error begins."""


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


def line(error: Exception) -> str:
    """Return the line for an error that a user can mend: bad input, a full disk, a missing permission.

    Examples
    --------
    >>> line(HumamError("no\\nspace"))
    'humam: error: no space'
    >>> line(PermissionError(13, "Permission denied", "a"))
    "humam: error: Permission denied 'a'"
    """
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror + (f" {error.filename!r}" if error.filename else "")
    return ERROR + " ".join(text.split())


def run(main: Callable[..., None]) -> None:
    """Call the main function of a module run by ``python -m`` with the words of the command line.

    As of the command line of the package, an error that a user can mend, too few and too many words among them, is
    one line on standard error and exit code 2; with ``$HUMAM_TRACEBACK`` it is a traceback.
    """
    words, parameters = sys.argv[1:], inspect.signature(main)
    try:
        try:
            parameters.bind(*words)
        except TypeError:
            spec = sys.modules["__main__"].__spec__
            known = parameters.parameters.values()
            names = [each.name.upper() if each.default is each.empty else f"[{each.name.upper()}]" for each in known]
            raise HumamError(" ".join(["usage: python -m", spec.name if spec else "", *names])) from None
        main(*words)
    except (HumamError, OSError) as error:
        if os.environ.get("HUMAM_TRACEBACK"):
            raise
        print(line(error), file=sys.stderr)
        sys.exit(2)
