"""Headline numbers of a run, under the identifiers of the published ones (``datasets/README.md``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam.analysis import boxes, unit_similarity, windows
from humam.analysis.irregularity import MIN_SPIKES
from humam.analysis.rates import mean_over_neurons
from humam.analysis.run import COMPARED, FC_START_MS, FC_STOP_MS, TRANSIENT_MS
from humam.analysis.scaling_values import (
    FC_PANEL,
    UNIT,
    UNIT_PANEL,
    fc_block_values,
    fc_values,
    similarity_values,
    unit_values,
)
from humam.analysis.similarity import fmri_similarities, off_diagonal, pearson_similarity
from humam.analysis.statistics import Statistics
from humam.analysis.value import Value
from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.labels import AREAS

FEWEST_POPULATIONS: Final = 0.05
"""Share of the populations below which boxes would mislead."""


def population_values(run: Statistics, variable: str, conventions: Conventions = PUBLISHED) -> NDArray[np.float64]:
    """Return a statistic of the 272 populations, NaN where it says nothing.

    Populations without neurons are left out. CV and LvR of a population without any neuron of 10 spikes are 0 in the
    paper; such populations are left out by the corrected conventions, and of a down-scaled run, where they are the
    rule.
    """
    values = run.data[variable].to_numpy().astype(float)
    keep = run.data["neurons"].to_numpy() > 0
    if variable in ("cv", "lvr") and (run.down_scaled or conventions is CORRECTED):
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
    end = min(end, FC_STOP_MS)
    rate = statistics.area_rate.sel(area=area, time=slice(start, COMPARED.stop)).to_numpy()
    return float(rate.mean()) * 1e3, f"{start / 1000:g} to {end / 1000:g} s"


def window_numbers(statistics: Statistics) -> tuple[float, float, str]:
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
    neurons = statistics.neurons_of(windows.AREA)
    n_spikes = statistics.windows["n_spikes"].to_numpy()
    fraction = float(np.count_nonzero(n_spikes) / (number * neurons))
    if number < windows.MAX_WINDOWS:
        return fraction, float("nan"), _incomplete(number)
    return fraction, float(np.count_nonzero(n_spikes >= MIN_SPIKES)), f"{number} windows of {neurons} neurons"


def _incomplete(number: int) -> str:
    return "" if number == windows.MAX_WINDOWS else f"the run has {number} of {windows.MAX_WINDOWS} windows"


def spike_rows(statistics: Statistics) -> Iterator[Value]:
    """Yield the numbers of Figures 4 and 6."""
    neurons = statistics.data["neurons"].to_numpy()
    mean = mean_over_neurons(statistics.data["rate"].to_numpy(), neurons)
    reason = statistics.unavailable("rate")
    yield Value("D", "rate_mean[weight=neurons]", float("nan") if reason else mean, "1/s", note=reason)

    in_area = f"[area={windows.AREA}]"
    value, note = area_rate(statistics, windows.AREA)
    yield Value("D", f"rate_mean{in_area}", value, "1/s", note=note)
    fraction, many, note = window_numbers(statistics)
    yield Value("D", f"windows_spiking_fraction{in_area}", fraction, note=note)
    yield Value("E", f"windows_10_spikes{in_area}", many, note=note)

    for panel, variable in zip("DEF", ("rate", "cv", "correlation"), strict=True):
        reason = too_few(statistics, variable)
        ends = boxes.whisker_range(population_values(statistics, variable))
        note = f"not computed: {reason}" if reason else ""
        for name, value in zip(("min", "max"), ends, strict=True):
            quantity = f"{variable}_whisker_{name}"
            yield Value(panel, quantity, float("nan") if reason else value, UNIT[variable], note=note)


def units(statistics: Statistics) -> dict[str, NDArray[np.float64]]:
    """Return rate, CV and LvR of a run, one value per neuron and 2-s window of caudalanteriorcingulate."""
    table = statistics.windows
    return {quantity: table[quantity].dropna().to_numpy(dtype=float) for quantity in UNIT_PANEL}


def unit_rows(statistics: Statistics, state: str, human: Mapping[str, NDArray[np.floating]] | None) -> Iterator[Value]:
    """Yield the numbers of Figure 5 A-D: distributions over neurons and windows, similarity with human ones."""
    note = _incomplete(int(statistics.data.attrs["n_windows"]))
    own, chi = units(statistics), statistics.parameters["chi"]
    for value in unit_values(own, state):
        # A number of windows can only be compared between runs with the same windows.
        count = "_n[" in value.quantity
        few = note or ("" if count or np.isfinite(value.value) else "no neuron has enough spikes in a window")
        yield value._replace(value=float("nan") if count and note else value.value, note=few)
    if human is None:
        return
    for value in similarity_values(own, human, state, chi):
        if "min_spikes" in value.quantity:  # the others, of the published curves, follow
            yield value._replace(note=note or ("" if np.isfinite(value.value) else "no neuron has enough spikes"))
    for unit in unit_similarity.of_run(statistics, human):
        few = note or ("" if np.isfinite(unit.value) else "no neuron has enough spikes")
        notes = ", ".join(filter(None, [few, unit.range_note]))
        yield Value("A", f"similarity_{unit.measure}[chi={chi:g}]", unit.value, note=notes)


def fc_rows(
    statistics: Statistics,
    state: str,
    published_fc: NDArray[np.floating] | None,
    human_fc: Mapping[str, NDArray[np.floating]] | None,
) -> Iterator[Value]:
    """Yield the numbers of Figure 5 F and G and the similarity with human functional connectivity."""
    chi = statistics.parameters["chi"]
    for kernel in Conventions:
        matrix = statistics.functional_connectivity(kernel)
        option = "" if kernel is PUBLISHED else f";kernel={kernel}"
        note = statistics.unavailable("fc")
        if not note and np.isnan(off_diagonal(matrix)).any():
            silent = [area for area, row in zip(AREAS, matrix, strict=True) if np.isnan(row).all()]
            note = f"undefined: the current of {', '.join(silent)} does not vary"
        yield from (value._replace(note=note) for value in fc_values(matrix, state, option))
        if published_fc is not None:
            quantity = f"fc_correlation[states={state}-published{option}]"
            yield Value(FC_PANEL[state], quantity, pearson_similarity(matrix, published_fc), note=note)
        if kernel is PUBLISHED:
            yield from (value._replace(note=note) for value in fc_block_values(matrix, state))
            for measure, side, value in fmri_similarities(matrix, human_fc or {}):
                yield Value("A", f"similarity_{measure}[chi={chi:g};hemisphere={side}]", value, note=note)
