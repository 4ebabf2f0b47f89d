"""What is measured: an engine, an experiment, a scale, a number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from humam.engines.base import Engine, SimulationJob
from humam.engines.nest import NestEngine
from humam.errors import HumamError

WARM_UP_MS: Final = 100.0
"""Biological time at the start that is left out: initial potentials make many neurons fire at once."""
LONGEST: Final = 4.0
"""Small networks are simulated for longer, in proportion to 1 / scale, at most by this factor."""
SHARE_OF_MEMORY: Final = 0.8
"""Share of the available memory that NEST may take, for its estimate is one."""
MIN_NEST_SCALE: Final = 1e-3


@dataclass(frozen=True)
class Point:
    """One measurement.

    Attributes
    ----------
    engine, experiment : str
        What is run.
    scale : float
        Fraction of neurons and of in-degrees.
    threads : int
        Number of threads.
    t_sim_ms : float
        Biological time that is measured, after the warm-up; 0 to measure nothing but set-up and compilation.
    seed : int
        Seed of all random numbers.
    """

    engine: str
    experiment: str
    scale: float
    threads: int
    t_sim_ms: float
    seed: int

    @property
    def name(self) -> str:
        """A name that is a file name.

        Examples
        --------
        >>> Point("nest", "base", 0.01, 2, 300.0, 1).name
        'nest_base_0.01_2'
        """
        return f"{self.engine}_{self.experiment}_{self.scale:g}_{self.threads}".replace("/", "-")

    def as_dict(self) -> dict[str, Any]:
        """Return the attributes by name."""
        return asdict(self)


def measured_time(t_sim_ms: float, scale: float) -> float:
    """Return the biological time to measure at a scale [ms], a multiple of the warm-up.

    Examples
    --------
    >>> measured_time(300, 1), measured_time(300, 0.3), measured_time(300, 0.01)
    (300.0, 1000.0, 1200.0)
    """
    return float(np.round(t_sim_ms * min(1 / scale, LONGEST) / WARM_UP_MS) * WARM_UP_MS)


def compilation(experiment: str, scale: float, seed: int) -> Point:
    """Return the point that tells how long kernels take to compile; it comes first, so there are none yet."""
    return Point("procedural", experiment, scale, 1, 0.0, seed)


def plan(
    experiments: Sequence[str],
    scales: Sequence[float],
    threads: Sequence[int],
    nest_scale: float | None,
    t_sim_ms: float,
    seed: int,
) -> list[Point]:
    """Return all points: the procedural engine everywhere, and beside NEST, with most threads, at ``nest_scale``."""
    points = {
        Point("procedural", experiment, scale, n, measured_time(t_sim_ms, scale), seed)
        for experiment in experiments
        for scale in scales
        for n in threads
    }
    if nest_scale is not None:
        points |= {
            Point(engine, experiment, nest_scale, max(threads), measured_time(t_sim_ms, nest_scale), seed)
            for engine in ("nest", "procedural")
            for experiment in experiments
        }
    return sorted(points, key=lambda p: p.name)


def largest_scale(
    job_at: Callable[[float], SimulationJob], available: int | None, engine: Engine | None = None
) -> float:
    """Return the largest scale that fits in memory, rounded down to two digits.

    Parameters
    ----------
    job_at : callable
        Returns the job at a scale.
    available : int, optional
        Available memory [bytes].
    engine : Engine, optional
        Default: NEST.

    Raises
    ------
    HumamError
        If not even the smallest scale fits.
    """
    simulator = NestEngine() if engine is None else engine

    def fits(scale: float) -> bool:
        job = job_at(scale)
        try:
            simulator.check(job)
        except HumamError:
            return False
        return available is None or simulator.estimate_memory(job) <= SHARE_OF_MEMORY * available

    if not fits(MIN_NEST_SCALE):
        raise HumamError(f"engine {simulator.name!r} does not fit in memory at scale {MIN_NEST_SCALE:g}")
    low, high = MIN_NEST_SCALE, 1.0
    if fits(high):
        return high
    while high / low > 1.005:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if fits(middle) else (low, middle)
    digits = 10.0 ** (1 - np.floor(np.log10(low)))
    return float(np.floor(low * digits) / digits)


_NS: Final = {"nest": (20.0, 15.0, 2500.0), "procedural": (1.0, 3.0, 0.0)}
"""Nanoseconds per neuron and step, per event, per synapse to build: to order points and to tell the time left."""


def expected_seconds(point: Point, neurons: int, synapses: int, chi: float) -> float:
    """Return roughly how long a point will take; its share of the work is told more exactly by how fast others went.

    Parameters
    ----------
    point : Point
        The point.
    neurons, synapses : int
        Size of the network at full scale.
    chi : float
        Its scaling factor between areas; from 2.5 on the network is active.
    """
    rate = 0.6 if chi < 2.45 else 5.0
    time_s = (point.t_sim_ms + WARM_UP_MS) * 1e-3 if point.t_sim_ms else 0.0
    per_update, per_event, per_synapse = _NS[point.engine]
    s = point.scale
    work = (
        time_s * (neurons * s * 1e4 * per_update + synapses * s**2 * rate * per_event) + synapses * s**2 * per_synapse
    )
    # Set-up; without kernels half a minute to compile.
    return work * 1e-9 / point.threads + (4.0 if point.t_sim_ms else 30.0)
