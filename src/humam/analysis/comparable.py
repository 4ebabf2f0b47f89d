"""Whether a run can be held against the published simulations, and why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from humam.errors import HumamError
from humam.parameters import load_experiment
from humam.resources import shipped
from humam.sameness import NOT_SIMULATED

STATE_CHI: Final = {"base": 1.0, "best_fit": 2.5}
"""Factor chi of the experiments that are points of the main series, too."""

MAIN: Final = (*STATE_CHI, "scaling", "perturbed", "unperturbed")
"""Experiments and series of the main model, which has two states of activity (docs/states.md)."""

ACTIVE_FROM_CHI: Final = STATE_CHI["best_fit"]
"""Factor chi from which on the published simulations of the main series are in the state of high activity."""

ACTIVE_RATE: Final = 1.5
"""Mean rate [spikes/s] above which a run of the main model is active: the two states have 0.6 and 3 to 7 spikes/s."""


def mean_rate(attributes: Mapping[str, Any]) -> float:
    """Return the mean rate of all neurons over the whole time [spikes/s], from the attributes of statistics."""
    neurons = sum(json.loads(attributes["manifest"])["neurons"])
    return int(attributes["n_spikes"]) / neurons / float(attributes["t_sim_ms"]) * 1e3


def in_published_state(name: str, chi: float, rate: float) -> bool:
    """Return whether a run is in the state that the published one of the main series is in; others have no state.

    Parameters
    ----------
    name : str
        Name of the experiment.
    chi : float
        Its factor.
    rate : float
        Mean rate of the run [spikes/s].

    Examples
    --------
    >>> in_published_state("best_fit", 2.5, 0.56), in_published_state("best_fit", 2.5, 4.9)
    (False, True)
    """
    return name.partition("@")[0] not in MAIN or (rate > ACTIVE_RATE) == (chi >= ACTIVE_FROM_CHI)


def other_model(attributes: Mapping[str, Any]) -> str:
    """Return why a run is none of the published model, an empty string if it is: state of activity, parameters.

    Parameters
    ----------
    attributes : mapping
        Those of the statistics of the run.
    """
    parameters = json.loads(attributes["parameters"])
    name, chi = str(parameters["name"]), float(parameters["chi"])
    expected = _experiment(name)
    changed = [
        f"{key} = {parameters[key]} ({expected[key]} in the experiment)"
        for key in expected
        if key in parameters and key not in NOT_SIMULATED and parameters[key] != expected[key]
    ]
    if changed:
        return f"with other parameters: {', '.join(changed)}"
    if not in_published_state(name, chi, mean_rate(attributes)):
        return "in the other state of activity than the published simulation"
    return ""


@lru_cache(maxsize=128)
def _experiment(name: str) -> Mapping[str, Any]:
    """Return the parameters of the shipped experiment of a name, nothing if there is none."""
    stem, _, choice = name.partition("@")
    path = shipped("experiments") / f"{stem}.yml"
    if not path.is_file():
        return {}
    try:
        return load_experiment(path, choice=choice or None).model_dump(mode="json")
    except HumamError:
        return {}
