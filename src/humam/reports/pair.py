"""Two results side by side: parameters and quantities that differ, pictures that belong together.

A result is a results folder of the workflow (reports and statistics), a folder of runs such as the archive
(``datasets/runs``), or one run (a folder of statistics).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import yaml

from humam.analysis import statistics
from humam.analysis.similarity import off_diagonal
from humam.analysis.statistics import NETCDF_NAME, Statistics
from humam.analysis.summary import population_values
from humam.errors import HumamError
from humam.labels import LAYER_POPULATIONS, N_AREAS, N_POPULATIONS

KEY: Final = ["where", "panel", "quantity"]
COLUMNS: Final = [*KEY, "unit", "a", "b", "difference", "relative"]
EQUAL: Final = 1e-9
"""Relative difference below which two numbers are the same: the order of floating-point sums."""

_ANY: Final = "run"
"""Name of a run that is compared with whatever run stands on the other side."""


@dataclass(frozen=True)
class Results:
    """One of the two sides.

    Attributes
    ----------
    folder : Path
        What was given.
    numbers : DataFrame
        Those of the reports: ``where, panel, quantity, unit, value``.
    pictures : dict
        The figure of each report.
    parameters : dict
        Parameters by name of experiment or run.
    runs : dict
        Folder of the statistics of each run.
    """

    folder: Path
    numbers: pd.DataFrame
    pictures: Mapping[str, Path] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: Mapping[str, Path] = field(default_factory=dict)


def read(folder: Path) -> Results:
    """Open a result.

    Raises
    ------
    HumamError
        If there is nothing in it that could be compared.
    """
    if (folder / NETCDF_NAME).is_file():
        return Results(folder, _no_numbers(), runs={_ANY: folder})
    places = [folder, folder / "statistics"]
    runs = {path.parent.name: path.parent for place in places for path in sorted(place.glob(f"*/{NETCDF_NAME}"))}
    tables: list[pd.DataFrame] = []
    pictures: dict[str, Path] = {}
    parameters: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / "reports").glob("*/values.csv")):
        report = path.parent.name
        tables.append(_values(path))
        if (picture := path.parent / f"{report}.png").is_file():
            pictures[report] = picture
        parameters |= _parameters(path.parent / "parameters.yml")
    if not (runs or tables):
        raise HumamError(f"{str(folder)!r} holds neither reports nor statistics of runs: nothing to compare")
    numbers = pd.concat(tables, ignore_index=True) if tables else _no_numbers()
    return Results(folder, numbers, pictures, parameters, runs)


def _no_numbers() -> pd.DataFrame:
    return pd.DataFrame(columns=[*KEY, "unit", "value"]).astype({"value": float})


def _values(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values={"value": [""]}, dtype={"panel": str})
        return table.rename(columns={"figure": "where"})[[*KEY, "unit", "value"]].astype({"value": float})
    except (OSError, ValueError, KeyError) as error:
        raise HumamError(f"values {str(path)!r} cannot be read: {error}") from None


def _parameters(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")).get("parameters") or {})
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise HumamError(f"parameters {str(path)!r} cannot be read: {error}") from None


def common_runs(a: Results, b: Results) -> Iterator[tuple[str, Statistics, Statistics]]:
    """Yield the name and both statistics of the runs that stand on both sides.

    A single run is compared with the one of its name (that of its folder, or of its experiment) on the other side.
    """
    if _ANY in a.runs and _ANY in b.runs:
        yield _ANY, statistics.read(a.runs[_ANY]), statistics.read(b.runs[_ANY])
        return
    if _ANY in a.runs or _ANY in b.runs:
        single, many = (a, b) if _ANY in a.runs else (b, a)
        own = statistics.read(single.runs[_ANY])
        names = (single.runs[_ANY].resolve().name, str(own.parameters["name"]))
        found = next((name for name in names if name in many.runs), None)
        if found is not None:
            other = statistics.read(many.runs[found])
            yield (found, own, other) if single is a else (found, other, own)
        return
    for name in (name for name in a.runs if name in b.runs):
        yield name, statistics.read(a.runs[name]), statistics.read(b.runs[name])


def run_values(name: str, run: Statistics) -> pd.DataFrame:
    """Return the numbers of a run: rates, irregularity, correlation, functional connectivity."""
    neurons = run.data["neurons"].to_numpy()
    rate = run.data["rate"].to_numpy()
    t_sim_ms, n_spikes = float(run.data.attrs["t_sim_ms"]), float(run.data.attrs["n_spikes"])
    rows: list[tuple[str, str, float]] = [("t_sim", "ms", t_sim_ms), ("spikes", "1", n_spikes)]
    rows.append(("rate_mean[weight=neurons]", "1/s", _weighted(rate, neurons)))
    for i, key in enumerate(LAYER_POPULATIONS):
        of = np.arange(N_AREAS) * N_POPULATIONS + i
        rows.append((f"rate_mean[population={'|'.join(key)}]", "1/s", _weighted(rate[of], neurons[of])))
    for variable in ("cv", "lvr", "correlation"):
        values = population_values(run, variable)
        rows.append((f"{variable}_mean", "1", float(np.nanmean(values)) if np.isfinite(values).any() else np.nan))
    if not run.unavailable("fc"):
        entries = off_diagonal(run.functional_connectivity())
        rows += [("fc_mean", "1", float(entries.mean())), ("fc_sd", "1", float(entries.std()))]
    for variable, unit in (("rate", "1/s"), ("cv", "1"), ("lvr", "1")):
        values = run.windows[variable].dropna().to_numpy()
        if len(values):
            rows.append((f"{variable}_mean[windows=2 s]", unit, float(values.mean())))
    return pd.DataFrame([(label(name), "", *row) for row in rows], columns=[*KEY, "unit", "value"])


def label(name: str) -> str:
    """Return what stands for a run in tables and on the page."""
    return name if name == _ANY else f"run {name}"


def run_settings(run: Statistics) -> dict[str, Any]:
    """Return the parameters of a run and how it was simulated."""
    asked = ("engine", "seed", "scale", "in_degree_scale", "scheme")
    return {**run.parameters, "t_sim": run.data.attrs["t_sim_ms"], **{name: run.data.attrs[name] for name in asked}}


def _weighted(values: np.ndarray, weights: np.ndarray) -> float:
    there = np.isfinite(values) & (weights > 0)
    return float(np.average(values[there], weights=weights[there])) if there.any() else float("nan")


def table(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Return all quantities of two tables side by side.

    Parameters
    ----------
    a, b : DataFrame
        ``where, panel, quantity, unit, value``.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; NaN where a side has no value, ``relative`` is the difference relative to the value of ``a``.

    Examples
    --------
    >>> one = pd.DataFrame([("figure4", "D", "rate", "1/s", 2.0)], columns=[*KEY, "unit", "value"])
    >>> table(one, one.assign(value=3.0))[["a", "b", "difference", "relative"]].to_numpy().tolist()
    [[2.0, 3.0, 1.0, 0.5]]
    """
    both = a.merge(b, on=KEY, how="outer", suffixes=("_a", "_b"), sort=False)
    both = both.astype({"value_a": float, "value_b": float})
    difference = both["value_b"] - both["value_a"]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(difference == 0, 0.0, difference / both["value_a"].abs())
    unit = both["unit_a"].fillna(both["unit_b"])
    return both[KEY].assign(unit=unit, a=both["value_a"], b=both["value_b"], difference=difference, relative=relative)


def differing(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :func:`table` whose numbers differ, or that only one side has."""
    size = pairs[["a", "b"]].abs().max(axis=1)
    one_sided = pairs["a"].isna() != pairs["b"].isna()
    return pairs[one_sided | (pairs["difference"].abs() > EQUAL * size)].reset_index(drop=True)


def parameter_table(a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the parameters that differ: ``name, parameter, a, b`` (text).

    Examples
    --------
    >>> parameter_table({"base": {"g": -5, "chi": 1}}, {"base": {"g": -4, "chi": 1}}).to_numpy().tolist()
    [['base', 'g', '-5', '-4']]
    """
    rows = [
        (name, parameter, str(a[name].get(parameter, "")), str(b[name].get(parameter, "")))
        for name in a
        if name in b
        for parameter in dict.fromkeys([*a[name], *b[name]])
        if a[name].get(parameter) != b[name].get(parameter)
    ]
    return pd.DataFrame(rows, columns=["name", "parameter", "a", "b"])
