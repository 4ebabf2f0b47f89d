"""Headline numbers of a run, under the identifiers of the published ones (``datasets/README.md``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis import boxes, windows
from humam.analysis.fc import block_means
from humam.analysis.irregularity import MIN_SPIKES
from humam.analysis.run import FC_START_MS, TRANSIENT_MS
from humam.analysis.similarity import ks_similarity, off_diagonal, pearson_similarity, rmse_similarity
from humam.analysis.statistics import Statistics
from humam.errors import HumamError
from humam.labels import AREAS, area_slice

SPIKE_FIGURE: Final = {"base": "figure4", "best_fit": "figure6"}
"""Figure of the spike statistics of a state."""

FC_PANEL: Final = {"base": "F", "best_fit": "G"}
UNIT_PANEL: Final = {"rate": "B", "cv": "C", "lvr": "D"}
UNIT: Final = {"rate": "1/s", "cv": "1", "lvr": "1", "correlation": "1"}
RATE_EDGES: Final = np.arange(0.5, 20.25, 0.5)
"""Bins of the distribution of rates in 2-s windows, spikes/s."""

FEWEST_POPULATIONS: Final = 0.05
"""Share of the populations below which boxes would mislead."""

COLUMNS: Final = ["figure", "panel", "quantity", "unit", "value", "status", "note"]

Row = tuple[str, str, str, str, float, str]
"""Figure, panel, quantity, unit, value, note."""


def headline(
    statistics: Statistics,
    state: str,
    human: Mapping[str, NDArray[np.floating]] | None = None,
    published_fc: NDArray[np.floating] | None = None,
    human_fc: Mapping[str, NDArray[np.floating]] | None = None,
) -> pd.DataFrame:
    """Return the headline numbers of a run as rows of a ``values.csv``.

    Parameters
    ----------
    statistics : Statistics
        The run.
    state : str
        ``base`` or ``best_fit``: with which of the two the numbers are compared.
    human : mapping, optional
        Values of human neurons by ``rate``, ``cv``, ``lvr``, to compare distributions with.
    published_fc : ndarray, shape (34, 34), optional
        Published functional connectivity of the state, canonical order.
    human_fc : mapping, optional
        Human functional connectivity, shape (34, 34), by ``left`` and ``right``.

    Returns
    -------
    DataFrame
        ``figure, panel, quantity, unit, value, status, note``. Values that the run does not allow are NaN and
        ``note`` says why; ``status`` is ``scaled`` throughout for a down-scaled or short run.

    Raises
    ------
    HumamError
        If the state is unknown.
    """
    if state not in SPIKE_FIGURE:
        raise HumamError(f"unknown state {state!r}: allowed are {', '.join(SPIKE_FIGURE)}")
    rows = [
        *spike_rows(statistics, SPIKE_FIGURE[state]),
        *_unit_rows(statistics, state, human),
        *_fc_rows(statistics, state, published_fc, human_fc),
    ]
    return pd.DataFrame([(*row[:5], statistics.status, row[5]) for row in rows], columns=COLUMNS)


def population_values(run: Statistics, variable: str) -> NDArray[np.float64]:
    """Return a statistic of the 272 populations, NaN where it says nothing.

    Populations without neurons are left out. CV of a population without any neuron of 10 spikes is 0 in the paper;
    in a down-scaled run, where this is the rule, such populations are left out too.
    """
    values = run.data[variable].to_numpy().astype(float)
    keep = run.data["neurons"].to_numpy() > 0
    if variable in ("cv", "lvr") and run.down_scaled:
        keep &= run.data["neurons_10_spikes"].to_numpy() > 0
    return np.where(keep, values, np.nan)


def too_few(run: Statistics, variable: str) -> str:
    """Return why a statistic of the populations is not worth boxes, or an empty string."""
    n = int(np.isfinite(population_values(run, variable)).sum())
    n_all = int(np.count_nonzero(run.data["neurons"]))
    if run.unavailable(variable) or n >= FEWEST_POPULATIONS * n_all:
        return run.unavailable(variable)
    return f"only {n} of {n_all} populations have a neuron with 10 spikes"


def area_rate(statistics: Statistics, area: str) -> tuple[float, str]:
    """Return the mean rate of an area in spikes/s and the time it was taken over.

    Published is 2.5 to 12.5 s; a run that ends before 2.5 s gives the time from 0.5 s on.
    """
    end = float(statistics.data.attrs["t_sim_ms"])
    start = FC_START_MS if end > FC_START_MS else TRANSIENT_MS
    if end <= start:
        return float("nan"), f"the run of {end:g} ms is too short"
    rate = statistics.data["area_rate"].sel(area=area, time=slice(start, None)).to_numpy()
    return float(rate.mean()) * 1e3, f"{start / 1000:g} to {end / 1000:g} s"


def window_numbers(statistics: Statistics, min_spikes: int = MIN_SPIKES) -> tuple[float, float, str]:
    """Return the fraction of (neuron, 2-s window) of the area of the windows with a spike, and the number with many.

    Returns
    -------
    fraction, many : float
        NaN without a window; the number is NaN without all of the published windows, too.
    note : str
        What the numbers are of, or lack.
    """
    number = int(statistics.data.attrs["n_windows"])
    if not number:
        end = statistics.data.attrs["t_sim_ms"]
        return float("nan"), float("nan"), f"the run of {end:g} ms has no 2-s window after {windows.START_MS:g} ms"
    neurons = int(statistics.data["neurons"].to_numpy()[area_slice(windows.AREA)].sum())
    n_spikes = statistics.windows["n_spikes"].to_numpy()
    fraction = float(np.count_nonzero(n_spikes) / (number * neurons))
    if number < windows.MAX_WINDOWS:
        return fraction, float("nan"), _incomplete(number)
    return fraction, float(np.count_nonzero(n_spikes >= min_spikes)), f"{number} windows of {neurons} neurons"


def _incomplete(number: int) -> str:
    return "" if number == windows.MAX_WINDOWS else f"the run has {number} of {windows.MAX_WINDOWS} windows"


def spike_rows(statistics: Statistics, figure: str) -> Iterator[Row]:
    """Yield the numbers of Figures 4 and 6."""
    neurons = statistics.data["neurons"].to_numpy()
    mean = float(np.nansum(statistics.data["rate"].to_numpy() * neurons) / neurons.sum())
    reason = statistics.unavailable("rate")
    yield figure, "D", "rate_mean[weight=neurons]", "1/s", float("nan") if reason else mean, reason

    in_area = f"[area={windows.AREA}]"
    value, note = area_rate(statistics, windows.AREA)
    yield figure, "D", f"rate_mean{in_area}", "1/s", value, note
    fraction, many, note = window_numbers(statistics)
    yield figure, "D", f"windows_spiking_fraction{in_area}", "1", fraction, note
    yield figure, "E", f"windows_10_spikes{in_area}", "1", many, note

    for panel, variable in zip("DEF", ("rate", "cv", "correlation"), strict=True):
        reason = too_few(statistics, variable)
        ends = boxes.whisker_range(population_values(statistics, variable))
        note = f"not computed: {reason}" if reason else ""
        for name, value in zip(("min", "max"), ends, strict=True):
            quantity = f"{variable}_whisker_{name}"
            yield figure, panel, quantity, UNIT[variable], float("nan") if reason else value, note


def _unit_rows(statistics: Statistics, state: str, human: Mapping[str, NDArray[np.floating]] | None) -> Iterator[Row]:
    """Yield the numbers of Figure 5 A-D: distributions over neurons and windows, similarity with human ones."""
    table = statistics.windows
    chi = statistics.parameters["chi"]
    number = int(statistics.data.attrs["n_windows"])
    note = _incomplete(number)
    for quantity, panel in UNIT_PANEL.items():
        values = table[quantity].dropna().to_numpy()
        few = note or ("" if len(values) else "no neuron has enough spikes in a window")
        # A number of windows can only be compared between runs with the same windows.
        count = float("nan") if note else float(len(values))
        yield "figure5", panel, f"{quantity}_n[state={state}]", "1", count, note
        for statistic, function in (("mean", np.mean), ("sd", np.std), ("median", np.median)):
            value = float(function(values)) if len(values) else float("nan")
            yield "figure5", panel, f"{quantity}_{statistic}[state={state}]", UNIT[quantity], value, few
        if quantity == "rate":
            counts, _ = np.histogram(values, RATE_EDGES)
            for left, n in zip(RATE_EDGES[:4], counts[:4], strict=True):
                share = float(n / counts.sum()) if counts.sum() else float("nan")
                yield "figure5", panel, f"rate_fraction[state={state};bin={left:g}]", "1", share, few
        if human is None:
            continue
        reference = np.asarray(human[quantity], dtype=float)
        similarity = f"similarity_{quantity}[chi={chi:g}]"
        if quantity == "rate":
            yield "figure5", "A", similarity, "1", ks_similarity(values, reference), few
        else:
            curve = table.loc[table["n_spikes"] >= windows.CURVE_MIN_SPIKES, quantity].to_numpy()
            yield "figure5", "A", similarity, "1", ks_similarity(curve, reference), few
            name = f"similarity_{quantity}[state={state};min_spikes=10]"
            yield "figure5", "A", name, "1", ks_similarity(values, reference), few


def _fc_rows(
    statistics: Statistics,
    state: str,
    published_fc: NDArray[np.floating] | None,
    human_fc: Mapping[str, NDArray[np.floating]] | None,
) -> Iterator[Row]:
    """Yield the numbers of Figure 5 F and G and the similarity with human functional connectivity."""
    panel, reason = FC_PANEL[state], statistics.unavailable("fc")
    for kernel in ("published", "corrected"):
        matrix = statistics.data["fc"].sel(kernel=kernel).to_numpy()
        option = "" if kernel == "published" else ";kernel=corrected"
        entries = off_diagonal(matrix)
        note = reason
        if not note and np.isnan(entries).any():
            silent = [area for area, row in zip(AREAS, matrix, strict=True) if np.isnan(row).all()]
            note = f"undefined: the current of {', '.join(silent)} does not vary"
        for statistic, function in (("mean", np.mean), ("sd", np.std), ("min", np.min), ("max", np.max)):
            value = float(function(entries))
            yield "figure5", panel, f"fc_{statistic}[state={state}{option}]", "1", value, note
        if published_fc is not None:
            value = pearson_similarity(matrix, published_fc)
            yield "figure5", panel, f"fc_correlation[states={state}-published{option}]", "1", value, note
        if kernel == "published":
            for (first, second), value in block_means(matrix).items():
                name = f"fc_block_mean[state={state};networks={first}-{second}]"
                yield "figure5", panel, name, "1", value, note
            chi = statistics.parameters["chi"]
            for side, reference in (human_fc or {}).items():
                place = f"[chi={chi:g};hemisphere={side}]"
                pearson, rmse = pearson_similarity(matrix, reference), rmse_similarity(matrix, reference)
                yield "figure5", "A", f"similarity_fmri_pearson{place}", "1", pearson, note
                yield "figure5", "A", f"similarity_fmri_rmse{place}", "1", rmse, note
