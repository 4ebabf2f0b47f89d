"""Synapses between areas as a whole, and the share of supragranular neurons (SLN) of each projection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from humam.parameters import Parameters

Array = npt.NDArray[np.float64]


def area_synapses(streamlines: Array, total_thickness: Array, parameters: Parameters) -> npt.NDArray[np.int64]:
    """Return the synapses of each pair of areas, shape (target, source).

    An area has synapse density x volume synapses; a fixed fraction comes from the area itself, the rest is shared among
    the others in proportion to streamline counts.

    Parameters
    ----------
    streamlines : (n, n) array
        Streamlines (target, source), diagonal ignored.
    total_thickness : (n,) array
        Thickness of the areas [mm].
    """
    counts = streamlines.copy()
    np.fill_diagonal(counts, 0.0)
    per_target = counts.sum(axis=1, keepdims=True)
    fraction = (1 - parameters.fraction_within) * counts / np.where(per_target > 0, per_target, 1.0)
    np.fill_diagonal(fraction, parameters.fraction_within)
    synapses = parameters.synapse_density * parameters.column_surface * total_thickness
    return np.rint(fraction * synapses[:, None]).astype(np.int64)


def supragranular_fraction(mean_density: Array, parameters: Parameters) -> Array:
    """Return SLN of every pair of areas, Phi(a0 + a1 ln(rho_target / rho_source)), shape (target, source).

    Parameters
    ----------
    mean_density : (n,) array
        Neurons per volume [1/mm^3]; an area without neurons is not allowed.
    """
    log_ratio = np.log(mean_density[:, None] / mean_density[None, :])
    return ndtr(parameters.sln_a0 + parameters.sln_a1 * log_ratio)


def direction(sln: Array, parameters: Parameters) -> npt.NDArray[np.str_]:
    """Return ``feedback``, ``lateral`` or ``feedforward`` for each SLN.

    Examples
    --------
    >>> direction(np.array([0.1, 0.5, 0.9]), Parameters()).tolist()
    ['feedback', 'lateral', 'feedforward']
    """
    names = np.where(sln >= parameters.sln_feedforward, "feedforward", "lateral")
    return np.where(sln < parameters.sln_feedback, "feedback", names)
