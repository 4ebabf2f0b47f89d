"""The panel that sets two sets of population rates against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from humam.plotting import style
from humam.plotting.missing import draw_missing

Array = npt.NDArray[Any]


def draw_agreement(ax: Axes, reference: Array, other: Array, reference_label: str, other_label: str) -> None:
    """Draw rates of the populations by two ways, double logarithmic, E and I in their colours; dotted: equal.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    reference, other : (272,) arrays
        Rates in spikes/s; populations without a positive rate in both are left out.
    reference_label, other_label : str
        What the two are, for the axes; the unit is added.
    """
    both = (reference > 0) & (other > 0)
    if not both.any():
        draw_missing(ax, "Nothing to compare: too few spikes, no population has a rate in both.")
        return
    for i, (name, colour) in enumerate(style.POPULATION_COLOURS.items()):
        chosen = both & (np.arange(len(reference)) % 2 == i)
        ax.plot(reference[chosen], other[chosen], "os"[i], color=colour, markersize=2, markeredgewidth=0, label=name)
    low = min(reference[both].min(), other[both].min()) / 1.5
    high = max(reference[both].max(), other[both].max()) * 1.5
    ax.plot([low, high], [low, high], "k:", linewidth=0.7)
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set(xlabel=f"{reference_label} (spikes/s)", ylabel=f"{other_label} (spikes/s)")
    ax.legend(loc="upper left", borderaxespad=0.3, handlelength=0.8)
