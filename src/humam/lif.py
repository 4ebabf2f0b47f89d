"""Stationary firing rate of a leaky integrate-and-fire neuron with noisy input, and its slopes.

Pure functions of numbers. Potentials are relative to the leak potential [mV], times in ms, rates in spikes/s.

References
----------
Siegert (1951) Phys Rev 81, 617; Amit & Brunel (1997) Cereb Cortex 7, 237: white noise.
Fourcaud & Brunel (2002) Neural Comput 14, 2057: exponential synaptic currents.
Layer et al. (2022) Front Neuroinform 16, 835657: numerically stable evaluation.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import dawsn, erfc, erfcx, roots_legendre

Array = npt.NDArray[np.float64]
Number = Array | float

THRESHOLD_SHIFT: Final = float(np.sqrt(2) * 1.4603545088095868)
"""alpha = sqrt(2) |zeta(1/2)| of Fourcaud & Brunel (2002)."""

# Enough for an error below 1e-13, since the substituted integrand hardly varies (see `_erfcx_integral`).
_NODES, _NODE_WEIGHTS = roots_legendre(32)
# A population without noise gets a little, relative to threshold - reset, instead of a formula of its own.
_MIN_SD: Final = 1e-6


def _erfcx_integral(a: Array, b: Array) -> Array:
    """Return the integral of erfcx from a to b (>= 0), by Gauss-Legendre after substituting u = sinh(t).

    The tail of erfcx falls as 1/u, so the integrand in t tends to a constant and few nodes serve any range.
    """
    a, b = np.arcsinh(a), np.arcsinh(b)
    t = (a + b)[..., None] / 2 + (b - a)[..., None] / 2 * _NODES
    integral: Array = (b - a) / 2 * ((erfcx(np.sinh(t)) * np.cosh(t)) @ _NODE_WEIGHTS)
    return integral


def _siegert(y_th: Array, y_r: Array, tau_m: Number, t_ref: Number) -> tuple[Array, Array, Array]:
    """Return the rate and its derivatives with respect to y_th and y_r.

    1/nu = t_ref + tau_m sqrt(pi) int_{y_r}^{y_th} exp(u^2) (1 + erf u) du. The growing part of the integral is
    Dawson's function times exp(y^2), the rest an integral of erfcx; all is scaled by exp(-y_th^2) where y_th > 0, so
    that nothing overflows.
    """
    up, low = np.maximum(y_th, 0.0), np.maximum(y_r, 0.0)
    scale, ratio = np.exp(-(up**2)), np.exp((low - up) * (low + up))
    integral = 2 * (dawsn(up) - ratio * dawsn(low)) + scale * _erfcx_integral(np.abs(y_th), np.abs(y_r))
    factor = tau_m * np.sqrt(np.pi)
    period = scale * t_ref + factor * integral
    rate = 1e3 * scale / period
    # exp(y^2) (1 + erf y), scaled in the same way.
    growth_th = np.where(y_th > 0, erfc(-up), erfcx(-np.minimum(y_th, 0.0)))
    growth_r = np.where(y_r > 0, ratio * erfc(-low), scale * erfcx(-np.minimum(y_r, 0.0)))
    return rate, -rate * factor * growth_th / period, rate * factor * growth_r / period


def rate_and_slopes(
    mean: Number, sd: Number, tau_syn: Number, tau_m: Number, t_ref: Number, V_th: Number, V_reset: Number
) -> tuple[Array, Array, Array]:
    """Return the stationary rate and its derivatives with respect to mean and standard deviation of the input.

    Threshold and reset are shifted by alpha / 2 sqrt(tau_syn / tau_m) sd (Fourcaud & Brunel 2002, after Eq. 4.33; first
    order in sqrt(tau_syn / tau_m)); tau_syn = 0 is white noise.

    Parameters
    ----------
    mean, sd : array or float
        Mean and standard deviation of the input [mV]; sd is taken as at least 1e-6 of threshold - reset.
    tau_syn, tau_m, t_ref : array or float
        Time constants of synapses and membrane, refractory period [ms].
    V_th, V_reset : array or float
        Threshold and reset [mV]. All arguments are broadcast.

    Returns
    -------
    rate : array
        Spikes/s.
    slope_mean, slope_sd : array
        Spikes/s/mV.

    Examples
    --------
    A neuron that needs 15 mV to fire, with a mean input of 20 mV; without noise it would fire at 63.04 spikes/s:

    >>> round(float(rate_and_slopes(20.0, 0.0, 2.0, 10.0, 2.0, 15.0, 0.0)[0]), 2)
    63.04
    >>> round(float(rate_and_slopes(10.0, 5.0, 2.0, 10.0, 2.0, 15.0, 0.0)[0]), 2)
    7.44
    """
    sd = np.maximum(sd, _MIN_SD * (V_th - np.asarray(V_reset)))
    shift = THRESHOLD_SHIFT / 2 * np.sqrt(tau_syn / np.asarray(tau_m))
    x_th, x_r = np.broadcast_arrays((V_th - np.asarray(mean)) / sd, (V_reset - np.asarray(mean)) / sd)
    rate, slope_th, slope_r = _siegert(x_th + shift, x_r + shift, tau_m, t_ref)
    return rate, -(slope_th + slope_r) / sd, -(slope_th * x_th + slope_r * x_r) / sd
