"""Mean-field theory: stationary firing rates of all populations of a network.

A neuron sees the spikes of its many sources as Gaussian noise of a mean and a variance that depend on the rates of the
sources, so the rates nu of all populations solve nu = phi(mean(nu), variance(nu)), with phi of :mod:`humam.lif`.
:class:`MeanField` holds these equations as numbers; :func:`fixed_point`, :func:`pseudo_time` and :func:`predict` read
them from a Network. Potentials are relative to the leak potential [mV], times in ms, rates in spikes/s.

It describes states of low activity: from silence the equations lead to one up to chi = 1.9, beyond it to saturated
rates that the model does not show.

References
----------
Fourcaud & Brunel (2002) Neural Comput 14, 2057; Pronold et al. (2024) Cereb Cortex 34, bhae409.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.integrate import solve_ivp

from humam import lif
from humam import network as networks
from humam.errors import HumamError
from humam.labels import EXCITATORY_LABELS, within_areas
from humam.parameters import Parameters
from humam.theory_file import FORMAT

Array = npt.NDArray[np.float64]

PSEUDO_TIMES: Final = np.round(np.arange(100) * 0.1, 1)
"""Pseudo-time steps of the published procedure: 0, 0.1 ... 9.9."""

TOLERANCE: Final = 1e-9
"""Largest |phi(nu) - nu| [spikes/s] at a fixed point."""

MAX_STRETCHES: Final = 20
"""How often at most 50 units of pseudo-time are integrated until a fixed point is reached."""

SATURATED: Final = 50.0
"""Rate [spikes/s] of a population from which on a fixed point is no state of the model.

