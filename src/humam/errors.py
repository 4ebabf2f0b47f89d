"""Errors that a user can mend: printed as one line by the command line, never as a traceback."""

from __future__ import annotations

import difflib
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
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
    if isinstance(error, MemoryError):
        text = ": ".join(filter(None, ["the memory is full", text]))
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror + (f" {error.filename!r}" if error.filename else "")
    return ERROR + " ".join(text.split())


@contextmanager
def in_one_line(*mendable: type[Exception]) -> Iterator[None]:
    """End the process with one line on standard error for whatever is raised inside.

    The exit code is 2 for what a user can mend, 130 for Ctrl-C and 1 for all else, which is a mistake of ours: the line
    says so, and how to see where it is. With ``$HUMAM_TRACEBACK`` errors are raised.

    Parameters
    ----------
    *mendable : type of exception
        What a user can mend beside bad input, a full memory and what the operating system refuses (a full disk).
    """
    try:
        yield
    except KeyboardInterrupt:
        print("humam: interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("HUMAM_TRACEBACK"):
            raise
        if isinstance(error, (HumamError, OSError, MemoryError, *mendable)):
            print(line(error), file=sys.stderr)
            sys.exit(2)
        what = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
        print(f"{ERROR}{what} (a bug; HUMAM_TRACEBACK=1 shows where)", file=sys.stderr)
        sys.exit(1)


def check_words(words: Sequence[str]) -> None:
    """Refuse words of the command line that are no UTF-8: no file that we write could hold them.

    Raises
    ------
    HumamError
        Names the first.
    """
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise HumamError(f"argument {word!r}: must be UTF-8") from None


def run(main: Callable[..., None]) -> None:
    """Call the main function of a module run by ``python -m`` with the words of the command line.

    Errors end it as they end the command line of the package (:func:`in_one_line`); too few and too many words are
    some that a user can mend.
    """
    words, parameters = sys.argv[1:], inspect.signature(main)
    with in_one_line():
        check_words(words)
        try:
            parameters.bind(*words)
        except TypeError:
            spec = sys.modules["__main__"].__spec__
            known = parameters.parameters.values()
            names = [each.name.upper() if each.default is each.empty else f"[{each.name.upper()}]" for each in known]
            raise HumamError(" ".join(["usage: python -m", spec.name if spec else "", *names])) from None
        main(*words)
