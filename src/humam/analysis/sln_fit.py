"""Fit of SLN to the difference of neuron densities in the macaque: beta-binomial regression with probit link.

The fraction of supragranular neurons (SLN) of a projection is modelled as Phi(a0 + a1 x), x = ln(rho_target /
rho_source), with the counts of labelled neurons beta-binomially distributed around it (Markov et al. 2014;
Schmidt et al. 2018; Pronold et al. 2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, ndtr

from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.errors import HumamError

Array = npt.NDArray[np.float64]

LOGARITHM: Final[dict[Conventions, np.ufunc]] = {PUBLISHED: np.log10, CORRECTED: np.log}
"""The logarithm of the abscissa: the label of the published figure says log10, its data and its fit are of ln."""


@dataclass(frozen=True)
class SlnFit:
    """A fitted SLN rule.

    Attributes
    ----------
    a0, a1 : float
        Intercept and slope of the probit.
    dispersion : float
        Correlation of two neurons of one projection, 1 / (1 + alpha + beta), common to all projections.
    n : int
        Number of projections.
    """

    a0: float
    a1: float
    dispersion: float
    n: int

    def predict(self, log_density_ratio: npt.ArrayLike) -> Array:
        """Return SLN for natural logarithms of density ratios (target / source)."""
        return ndtr(self.a0 + self.a1 * np.asarray(log_density_ratio, dtype=float))

    def predict_ratio(self, density_ratio: npt.ArrayLike, conventions: Conventions = CORRECTED) -> Array:
        """Return SLN for density ratios (target / source), the abscissa read by :data:`LOGARITHM`."""
        return self.predict(LOGARITHM[conventions](np.asarray(density_ratio, dtype=float)))


def fit(supragranular: npt.ArrayLike, infragranular: npt.ArrayLike, log_density_ratio: npt.ArrayLike) -> SlnFit:
    """Return the maximum-likelihood fit.

    Parameters
    ----------
    supragranular, infragranular : array_like of int
        Labelled neurons of each projection.
    log_density_ratio : array_like
        ln(rho_target / rho_source) of each projection.

    Raises
    ------
    HumamError
        If there are fewer than four projections or the likelihood has no maximum.
    """
    s, i, x = (np.asarray(v, dtype=float) for v in (supragranular, infragranular, log_density_ratio))
    if len(x) < 4:
        raise HumamError(f"the SLN fit has {len(x)} projections: at least 4 are needed")

    def objective(theta: Array) -> tuple[float, Array]:
        # Per projection, so that the steps of the optimiser do not depend on how many there are.
        value, gradient = _log_likelihood(theta, s, i, x)
        return -value / len(x), -gradient / len(x)

    result = minimize(objective, np.array([0.0, -1.0, 0.0]), jac=True, method="BFGS", options={"gtol": 1e-9})
    if np.abs(result.jac).max() > 1e-6:
        raise HumamError(f"the SLN fit of {len(x)} projections does not converge: {result.message}")
    a0, a1, log_k = result.x
    return SlnFit(float(a0), float(a1), float(1 / (1 + np.exp(log_k))), len(x))


def _log_likelihood(theta: Array, s: Array, i: Array, x: Array) -> tuple[float, Array]:
    """Return the log-likelihood and its gradient in (a0, a1, ln k), k = alpha + beta."""
    eta = theta[0] + theta[1] * x
    mean, k = ndtr(eta).clip(1e-12, 1 - 1e-12), np.exp(theta[2])
    a, b = mean * k, (1 - mean) * k
    value = gammaln(s + a) + gammaln(i + b) - gammaln(s + i + k) - gammaln(a) - gammaln(b) + gammaln(k)
    d_a, d_b = digamma(s + a) - digamma(a), digamma(i + b) - digamma(b)
    d_eta = k * (d_a - d_b) * np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
    d_k = mean * d_a + (1 - mean) * d_b - digamma(s + i + k) + digamma(k)
    return float(value.sum()), np.array([d_eta.sum(), (d_eta * x).sum(), (k * d_k).sum()])
