"""Panels that hold the connectivity against rules: SLN, log-normality, distance, out-degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from humam.analysis.figure_values import OUT_DEGREE_EDGES
from humam.analysis.sln_fit import SlnFit
from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.plotting import style

Array = npt.NDArray[Any]

DIRECTION_HATCHES: Final = {"feedforward": "", "lateral": "....", "feedback": "/////"}
"""So that nobody needs the colours to tell the directions apart."""

SLN_AXIS: Final = {PUBLISHED: "log$_{10}$", CORRECTED: "ln"}
"""Label of the logarithm in the panel of the SLN fit."""


def sln_fit(ax: Axes, projections: pd.DataFrame, fit: SlnFit, conventions: Conventions = CORRECTED) -> None:
    """Draw macaque projections and the fitted rule.

    Parameters
    ----------
    projections : DataFrame
        Columns ``log_density_ratio`` (natural logarithm) and ``sln``.
    fit : SlnFit
        The fit.
    conventions : Conventions
        Published: the axis is labelled as in the paper, log10; corrected: as what is drawn, ln.
    """
    ax.plot(
        projections["log_density_ratio"],
        projections["sln"],
        ".",
        color="#999999",
        markersize=2.5,
        label="projections",
    )
    x = np.linspace(-2, 2, 201)
    ax.plot(x, fit.predict(x), "k", label=f"Φ({fit.a0:.3f} − {-fit.a1:.3f} x)".replace("-", "−"))
    ax.set(xlim=(-2, 2), ylim=(0, 1), yticks=[0, 0.5, 1])
    ax.set_xlabel(f"x = {SLN_AXIS[conventions]}(density of target / density of source)")
    ax.set_ylabel("SLN (macaque)")
    ax.legend(loc="lower left")  # no projection lies there


def lognormal(ax: Axes, synapses: Array, mean: float, sd: float) -> None:
    """Draw the density of log10 synapse numbers (25 bins) and a normal density of given mean and sd."""
    logarithms = np.log10(synapses[synapses > 0])
    ax.hist(logarithms, bins=25, density=True, color="#bbbbbb", edgecolor="w", linewidth=0.3)
    x = np.linspace(2, 9, 301)
    ax.plot(
        x,
        np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi)),
        "k",
        label=f"normal, {mean:.2f} ± {sd:.2f}",
    )
    ax.set(xlim=(2, 9))
    ax.set_xlabel("log$_{10}$ synapses per pair of populations")
    ax.set_ylabel("probability density")
    ax.legend(loc="upper left", borderaxespad=0)


def distance(ax: Axes, length_mm: Array, synapses: Array, rule: Mapping[str, float]) -> None:
    """Draw log10 synapses of connected pairs of areas against fibre length, with the regression."""
    chosen = (length_mm > 0) & (synapses > 0)
    ax.plot(length_mm[chosen], np.log10(synapses[chosen]), ".", color="#999999", markersize=2.5)
    x = np.array([0.0, 150.0])
    ax.plot(x, rule["intercept"] + rule["slope"] * x, "k")
    ax.set(xlim=(0, 150))
    ax.set_xlabel("fibre length (mm)")
    ax.set_ylabel("log$_{10}$ synapses per pair of areas")
    text = f"decay constant {rule['decay_constant']:.1f} mm\n$R^2$ = {rule['r_squared']:.2f}"
    ax.text(0.98, 0.97, text, transform=ax.transAxes, ha="right", va="top", fontsize=5)


def _grouped(ax: Axes, values: Mapping[str, Array], edges: Sequence[int], digits: int) -> None:
    """Draw histograms side by side as densities on a logarithmic axis."""
    names = [name for name in style.DIRECTION_COLOURS if name in values]
    ax.hist(
        [values[name] for name in names],
        bins=list(edges),
        density=True,
        log=True,
        color=[style.DIRECTION_COLOURS[name] for name in names],
        label=[f"{name}, mean {values[name].mean():.{digits}f}" for name in names],
        hatch=[DIRECTION_HATCHES[name] for name in names],
        edgecolor="k",
        linewidth=0.3,
    )
    ax.set_ylabel("probability density")
    ax.legend(loc="upper right", borderaxespad=0)


def out_degrees(ax: Axes, values: Mapping[str, Array]) -> None:
    """Draw the out-degrees of single neurons into single areas by direction."""
    _grouped(ax, values, OUT_DEGREE_EDGES, 0)
    ax.set(xlim=(0, 7000))
    ax.set_xlabel("synapses of a neuron in a target area")


def target_areas(ax: Axes, values: Mapping[str, Array]) -> None:
    """Draw the numbers of target areas of source populations by direction, in bins of width 2."""
    largest = max(int(v.max()) for v in values.values())
    edges = range(0, largest + 3, 2)
    _grouped(ax, values, edges, 2)
    ax.set(xlim=(0, edges[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("target areas with more than 100 synapses of a neuron")
