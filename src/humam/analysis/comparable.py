"""Whether a run can be held against the published simulations, and why not.

What was published stands here, not only in ``experiments/``: users change these files, and reports in a container have
none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

from humam.parameters import validate
from humam.sameness import NOT_SIMULATED

STATE_CHI: Final = {"base": 1.0, "best_fit": 2.5}
"""Factor chi of the experiments that are points of the main series, too."""

ACTIVE_FROM_CHI: Final = STATE_CHI["best_fit"]
"""Factor chi from which on the published simulations of the main series are in the state of high activity."""

ACTIVE_RATE: Final = 1.5
"""Mean rate [spikes/s] above which a run of the main model is active: the two states have 0.6 and 3 to 7 spikes/s."""

SHORTEST_JUDGED_MS: Final = 500.0
"""A run that is shorter has no state yet: neurons start with a burst, and activity rises for some 100 ms."""


class PublishedSeries(NamedTuple):
    """What is published of an experiment or a series over chi.

    Attributes
    ----------
    settings : mapping
        Parameters in which it differs from the base version, chi of a series excepted.
    active_from_chi : float
        Factor from which on the published simulations are in the state of high activity.
    active_rate : float
        Mean rate [spikes/s] above which a run is in that state.
    """

    settings: Mapping[str, Any]
    active_from_chi: float = np.inf
    active_rate: float = ACTIVE_RATE


_SPREADS: Final = {
    "V_th_rel_sd_E": 0.21, "C_m_rel_sd_E": 0.22, "tau_m_rel_sd_E": 0.55, "V_th_rel_sd_I": 0.22, "C_m_rel_sd_I": 0.34,
    "tau_m_rel_sd_I": 0.43,
}  # fmt: skip

SERIES: Final[dict[str, PublishedSeries]] = {
    "base": PublishedSeries({"chi": 1.0}, ACTIVE_FROM_CHI),
    "best_fit": PublishedSeries({"chi": 2.5}, ACTIVE_FROM_CHI),
    "scaling": PublishedSeries({}, ACTIVE_FROM_CHI),
    "scaling_preprint": PublishedSeries({}, ACTIVE_FROM_CHI),
    "perturbed": PublishedSeries({"perturbation_time": 2000.0}, ACTIVE_FROM_CHI),
    "unperturbed": PublishedSeries({}, ACTIVE_FROM_CHI),
    "smaller_g": PublishedSeries({"g": -2.0}, 1.75, 2.5),  # weak inhibition: 1.3 spikes/s in the low state already
    "distributed_parameters": PublishedSeries(_SPREADS),
    "lower_e_to_i": PublishedSeries({"chi_I_per_chi": 1.0, "excitatory_fractions": "binzegger"}, 2.0),
    "tau_syn_in": PublishedSeries({"tau_syn_in": 4.0}, 4.0),
}
"""By the name of the experiment; a test holds settings against ``experiments/``, and chi against published curves."""


def series_of(name: str) -> str:
    """Return the series of a run, of the name of its experiment.

    Examples
    --------
    >>> series_of("scaling@2.5"), series_of("base")
    ('scaling', 'base')
    """
    return name.partition("@")[0]


def mean_rate(attributes: Mapping[str, Any]) -> float:
    """Return the mean rate of all neurons over the whole time [spikes/s], from the attributes of statistics."""
    neurons = sum(json.loads(attributes["manifest"])["neurons"])
    return int(attributes["n_spikes"]) / neurons / float(attributes["t_sim_ms"]) * 1e3


def is_active(name: str, rate: float) -> bool:
    """Return whether a run of an experiment with a mean rate [spikes/s] is in the state of high activity.

    Examples
    --------
    >>> is_active("best_fit", 2.0), is_active("smaller_g@1.5", 2.0)
    (True, False)
    """
    return rate > (SERIES[series_of(name)].active_rate if series_of(name) in SERIES else ACTIVE_RATE)


def in_published_state(name: str, chi: float, rate: float) -> bool:
    """Return whether a run is in the state of activity that the published one is in.

    Parameters
    ----------
    name : str
        Name of the experiment; of one that is not published there is no such state.
    chi : float
        Its factor.
    rate : float
        Mean rate of the run [spikes/s].

    Examples
    --------
    >>> in_published_state("best_fit", 2.5, 0.56), in_published_state("best_fit", 2.5, 4.9)
    (False, True)
    >>> in_published_state("distributed_parameters@2.5", 2.5, 0.9)  # this variant has no transition
    True
    """
    series = SERIES.get(series_of(name))
    return series is None or is_active(name, rate) == (chi >= series.active_from_chi)


def changed_parameters(attributes: Mapping[str, Any]) -> str:
    """Return in which parameters a run differs from the published experiment of its name, empty if in none.

    Parameters
    ----------
    attributes : mapping
        Those of the statistics of the run.
    """
    parameters = json.loads(attributes["parameters"])
    expected = _published(series_of(str(parameters["name"])), float(parameters["chi"]))
    return ", ".join(
        f"network changed by hand ({parameters[key]})"
        if key == "edited"
        else f"{key} = {parameters[key]} ({expected[key]} as published)"
        for key in expected
        if key in parameters and key not in NOT_SIMULATED and parameters[key] != expected[key]
    )


def areas_of(attributes: Mapping[str, Any]) -> list[str]:
    """Return the areas that were simulated, where the others were replaced by Poisson input; else an empty list."""
    return json.loads(attributes["manifest"]).get("areas") or []


def is_down_scaled(attributes: Mapping[str, Any]) -> bool:
    """Return whether a run had fewer neurons, synapses or areas than the model, from the attributes of statistics."""
    whole = attributes["scale"] == 1 and attributes["in_degree_scale"] == 1 and not areas_of(attributes)
    return not whole


def random_numbers(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two runs of a network share that draw the same random numbers, from the attributes of statistics.

    Returns
    -------
    dict
        ``engine``, ``seed``, ``scale``, ``in_degree_scale``, ``scheme`` (``none`` where no synapse is missing),
        ``areas`` (those simulated, separated by commas, or ``all``).
    """
    k = float(attributes["in_degree_scale"])
    return {
        "engine": str(attributes["engine"]), "seed": int(attributes["seed"]), "scale": float(attributes["scale"]),
        "in_degree_scale": k, "scheme": str(attributes["scheme"]) if k < 1 else "none",
        "areas": ",".join(areas_of(attributes)) or "all",
    }  # fmt: skip


def other_model(attributes: Mapping[str, Any]) -> str:
    """Return why a run is none of the published model, an empty string if it is one (of any length).

    Parameters
    ----------
    attributes : mapping
        Those of the statistics of the run.

    Returns
    -------
    str
        Down-scaled, of other parameters, or in the other state of activity.
    """
    if is_down_scaled(attributes):
        return "down-scaled"
    if changed := changed_parameters(attributes):
        return f"with other parameters: {changed}"
    parameters = json.loads(attributes["parameters"])
    long_enough = float(attributes["t_sim_ms"]) >= SHORTEST_JUDGED_MS
    if long_enough and not in_published_state(parameters["name"], float(parameters["chi"]), mean_rate(attributes)):
        return "in the other state of activity than the published simulation"
    return ""


@lru_cache(maxsize=128)
def _published(series: str, chi: float) -> Mapping[str, Any]:
    """Return the published parameters of a member of a series, nothing for a name that is not published."""
    if series not in SERIES:
        return {}
    return validate({"chi": chi, **SERIES[series].settings}).model_dump(mode="json")
