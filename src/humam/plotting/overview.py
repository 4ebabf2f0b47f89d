"""One run at a glance: rasters, rates, irregularity, correlation, rates of areas in time, functional connectivity."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from humam.analysis.statistics import Statistics
from humam.labels import AREAS
from humam.plotting import scaling, spiking, style
from humam.plotting.missing import draw_missing


def draw_overview(run: Statistics) -> Figure:
    """Return the figure of a run.

    Parameters
    ----------
    run : Statistics
        Statistics of the run; a panel it does not allow says why.
    """
    fig = style.figure(4.4, 5.4)
    grid = fig.add_gridspec(4, 2)
    for place, panel in zip((grid[0, 0], grid[0, 1], grid[1, 0], grid[1, 1], grid[2, 0]), "ABDEF", strict=True):
        spiking.draw_panel(fig.add_subplot(place), run, panel, str(run.parameters["name"]))
    _draw_connectivity(fig.add_subplot(grid[2, 1]), run)
    _draw_rates(fig.add_subplot(grid[3, :]), run)
    return fig


def _draw_connectivity(ax: Axes, run: Statistics) -> None:
    if reason := run.unavailable("fc"):
        draw_missing(ax, reason, 26)
    else:
        scaling.draw_connectivity(ax, run.functional_connectivity())
        ax.set_title("functional connectivity")


def _draw_rates(ax: Axes, run: Statistics) -> None:
    """Draw the mean rate of all areas in time and its range over areas, in bins of 10 ms."""
    rate = run.area_rate.to_numpy() * 1e3
    n = rate.shape[1] // 10
    smooth = rate[:, : n * 10].reshape(len(AREAS), n, 10).mean(axis=2)
    smooth = smooth[~np.isnan(smooth).any(axis=1)]
    time = (np.arange(n) + 0.5) / 100
    ax.fill_between(time, smooth.min(axis=0), smooth.max(axis=0), color=style.GREY, alpha=0.3, linewidth=0)
    ax.plot(time, smooth.mean(axis=0), color=style.BEST_FIT, linewidth=0.5)
    ax.set(xlabel="time (s)", ylabel="rate (spikes/s)", xlim=(0, n / 100), title="areas: mean, smallest, largest")
    ax.set_ylim(bottom=0)
