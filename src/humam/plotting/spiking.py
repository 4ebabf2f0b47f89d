"""The figure of the spiking activity of one state: rasters of three areas, rates, irregularity, correlations.

A run may be down-scaled; every panel then carries its scales and the caption what down-scaling does not preserve.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from humam.analysis.statistics import Statistics
from humam.analysis.summary import population_values, too_few
from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.plotting.boxes import draw_boxes
from humam.plotting.missing import draw_missing
from humam.plotting.rasters import draw_raster

RASTER_AREAS: Final = {"A": "caudalanteriorcingulate", "B": "pericalcarine", "C": "fusiform"}
"""Areas of the raster panels."""

BOXES: Final = {
    "D": ("rate", "rate (spikes/s)", True),
    "E": ("cv", "CV", True),
    "F": ("correlation", "correlation coefficient", False),
}
"""Variable, label and whether the axis starts at 0, by panel."""

PANELS: Final = (*RASTER_AREAS, *BOXES)

NOT_PRESERVED: Final = {
    "raster": "down-scaling raises shared input and with it synchrony; which neurons spike when is not comparable",
    "rate": "mean rates are preserved where the working point was known (base version), approximately elsewhere",
    "cv": "irregularity is preserved approximately: input variance is kept, its temporal structure is not",
    "correlation": "correlations are <b>not</b> preserved: fewer neurons share more of their inputs",
}
"""What a down-scaled run says about each kind of panel (van Albada et al. 2015)."""


def scales(run: Statistics) -> str:
    """Return the scales of a run for its panels: ``s = 0.01, k = 0.01``, or ``full scale``."""
    if not run.down_scaled:
        return "full scale"
    text = f"s = {run.data.attrs['scale']:g}, k = {run.data.attrs['in_degree_scale']:g}"
    return text + (f", {len(run.areas)} areas alone" if run.areas else "")


def draw_panel(
    ax: Axes, run: Statistics | None, panel: str, experiment: str, conventions: Conventions = PUBLISHED
) -> None:
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
    conventions : Conventions
        Whether populations that are too silent for a CV count as 0, see
        :func:`humam.analysis.summary.population_values`.
    """
    if run is None:
        draw_missing(ax, f"no run of {experiment!r} here", 16)
        return
    if panel in RASTER_AREAS:
        draw_raster(ax, run, RASTER_AREAS[panel])
        _note(ax, f"{RASTER_AREAS[panel]}\n{_size(run)}")
        return
    variable, label, from_zero = BOXES[panel]
    values = population_values(run, variable, conventions)
    reason = too_few(run, variable)
    if reason:
        draw_missing(ax, f"too few spikes: {reason}", 26)
        ax.set_xlabel(label)
        return
    draw_boxes(ax, values, label, from_zero)
    note = _size(run)
    if variable == "correlation" and run.down_scaled:
        note += "\ncorrelations are not preserved"
    if variable in ("cv", "lvr") and (run.down_scaled or conventions is CORRECTED):
        note += f"\n{np.isfinite(values).sum()} of {np.count_nonzero(run.data['neurons'])} populations"
    _note(ax, note)


def _size(run: Statistics) -> str:
    """Return scales and duration of a run."""
    return f"{scales(run)}, {run.data.attrs['t_sim_ms'] / 1000:g} s"


INK: Final = "#444444"


def _note(ax: Axes, text: str) -> None:
    ax.text(1.0, 1.01, text, transform=ax.transAxes, ha="right", va="bottom", fontsize=5, color=INK)
