"""Panels of the two states of activity: rates over time by seed, how often the active state is entered."""

from __future__ import annotations

from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from humam.analysis.comparable import ACTIVE_FROM_CHI, ACTIVE_RATE
from humam.plotting.style import BASE, BEST_FIT, GREY

PUBLISHED: Final = "published, 2 seeds each"


def draw_seeds(ax: Axes, rates: pd.DataFrame, runs: pd.DataFrame) -> None:
    """Draw the mean rates of runs over time, coloured by the state they end in.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    rates : DataFrame
        ``seed, time_ms, rate`` of runs with one chi.
    runs : DataFrame
        ``seed, rate_end`` of the same.
    """
    ends = runs.set_index("seed")["rate_end"]
    for seed, mine in rates.groupby("seed"):
        colour = BEST_FIT if ends[seed] > ACTIVE_RATE else BASE
        ax.plot(mine["time_ms"] / 1e3, mine["rate"], color=colour, linewidth=0.7)
    for colour, label in ((BEST_FIT, "active at the end"), (BASE, "low at the end")):
        ax.plot([], [], color=colour, label=label)
    ax.set(xlabel="time (s)", ylabel="mean rate (spikes/s)", yscale="log", ylim=(0.4, 10))
    ax.set_yticks([0.5, 1, 2, 5, 10], labels=["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)


def draw_shares(ax: Axes, shares: pd.DataFrame, published_chi: list[float]) -> None:
    """Draw the share of seeds that end in the active state against chi, beside the published simulations.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    shares : DataFrame
        As from :func:`humam.two_states.shares`.
    published_chi : list of float
        Factors chi of the published simulations.
    """
    chi = [value for value in published_chi if value >= shares["chi"].min() - 0.1]
    ax.plot(chi, [float(value >= ACTIVE_FROM_CHI) for value in chi], "x", color=GREY, markersize=3, label=PUBLISHED)
    low, high = shares["share"] - shares["low"], shares["high"] - shares["share"]
    ax.errorbar(
        shares["chi"], shares["share"], yerr=[low, high], fmt="o", color=BEST_FIT, markersize=3.5, linewidth=0.8,
        label="here, 95 % interval",
    )  # fmt: skip
    for _, row in shares.iterrows():
        text = f"{row['active']:g}/{row['runs']:g}"
        ax.annotate(text, (row["chi"], row["share"]), (4, -2), textcoords="offset points", fontsize=4.5)
    ax.set(xlabel=r"$\chi$", ylabel="share of runs in the active state", ylim=(-0.06, 1.06))
    ax.margins(x=0.1)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
