"""Headline numbers of a run, under the identifiers of the published ones (``datasets/README.md``)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis import windows
from humam.analysis.fc import block_means
from humam.analysis.run import FC_START_MS
from humam.analysis.similarity import ks_similarity, off_diagonal, pearson_similarity, rmse_similarity
from humam.analysis.statistics import Statistics
from humam.errors import HumamError
from humam.labels import AREAS, N_AREAS, N_POPULATIONS, area_slice

SPIKE_FIGURE: Final = {"base": "figure4", "best_fit": "figure6"}
"""Figure of the spike statistics of a state."""

FC_PANEL: Final = {"base": "F", "best_fit": "G"}
UNIT_PANEL: Final = {"rate": "B", "cv": "C", "lvr": "D"}
UNIT: Final = {"rate": "1/s", "cv": "1", "lvr": "1", "correlation": "1"}
RATE_EDGES: Final = np.arange(0.5, 20.25, 0.5)
"""Bins of the distribution of rates in 2-s windows, spikes/s."""

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
        *_spike_rows(statistics, SPIKE_FIGURE[state]),
        *_unit_rows(statistics, state, human),
        *_fc_rows(statistics, state, published_fc, human_fc),
    ]
    status = "scaled" if statistics.down_scaled or statistics.short else ""
    return pd.DataFrame([(*row[:5], status, row[5]) for row in rows], columns=COLUMNS)


def by_population(statistics: Statistics, variable: str) -> list[NDArray[np.float64]]:
    """Return the values of a variable per population over areas: what the boxes of Figures 4 and 6 D-F show.

    Parameters
    ----------
    statistics : Statistics
        The run.
    variable : str
        ``rate``, ``cv``, ``lvr`` or ``correlation``.

    Returns
    -------
    list of ndarray
        Eight arrays (II/III E ... VI I) with one value per area that has the population; empty if unavailable.
    """
    values = statistics.data[variable].to_numpy().reshape(N_AREAS, N_POPULATIONS)
    present = statistics.data["neurons"].to_numpy().reshape(N_AREAS, N_POPULATIONS) > 0
    return [values[present[:, i] & ~np.isnan(values[:, i]), i] for i in range(N_POPULATIONS)]


def whiskers(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return the extreme data within 1.5 interquartile ranges of the quartiles.

    Examples
    --------
    >>> whiskers(np.array([1.0, 2.0, 3.0, 4.0, 50.0]))
    (1.0, 4.0)
    """
    low, high = np.percentile(values, [25, 75])
    reach = 1.5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    return float(inside.min()), float(inside.max())


def _spike_rows(statistics: Statistics, figure: str) -> Iterator[Row]:
    """Yield the numbers of Figures 4 and 6."""
    data = statistics.data
    neurons = data["neurons"].to_numpy()
    rate = data["rate"].to_numpy()
    mean = float(np.nansum(rate * neurons) / neurons.sum())
    reason = statistics.unavailable("rate")
    yield figure, "D", "rate_mean[weight=neurons]", "1/s", float("nan") if reason else mean, reason

    late = data["area_rate"].sel(area=windows.AREA).to_numpy()[round(FC_START_MS) :] * 1e3
    in_area = f"[area={windows.AREA}]"
    too_short = f"the run of {data.attrs['t_sim_ms']:g} ms has no {{}} after {windows.START_MS:g} ms"
    value, note = (float(late.mean()), "") if len(late) else (float("nan"), too_short.format("time"))
    if len(late) and data.attrs["n_windows"] < windows.MAX_WINDOWS:
        note = f"from {FC_START_MS:g} to {data.attrs['t_sim_ms']:g} ms only"
    yield figure, "D", f"rate_mean{in_area}", "1/s", value, note

    number = int(data.attrs["n_windows"])
    table = statistics.windows
    possible = number * int(neurons[area_slice(windows.AREA)].sum())
    fraction = len(table) / possible if possible else float("nan")
    note = "" if number else too_short.format("2-s window")
    yield figure, "D", f"windows_spiking_fraction{in_area}", "1", fraction, note
    many = float(table["cv"].notna().sum()) if number == windows.MAX_WINDOWS else float("nan")
    note = "" if number == windows.MAX_WINDOWS else f"the run has {number} of {windows.MAX_WINDOWS} windows"
    yield figure, "E", f"windows_10_spikes{in_area}", "1", many, note

    for panel, variable in zip("DEF", ("rate", "cv", "correlation"), strict=True):
        boxes = [box for box in by_population(statistics, variable) if len(box)]
        ends = [whiskers(box) for box in boxes] or [(float("nan"), float("nan"))]
        note = statistics.unavailable(variable)
        yield figure, panel, f"{variable}_whisker_min", UNIT[variable], min(e[0] for e in ends), note
        yield figure, panel, f"{variable}_whisker_max", UNIT[variable], max(e[1] for e in ends), note


def _unit_rows(statistics: Statistics, state: str, human: Mapping[str, NDArray[np.floating]] | None) -> Iterator[Row]:
    """Yield the numbers of Figure 5 A-D: distributions over neurons and windows, similarity with human ones."""
    table = statistics.windows
    chi = json.loads(statistics.data.attrs["parameters"])["chi"]
    number = int(statistics.data.attrs["n_windows"])
    complete = number == windows.MAX_WINDOWS
    note = "" if complete else f"the run has {number} of {windows.MAX_WINDOWS} windows"
    for quantity, panel in UNIT_PANEL.items():
        values = table[quantity].dropna().to_numpy()
        few = note or ("" if len(values) else "no neuron has enough spikes in a window")
        # A number of windows can only be compared between runs with the same windows.
        count = float(len(values)) if complete else float("nan")
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
            chi = json.loads(statistics.data.attrs["parameters"])["chi"]
            for side, reference in (human_fc or {}).items():
                place = f"[chi={chi:g};hemisphere={side}]"
                pearson, rmse = pearson_similarity(matrix, reference), rmse_similarity(matrix, reference)
                yield "figure5", "A", f"similarity_fmri_pearson{place}", "1", pearson, note
                yield "figure5", "A", f"similarity_fmri_rmse{place}", "1", rmse, note
