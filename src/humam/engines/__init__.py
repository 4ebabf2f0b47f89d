"""Simulation engines behind one interface (:mod:`humam.engines.base`)."""

from __future__ import annotations

from typing import Final

from humam.engines.base import Engine
from humam.errors import HumamError, nearest

ENGINES: Final = ("nest", "procedural")
"""Names of the engines."""


def get(name: str, window: int | None = None) -> Engine:
    """Return the engine of a name.

    Parameters
    ----------
    name : str
        One of :data:`ENGINES`.
    window : int, optional
        Time steps between two exchanges of spikes between areas, for the procedural engine.

    Raises
    ------
    HumamError
        If there is none (names the nearest), or it knows no such window.

    Examples
    --------
    >>> get("nest").name
    'nest'
    >>> get("nset")
    Traceback (most recent call last):
    humam.errors.HumamError: engine 'nset': unknown (did you mean 'nest'?); known: nest, procedural
    """
    if name not in ENGINES:
        raise HumamError(f"engine {name!r}: unknown{nearest(name, ENGINES)}; known: {', '.join(ENGINES)}")
    # Imported here, so that nobody loads the simulator that is not used.
    if name == "procedural":
        from humam.engines.procedural.engine import WINDOW, ProceduralEngine

        return ProceduralEngine(WINDOW if window is None else window)
    if window is not None:
        raise HumamError(f"window = {window}: engine {name!r} has none, only 'procedural'")
    from humam.engines.nest import NestEngine

    return NestEngine()
