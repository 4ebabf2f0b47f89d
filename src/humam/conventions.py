"""The switch between the conventions of the published analysis, slips included, and the corrected ones.

Every analysis that a slip touches takes it as an argument; :mod:`humam.analysis.slips` lists them with their effects.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from humam.errors import HumamError, nearest


class Conventions(StrEnum):
    """Which of the two: the value is the name of the option, and of the coordinate ``kernel`` of a run's statistics."""

    PUBLISHED = "published"
    CORRECTED = "corrected"


PUBLISHED: Final = Conventions.PUBLISHED
CORRECTED: Final = Conventions.CORRECTED


def parse(text: str) -> Conventions:
    """Return the conventions of a name.

    Raises
    ------
    HumamError
        If there are none of this name.

    Examples
    --------
    >>> parse("corrected") is CORRECTED
    True
    """
    names = [str(each) for each in Conventions]
    if text not in names:
        raise HumamError(f"conventions {text!r} are unknown{nearest(text, names)}: allowed are {', '.join(names)}")
    return Conventions(text)
