"""Raster panels: spikes of one area, layer II/III on top to VI at the bottom, E above I."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from humam.analysis.statistics import Statistics
from humam.labels import LAYER_POPULATIONS, area_slice
from humam.plotting.style import GREY, POPULATION_COLOURS


def raster_of_area(run: Statistics, area: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a raster panel draws.

    Parameters
    ----------
    run : Statistics
        Statistics of a run.
    area : str
        Area of the panel.

    Returns
    -------
    spikes : DataFrame
        ``layer, population, row, time`` (ms); rows count downwards over the whole panel, from 0.
    blocks : DataFrame
        One line per population that has rows: ``layer, population, first, rows``.
    """
    place = area_slice(area)
    rows = run.data["raster_rows"].to_numpy()[place]
    first = np.concatenate([[0], np.cumsum(rows)[:-1]])
    blocks = pd.DataFrame(LAYER_POPULATIONS, columns=["layer", "population"]).assign(first=first, rows=rows)
    index = run.rasters["population"].to_numpy().astype(int) - place.start
    inside = (index >= 0) & (index < len(LAYER_POPULATIONS))
    spikes = run.rasters[inside]
    block = blocks.iloc[index[inside]]
    table = pd.DataFrame(
        {
            "layer": block["layer"].to_numpy(),
            "population": block["population"].to_numpy(),
            "row": block["first"].to_numpy() + spikes["row"].to_numpy(),
            "time": spikes["time"].to_numpy(),
        }
    )
    return table, blocks[blocks["rows"] > 0].reset_index(drop=True)


MOST_DRAWN: Final = 1000
"""Spikes of a kind in an area up to which an SVG holds each as a shape of its own; more are drawn as pixels there."""


def draw_raster(ax: Axes, run: Statistics, area: str) -> None:
    """Draw the raster of an area; E blue, I red. A panel without a spike says so.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    run : Statistics
        Statistics of a run.
    area : str
        Area of the panel.
    """
    spikes, blocks = raster_of_area(run, area)
    n_rows = int(blocks["rows"].sum())
    size = float(np.clip(600 / max(len(spikes), 1), 0.3, 2.0))
    for population, colour in POPULATION_COLOURS.items():
        own = spikes[spikes["population"] == population]
        ax.scatter(
            own["time"] / 1000, own["row"] + 0.5, s=size, color=colour, linewidths=0, rasterized=len(own) > MOST_DRAWN
        )
    ticks, labels = [], []
    for layer, part in blocks.groupby("layer", sort=False):
        start, stop = part["first"].min(), part["first"].max() + part["rows"].iloc[-1]
        ticks.append((start + stop) / 2)
        labels.append(str(layer))
        if stop < n_rows:
            ax.axhline(stop, color=GREY, linewidth=0.3)
    ax.set_yticks(ticks, labels)
    ax.tick_params(axis="y", length=0)
    start_s, stop_s = (run.data.attrs[f"raster_{end}_ms"] / 1000 for end in ("start", "stop"))
    ax.set(xlim=(start_s, stop_s), ylim=(max(n_rows, 1), 0), xlabel="time (s)")
    if spikes.empty:
        ax.text(0.5, 0.5, "no spike in this second", transform=ax.transAxes, ha="center", va="center", color=GREY)


def drawn_share(run: Statistics) -> float:
    """Return the share of the neurons of the run that have a row in the raster panels."""
    return float(run.data["raster_rows"].sum() / run.data["neurons"].sum())
