"""Panels that show what slips of the published analysis change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from humam.analysis.similarity import off_diagonal
from humam.labels import N_AREAS, SHORT_NAMES
from humam.plotting import scaling, style
from humam.plotting.missing import draw_missing

Array = npt.NDArray[Any]

PUBLISHED, CORRECTED = style.GREY, style.BEST_FIT


def draw_kernels(ax: Axes, matrices: Mapping[str, Sequence[Array]]) -> None:
    """Draw functional connectivity with the corrected kernel against the published one.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    matrices : mapping
        State to the two (34, 34) matrices, published and corrected.
    """
    if not matrices:
        draw_missing(ax, "no run of the base or best-fit version that is long enough here", 22)
        return
    for state, (published, corrected) in reversed(list(matrices.items())):  # base, with few values, on top
        name, colour, _ = scaling.STATE_STYLES[state]
        ax.plot(off_diagonal(published), off_diagonal(corrected), ".", color=colour, markersize=1.5, label=name)
    low, high = ax.dataLim.intervalx
    ax.plot([low, high], [low, high], "k:", linewidth=0.7)
    ax.set(xlabel="correlation, kernel of 20 ms", ylabel="correlation, kernel of 2 ms")
    ax.legend(loc="upper left", markerscale=3)


def draw_shares(ax: Axes, shares: Mapping[str, Array]) -> None:
    """Draw the share of within-area synapses from the column by area, published and corrected (34 values each)."""
    for (name, values), colour in zip(shares.items(), (PUBLISHED, CORRECTED), strict=True):
        ax.plot(range(N_AREAS), values, "o", color=colour, markersize=2, label=f"height {name}")
    ax.set(xlabel="area", ylabel="share from the column", ylim=(0.58, 0.68))
    ax.set_xticks(range(N_AREAS), SHORT_NAMES, rotation=90, fontsize=3)
    ax.legend(loc="upper left", fontsize=4.5)


def draw_variant(ax: Axes, curve: pd.DataFrame) -> None:
    """Draw the published similarity curves of the variant with distributed parameters, chi = 0 and 1 marked."""
    scaling.draw_similarity(ax, curve)
    for chi, label, colour in ((0, "drawn\nas base", PUBLISHED), (1, "base\nversion", CORRECTED)):
        ax.axvline(chi, color=colour, linestyle="--", linewidth=0.8)
        ax.text(chi + 0.05, 0.98, label, color=colour, ha="left", va="top", fontsize=4.5)
    ax.set_xlim(-0.2, 0.2 + np.ceil(curve["chi"].max()))
    ax.legend(loc="center", bbox_to_anchor=(0.6, 0.61), fontsize=4.5, ncols=2, columnspacing=1)  # between the curves
