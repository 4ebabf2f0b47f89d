"""Panels of the experiments that show why numbers of ours differ from the published ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from humam.analysis.unit_similarity import MEASURES as MEASURES_OF_NEURONS
from humam.labels import AREAS, SHORT_NAMES
from humam.plotting import style
from humam.plotting.scaling import MEASURES
from humam.run_names import label as run_label

Array = npt.NDArray[np.float64]

PUBLISHED_MARKS = ("s", "D")
"""Marks of the two published seeds."""

PAIR = (style.BEST_FIT, "#66CCEE")
"""Colours of two runs of ours, or of two published seeds."""

VARIANT_COLOURS = (style.BEST_FIT, style.INHIBITORY, style.GREY, "#DDAA33", "#228833", "#AA3377")
MARKS = (style.BEST_FIT, style.INHIBITORY, "#DDAA33")
"""Colours of our windows and of the points of two published seeds."""

TICKS = (0.3, 0.4, 0.5, 0.6, 0.8)
"""Ticks of the rate of an area, spikes/s."""

PUBLISHED = (style.GREY, "#BBBBBB")


def draw_rates(ax: Axes, rates: pd.DataFrame) -> None:
    """Draw the rates of the excitatory and inhibitory neurons of an area in time (``time, E, I``).

    A column ``E_other`` is those of its excitatory neurons in another run.
    """
    for population, label in (("I", "inhibitory"), ("E", "excitatory")):
        ax.step(
            rates["time"], rates[population], where="post", color=style.POPULATION_COLOURS[population], label=label,
            linewidth=0.8,
        )  # fmt: skip
    if "E_other" in rates:
        ax.step(
            rates["time"], rates["E_other"], where="post", color=style.POPULATION_COLOURS["E"], linestyle=(0, (2, 1)),
            linewidth=0.6, label="excitatory, other seed",
        )  # fmt: skip
    ax.set(xlabel="time (ms)", ylabel="rate (spikes/s)", xlim=(0, rates["time"].max()))
    ax.set_ylim(0, 1.4 * rates.drop(columns="time").to_numpy().max())
    ax.legend(loc="upper right", ncols=2)


def draw_deviation(ax: Axes, table: pd.DataFrame, marked: Collection[str]) -> None:
    """Draw by area the deviation of functional connectivity (``area, here, seeds``), largest first.

    A column ``other`` is that of another run of ours.
    """
    table = table.sort_values("here", ascending=False, ignore_index=True)
    x = np.arange(len(table))
    colours = [style.INHIBITORY if area in marked else style.BEST_FIT for area in table["area"]]
    ax.bar(x, table["here"], color=colours, width=0.8)
    ax.plot(x, table["seeds"], "k_", markersize=4, markeredgewidth=1, label="published seeds")
    if "other" in table:
        ax.plot(x, table["other"], "o", color=PAIR[1], markersize=2.5, label="our other seed")
    names = dict(zip(AREAS, SHORT_NAMES, strict=True))
    ax.set_xticks(x, [names[area] for area in table["area"]], rotation=90, fontsize=3.6)
    ax.set(ylabel="mean |difference of correlation|", xlim=(-0.7, len(table) - 0.3))
    ax.legend(loc="upper right")


def draw_activity(axes: npt.NDArray, own: pd.DataFrame, published: Mapping[str, Mapping[str, float]]) -> None:
    """Draw quantities of 2-s windows against the activity of the area, a line fitted to ours, one per axes."""
    quantities = [name for name in own.columns if name != "activity"]
    for ax, quantity in zip(axes, quantities, strict=True):
        ax.plot(own["activity"], own[quantity], "o", color=style.BEST_FIT, markersize=3, label="our windows")
        ends = np.array([own["activity"].min(), max(row["activity"] for row in published.values())])
        line = np.polyval(np.polyfit(own["activity"], own[quantity], 1), ends)
        ax.plot(ends, line, ":", color=style.BEST_FIT)
        for (name, row), mark in zip(published.items(), PUBLISHED_MARKS, strict=True):
            ax.plot(row["activity"], row[quantity], mark, color=style.GREY, markersize=3.5, label=name)
        ax.set(xlabel="rate of the area (spikes/s)", ylabel=quantity)
    axes[0].legend(loc="upper right")


def _intervals(ax: Axes, x: Array, difference: Array, interval: Array, colour: str, label: str) -> None:
    """Draw differences with intervals, filled where the interval does not hold 0."""
    ax.errorbar(
        x, difference, interval, fmt="o", color=colour, markerfacecolor="white", markersize=3, capsize=1.5,
        linewidth=0.8, label=label,
    )  # fmt: skip
    outside = np.abs(difference) > interval
    ax.plot(x[outside], difference[outside], "o", color=colour, markersize=3, zorder=5)


def _room_above(ax: Axes) -> None:
    """Leave room for a legend above what is drawn."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.25 * (high - low))


