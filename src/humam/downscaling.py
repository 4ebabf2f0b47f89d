"""Down-scaling: fewer neurons and synapses with the same mean and variance of the input (van Albada et al. 2015).

Neurons N -> s N, in-degrees K -> k K, so synapses -> s k. Weights / sqrt(k) keep the variance of the input; a constant
current restores its mean, for which it takes the rates of the sources at full scale.

Not preserved: correlations, and the stability of the state. The input follows the rates of the sources with a mean that
is weaker by sqrt(k), while its variance follows them in full; what the mean stabilises at full scale, inhibition above
all, fails for small k, and rates settle elsewhere. :mod:`humam.theory` applied to the scaled network tells where.

References
----------
van Albada, Helias & Diesmann (2015) PLoS Comput Biol 11, e1004490.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from humam import network as networks
from humam.connectivity.weights_delays import psc_per_psp
from humam.errors import HumamError, nearest
from humam.labels import EXCITATORY_LABELS, N_LABELS
from humam.parameters import Parameters

Array = npt.NDArray[np.float64]

_EXCITATORY: Final = np.array(EXCITATORY_LABELS)

SETTLED: Final = 1e-6
"""Largest change [spikes/s] of rates that a constant current may rest on.

Theory itself asks for less, since its rates are numbers of the archive; a current that restores the mean input needs
no more than three digits of the lowest rate, 0.004 spikes/s.
"""


@dataclass(frozen=True)
class Rates:
    """Rates of all populations at full scale.

    Attributes
    ----------
    values : (272,) array
        Spikes/s; 0 for populations without neurons.
    source : str
        Where they come from and what they approximate, for the record of the run.
    """

    values: Array
    source: str

    def __post_init__(self) -> None:
        """Refuse what cannot be rates.

        Raises
        ------
        HumamError
            If there are not 272 finite values >= 0.
        """
        if np.shape(self.values) != (N_LABELS,):
            raise HumamError(f"rates for down-scaling ({self.source}): {np.size(self.values)} values, not {N_LABELS}")
        if not (np.all(np.isfinite(self.values)) and np.all(np.asarray(self.values) >= 0)):
            raise HumamError(f"rates for down-scaling ({self.source}): must be finite and >= 0 spikes/s")


@dataclass(frozen=True)
class ScaledNetwork:
    """A network at the size to be simulated, and how it came about.

    Attributes
    ----------
    network : Dataset
        The variables of a network with scaled ``neurons``, ``synapses``, ``synapses_external``, ``weight`` and
        ``weight_external`` [pA], and ``dc(target)`` [pA]: the whole constant current of a neuron. ``rate_external``
        (per synapse) and ``delay`` (where synapses are left) are those of the full network.
    scale, in_degree_scale : float
        s and k.
    scheme : str
        Key of :data:`SCHEMES`.
    rates_source : str
        Source of the rates behind the constant current (and behind areas that were replaced); "not needed" at k = 1.
    areas : tuple of str, optional
        Areas that are left, the others replaced by Poisson input (:func:`humam.subnetwork.isolate_scaled`); None: all.
    """

    network: xr.Dataset
    scale: float
    in_degree_scale: float
    scheme: str
    rates_source: str
    areas: tuple[str, ...] | None = None


def theory_rates(network: xr.Dataset, theory: xr.Dataset) -> Rates:
    """Return the rates that theory offers for a network; where it fails those of its base state, as an approximation.

    Parameters
    ----------
    network, theory : Dataset
        A network and its theory (:func:`humam.theory_file.of_network`).

    Raises
    ------
    HumamError
        If theory found no stationary state, neither of the network nor of its base state.
    """
    chi = networks.parameters(network).chi
    if theory.attrs["valid"]:
        note = f" ({theory.attrs['message']})" if theory.attrs["message"] else ""
        return Rates(theory["rate"].values, f"mean-field theory at chi = {chi:g}{note}")
    if theory.attrs["residual_base_state"] > SETTLED:
        raise HumamError("mean-field theory found no stationary state of the base state: give rates for down-scaling")
    source = f"mean-field theory at chi = {min(chi, 1):g}, an approximation: {theory.attrs['message']}"
    return Rates(theory["rate_base_state"].values, source)


def _compensate_variance(network: xr.Dataset, p: Parameters, k: float, rates: Array) -> tuple[float, Array]:
    """Weights / sqrt(k) preserve the variance, dc the mean, both of the full network."""
    tau_syn = np.where(_EXCITATORY, p.tau_syn_ex, p.tau_syn_in)
    return 1 / np.sqrt(k), (1 - np.sqrt(k)) * _mean_current(network, rates, tau_syn, p.tau_syn_ex)


def _published_tutorial(network: xr.Dataset, p: Parameters, k: float, rates: Array) -> tuple[float, Array]:
    """Weights / k preserve the mean (and raise the variance by 1/k); dc adds the mean again, from PSP peaks.

    The current is C_m (1 - sqrt k) sum K PSP nu: the peak of the potential stands where the charge of the current over
    the capacitance belongs.
    """
    return 1 / k, (1 - np.sqrt(k)) * _peak_current(network, p, rates)


def _published_variance(network: xr.Dataset, p: Parameters, k: float, rates: Array) -> tuple[float, Array]:
    """Weights / sqrt(k), and dc from PSP peaks and weights and in-degrees that are scaled already: sqrt k too small."""
    return 1 / np.sqrt(k), np.sqrt(k) * (1 - np.sqrt(k)) * _peak_current(network, p, rates)


Scheme = Callable[[xr.Dataset, Parameters, float, Array], tuple[float, Array]]

SCHEMES: Final[dict[str, Scheme]] = {
    "variance": _compensate_variance,
    "published-tutorial": _published_tutorial,
    "published-variance": _published_variance,
}
"""Factor on weights and constant current [pA] of each scheme. ``published-tutorial`` is what the tutorial of the
published code does, ``published-variance`` that code's other choice; neither keeps the mean, and they are here for
comparison only."""


def _mean_current(network: xr.Dataset, rates: Array, times: Array, time_external: float) -> Array:
    """Return sum_s K_ts w_ts times_s nu_s + K_ext w_ext time_ext nu_ext [pA], shape (272,), rates in spikes/s."""
    neurons = np.maximum(network["neurons"].values, 1)
    recurrent = (network["synapses"].values * network["weight"].values) @ (times * rates)
    external = network["synapses_external"].values * network["weight_external"].values * time_external
    current: Array = 1e-3 * (recurrent + external * network["rate_external"].values) / neurons
    return current


def peak_time(p: Parameters, tau_syn: float) -> float:
    """Return C_m PSP / PSC [ms]: the peak of the potential that a unit of current evokes, times the capacitance."""
    return 1.0 / psc_per_psp(1.0, p.tau_m, tau_syn)


def _peak_current(network: xr.Dataset, p: Parameters, rates: Array) -> Array:
    """Return C_m sum K PSP nu [pA], the mean current as the published code computes it."""
    times = np.where(_EXCITATORY, peak_time(p, p.tau_syn_ex), peak_time(p, p.tau_syn_in))
    return _mean_current(network, rates, times, peak_time(p, p.tau_syn_ex))


def scale_neurons(neurons: npt.NDArray[np.int64], s: float) -> npt.NDArray[np.int64]:
    """Return round(s N), but 1 for a population with neurons that would lose all.

    Examples
    --------
    >>> scale_neurons(np.array([1000, 30, 0]), 0.01)
    array([10,  1,  0])
    """
    return np.where(neurons > 0, np.maximum(np.rint(neurons * s), 1), 0).astype(np.int64)


def scale_synapses(synapses: npt.NDArray[np.int64], factor: Array) -> npt.NDArray[np.int64]:
    """Return synapse numbers times a factor per target, rounded so that no in-degree drifts.

    Rounding every number by itself would drop most pairs of a small network. Here the running sum over the sources is
    rounded, separately for excitatory and inhibitory ones, so every number is off by less than 1, and the sum over all
    sources of a kind by at most 1/2.

    Parameters
    ----------
    synapses : (272, 272) array
        Synapses (target, source).
    factor : (272,) array
        Factor per target.

    Returns
    -------
    (272, 272) array of int64
    """
    scaled = np.zeros_like(synapses)
    for kind in (_EXCITATORY, ~_EXCITATORY):
        total = np.rint(np.cumsum(synapses[:, kind] * factor[:, None], axis=1))
        scaled[:, kind] = np.diff(total, axis=1, prepend=0).astype(np.int64)
    return scaled


def scale(
    network: xr.Dataset, s: float, k: float | None = None, rates: Rates | None = None, scheme: str = "variance"
) -> ScaledNetwork:
    """Return the network with s of its neurons and k of its in-degrees.

    Parameters
    ----------
    network : Dataset
        A network at full scale.
    s : float
        Fraction of neurons, 0 < s <= 1. A population with neurons keeps at least one; its synapses follow the number
        of neurons it has, so that in-degrees are k K (to the rounding of synapse numbers).
    k : float, optional
        Fraction of in-degrees, 0 < k <= 1; default s.
    rates : Rates, optional
        Rates at full scale, from :func:`theory_rates` or an earlier run; needed unless k = 1.
    scheme : str
        A key of :data:`SCHEMES`. ``"variance"``: weights / sqrt(k) and, with K, w and nu of the full network,
        dc_t = (1 - sqrt k) (sum_s K_ts w_ts tau_s nu_s + K_ext w_ext tau_ext nu_ext).

    Returns
    -------
    ScaledNetwork
        For s = k = 1 the network itself.

    Raises
    ------
    HumamError
        If s or k is out of range, the scheme is unknown, rates are missing, or k is so small that a population would
        lose its external input.
    """
    k = s if k is None else k
    for name, value in (("scale s", s), ("in-degree scale k", k)):
        if not 0 < value <= 1:
            raise HumamError(f"{name} = {value:g}: must be > 0 and at most 1")
    if scheme not in SCHEMES:
        raise HumamError(
            f"down-scaling scheme {scheme!r} is unknown{nearest(scheme, SCHEMES)}; known: {', '.join(SCHEMES)}"
        )
    if k < 1 and rates is None:
        raise HumamError(f"in-degree scale k = {k:g}: needs the rates of the network at full scale")
    p = networks.parameters(network)
    full = network["neurons"].values
    neurons = scale_neurons(full, s)
    factor = k * neurons / np.maximum(full, 1)
    synapses = scale_synapses(network["synapses"].values, factor)
    external = np.rint(network["synapses_external"].values * factor).astype(np.int64)
    lost = (external == 0) & (network["synapses_external"].values > 0)
    if lost.any():
        label = network["target"].values[lost][0]
        raise HumamError(
            f"scale s = {s:g} with in-degree scale k = {k:g} is too small: {lost.sum()} populations would lose their"
            f" external input ({label!r} first)"
        )
    on_weights, dc = 1.0, np.zeros(N_LABELS)
    if k < 1 and rates is not None:
        on_weights, dc = SCHEMES[scheme](network, p, k, rates.values)
    connected = synapses > 0
    scaled = network.copy()
    for name, values in {
        "neurons": neurons,
        "synapses": synapses,
        "synapses_external": external,
        "weight": np.where(connected, network["weight"].values * on_weights, 0.0),
        "weight_external": network["weight_external"].values * on_weights,
        "delay": np.where(connected, network["delay"].values, np.nan),
    }.items():
        scaled[name] = network[name].copy(data=values)
    scaled["dc"] = ("target", p.dc + dc, {"units": "pA", "long_name": "constant current into every neuron"})
    return ScaledNetwork(scaled, s, k, scheme, "not needed" if rates is None or k == 1 else rates.source)
