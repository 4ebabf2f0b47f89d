"""The figure of an ensemble: population rates of all engines, and distances between seeds and between engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from humam.labels import LAYER_POPULATIONS, N_POPULATIONS
from humam.plotting import style
from humam.validation.ensembles import Band, Comparison
from humam.validation.runs import EXACT, NEST, TITLES, WINDOWED

COLOURS: Final = {NEST: style.BEST_FIT, EXACT: style.EXPERIMENT, WINDOWED: style.BASE}
COLOURS_BETWEEN: Final = ("#777777", "#AAAAAA", "#DDDDDD")
"""Of pairs of engines, in their order."""


def name_of(case: str) -> str:
    """Return the name of a network's figure, without its ending."""
    return f"ensemble_{case}"


def caption(comparison: Comparison) -> str:
    """Return what the figure shows."""
    seeds = len(comparison.by_engine[NEST])
    return (
        f"{comparison.case.title}; {seeds} seeds of each engine. Left: population rates, mean and standard deviation"
        " over seeds. Right: distances between two seeds of an engine, and between a run of one engine and a run of"
        " another, relative to the mean between seeds of NEST; boxes: quartiles, whiskers: all. p: of each pair of"
        " engines, in the order of the legend."
    )


def draw(comparison: Comparison, bands: list[Band], folder: Path) -> str:
    """Draw rates and distances of a case; return the name of the figure."""
    style.use()
    figure = style.figure(height_in=2.3)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    _rates(left, comparison)
    _distances(right, bands)
    name = name_of(comparison.case.name)
    style.save(figure, folder / name)
    return name


def _rates(ax: Axes, comparison: Comparison) -> None:
    labels = list(comparison.by_engine[NEST][0].samples["rate"])
    rates = {
        engine: np.array([[r.samples["rate"][label].mean() for label in labels] for r in runs])
        for engine, runs in comparison.by_engine.items()
    }
    order = np.argsort(rates[NEST].mean(axis=0))
    for shift, (engine, values) in zip(np.linspace(-0.2, 0.2, len(rates)), rates.items(), strict=True):
        mean, sd = values.mean(axis=0)[order], values.std(axis=0, ddof=1)[order]
        ax.errorbar(
            np.arange(len(labels)) + shift, mean, sd, fmt="o", markersize=1.5, linewidth=0.6, color=COLOURS[engine],
            label=TITLES[engine],
        )  # fmt: skip
    ax.set(xlabel="population, in the order of its rate", ylabel="rate (spikes/s)")
    if len(labels) <= N_POPULATIONS:  # those of one area
        ax.set_xticks(range(len(labels)), ["\n".join(LAYER_POPULATIONS[labels[i] % N_POPULATIONS]) for i in order])
    _legend_above(ax, ncols=len(rates))


def _distances(ax: Axes, bands: list[Band]) -> None:
    names: dict[str, str] = {}
    for i, b in enumerate(bands):
        boxes = [(f"{TITLES[e]}, twice", COLOURS[e], x) for e, x in b.within.items()]
        for (first, second), colour in zip(b.between, COLOURS_BETWEEN, strict=False):
            boxes.append((f"{TITLES[first]} / {TITLES[second]}", colour, b.between[first, second].distances))
        width = 0.8 / len(boxes)
        for j, (name, colour, x) in enumerate(boxes):
            _box(ax, x / b.within[NEST].mean(), i + width * (j - (len(boxes) - 1) / 2), 0.8 * width, colour)
            names[name] = colour
    ticks = ["\n".join([b.statistic, *(f"p = {x.p:.2g}" for x in b.between.values())]) for b in bands]
    ax.set_xticks(range(len(bands)), ticks)
    ax.set(xlim=(-0.6, len(bands) - 0.4), ylabel="distance, mean of NEST twice = 1")
    handles = [style.mpl.patches.Patch(color=colour, label=name) for name, colour in names.items()]
    _legend_above(ax, ncols=2 if len(handles) > 3 else 3, handles=handles)


def _box(ax: Axes, values: np.ndarray, at: float, width: float, colour: str) -> None:
    box = ax.boxplot(
        [values], positions=[at], widths=width, whis=(0, 100), patch_artist=True,
        medianprops={"color": "black", "linewidth": 0.6}, whiskerprops={"linewidth": 0.5},
        capprops={"linewidth": 0.5},
    )  # fmt: skip
    box["boxes"][0].set(facecolor=colour, linewidth=0.4)


def _legend_above(ax: Axes, **options: Any) -> None:
    """Put the legend above the axes, where nothing is drawn."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.0, **options)
