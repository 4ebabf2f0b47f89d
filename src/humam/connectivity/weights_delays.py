"""Mean synaptic weights, mean delays and the rates of the external drive."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from humam.labels import EXCITATORY, LAYER_POPULATIONS, N_AREAS, N_POPULATIONS
from humam.parameters import Parameters

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_EXCITATORY = np.array(EXCITATORY)
_INDEX = {name: i for i, name in enumerate(LAYER_POPULATIONS)}


def psc_per_psp(C_m: float, tau_m: float, tau_syn: float) -> float:
    """Return the current amplitude [pA] per peak potential [mV] of an exponential synaptic current.

    PSC / PSP = C_m / tau_m eps^(-1 / (1 - eps)) with eps = tau_syn / tau_m.

    Parameters
    ----------
    C_m : float
        Capacitance [pF].
    tau_m, tau_syn : float
        Time constants [ms].

    Examples
    --------
    >>> round(0.1 * psc_per_psp(220.0, 10.0, 2.0), 8)
    16.44883659
    """
    eps = tau_syn / tau_m
    return C_m / tau_m * eps ** (-1 / (1 - eps))


def unit_weights(parameters: Parameters, tau_syn: float | None = None) -> Array:
    """Return the weight [pA] of the reference PSP in the eight target populations, shape (8,).

    Weights are those in the mean neuron, whatever the spread of parameters.

    Parameters
    ----------
    parameters : Parameters
        Those of neurons and synapses.
    tau_syn : float, optional
        Time constant of the currents [ms]; that of excitatory ones if none is given.
    """
    p = parameters
    tau = p.tau_syn_ex if tau_syn is None else tau_syn
    e, i = (p.psp * psc_per_psp(c, p.tau_m, tau) for c in (p.C_m_E, p.C_m_I))
    return np.where(_EXCITATORY, e, i)


def mean_weights(parameters: Parameters) -> Array:
    """Return the mean weight [pA] of every pair of populations, shape (272, 272), inhibitory ones negative.

    ``g`` is the ratio of inhibitory to excitatory PSPs: slower inhibitory currents are smaller for the same PSP.
    """
    p = parameters
    n = N_POPULATIONS
    inhibitory = unit_weights(p, p.tau_syn_in) * p.g
    local = np.where(_EXCITATORY[None, :], unit_weights(p)[:, None], inhibitory[:, None])
    e, i = np.flatnonzero(_EXCITATORY), np.flatnonzero(~_EXCITATORY)
    remote = local.copy()
    remote[np.ix_(e, e)] *= p.chi
    remote[np.ix_(i, e)] *= p.chi_I
    local[_INDEX["II/III", "E"], _INDEX["IV", "E"]] *= p.factor_4E_23E
    local[np.ix_(i, e)] *= p.factor_local_E_I
    local[i, _INDEX["V", "E"]] *= p.factor_local_5E_I
    weights = np.tile(remote, (N_AREAS, N_AREAS))
    for area in range(N_AREAS):
        block = slice(area * n, (area + 1) * n)
        weights[block, block] = local
    return weights


def external_weights(parameters: Parameters) -> Array:
    """Return the mean weight [pA] of external synapses, shape (272,)."""
    weights = unit_weights(parameters)
    weights[_INDEX["V", "E"]] *= parameters.factor_external_5E
    weights[_INDEX["VI", "E"]] *= parameters.factor_external_6E
    return np.tile(weights, N_AREAS)


def mean_delays(fibre_length: Array, parameters: Parameters) -> Array:
    """Return the mean delay [ms] of every pair of populations, shape (272, 272).

    Parameters
    ----------
    fibre_length : (34, 34) array
        Lengths [mm] (target, source).
    """
    n = N_POPULATIONS
    delays = (fibre_length / parameters.conduction_speed).repeat(n, axis=0).repeat(n, axis=1)
    local = np.tile(np.where(_EXCITATORY, parameters.delay_E, parameters.delay_I), (n, 1))
    for area in range(N_AREAS):
        block = slice(area * n, (area + 1) * n)
        delays[block, block] = local
    return delays


def external_rates(neurons: IntArray, synapses_external: IntArray, parameters: Parameters) -> Array:
    """Return the rate [spikes/s] of one external synapse of each population, shape (272,).

    The mean external input is eta times the current that holds the membrane at threshold, with weights before the
    factors onto V E and VI E. Populations without neurons get 0.
    """
    p = parameters
    in_degree = synapses_external / np.where(neurons > 0, neurons, 1)
    charge = np.tile(unit_weights(p), N_AREAS) * p.tau_syn_ex * in_degree  # pA ms
    capacitance = np.tile(np.where(_EXCITATORY, p.C_m_E, p.C_m_I), N_AREAS)
    rheobase = (p.V_th - p.E_L) * capacitance / p.tau_m  # pA
    return np.where(charge > 0, 1e3 * p.eta * rheobase / np.where(charge > 0, charge, 1.0), 0.0)
