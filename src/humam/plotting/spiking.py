"""The figure of the spiking activity of one state: rasters of three areas, rates, irregularity, correlations.

A run may be down-scaled; every panel then carries its scales and the caption what down-scaling does not preserve.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.analysis import statistics
from humam.analysis.statistics import Statistics
from humam.labels import area_slice
from humam.plotting.boxes import draw_boxes
from humam.plotting.missing import draw_missing
from humam.plotting.rasters import draw_raster

Array = npt.NDArray[np.float64]

RASTER_AREAS: Final = {"A": "caudalanteriorcingulate", "B": "pericalcarine", "C": "fusiform"}
"""Areas of the raster panels."""

BOXES: Final = {
    "D": ("rate", "rate (spikes/s)", True),
    "E": ("cv", "CV", True),
    "F": ("correlation", "correlation coefficient", False),
}
"""Variable, label and whether the axis starts at 0, by panel."""

PANELS: Final = (*RASTER_AREAS, *BOXES)

FEWEST_POPULATIONS: Final = 0.05
"""Share of the populations below which boxes would mislead and are not drawn."""

NOT_PRESERVED: Final = {
    "raster": "down-scaling raises shared input and with it synchrony; which neurons spike when is not comparable",
    "rate": "mean rates are preserved where the working point was known (base version), approximately elsewhere",
    "cv": "irregularity is preserved approximately: input variance is kept, its temporal structure is not",
    "correlation": "correlations are <b>not</b> preserved: fewer neurons share more of their inputs",
}
"""What a down-scaled run says about each kind of panel (van Albada et al. 2015)."""


def choose_run(given: Mapping[str, str | Path], experiment: str) -> tuple[str, Statistics | None]:
    """Return the run of an experiment that is closest to the published one: largest scales, then longest.

    Parameters
    ----------
    given : mapping
        Name of a run to the folder of its statistics.
    experiment : str
        Name of the experiment.

    Returns
    -------
    name : str
        Name of the run, empty if there is none.
    run : Statistics or None
        Its statistics.
    """
    runs = {name: statistics.read(path) for name, path in given.items()}
    fitting = [name for name, run in runs.items() if experiment_of(run) == experiment]
    if not fitting:
        return "", None

    def closeness(name: str) -> list[float]:
        return [float(runs[name].data.attrs[key]) for key in ("scale", "in_degree_scale", "t_sim_ms")]

    name = max(sorted(fitting), key=closeness)
    return name, runs[name]


def open_run(path: str | Path) -> Statistics:
    """Return the statistics of a run."""
    return statistics.read(path)


def experiment_of(run: Statistics) -> str:
    """Return the name of the experiment of a run."""
    return str(json.loads(run.data.attrs["parameters"])["name"])


def scales(run: Statistics) -> str:
    """Return the scales of a run for its panels: ``s = 0.01, k = 0.01``, or ``full scale``."""
    if not run.down_scaled:
        return "full scale"
    return f"s = {run.data.attrs['scale']:g}, k = {run.data.attrs['in_degree_scale']:g}"


def population_values(run: Statistics, variable: str) -> Array:
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
    """Return why a statistic is not worth boxes, or an empty string."""
    n = int(np.isfinite(population_values(run, variable)).sum())
    n_all = int(np.count_nonzero(run.data["neurons"]))
    if run.unavailable(variable) or n >= FEWEST_POPULATIONS * n_all:
        return run.unavailable(variable)
    return f"only {n} of {n_all} populations have a neuron with 10 spikes"


def draw_panel(ax: Axes, run: Statistics | None, panel: str, experiment: str) -> None:
    """Draw panel A to F of the figure of a state; one that cannot be drawn says why.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    run : Statistics or None
        The run; None if there is none of this experiment.
    panel : str
        Letter of the panel.
    experiment : str
        Name of the experiment.
    """
    if run is None:
        draw_missing(ax, f"no run of {experiment!r} here", 16)
        return
    if panel in RASTER_AREAS:
        draw_raster(ax, run, RASTER_AREAS[panel])
        _note(ax, f"{RASTER_AREAS[panel]}\n{scales(run)}")
        return
    variable, label, from_zero = BOXES[panel]
    values = population_values(run, variable)
    reason = too_few(run, variable)
    if reason:
        draw_missing(ax, f"too few spikes: {reason}", 26)
        ax.set_xlabel(label)
        return
    draw_boxes(ax, values, label, from_zero)
    note = scales(run)
    if variable == "correlation" and run.down_scaled:
        note += "\ncorrelations are not preserved"
    if variable in ("cv", "lvr") and run.down_scaled:
        note += f"\n{np.isfinite(values).sum()} of {np.count_nonzero(run.data['neurons'])} populations"
    _note(ax, note)


INK: Final = "#444444"


def _note(ax: Axes, text: str) -> None:
    ax.text(1.0, 1.01, text, transform=ax.transAxes, ha="right", va="bottom", fontsize=5, color=INK)


def area_rate(run: Statistics, area: str) -> tuple[float, str]:
    """Return the mean rate of an area in spikes/s and the time it was taken over, as published if the run allows.

    Published is 2.5 to 12.5 s; a shorter run gives the time from 0.5 s on.
    """
    end = float(run.data.attrs["t_sim_ms"])
    start, stop = (2500.0, 12500.0) if end >= 12500 else (500.0, end)
    if stop <= start:
        return float("nan"), f"the run of {end:g} ms is too short"
    place = area_slice(area)
    time = run.data["time"].to_numpy()
    counts = run.data["spike_count"].to_numpy()[place][:, (time >= start) & (time < stop)]
    neurons = run.data["neurons"].to_numpy()[place].sum()
    return float(counts.sum() / neurons / (stop - start) * 1000), f"{start / 1000:g} to {stop / 1000:g} s"


def window_numbers(run: Statistics, area: str, min_spikes: int = 10) -> tuple[float, float, str]:
    """Return the fraction of (neuron, 2-s window) with a spike, the number with ``min_spikes``, and a remark."""
    n_windows = int(run.data.attrs["n_windows"])
    if not n_windows:
        return float("nan"), float("nan"), "the run is too short for a 2-s window from 2.5 s on"
    neurons = int(run.data["neurons"].to_numpy()[area_slice(area)].sum())
    n_spikes = run.windows["n_spikes"].to_numpy()
    fraction = np.count_nonzero(n_spikes) / (neurons * n_windows)
    return float(fraction), float(np.count_nonzero(n_spikes >= min_spikes)), f"{n_windows} windows of {neurons} neurons"
