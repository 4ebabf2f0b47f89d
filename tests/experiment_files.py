"""Experiments as shipped, for tests."""

from humam.experiment_yaml import read_yaml
from humam.parameters import load_experiment, series_of


def members(path):
    """Return the parameters of every experiment of a file: all of a series, or the single one."""
    series = series_of(read_yaml(path), path.stem)
    choices = [None] if series is None else [f"{value:g}" for value in series[1]]
    return [load_experiment(path, choice=choice) for choice in choices]
