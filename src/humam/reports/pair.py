"""Two results side by side: parameters and quantities that differ, pictures that belong together.

A result is a results folder of the workflow (reports and statistics), a folder of runs such as the archive
(``datasets/runs``), or one run (a folder of statistics).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import yaml

from humam.analysis import statistics
from humam.analysis.statistics import NETCDF_NAME, Statistics
from humam.errors import HumamError
from humam.reports.run_numbers import RunSides, seconds
from humam.sameness import NOT_SIMULATED

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
    lengths : dict
        How long the runs are that each report shows, in words.
    """

    folder: Path
    numbers: pd.DataFrame
    pictures: Mapping[str, Path] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: Mapping[str, Path] = field(default_factory=dict)
    lengths: Mapping[str, str] = field(default_factory=dict)


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
    lengths: dict[str, str] = {}
    for path in sorted((folder / "reports").glob("*/values.csv")):
        report = path.parent.name
        tables.append(_values(path))
        if (picture := path.parent / f"{report}.png").is_file():
            pictures[report] = picture
        own, lengths[report] = _parameters(path.parent / "parameters.yml")
        parameters |= own
    if not (runs or tables):
        raise HumamError(f"{str(folder)!r} holds neither reports nor statistics of runs: nothing to compare")
    numbers = pd.concat(tables, ignore_index=True) if tables else _no_numbers()
    return Results(folder, numbers, pictures, parameters, runs, lengths)


def _no_numbers() -> pd.DataFrame:
    return pd.DataFrame(columns=[*KEY, "unit", "value"]).astype({"value": float})


def _values(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values={"value": [""]}, dtype={"panel": str})
        return table.rename(columns={"figure": "where"})[[*KEY, "unit", "value"]].astype({"value": float})
    except (OSError, ValueError, KeyError) as error:
        raise HumamError(f"values {str(path)!r} cannot be read: {error}") from None


