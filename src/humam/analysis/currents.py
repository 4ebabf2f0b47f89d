"""Synaptic input currents of areas from population rates."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from humam.labels import EXCITATORY_LABELS, N_AREAS, N_POPULATIONS

KERNELS: Final[dict[str, float]] = {"published": 0.1, "corrected": 1.0}
"""Step in ms at which the exponential kernel is sampled before it is applied to 1-ms bins.

The published analysis samples it at 0.1 ms, so that its time constant is in effect ten times tau_syn.
"""

EXCITATORY_SOURCES: Final = np.array(EXCITATORY_LABELS)


def exponential_filter(series: NDArray[np.floating], tau_ms: float, sampling_ms: float) -> NDArray[np.float64]:
    """Convolve series with a causal exponential kernel of sum 1.

    The kernel is sampled at ``sampling_ms`` and applied bin by bin: in bins, its time constant is ``tau_ms /
    sampling_ms``. As in the published analysis the output lags by one bin. The recursion is the exact limit of
    the published kernel, which is cut off where it has fallen to exp(-10).

    Parameters
    ----------
    series : ndarray, shape (..., n_bins)
        What is convolved along the last axis; zero before the first bin.
    tau_ms, sampling_ms : float
        Time constant and sampling step of the kernel in ms.

    Returns
    -------
    ndarray of float64, shape (..., n_bins)

    Examples
    --------
    >>> exponential_filter(np.array([1.0, 0.0, 0.0, 0.0]), tau_ms=1.0, sampling_ms=np.log(2)).round(3)
    array([0.   , 0.5  , 0.25 , 0.125])
    """
    decay = np.exp(-sampling_ms / tau_ms)
    return signal.lfilter([0.0, 1 - decay], [1.0, -decay], series, axis=-1)


def area_currents(
    rate: NDArray[np.floating],
    synapses: NDArray[np.integer],
    weight: NDArray[np.floating],
    neurons: NDArray[np.integer],
    tau_syn_ex_ms: float,
    tau_syn_in_ms: float,
    sampling_ms: float = KERNELS["published"],
) -> NDArray[np.float64]:
    r"""Return the recurrent synaptic current into each area, averaged over its neurons.

    .. math:: I_A(t) = \frac{1}{N_A} \sum_{t \in A} N_t \sum_s |w_{ts}| K_{ts} \tau_{syn} (h * \nu_s)(t)

    Inputs of E and of I sources both add positively; external input is left out (Pronold et al. 2024).

    Parameters
    ----------
    rate : ndarray, shape (272, n_bins)
        Population rates in spikes/ms per neuron, 1-ms bins; 0 where there are no neurons.
    synapses, weight : ndarray, shape (272, 272)
        Number and mean weight (pA) of synapses, rows targets.
    neurons : ndarray, shape (272,)
        Sizes of the populations to which ``synapses`` belongs.
    tau_syn_ex_ms, tau_syn_in_ms : float
        Synaptic time constants of E and I sources.
    sampling_ms : float
        Sampling step of the kernel, see :data:`KERNELS`.

    Returns
    -------
    ndarray of float64, shape (34, n_bins)
        Current in pA; NaN for an area without neurons.
    """
    # N_t K_ts is the number of synapses. Everything is linear: first sum over populations, then convolve 34 series.
    into_area = (np.abs(weight) * synapses).reshape(N_AREAS, N_POPULATIONS, -1).sum(axis=1)
    size = neurons.reshape(N_AREAS, N_POPULATIONS).sum(axis=1).astype(float)
    into_area /= np.where(size > 0, size, np.nan)[:, None]
    current = np.zeros((N_AREAS, rate.shape[1]))
    for sources, tau in ((EXCITATORY_SOURCES, tau_syn_ex_ms), (~EXCITATORY_SOURCES, tau_syn_in_ms)):
        current += exponential_filter(tau * (into_area[:, sources] @ rate[sources]), tau, sampling_ms)
    return current
