"""BOLD signal of neural activity: the balloon-Windkessel model."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam.errors import HumamError

EPSILON: Final = 1.0
KAPPA: Final = 0.65
GAMMA: Final = 0.41
TAU: Final = 0.98
ALPHA: Final = 0.32
RHO: Final = 0.34
V0: Final = 0.02
K1: Final = 7 * RHO
K2: Final = 2.0
K3: Final = 2 * RHO - 0.2


def bold_signal(activity: NDArray[np.floating], step_s: float) -> NDArray[np.float64]:
    r"""Return the BOLD signal that an activity evokes, from rest.

    .. math::
        \dot s &= \epsilon z - \kappa s - \gamma (f - 1), \quad \dot f = s, \\
        \tau \dot v &= f - v^{1/\alpha}, \quad
        \tau \dot q = \frac{f}{\rho}\left(1 - (1-\rho)^{1/f}\right) - v^{1/\alpha - 1} q, \\
        y &= V_0 \left(k_1 (1 - q) + k_2 (1 - q/v) + k_3 (1 - v)\right).

    Integrated by the Runge-Kutta method of fourth order with the activity constant within a step.

    Parameters
    ----------
    activity : ndarray, shape (n_areas, n_steps)
        z, for example area rates in spikes/s.
    step_s : float
        Length of a step in s; 0.01 s resolves the model's time constants (about 1 s) well.

    Returns
    -------
    ndarray of float64, shape (n_areas, n_steps)
        Relative signal change y at the end of each step.

    Raises
    ------
    HumamError
        If the activity changes so much that the model's blood flow is no longer positive.

    References
    ----------
    Friston, Harrison & Penny 2003, NeuroImage 19(4) 1273-1302.

    Examples
    --------
    >>> bool(np.all(bold_signal(np.zeros((1, 10)), 0.01) == 0))
    True
    """
    state = np.zeros((4, activity.shape[0]))
    state[1:] = 1.0
    signal = np.empty(activity.shape)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for i, z in enumerate(np.asarray(activity, dtype=float).T):
            k1 = _derivative(state, z)
            k2 = _derivative(state + step_s / 2 * k1, z)
            k3 = _derivative(state + step_s / 2 * k2, z)
            k4 = _derivative(state + step_s * k3, z)
            state = state + step_s / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            _, flow, volume, deoxyhaemoglobin = state
            if not np.all(flow > 0):
                raise HumamError(
                    f"balloon model: blood flow is not positive after {(i + 1) * step_s:.2f} s; "
                    f"activity of up to {np.nanmax(activity):.3g} is too strong for it, scale it down"
                )
            signal[:, i] = V0 * (K1 * (1 - deoxyhaemoglobin) + K2 * (1 - deoxyhaemoglobin / volume) + K3 * (1 - volume))
    return signal


def _derivative(state: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time derivative of (signal, flow, volume, deoxyhaemoglobin), shape (4, n_areas), in 1/s."""
    s, flow, volume, deoxyhaemoglobin = state
    outflow = volume ** (1 / ALPHA)
    extraction = 1 - (1 - RHO) ** (1 / flow)
    return np.stack(
        [
            EPSILON * z - KAPPA * s - GAMMA * (flow - 1),
            s,
            (flow - outflow) / TAU,
            (flow * extraction / RHO - outflow * deoxyhaemoglobin / volume) / TAU,
        ]
    )
