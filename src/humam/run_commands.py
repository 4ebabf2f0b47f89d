"""The commands that make an archived run again step by step, from files of the checkout alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Final

import yaml

from humam.errors import HumamError
from humam.parameters import find_experiment, load_experiment, parse_setting, validate
from humam.resources import shipped
from humam.spikes_manifest import Manifest

DEFAULTS: Final = {
    "nest": {"delay_quantile": 0.9999, "ranks": 1, "threads": 1},
    "procedural": {"delay_quantile": 1.0, "window_steps": 4},
}
"""Engine options on which spikes depend, with the value that ``humam simulate`` takes without being told."""
SCHEME: Final = "variance"
THEORY: Final = "mean-field theory"
"""How a source of rates begins that ``humam simulate`` computes by itself (:func:`humam.downscaling.theory_rates`)."""
BASE: Final = "base"


def of(manifest: Manifest, name: str) -> tuple[list[str], list[str]]:
    """Return the commands of an archived run, and the files that they read.

    Parameters
    ----------
    manifest : Manifest
        That of its spikes.
    name : str
        Name of the run.

    Raises
    ------
    HumamError
        If no such commands can be written.
    """
    if manifest.rates_source not in ("", "not needed") and not manifest.rates_source.startswith(THEORY):
        raise HumamError(
            f"the mean input rests on rates of {manifest.rates_source!r}, which the archive does not hold:"
            " the run could not be made again; simulate it with rates of theory"
        )
    experiment, file = _experiment(manifest.network_parameters)
    size = f"--scale {_number(manifest.scale)} --in-degree-scale {_number(manifest.in_degree_scale)}"
    commands = [
        f"bin/humam network --experiment {experiment} --out network.nc",
        f"bin/humam simulate --network network.nc --engine {manifest.engine} --seed {manifest.seed}"
        f" --t-sim {_number(manifest.t_sim_ms)} {' '.join([size, *_options(manifest)])} --out spikes",
        "bin/humam analyse --network network.nc --spikes spikes --out statistics",
        "bin/humam archive --network network.nc --spikes spikes --statistics statistics"
        f" --out {shlex.quote(f'datasets/runs/{name}')}",
    ]
    return commands, [f"experiments/{file.name}", "datasets/tables"]


def _experiment(parameters: dict[str, Any]) -> tuple[str, Path]:
    """Return the arguments that make ``humam network`` build a network of these parameters, and the file they name.

    It is the shipped experiment of that name, else the base version, with all that differs as ``--set``: duration and
    seed are options of the simulation, and the words of a description may have become others since.
    """
    parameters = validate(parameters).model_dump(mode="json")  # an older run lacks what was added since
    for reference, free in ((str(parameters["name"]), ("t_sim", "seed", "description")), (BASE, ("t_sim", "seed"))):
        try:
            path, choice = find_experiment(reference, shipped("experiments"))
            plain = load_experiment(path, choice=choice).model_dump(mode="json")
            differing = {key: value for key, value in parameters.items() if key not in free and value != plain.get(key)}
            settings = [f"{key}={_as_yaml(value)}" for key, value in differing.items()]
            made = load_experiment(path, dict(map(parse_setting, settings)), choice).model_dump(mode="json")
        except HumamError:  # there is none of that name, or the name says another value
            continue
        if made == parameters | {key: made[key] for key in free}:
            return " ".join([shlex.quote(reference), *(f"--set {shlex.quote(text)}" for text in settings)]), path
    raise HumamError(f"parameters of {parameters['name']!r} cannot be written as settings of a shipped experiment")


def _as_yaml(value: Any) -> str:
    """Return a value as ``--set`` reads it.

    Examples
    --------
    >>> _as_yaml(1e-05), _as_yaml(None), _as_yaml("It's mine")
    ('1.0e-05', 'null', "It's mine")
    """
    return yaml.safe_dump(value, default_flow_style=True, width=float("inf")).removesuffix("...\n").strip()


def _options(manifest: Manifest) -> list[str]:
    """Return the options of the simulation that are not the default."""
    found = [] if manifest.scheme == SCHEME else [f"--scheme {manifest.scheme}"]
    for key, usual in DEFAULTS[manifest.engine].items():
        value = manifest.engine_options.get(key, usual)
        if value != usual:
            found.append(f"--{key.removesuffix('_steps').replace('_', '-')} {_number(value)}")
    return found


def _number(value: float) -> str:
    """Return a number in as few digits as it has.

    Examples
    --------
    >>> _number(12500.0), _number(1234567.5), _number(2)
    ('12500', '1234567.5', '2')
    """
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
