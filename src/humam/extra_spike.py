"""The extra spike of the perturbation experiments (Figure 7): which neuron gets it, how strong it is, when it acts."""

from __future__ import annotations

from typing import Final

import xarray as xr

from humam.errors import HumamError
from humam.labels import population_label
from humam.parameters import Parameters, on_grid

PERTURBED: Final = population_label("pericalcarine", "IV", "E")
"""Population whose first neuron gets it."""

STRENGTH: Final = 1000
"""Its weight relative to that of all external synapses of a neuron together, K_ext w_ext, at full scale."""

DELAY_MS: Final = 1.0
"""How much later than emitted it acts."""

COUNTED_MS: Final = (2000.0, 2100.0)
"""Where statistics count spikes by time step; a run that ends earlier shows no propagation."""


def in_degree(network: xr.Dataset) -> float:
    """Return the number K_ext of external synapses of a perturbed neuron in a network at full scale."""
    here = network.sel(target=PERTURBED)
    return int(here["synapses_external"]) / int(here["neurons"])


def weight(network: xr.Dataset) -> float:
    """Return the weight [pA] in a network at full scale."""
    return STRENGTH * in_degree(network) * float(network["weight_external"].sel(target=PERTURBED))


def check_time(parameters: Parameters, t_sim_ms: float) -> None:
    """Refuse an extra spike that would act after the end of the run or between two time steps.

    Of a run that is long enough in its experiment, the beginning alone may be made.

    Parameters
    ----------
    parameters : Parameters
        Those of an experiment with an extra spike.
    t_sim_ms : float
        Biological time of the run.

    Raises
    ------
    HumamError
        If it would.

    Examples
    --------
    >>> check_time(Parameters(t_sim=100.0, perturbation_time=99.5), 100.0)
    Traceback (most recent call last):
    humam.errors.HumamError: perturbation_time = 99.5 ms: must be at least 1 ms before the end of the run at 100 ms
    """
    time_ms, end = parameters.perturbation_time, max(t_sim_ms, parameters.t_sim)
    if time_ms is None:
        return
    if time_ms + DELAY_MS > end:
        raise HumamError(
            f"perturbation_time = {time_ms:g} ms: must be at least {DELAY_MS:g} ms before the end of the run at"
            f" {end:g} ms"
        )
    if not on_grid(time_ms, parameters.dt):
        raise HumamError(
            f"perturbation_time = {time_ms:g} ms: must be a multiple of the time step {parameters.dt:g} ms"
        )