From silence the solutions go from at most 5.7 spikes/s in any population (chi = 1.9) to 280 (chi = 2).
"""


@dataclass(frozen=True)
class MeanField:
    """The mean-field equations of n populations.

    Attributes
    ----------
    in_degree : (n, n) array
        Synapses per target neuron (target, source).
    jump : (n, n) array
        J = PSC x tau_syn / C_m [mV], signed: the charge of one spike over the capacitance.
    in_degree_external, jump_external, rate_external : (n,) arrays
        The same for the Poisson input, and its rate per synapse [spikes/s].
    drift : (n,) array
        Constant current / C_m [mV/ms].
    tau_syn : (n,) array
        Time constant [ms] of the synaptic currents that each source evokes.
    tau_syn_external, tau_m, t_ref, V_th, V_reset : float
        Time constants, refractory period [ms], and potentials relative to the leak [mV].
    """

    in_degree: Array
    jump: Array
    in_degree_external: Array
    jump_external: Array
    rate_external: Array
    drift: Array
    tau_syn: Array
    tau_syn_external: float
    tau_m: float
    t_ref: float
    V_th: float
    V_reset: float

    @cached_property
    def _mean_terms(self) -> tuple[Array, Array]:
        external = 1e-3 * self.in_degree_external * self.jump_external * self.rate_external
        return 1e-3 * self.tau_m * self.in_degree * self.jump, self.tau_m * (external + self.drift)

    @cached_property
    def _variance_terms(self) -> tuple[Array, Array]:
        external = self.in_degree_external * self.jump_external**2 * self.rate_external
        return 1e-3 * self.tau_m * self.in_degree * self.jump**2, 1e-3 * self.tau_m * external

    def mean(self, rates: Array) -> Array:
        """Return the mean input tau_m (sum K J nu + I / C_m) [mV], shape (n,), at rates [spikes/s]."""
        recurrent, external = self._mean_terms
        return recurrent @ rates + external

    def variance(self, rates: Array) -> Array:
        """Return the variance tau_m sum K J^2 nu [mV^2] of the input, shape (n,), at rates [spikes/s]."""
        recurrent, external = self._variance_terms
        return recurrent @ rates + external

    def tau_effective(self, rates: Array) -> Array:
        """Return the synaptic time constant [ms] of the whole input, shape (n,), at rates [spikes/s].

        The harmonic mean of the sources' time constants, weighted by their variances: the one exponential current with
        the same power at zero frequency (variance of the white noise) and the same variance of the current itself.
        """
        if np.all(self.tau_syn == self.tau_syn_external):
            return np.full(len(self.in_degree), self.tau_syn_external)
        recurrent, external = self._variance_terms
        per_tau = recurrent @ (rates / self.tau_syn) + external / self.tau_syn_external
        noisy = per_tau > 0
        return np.where(noisy, self.variance(rates) / np.where(noisy, per_tau, 1.0), self.tau_syn_external)

    def _respond(self, rates: Array) -> tuple[Array, Array, Array, Array]:
        """Return standard deviation of the input, rate, and slopes of the rate (see :func:`lif.rate_and_slopes`)."""
        rates = np.maximum(rates, 0.0)  # an integrator may undershoot
        sd = np.sqrt(self.variance(rates))
        tau_syn = self.tau_effective(rates)
        return sd, *lif.rate_and_slopes(self.mean(rates), sd, tau_syn, self.tau_m, self.t_ref, self.V_th, self.V_reset)

    def response(self, rates: Array) -> Array:
        """Return the rates phi [spikes/s] with which neurons answer to sources that fire at the given rates."""
        return self._respond(rates)[1]

    def jacobian(self, rates: Array) -> Array:
        """Return d phi / d nu (target, source) at rates [spikes/s], up to the change of the effective tau_syn."""
        sd, _, slope_mean, slope_sd = self._respond(rates)
        slope_variance = np.divide(slope_sd, 2 * sd, out=np.zeros_like(sd), where=sd > 0)
        return slope_mean[:, None] * self._mean_terms[0] + slope_variance[:, None] * self._variance_terms[0]

    def residual(self, rates: Array) -> float:
        """Return the largest |phi(nu) - nu| [spikes/s]."""
        return float(np.max(np.abs(self.response(rates) - rates)))

    def relax(self, start: Array, times: Array, rtol: float, atol: float) -> Array:
        """Integrate d nu / dt = -nu + phi(nu) with LSODA.

        Parameters
        ----------
        start : (n,) array
            Rates [spikes/s] at the first time.
        times : (m,) array
            Increasing pseudo-times.
        rtol, atol : float
            Tolerances of the integrator.

        Returns
        -------
        (m, n) array
            Rates [spikes/s].
        """
        solution = solve_ivp(
            lambda _, rates: self.response(rates) - rates,
            (times[0], times[-1]),
            start,
            method="LSODA",
            jac=lambda _, rates: self.jacobian(rates) - np.eye(len(rates)),
            t_eval=times,
            rtol=rtol,
            atol=atol,
        )
        if not solution.success:
            raise HumamError(f"mean-field theory: the integration failed ({solution.message})")
        return np.maximum(solution.y.T, 0.0)

    def solve(self) -> Array:
        """Return the stable fixed point that is reached from silence, or the last rates if none is reached.

        Returns
        -------
        (n,) array
            Rates [spikes/s]; their :meth:`residual` tells whether they are a fixed point.
        """
        rates, last = np.zeros(len(self.in_degree)), np.inf
        for rtol, atol in ((1e-4, 1e-7), *[(1e-8, 1e-10)] * (MAX_STRETCHES - 1)):
            rates = self.relax(rates, np.array([0.0, 50.0]), rtol, atol)[-1]
            residual = self.residual(rates)
            # Oscillating solutions never settle: go on only as long as the fixed point comes nearer.
            if residual < TOLERANCE or residual > last / 2:
                break
            last = residual
        return rates


def of_network(network: xr.Dataset, parameters: Parameters | None = None) -> MeanField:
    """Return the mean-field equations of the populations with neurons.

    Parameters
    ----------
    network : Dataset
        Full or scaled network; ``dc(target)`` [pA], where present, takes the place of the parameter.
    parameters : Parameters, optional
        Default: those of the network.

    Returns
    -------
    MeanField
        For the mean neuron: the spread of neuron parameters and of weights is left out.
    """
    p = parameters or networks.parameters(network)
    neurons = network["neurons"].values
    occupied = neurons > 0
    n, pairs = neurons[occupied], np.ix_(occupied, occupied)
    excitatory = np.array(EXCITATORY_LABELS)[occupied]
    capacitance = np.where(excitatory, p.C_m_E, p.C_m_I)
    tau_syn = np.where(excitatory, p.tau_syn_ex, p.tau_syn_in)
    dc = network["dc"].values[occupied] if "dc" in network else p.dc
    return MeanField(
        in_degree=network["synapses"].values[pairs] / n[:, None],
        jump=network["weight"].values[pairs] * tau_syn / capacitance[:, None],
        in_degree_external=network["synapses_external"].values[occupied] / n,
        jump_external=network["weight_external"].values[occupied] * p.tau_syn_ex / capacitance,
        rate_external=network["rate_external"].values[occupied],
        drift=dc / capacitance,
        tau_syn=tau_syn,
        tau_syn_external=p.tau_syn_ex,
        tau_m=p.tau_m,
        t_ref=p.t_ref,
        V_th=p.V_th - p.E_L,
        V_reset=p.V_reset - p.E_L,
    )


def base_state(network: xr.Dataset) -> xr.Dataset:
    """Return the network with chi = 1 and the same chi_I / chi; a network with chi <= 1 as it is."""
    p = networks.parameters(network)
    if p.chi <= 1:
        return network
    scaled = ~within_areas() & np.array(EXCITATORY_LABELS)  # by chi onto E, by chi_I onto I
    return network.assign(weight=network["weight"] / np.where(scaled, p.chi, 1.0))


def _all_labels(network: xr.Dataset, rates: Array) -> Array:
    """Return rates of all 272 populations from those with neurons (last axis), 0 for the empty ones."""
    occupied = network["neurons"].values > 0
    result = np.zeros((*rates.shape[:-1], len(occupied)))
    result[..., occupied] = rates
    return result


def fixed_point(network: xr.Dataset) -> Array:
    """Return the stationary rates: the fixed point that d nu / dt = -nu + phi(nu) reaches from silence.

    Returns
    -------
    (272,) array
        Rates [spikes/s], 0 for populations without neurons.
    """
    return _all_labels(network, of_network(network).solve())


def pseudo_time(network: xr.Dataset) -> Array:
    """Return the rates along the published integration, from a uniform random start of 0 to 10 spikes/s.

    The integrator's default tolerances and its end at 9.9 leave the rates within 1.6e-3 of the fixed point.

    Returns
    -------
    (100, 272) array
        Rates [spikes/s] at :data:`PSEUDO_TIMES`, 0 for populations without neurons.
    """
    equations = of_network(network)
    # The old generator is the published one.
    start = np.random.RandomState(123).uniform(0.0, 10.0, len(equations.in_degree))
    return _all_labels(network, equations.relax(start, PSEUDO_TIMES, rtol=1e-3, atol=1e-6))


def predict(network: xr.Dataset) -> xr.Dataset:
    """Return everything that theory says of a network, as in :mod:`humam.theory_file`.

    Parameters
    ----------
    network : Dataset
        A network at full scale.

    Returns
    -------
    Dataset
        With the attributes ``valid`` (1 only if a fixed point with rates below :data:`SATURATED` was found) and
        ``message`` (what limits the prediction, empty if nothing does).
    """
    p = networks.parameters(network)
    equations, base = of_network(network), base_state(network)
    rates = equations.solve()
    base_equations = of_network(base)
    base_rates = rates if base is network else base_equations.solve()
    residual, residual_base = equations.residual(rates), base_equations.residual(base_rates)
    valid, message = _verdict(p, residual, rates.max())
    values = {
        "rate": _all_labels(network, rates),
        "rate_base_state": _all_labels(network, base_rates),
        "rate_pseudo_time": pseudo_time(network),
        "pseudo_time": PSEUDO_TIMES,
    }
    return FORMAT.dataset(
        values,
        {"target": network["target"].values},
        {
            "title": f"Mean-field rates, experiment {p.name}",
            "source": "Fourcaud & Brunel 2002, Neural Comput 14, 2057; Pronold et al. 2024, doi 10.1093/cercor/bhae409",
            "valid": int(valid),
            "message": message,
            "residual": residual,
            "residual_base_state": residual_base,
            "parameters": network.attrs["parameters"],
            "origin": network.attrs["origin"],
        },
    )


def _verdict(parameters: Parameters, residual: float, highest: float) -> tuple[bool, str]:
    """Return whether theory predicts the state of a network, and what limits it (empty if nothing does)."""
    p, limits = parameters, []
    if highest > SATURATED:
        limits.append(f"at χ = {p.chi:g} rates rise from silence to {highest:.0f} spikes/s")
    if residual > TOLERANCE:
        limits.append(f"no stationary state found, rates still change by {residual:.2g} spikes/s")
    if limits:
        return False, f"mean-field theory does not predict this state: {'; '.join(limits)}"
    spread = (p.V_th_rel_sd_E, p.V_th_rel_sd_I, p.C_m_rel_sd_E, p.C_m_rel_sd_I, p.tau_m_rel_sd_E, p.tau_m_rel_sd_I)
    if any(spread):
        return True, "mean-field theory of the mean neuron; the parameters of this network's neurons are distributed"
    return True, ""
