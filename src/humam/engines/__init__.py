"""Simulation engines behind one interface (:mod:`humam.engines.base`)."""

from __future__ import annotations

from typing import Final

from humam.engines.base import Engine
from humam.engines.nest import NestEngine
from humam.errors import HumamError, nearest

ENGINES: Final[dict[str, Engine]] = {engine.name: engine for engine in (NestEngine(),)}
"""Engines by name. Their modules import the simulators themselves only when they simulate."""


def get(name: str) -> Engine:
    """Return the engine of a name.

    Raises
    ------
    HumamError
        If there is none; names the nearest.

    Examples
    --------
    >>> get("nest").name
    'nest'
    >>> get("nset")
    Traceback (most recent call last):
    humam.errors.HumamError: engine 'nset': unknown (did you mean 'nest'?); known: nest
    """
    if name not in ENGINES:
        raise HumamError(f"engine {name!r}: unknown{nearest(name, ENGINES)}; known: {', '.join(ENGINES)}")
    return ENGINES[name]
