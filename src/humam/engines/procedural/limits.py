"""What the procedural engine cannot hold, each refused in one line before anything is computed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam.engines.base import SimulationJob
from humam.engines.procedural.tables import (
    ADDRESS_BITS,
    CLASSES,
    LOCAL_STEPS,
    MAX_WINDOW,
    WINDOWS,
    areas_of,
    cut_of,
    delay_cdf,
)
from humam.errors import HumamError
from humam.labels import N_AREAS, N_POPULATIONS

MAX_CUT: Final = 1e-4
"""Share of the delays of a pair of areas that may be longer than what is kept; less than a level of delays stands for
(``DELAYS``), so between areas none is cut in fact, and within areas so few are drawn again."""
LARGE_RAISED_SHARE: Final = 1e-3
"""Share of delays between areas raised to the window, from which on a run says so."""
MAX_REFRACTORY: Final = 50.0
"""Refractory period at most, in membrane time constants: the potential of -1e30 mV that stands for it decays."""


def longest_delay(window: int) -> int:
    """Return the longest delay between areas that the ring of windows holds [steps].

    Examples
    --------
    >>> longest_delay(4)
    16376
    """
    return WINDOWS * window - 2 * window


def check_window(window: int) -> None:
    """Refuse another window than 1, 2 or 4 steps.

    Raises
    ------
    HumamError
        Names the windows there are.
    """
    if window not in (1, 2, MAX_WINDOW):
        raise HumamError(f"window = {window} steps: must be 1, 2 or {MAX_WINDOW}")


def check_network(job: SimulationJob, window: int) -> None:
    """Refuse what the engine cannot hold.

    Parameters
    ----------
    job : SimulationJob
        What to simulate.
    window : int
        Steps of a window.

    Raises
    ------
    HumamError
        For another window than 1, 2 or 4 steps; too many neurons or distinct mean weights in an area; a delay that is
        missing, too long, or differs within a pair of areas; a refractory period that is too long.
    """
    check_window(window)
    net = job.network
    neurons = net["neurons"].values.astype(np.int64)
    used = (net["synapses"].values > 0) & (net["weight"].values != 0)
    _check_sizes(neurons, window)
    _check_weights(np.where(used, net["weight"].values, 0.0), areas_of(neurons))
    _check_delays(job, used, window)
    check_refractory(job.parameters.t_ref, job.parameters.tau_m)


def _check_sizes(neurons: NDArray[np.int64], window: int) -> None:
    largest, limit = int(neurons.reshape(N_AREAS, N_POPULATIONS).sum(axis=1).max()), (1 << ADDRESS_BITS) // window
    if largest > limit:
        raise HumamError(
            f"an area has {largest:,} neurons: the procedural engine holds at most {limit:,} per area "
            f"with a window of {window} step(s)"
        )


def _check_weights(weight: NDArray[np.float64], areas: NDArray[np.int64]) -> None:
    for area in areas:
        onto = np.unique(weight[area * N_POPULATIONS : (area + 1) * N_POPULATIONS])
        n = np.count_nonzero(onto)
        if n > CLASSES:
            raise HumamError(f"{n} distinct mean weights onto one area: the procedural engine holds at most {CLASSES}")


def _check_delays(job: SimulationJob, used: NDArray[np.bool_], window: int) -> None:
    p, delay, labels = job.parameters, job.network["delay"].values, job.network["target"].values
    for t, s in np.argwhere(used & ~((delay > 0) & (delay < np.inf)))[:1]:
        raise HumamError(f"mean delay from {labels[s]!s} to {labels[t]!s} is {delay[t, s]:g} ms: must be > 0")
    shape = (N_AREAS, N_POPULATIONS, N_AREAS, N_POPULATIONS)
    low, high = (
        edge(np.where(used, delay, missing).reshape(shape), axis=(1, 3))
        for edge, missing in ((np.min, np.inf), (np.max, -np.inf))
    )
    away = ~np.eye(N_AREAS, dtype=bool)
    if (high > low)[away].any():
        raise HumamError("the procedural engine needs one mean delay per pair of areas")
    # The longest mean loses most.
    for where, means, longest in (
        ("within an area", high[~away], LOCAL_STEPS - 1),
        ("between areas", high[away], longest_delay(window)),
    ):
        mean = float(means.max())
        if mean <= 0:
            continue
        cut = 1 - float(delay_cdf(longest, mean, p.delay_rel_sd, p.delay_distribution, p.dt, cut_of(job)))
        if cut > MAX_CUT:
            raise HumamError(
                f"mean delay {where} of {mean:g} ms: {cut:.2g} of these delays are longer than {longest * p.dt:g} ms, "
                f"what the procedural engine holds with a window of {window} step(s)"
            )


def check_refractory(t_ref_ms: float, tau_m_ms: float) -> None:
    """Refuse a refractory period that a neuron of this membrane time constant would not keep to.

    Raises
    ------
    HumamError
        If it is longer than :data:`MAX_REFRACTORY` time constants.
    """
    if t_ref_ms > MAX_REFRACTORY * tau_m_ms:
        raise HumamError(
            f"t_ref = {t_ref_ms:g} ms: the procedural engine holds at most {MAX_REFRACTORY:g} tau_m, "
            f"and the shortest tau_m is {tau_m_ms:.3g} ms"
        )
