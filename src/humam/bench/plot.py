"""The results of a benchmark as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from humam.plotting import style

COLOURS: Final = (style.BASE, style.BEST_FIT, "#228833", "#AA3377", "#66CCEE")
"""Colours of experiments."""
PARTS: Final = {
    "share_within": ("within areas", "#4c72b0"),
    "share_between": ("between areas", "#c44e52"),
    "share_queue": ("queue", "#e8a5a7"),
    "share_update": ("neurons, Poisson input", "#8dd3c7"),
    "share_waiting": ("waiting", "#cccccc"),
    "share_host": ("recording", "#777777"),
}
"""Label and colour of what the time goes to."""


def draw(frame: pd.DataFrame, stem: Path | str) -> None:
    """Draw speed, memory, use of time and cost per event; write ``stem.svg`` and ``stem.png``.

    Parameters
    ----------
    frame : DataFrame
        A table of :mod:`humam.bench.table`.
    stem : path
        Files to write, without suffix.
    """
    style.use()
    figure = style.figure(height_in=4.0)
    axes = figure.subplots(2, 2)
    draw_speed(axes[0, 0], frame)
    draw_memory(axes[0, 1], frame)
    draw_shares(axes[1, 0], frame)
    draw_costs(axes[1, 1], frame)
    titles = ("speed", "memory", "thread time per biological second, full scale", "cost of an event")
    largest = frame.loc[frame["engine"] == "procedural", "scale"].max()
    for ax, letter, title in zip(axes.flat, "ABCD", titles, strict=True):
        style.panel_letter(ax, letter, title if largest == 1 else title.replace("full scale", f"scale {largest:g}"))
    style.save(figure, stem)


def colour_of(frame: pd.DataFrame, experiment: str) -> str:
    """Return the colour of an experiment."""
    return COLOURS[list(frame["experiment"].unique()).index(experiment) % len(COLOURS)]


def draw_speed(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw wall time per biological time against scale, one line per experiment and number of threads."""
    most = frame["threads"].max()
    for _, rows in frame.groupby(["experiment", "engine", "threads"]):
        experiment, engine, threads = rows.iloc[0][["experiment", "engine", "threads"]]
        colour = colour_of(frame, experiment)
        if engine == "nest":
            ax.plot(rows["scale"], rows["wall_s_per_biological_s"], "s", mfc="none", ms=4, color=colour)
            continue
        line = "-" if threads == most else (0, (1 + threads, 1))
        label = f"{experiment.replace('_', ' ')}, {threads} thread{'s' if threads > 1 else ''}"
        ax.plot(
            rows["scale"],
            rows["wall_s_per_biological_s"],
            marker="o",
            ms=2.5,
            linestyle=line,
            color=colour,
            label=label,
        )
    if (frame["engine"] == "nest").any():
        ax.plot([], [], "ks", mfc="none", ms=4, label="NEST")
    ax.axhline(1, color=style.GREY, linewidth=0.5)
    ax.text(frame["scale"].max(), 1, "real time", fontsize=5, color=style.GREY, va="bottom", ha="right")
    ax.set(xscale="log", yscale="log", xlabel="scale", ylabel="s per biological second")
    ax.legend()


def draw_memory(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw peak memory against scale, and what stored synapses would need."""
    most = frame[frame["threads"] == frame["threads"].max()]
    for _, rows in most.groupby(["experiment", "engine"]):
        experiment, engine = rows.iloc[0][["experiment", "engine"]]
        marker, line = ("s", "none") if engine == "nest" else ("o", "-")
        ax.plot(
            rows["scale"],
            rows["peak_memory_bytes"] / 1e9,
            marker=marker,
            ms=4 if engine == "nest" else 2.5,
            mfc="none" if engine == "nest" else None,
            linestyle=line,
            color=colour_of(frame, experiment),
            label=None if engine == "nest" else experiment.replace("_", " "),
        )
    stored = most.groupby("scale")["stored_bytes"].mean()
    ax.plot(stored.index, stored / 1e9, ":", color=style.GREY, label="NEST needs (estimate)")
    if (frame["engine"] == "nest").any():
        ax.plot([], [], "ks", mfc="none", ms=4, label="NEST")
    ax.set(xscale="log", yscale="log", xlabel="scale", ylabel="peak memory (GB)")
    ax.legend()


def draw_shares(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw the share of each purpose in the threads' time at the largest scale, and how long that is."""
    rows = frame[frame["engine"] == "procedural"]
    rows = rows[rows["scale"] == rows["scale"].max()]
    labels = [
        f"{e.replace('_', ' ')}\n{t} thread{'s' if t > 1 else ''}"
        for e, t in zip(rows["experiment"], rows["threads"], strict=True)
    ]
    left = pd.Series(0.0, index=rows.index)
    for part, (label, colour) in PARTS.items():
        ax.barh(labels, rows[part], left=left, color=colour, label=label, height=0.7)
        left = left + rows[part]
    for y, (_, r) in enumerate(rows.iterrows()):
        ax.text(1.02, y, f"{r['wall_s_per_biological_s'] * r['threads']:.3g} s", va="center", fontsize=5)
    ax.set(xlim=(0, 1), xlabel="share of the threads' time")
    ax.invert_yaxis()
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=3)


def draw_costs(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw nanoseconds of processor time per event and per neuron update against scale, for most threads."""
    rows = frame[(frame["engine"] == "procedural") & (frame["threads"] == frame["threads"].max())]
    kinds = {
        "ns_between": ("between areas: draw, queue", "#c44e52", "o"),
        "ns_queue": ("between areas: read, add", "#e8a5a7", "^"),
        "ns_within": ("within areas", "#4c72b0", "s"),
        "ns_update": ("neuron and step", "#55a868", "x"),
    }
    for i, (_, part) in enumerate(rows.groupby("experiment", sort=False)):
        for column, (label, colour, marker) in kinds.items():
            ax.plot(
                part["scale"],
                part[column],
                marker=marker,
                ms=3,
                linestyle="-" if i == 0 else "--",
                color=colour,
                label=label if i == 0 else None,
            )
    for i, experiment in enumerate(rows["experiment"].unique()[:2]):
        ax.plot([], [], "k-" if i == 0 else "k--", label=experiment.replace("_", " "))
    ax.set(xscale="log", yscale="log", xlabel="scale", ylabel="ns of processor time")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=2)
