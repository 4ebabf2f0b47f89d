"""Panels that cannot be drawn, and say why."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes

from humam.plotting.style import GREY


def draw_missing(ax: Axes, text: str, width: int = 30) -> None:
    """Draw a panel whose data are not to be had: a frame with the reason."""
    lines = "\n".join(textwrap.wrap(text, width))
    ax.text(0.5, 0.5, lines, transform=ax.transAxes, ha="center", va="center", color=GREY, linespacing=1.5)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, linestyle=(0, (4, 3)), color=GREY)