def draw_neurons_of_series(ax: Axes, table: pd.DataFrame, label: str, colours: Sequence[str] = PAIR) -> None:
    """Draw differences of a similarity from published curves (``curve, chi, here, published, interval``)."""
    for i, (curve, rows) in enumerate(table.groupby("curve", sort=False)):
        x, difference = rows["chi"].to_numpy() + 0.03 * i, (rows["here"] - rows["published"]).to_numpy()
        _intervals(ax, x, difference, rows["interval"].to_numpy(), colours[i], str(curve))
    ax.axhline(0, color="k", linewidth=0.5)
    ax.set(xlabel=r"$\chi$", ylabel=f"similarity of {label}, here - published")
    _room_above(ax)
    ax.legend(loc="upper right", ncols=2)


def draw_variants(ax: Axes, table: pd.DataFrame, labels: Sequence[str]) -> None:
    """Draw differences from published numbers in units of their intervals (``run, here, published, interval``).

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        One row for each number of each run.
    labels : sequence of str
        What each row is of: one tick for each label. Rows without an interval are not drawn.
    """
    order = list(dict.fromkeys(labels))
    highest, spread = 0.0, 0.66 / max(table["run"].nunique(), 3)
    for i, (run, rows) in enumerate(table.assign(label=labels).groupby("run", sort=False)):
        x = np.array([order.index(label) for label in rows["label"]]) + spread * i
        relative = (rows["here"] - rows["published"]) / rows["interval"].where(rows["interval"] > 0)
        highest = max(highest, float(relative.abs().fillna(0).max()))
        colour = VARIANT_COLOURS[i % len(VARIANT_COLOURS)]
        _intervals(ax, x, relative.to_numpy(), np.ones(len(rows)), colour, run_label(str(run)))
    ax.axhline(0, color="k", linewidth=0.5)
    ax.set_xticks(np.arange(len(order)) + 0.22, order, rotation=90, fontsize=5)
    limit = max(2.4, highest + 1.2)
    runs = table["run"].nunique()
    lines = -(-runs // 5)  # of the legend: five names fit beside each other
    top = (1.2 + 0.3 * lines) * limit
    ax.set(ylabel="(here - published) / interval", xlim=(-0.7, len(order) - 0.1), ylim=(-limit, top))
    # names of runs can be long: they must not take room from the axes
    ax.legend(loc="upper left", ncols=-(-runs // lines), columnspacing=1).set_in_layout(False)


def fc_labels(quantities: Sequence[str]) -> list[str]:
    """Return short names of numbers of functional connectivity.

    Examples
    --------
    >>> fc_labels(["fc_sd[state=base]", "fc_block_mean[state=base;networks=DMN-VIS]"])
    ['sd', 'DMN-VIS']
    >>> fc_labels(["similarity_fmri_pearson[hemisphere=left]"])
    ['Pearson, left']
    """
    short = [re.sub(r"fc_(block_mean)?(\w*)\[state=\w+(;networks=)?(.*)\]", r"\2\4", name) for name in quantities]
    short = [re.sub(r"similarity_fmri_(\w+)\[hemisphere=(\w+)\]", r"\1, \2", name) for name in short]
    readable = {"pearson": "Pearson", "rmse": "RMSE", "strongest_pair": "strongest pair"}
    for name, text in readable.items():
        short = [each.replace(name, text) for each in short]
    return short


def labels_of_state(quantities: Sequence[str]) -> list[str]:
    """Return short names of numbers of single neurons and of functional connectivity of a state.

    Examples
    --------
    >>> labels_of_state(["cv_sd[state=best_fit]", "rate_fraction[state=best_fit;bin=0.5]", "similarity_lvr"])
    ['sd of CV', 'rates of 0.5', 'similarity of LvR']
    """
    names = []
    for quantity, short in zip(quantities, fc_labels(quantities), strict=True):
        first, _, rest = quantity.partition("[")[0].partition("_")
        if first in MEASURES:
            left = quantity.rpartition("=")[2].rstrip("]")
            names.append(_neuron_label(f"fraction of {left}" if rest == "fraction" else rest, first))
        else:
            names.append(_neuron_label(first, rest) if rest in MEASURES_OF_NEURONS else short)
    return names


def neuron_labels(table: pd.DataFrame) -> list[str]:
    """Return names of single-neuron statistics (``statistic, measure``).

    Examples
    --------
    >>> neuron_labels(pd.DataFrame({"statistic": ["sd", "fraction of 0.5"], "measure": ["cv", "rate"]}))
    ['sd of CV', 'rates of 0.5']
    """
    pairs = zip(table["statistic"], table["measure"], strict=True)
    return [_neuron_label(statistic, measure) for statistic, measure in pairs]


def _neuron_label(statistic: str, measure: str) -> str:
    """Return the name of a statistic of a measure; a fraction of rates is called by the rate."""
    name = MEASURES[measure][0]
    return statistic.replace("fraction", name) if statistic.startswith("fraction") else f"{statistic} of {name}"


def draw_activity_curve(axes: npt.NDArray, table: pd.DataFrame, lines: Array) -> None:
    """Draw the similarities of windows against the activity, with a curve and published points, one measure per axes.

    Parameters
    ----------
    axes : array of Axes
        One for each measure.
    table : DataFrame
        ``curve, activity, rate, cv, lvr``: of windows of ours (``here``) and of points of published curves.
    lines : array, shape (3, n)
        A curve through the former, at n activities from the lowest to the highest in the table, on a logarithmic scale.
    """
    activity = np.geomspace(table["activity"].min(), table["activity"].max(), lines.shape[1])
    for ax, measure, line in zip(axes, MEASURES_OF_NEURONS, lines, strict=True):
        ax.plot(activity, line, "-", color=style.GREY, linewidth=0.8)
        for (name, rows), mark, colour in zip(table.groupby("curve", sort=False), "osD", MARKS, strict=True):
            label = "our windows" if name == "here" else str(name)
            ax.plot(rows["activity"], rows[measure], mark, color=colour, markersize=3, label=label)
        ax.set(xlabel="rate of the area (spikes/s)", ylabel=f"similarity of {MEASURES[measure][0]}", xscale="log")
        ax.set_xticks(TICKS, labels=[f"{tick:g}" for tick in TICKS])
        ax.minorticks_off()
    axes[0].legend(loc="lower right")


def draw_sd(ax: Axes, limits: Array, curves: Mapping[str, Array], n_own: int) -> None:
    """Draw the standard deviation of rates up to each limit, our runs first."""
    colours = [*PAIR[:n_own], *PUBLISHED]
    for (name, values), colour in zip(curves.items(), colours, strict=False):
        ax.plot(limits, values, color=colour, label=run_label(name))
    ax.set(xlabel="rates up to (spikes/s)", ylabel="sd of rates (spikes/s)")
    ax.legend(loc="lower right")


def draw_parts(ax: Axes, parts: pd.DataFrame) -> None:
    """Draw mean and standard deviation of a similarity over choices of windows (``run, windows, mean, sd``)."""
    for i, (run, rows) in enumerate(parts.groupby("run")):
        ax.errorbar(
            rows["windows"] + 0.08 * i, rows["mean"], rows["sd"], fmt="o", color=PAIR[i % 2], markersize=3,
            capsize=2, linewidth=0.8, label=run_label(str(run)),
        )  # fmt: skip
    ax.set(xlabel="windows of 2 s", ylabel="similarity of CV", xticks=sorted(parts["windows"].unique()))
    ax.legend(loc="lower right")
