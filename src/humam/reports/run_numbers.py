"""The numbers of runs that are set beside each other: of all runs over the same time.

Rates and what 2-s windows give are taken over the time that all runs have. What else depends on the length of a run is
compared between runs of one length alone: a neuron counts for CV and LvR from 10 spikes on, and correlations of few
samples scatter more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
import pandas as pd

from humam.analysis import human_fc, live, unit_similarity, windows
from humam.analysis.human_fc import HumanConnectivity
from humam.analysis.live import Interval
from humam.analysis.rates import mean_over_neurons
from humam.analysis.scaling_table import read_published
from humam.analysis.similarity import fmri_similarities, off_diagonal
from humam.analysis.statistics import Statistics
from humam.analysis.summary import population_values
from humam.conventions import CORRECTED
from humam.labels import LAYER_POPULATIONS, N_AREAS, N_POPULATIONS

RunSides = tuple[Sequence[Statistics], Sequence[Statistics]]
"""The runs of either side, A and B: several are those of one model with different seeds."""

Row = tuple[str, str, float]
"""Quantity, unit and value."""

OTHERS: Final = "human=others"
"""What names quantities that compare with functional connectivity of other subjects than those of the paper."""


@dataclass(frozen=True)
class Shared:
    """What all runs that are set beside each other have.

    Attributes
    ----------
    interval : Interval
        Over which rates are taken: that of the shortest run.
    n_windows : int
        Number of 2-s windows.
    one_length : bool
        Whether all are equally long.
    """

    interval: Interval
    n_windows: int
    one_length: bool


@dataclass(frozen=True)
class _FirstWindows(Statistics):
    """A run of which only the first 2-s windows count."""

    number: int

    @cached_property
    def windows(self) -> pd.DataFrame:
        table = self._table("windows")
        return table[table["window"] < self.number]


def shared(sides: RunSides) -> Shared:
    """Return what all runs of both sides have."""
    runs = [run for side in sides for run in side]
    lengths = [_length_ms(run) for run in runs]
    n_windows = min(int(run.data.attrs["n_windows"]) for run in runs)
    return Shared(live.whole(runs[int(np.argmin(lengths))]), n_windows, min(lengths) == max(lengths))


def of_side(where: str, runs: Iterable[Statistics], what: Shared) -> pd.DataFrame:
    """Return the numbers of the runs of a side: ``where, panel, quantity, unit, value, sd``.

    Parameters
    ----------
    where : str
        Label of the runs.
    runs : iterable of Statistics
        Of several, ``value`` is the mean and ``sd`` the standard deviation, which is NaN of one.
    what : Shared
        What of them is compared.
    """
    rows = [row for run in runs for row in of_run(run, what)]
    table = pd.DataFrame(rows, columns=["quantity", "unit", "value"])
    values = table.groupby(["quantity", "unit"], sort=False)["value"]
    return values.agg(value="mean", sd="std").reset_index().assign(where=where, panel="")


def of_run(run: Statistics, what: Shared) -> Iterator[Row]:
    """Yield the numbers of a run: rates, irregularity, correlation, connectivity, similarity to human data.

    Populations without a neuron of 10 spikes are left out of CV and LvR (the corrected conventions). Similarities are
    those of the published curves.

    Parameters
    ----------
    run : Statistics
        The run.
    what : Shared
        What of it is compared.
    """
    yield from _rates(run, what)
    if what.one_length:
        yield from _dependent_on_length(run)
    if what.n_windows:
        yield from _of_windows(_FirstWindows(run.folder, run.data, what.n_windows))


def _rates(run: Statistics, what: Shared) -> Iterator[Row]:
    neurons = run.data["neurons"].to_numpy()
    # Spike counts in time are large: read where the rates of the whole run do not do.
    rate = run.data["rate"].to_numpy() if what.one_length else live.population_rates(run, what.interval).rate
    yield "rate_mean[weight=neurons]", "1/s", mean_over_neurons(rate, neurons)
    for i, key in enumerate(LAYER_POPULATIONS):
        of = np.arange(N_AREAS) * N_POPULATIONS + i
        yield f"rate_mean[population={'|'.join(key)}]", "1/s", mean_over_neurons(rate[of], neurons[of])


def _dependent_on_length(run: Statistics) -> Iterator[Row]:
    for variable in ("cv", "lvr", "correlation"):
        values = population_values(run, variable, CORRECTED)
        yield f"{variable}_mean", "1", float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
    if run.unavailable("fc"):
        return
    matrix = run.functional_connectivity()
    entries = off_diagonal(matrix)
    yield "fc_mean", "1", float(entries.mean())
    yield "fc_sd", "1", float(entries.std())
    for measure, hemisphere, value in fmri_similarities(matrix, _other_subjects().matrices):
        yield f"similarity_{measure}[{OTHERS};hemisphere={hemisphere}]", "1", value


def _of_windows(run: Statistics) -> Iterator[Row]:
    for variable, unit in (("rate", "1/s"), ("cv", "1"), ("lvr", "1")):
        values = run.windows[variable].dropna().to_numpy()
        if len(values):
            yield f"{variable}_mean[windows=2 s]", unit, float(values.mean())
    for found in unit_similarity.of_run(run, read_human()):
        yield f"similarity_{found.measure}[human=neurons]", "1", found.value


@cache
def read_human() -> dict[str, np.ndarray]:
    """Return values of human neurons by ``rate`` (spikes/s), ``cv``, ``lvr``."""
    return dict(read_published("scaling").human)


@cache
def _other_subjects() -> HumanConnectivity:
    return human_fc.substitute()


def _length_ms(run: Statistics) -> float:
    return float(run.data.attrs["t_sim_ms"])


def seconds(lengths_ms: Iterable[float]) -> str:
    """Return lengths of runs in words, each once.

    Examples
    --------
    >>> seconds([12500.0, 1000.0, 12500.0])
    '1 s, 12.5 s'
    """
    return ", ".join(f"{length / 1000:g} s" for length in sorted(set(lengths_ms)))


def length_note(sides: RunSides, what: Shared) -> str:
    """Return what is compared of runs of different lengths, and what is left out and why; empty for one length."""
    if what.one_length:
        return ""
    lengths = [seconds(map(_length_ms, side)) for side in sides]
    return (
        f"{lengths[0]} in A, {lengths[1]} in B, so that CV, LvR and correlation of populations and functional "
        f"connectivity, which depend on the length of a run, are left out; {_interval_note(sides, what)}; "
        f"{_windows_note(what)}."
    )


def _interval_note(sides: RunSides, what: Shared) -> str:
    intervals = [", ".join(dict.fromkeys(str(_interval(run, what)) for run in side)) for side in sides]
    if intervals[0] == intervals[1]:
        return f"rates are of {intervals[0]}"
    return f"rates are of {intervals[0]} in A and {intervals[1]} in B (not all archived runs keep counts in time)"


def _interval(run: Statistics, what: Shared) -> Interval:
    return live.whole(run) if run.unavailable("spike_count") else what.interval


def _windows_note(what: Shared) -> str:
    start, length = windows.START_MS, windows.LENGTH_MS
    if not what.n_windows:
        return f"similarity to human neurons needs {seconds([start + length])}"
    interval = Interval(start, start + what.n_windows * length)
    return f"values of 2-s windows, as similarity to human neurons, are of {interval}"


def seeds_note(sides: RunSides) -> str:
    """Return how many runs the numbers are means of; empty if each side has one."""
    numbers = [len(side) for side in sides]
    if max(numbers) == 1:
        return ""
    return (
        f"mean and standard deviation (SD) over {numbers[0]} runs in A, {numbers[1]} in B; "
        "pictures are of the first of each."
    )


def fmri_note(quantities: Iterable[str]) -> str:
    """Return whose functional connectivity runs are compared with; empty if they are with none."""
    if not any(OTHERS in quantity for quantity in quantities):
        return ""
    return f"Similarity of functional connectivity is to that of {_other_subjects().label}."
