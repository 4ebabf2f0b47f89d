"""The samplesheet: one row is one simulation run."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from humam import schema
from humam.errors import HumamError, nearest
from humam.parameters import find_experiment, load_experiment

NEST_THREADS: Final = 2
"""Threads of a run with NEST in one process where the samplesheet says nothing: spikes depend on it, cores do not."""

_CONTENT: Final = (
    "file", "choice", "engine", "scale", "in_degree_scale", "t_sim", "seed", "ranks", "threads",
)  # fmt: skip
"""What makes two runs the same."""


@dataclass(frozen=True)
class Run:
    """One simulation: an experiment, an engine, a size, a duration and a seed.

    Attributes
    ----------
    id : str
        Name of the run; results carry it.
    experiment : str
        Name of the experiment (``NAME`` or ``NAME@VALUE`` for one value of a series); networks carry it.
    file : str
        Absolute path of the experiment's YAML file.
    choice : str or None
        The value picked from a series.
    engine : str
        Name of the engine.
    scale : float
        Share of the neurons that is simulated, in (0, 1].
    in_degree_scale : float
        Share of the synapses per neuron; ``scale`` where the column is absent or empty.
    t_sim : float
        Biological time in ms.
    seed : int
        Seed of all random numbers.
    ranks : int
        Processes (MPI ranks) of the engine nest; 1 where the column is absent or empty.
    threads : int or None
        Threads of each rank. Where the column is absent or empty: for nest 2 with one rank and 1 for each of several
        ranks, for procedural all that there are (None), for its spikes are the same with any number.
    """

    id: str
    experiment: str
    file: str
    choice: str | None
    engine: str
    scale: float
    in_degree_scale: float
    t_sim: float
    seed: int
    ranks: int = 1
    threads: int | None = None


def read(path: Path | str, row_schema: Mapping[str, Any], experiments: Path | str) -> tuple[list[Run], list[str]]:
    """Read and check a samplesheet: return its runs and errors as :func:`read_with` does."""
    return read_with(path, row_schema, experiments, {})[:2]


def read_with(
    path: Path | str, row_schema: Mapping[str, Any], experiments: Path | str, instead: Mapping[str, Any]
) -> tuple[list[Run], list[str], list[str]]:
    """Read and check a samplesheet, some columns of which are the same for all rows.

    Parameters
    ----------
    path : path
        CSV file with a header.
    row_schema : mapping
        JSON schema of one row.
    experiments : path
        Folder of the experiments that rows may name. A row may also give the path of a YAML file, absolute or
        relative to the samplesheet.
    instead : mapping
        Values by column that take the place of those in all rows. With ``scale``, in-degrees scale alike, whatever
        the column ``in_degree_scale`` says.

    Returns
    -------
    runs : list of Run
        Rows without errors.
    errors : list of str
        One line per error.
    notes : list of str
        One line for each row that is left out, since these values make it the same as an earlier one.

    Raises
    ------
    HumamError
        If the file cannot be read as a table.
    """
    path = Path(path)
    header, rows = _table(path)
    known = schema.properties(row_schema)
    lines = [f"samplesheet {str(path)!r}: column {name!r} is missing{nearest(name, header)}"
             for name in row_schema["required"] if name not in header]  # fmt: skip
    lines += [f"samplesheet {str(path)!r}: unknown column {name!r}{nearest(name, known)}"
              for name in header if name not in known]  # fmt: skip
    if not rows:
        lines.append(f"samplesheet {str(path)!r} has no rows")
    if lines:
        return [], lines, []

    runs: list[Run] = []
    for number, cells in rows:
        where = f"samplesheet {str(path)!r}, line {number}"
        if len(cells) != len(header):
            lines.append(f"{where}: {len(cells)} cells, the header has {len(header)}")
            continue
        given = {name: cell for name, cell in zip(header, cells, strict=True) if cell or name in row_schema["required"]}
        values = {name: schema.convert(cell, known[name]) for name, cell in given.items()} | dict(instead)
        if "scale" in instead:
            values.pop("in_degree_scale", None)
        found = schema.errors(values, row_schema, "column")
        if not found:
            try:
                runs.append(_run(values, path.parent, Path(experiments)))
            except HumamError as error:
                found = [str(error)]
        lines += [f"{where}: {line}" for line in found]
    notes: list[str] = []
    if instead:
        runs, notes = _each_once(runs, "; ".join(f"{name} = {value}" for name, value in instead.items()))
    return runs, lines + [f"samplesheet {str(path)!r}: {line}" for line in _duplicates(runs)], notes


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows of a CSV file with the numbers of their lines, blank lines left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise HumamError(f"samplesheet {str(path)!r} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise HumamError(f"samplesheet {str(path)!r} cannot be read: {error}") from None
    reader = csv.reader(text.splitlines())
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise HumamError(f"samplesheet {str(path)!r}, line {reader.line_num}: {error}") from None
    rows = [(number, row) for number, row in rows if any(row)]
    if not rows:
        raise HumamError(f"samplesheet {str(path)!r} is empty")
    header = rows[0][1]
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise HumamError(f"samplesheet {str(path)!r}: column {min(twice)!r} appears more than once")
    return header, rows[1:]


def _run(values: Mapping[str, Any], folder: Path, experiments: Path) -> Run:
    """Return the run of one checked row; its experiment is read and validated."""
    file, choice = find_experiment(values["experiment"], experiments)
    file = (folder / file).absolute()  # an absolute file stays what it is
    name = load_experiment(file, choice=choice).name
    ranks, threads = values.get("ranks", 1), values.get("threads")
    if values["engine"] == "nest" and threads is None:
        threads = NEST_THREADS if ranks == 1 else 1
    if values["engine"] != "nest" and ranks != 1:
        raise HumamError(f"column ranks = {ranks}: engine {values['engine']!r} runs as 1 process with threads")
    return Run(
        id=values["run"], experiment=name, file=str(file), choice=choice, engine=values["engine"],
        scale=values["scale"], in_degree_scale=values.get("in_degree_scale", values["scale"]),
        t_sim=values["t_sim"], seed=values["seed"], ranks=ranks, threads=threads,
    )  # fmt: skip


def _content(run: Run) -> tuple[Any, ...]:
    return tuple(getattr(run, name) for name in _CONTENT)


def _each_once(runs: list[Run], why: str) -> tuple[list[Run], list[str]]:
    """Return the first of the runs that are the same, and a line for each of the others."""
    first: dict[tuple[Any, ...], Run] = {}
    for run in runs:
        first.setdefault(_content(run), run)
    left_out = [run for run in runs if first[_content(run)] is not run]
    notes = [f"run {run.id!r} is left out: with {why} it is run {first[_content(run)].id!r}" for run in left_out]
    return list(first.values()), notes


def _duplicates(runs: list[Run]) -> list[str]:
    """Return a line for each name given twice, each run described twice, each experiment name with two files."""
    lines = []
    by_id: dict[str, Run] = {}
    by_content: dict[tuple[Any, ...], Run] = {}
    by_experiment: dict[str, Run] = {}
    for run in runs:
        content = _content(run)
        if run.id in by_id:
            lines.append(f"run {run.id!r} appears more than once")
        elif content in by_content:
            lines.append(f"runs {by_content[content].id!r} and {run.id!r} are the same")
        elif by_experiment.setdefault(run.experiment, run).file != run.file:
            lines.append(
                f"runs {by_experiment[run.experiment].id!r} and {run.id!r} use two files for {run.experiment!r}"
            )
        by_id[run.id] = by_content[content] = run
    return lines