def _parameters(path: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """Return the parameters that a report names, and how long its runs are."""
    try:
        record = yaml.safe_load(path.read_text(encoding="utf-8"))
        runs = (record.get("runs") or {}).values()
        lengths = seconds(float(run["t_sim_ms"]) for run in runs if "t_sim_ms" in run)
        return dict(record.get("parameters") or {}), lengths
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise HumamError(f"parameters {str(path)!r} cannot be read: {error}") from None


def length_notes(a: Results, b: Results) -> list[str]:
    """Return a sentence for the reports on both sides whose runs are not equally long."""
    reports: dict[tuple[str, str], list[str]] = {}
    for name, length in a.lengths.items():
        if name in b.lengths and length != b.lengths[name]:
            reports.setdefault((length, b.lengths[name]), []).append(name)
    return [
        f"{', '.join(names)}: runs of {first or 'no length'} in A, of {second or 'no length'} in B; all numbers are "
        "compared, also those that depend on the length of a run."
        for (first, second), names in reports.items()
    ]


def common_runs(a: Results, b: Results) -> Iterator[tuple[str, RunSides]]:
    """Yield the name and both statistics of the runs that stand on both sides.

    A single run is compared with the one of its name (that of its folder, or of its experiment) on the other side.
    """
    if _ANY in a.runs and _ANY in b.runs:
        yield _ANY, ([statistics.read(a.runs[_ANY])], [statistics.read(b.runs[_ANY])])
        return
    if _ANY in a.runs or _ANY in b.runs:
        single, many = (a, b) if _ANY in a.runs else (b, a)
        own = statistics.read(single.runs[_ANY])
        names = (single.runs[_ANY].resolve().name, str(own.parameters["name"]))
        found = next((name for name in names if name in many.runs), None)
        if found is not None:
            other = statistics.read(many.runs[found])
            yield found, (([own], [other]) if single is a else ([other], [own]))
        return
    for name in (name for name in a.runs if name in b.runs):
        yield name, ([statistics.read(a.runs[name])], [statistics.read(b.runs[name])])


def common_experiments(a: Results, b: Results) -> Iterator[tuple[str, RunSides]]:
    """Yield the name of an experiment that both sides have, and all runs of it, which differ in their seeds alone.

    Where each side has a single experiment, these are compared whatever their names.

    Raises
    ------
    HumamError
        If they differ in more.
    """
    first, second = _by_experiment(a), _by_experiment(b)
    if len(first) == len(second) == 1:
        first, second = ({_ANY: folders} for found in (first, second) for folders in found.values())
    for name in (name for name in first if name in second):
        yield name, (_one_model(name, first[name]), _one_model(name, second[name]))


def _by_experiment(side: Results) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for folder in side.runs.values():
        name = str(json.loads(statistics.attributes(folder)["parameters"])["name"])
        found.setdefault(name, []).append(folder)
    return found


def _one_model(name: str, folders: Sequence[Path]) -> list[Statistics]:
    """Open runs of an experiment; a HumamError if they differ in more than seed and length."""
    runs = [statistics.read(folder) for folder in folders]
    for run in runs[1:]:
        both = [{name: run_settings([each])} for each in (runs[0], run)]
        for row in parameter_table(*both).itertuples():
            if row.parameter not in NOT_SIMULATED:
                raise HumamError(
                    f"runs of {name} are no seeds of one model: {row.parameter} = {row.a} in "
                    f"{str(runs[0].folder)!r}, {row.b} in {str(run.folder)!r}"
                )
    return runs


def label(name: str) -> str:
    """Return what stands for a run in tables and on the page."""
    return name if name == _ANY else f"run {name}"


def run_settings(runs: Sequence[Statistics]) -> dict[str, Any]:
    """Return the parameters of runs and how they were simulated: those of the first, times and seeds of all."""
    first = runs[0]
    asked = ("engine", "scale", "in_degree_scale", "scheme")
    several = {name: _each(run.resolved[name] for run in runs) for name in ("t_sim", "seed")}
    return {**first.parameters, **several, **{name: first.data.attrs[name] for name in asked}}


def _each(values: Iterable[Any]) -> Any:
    """Return what values have in common, or all of them as text."""
    found = list(dict.fromkeys(values))
    return found[0] if len(found) == 1 else ", ".join(map(str, found))


def table(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Return all quantities of two tables side by side.

    Parameters
    ----------
    a, b : DataFrame
        ``where, panel, quantity, unit, value``, of runs also ``sd``.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; NaN where a side has no value, ``relative`` is the difference relative to the value of ``a``.
        Where a side has several runs also ``sd_a, sd_b``, the standard deviations over them.

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
    rows = both[KEY].assign(unit=unit, a=both["value_a"], b=both["value_b"], difference=difference, relative=relative)
    spread = both.filter(["sd_a", "sd_b"]).astype(float)
    return rows.join(spread) if spread.notna().any(axis=None) else rows


def differing(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :func:`table` whose numbers differ, or that only one side has."""
    size = pairs[["a", "b"]].abs().max(axis=1)
    one_sided = pairs["a"].isna() != pairs["b"].isna()
    return pairs[one_sided | (pairs["difference"].abs() > EQUAL * size)].reset_index(drop=True)


def parameter_table(a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the parameters that differ: ``name, parameter, a, b`` (text, an en dash for none).

    Examples
    --------
    >>> parameter_table({"base": {"g": -5, "chi": 1}}, {"base": {"g": -4, "chi": 1}}).to_numpy().tolist()
    [['base', 'g', '-5', '-4']]
    >>> parameter_table({"base": {"edited": ""}}, {"base": {}}).empty
    True
    """
    rows = [
        (name, parameter, *(str(side[name].get(parameter, "")) or "–" for side in (a, b)))
        for name in a
        if name in b
        for parameter in dict.fromkeys([*a[name], *b[name]])
        # A run made before there was a parameter does not tell it, one made since tells that it is empty.
        if a[name].get(parameter, "") != b[name].get(parameter, "")
    ]
    return pd.DataFrame(rows, columns=["name", "parameter", "a", "b"])
