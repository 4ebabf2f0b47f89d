"""Whether a simulation fits: into what the engine can hold, and into the memory of the nodes it runs on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Final

from humam.engines.base import Engine, SimulationJob
from humam.errors import HumamError
from humam.simulation import ranks

SMALLEST: Final = 1e-5
"""Smallest scale that is tried, relative to the one that was asked for."""

BISECTIONS: Final = 24
"""Steps of the search; they leave the scale that is named with far more digits than the two it is rounded to."""


def check(
    simulator: Engine,
    job: SimulationJob,
    scale: float,
    smaller: Callable[[float], SimulationJob],
    available_bytes: int | None,
) -> None:
    """Refuse a job that the engine cannot hold or the memory will not, naming the largest scale that fits.

    Parameters
    ----------
    simulator : Engine
        The engine.
    job : SimulationJob
        The job.
    scale : float
        Factor on neuron numbers of the job's network.
    smaller : function
        Returns the job at a smaller scale; raises :class:`~humam.errors.HumamError` where there is no such network.
    available_bytes : int or None
        Memory available on each node; not looked at if None.

    Raises
    ------
    HumamError
        If the job does not fit, in one line.
    """
    reason = obstacle(simulator, job, available_bytes)
    if reason is None:
        return

    # Bisection on a logarithmic scale, then rounded down to two digits: what is named does fit.
    low, high, found = scale * SMALLEST, scale, False
    for step in range(BISECTIONS):
        middle = (low * high) ** 0.5
        try:
            here = obstacle(simulator, smaller(middle), available_bytes)
            found |= here is None
        except HumamError:  # too small to be a network at all
            here = None
        if step == 0 and here == reason:  # a network of a 300th is refused in the same words: size is no reason
            break
        low, high = (middle, high) if here is None else (low, middle)
    if not found:
        raise HumamError(reason)
    digits = 10.0 ** (len(f"{1 / low:.0f}") + 1)
    raise HumamError(f"scale = {scale:g}: {reason}; the largest scale that fits is {int(low * digits) / digits:g}")


def obstacle(simulator: Engine, job: SimulationJob, available_bytes: int | None) -> str | None:
    """Return why a job cannot run, None if it can (parameters of :func:`check`)."""
    try:
        simulator.check(job)
    except HumamError as error:
        return str(error)
    nodes = min(ranks.nodes(), job.processes)
    here = math.ceil(job.processes / nodes)
    needed = here * simulator.estimate_memory(job)
    if available_bytes is None or needed <= available_bytes:
        return None
    if job.processes == 1:
        return f"needs about {needed / 1e9:.1f} GB of memory, {available_bytes / 1e9:.1f} GB are available"
    text = f"{here} ranks x {job.threads} threads on each node need about {needed / 1e9:.1f} GB of memory there"
    more = more_nodes(simulator, job, here, nodes, available_bytes)
    return f"{text}, {available_bytes / 1e9:.1f} GB are available{more}"


def more_nodes(simulator: Engine, job: SimulationJob, here: int, nodes: int, available_bytes: int) -> str:
    """Return how many nodes of this kind would do; an empty text where no number does.

    Parameters
    ----------
    simulator, job
        As in :func:`check`.
    here : int
        Ranks on each node.
    nodes : int
        Nodes that did not suffice.
    available_bytes : int
        Memory available on each node.
    """
    for share in (here, max(1, here // 2), max(1, here // 4), 1):  # fewer ranks, where each takes much by itself
        n = nodes
        while n < 100_000:
            n = math.ceil(1.05 * n) if n > 20 else n + 1
            if share * simulator.estimate_memory(dataclasses.replace(job, processes=share * n)) <= available_bytes:
                return f"; {n} such nodes would do: --ranks {share * n}, {share} on each"
    return ""
