"""Panel of how many numbers of runs of any version lie within the tolerances of the published ones."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from humam.discrimination import ALL, CONNECTIVITY, NEURONS, OTHER, OTHER_STATE, RIGHT
from humam.plotting import style
from humam.plotting.scaling import STATE_STYLES
from humam.run_names import label as run_label

COLOURS: Final = {RIGHT: "#228833", OTHER: style.BEST_FIT, OTHER_STATE: style.GREY}
"""Colours of versions."""

ALPHA: Final = 0.55
MARKS: Final = {NEURONS: "o", CONNECTIVITY: "x"}
"""Marks of groups of numbers, on the bar of all."""

FEWEST: Final = 6
"""Bars for which axes have room at least: names of states must fit above."""


def draw_shares(fig: Figure, found: pd.DataFrame) -> None:
    """Draw the share of numbers within the tolerance of runs, one axes for each state, largest share first.

    Parameters
    ----------
    fig : Figure
        Where to draw; a figure or a part of one.
    found : DataFrame
        ``run, version, state, group, share``, as from :func:`humam.discrimination.shares`.
    """
    states = list(found["state"].unique())
    widths = [max(found[found["state"] == state]["run"].nunique(), FEWEST) for state in states]
    axes = fig.subplots(1, len(states), width_ratios=widths, sharey=True, squeeze=False)[0]
    for ax, state in zip(axes, states, strict=True):
        _draw_state(ax, found[found["state"] == state])
        name = f"published: {STATE_STYLES[state][0]} version"
        ax.text(0.5, 1.02, name, transform=ax.transAxes, ha="center", va="bottom", fontsize=6)
    axes[0].set_ylabel("share within tolerance")
    bars = [
        Line2D([], [], marker="s", linestyle="", color=colour, alpha=ALPHA, markersize=5, markeredgewidth=0, label=name)
        for version, colour in COLOURS.items()
        for name in [f"{version} version" if version != OTHER_STATE else version]
    ]
    marks = [
        Line2D([], [], marker=mark, linestyle="", color="k", markerfacecolor="white", markersize=3, label=group)
        for group, mark in MARKS.items()
    ]
    fig.legend(handles=[*bars, *marks], loc="outside upper center", ncols=len(bars) + len(marks))


def _draw_state(ax: Axes, found: pd.DataFrame) -> None:
    """Draw the runs held against one state, in the order of the table."""
    whole = found[found["group"] == ALL]
    colours = [COLOURS[version] for version in whole["version"]]
    place = {run: i for i, run in enumerate(whole["run"])}
    ax.bar(np.arange(len(whole)), whole["share"], color=colours, width=0.75, alpha=ALPHA, linewidth=0)
    for group, mark in MARKS.items():
        rows = found[found["group"] == group]
        ax.plot(
            rows["run"].map(place), rows["share"], mark, color="k", markerfacecolor="white", markersize=2.8,
            markeredgewidth=0.6, clip_on=False,
        )  # fmt: skip
    ax.set_xticks(np.arange(len(whole)), [run_label(run) for run in whole["run"]], rotation=90, fontsize=4.5)
    for tick, colour in zip(ax.get_xticklabels(), colours, strict=True):
        tick.set_color(colour)
    ax.set(xlim=(-0.6, max(len(whole), FEWEST) - 0.4), ylim=(0, 1.04))
