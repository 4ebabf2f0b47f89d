"""Sketches of the model's circuits: the column of one area, and how projections between areas reach it.

What the sketches show (connection probabilities, which layers hold synapses, who reaches whom) is read from
the model, not drawn by hand.
"""

from __future__ import annotations

from typing import Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, Polygon, Rectangle

from humam.labels import CORTICAL_LAYERS, LAYER_POPULATIONS, LAYERS, N_AREAS, N_POPULATIONS, SHORT_NAMES
from humam.plotting.style import DIRECTION_COLOURS, EXCITATORY, GREY, INHIBITORY

Array = npt.NDArray[np.float64]
Point = tuple[float, float]

BANDS: Final = {"I": (5.2, 6.0), "II/III": (3.9, 5.2), "IV": (2.6, 3.9), "V": (1.3, 2.6), "VI": (0.0, 1.3)}
"""Lower and upper border of each layer in the coordinates of the sketches."""

ENDS: Final[dict[str, tuple[str, ...]]] = {
    "feedforward": ("IV",),
    "lateral": CORTICAL_LAYERS,
    "feedback": ("I", "II/III", "V", "VI"),
}
"""Layers in which projections of each direction form synapses (where the target area has a layer IV)."""

BAND_COLOURS: Final = ("#f3f3f3", "#ffffff")


def middle(layer: str) -> float:
    """Return the height of the middle of a layer."""
    return sum(BANDS[layer]) / 2


def bands(ax: Axes, left: float, right: float, labels: bool = True) -> None:
    """Draw the five layers as horizontal bands from ``left`` to ``right``."""
    for i, layer in enumerate(CORTICAL_LAYERS):
        low, high = BANDS[layer]
        ax.add_patch(Rectangle((left, low), right - left, high - low, facecolor=BAND_COLOURS[i % 2], zorder=0))
        if labels:
            ax.text(left - 0.12, middle(layer), layer, ha="right", va="center")
    ax.add_patch(Rectangle((left, 0), right - left, 6.0, fill=False, edgecolor=GREY, linewidth=0.5, zorder=1))


def excitatory(ax: Axes, x: float, y: float, size: float = 0.3) -> None:
    """Draw a pyramidal neuron: a blue triangle."""
    corners = [(x - size, y - 0.8 * size), (x + size, y - 0.8 * size), (x, y + size)]
    ax.add_patch(Polygon(corners, closed=True, facecolor=EXCITATORY, edgecolor="white", linewidth=0.5, zorder=5))


def inhibitory(ax: Axes, x: float, y: float, size: float = 0.26) -> None:
    """Draw an interneuron: a red circle."""
    ax.add_patch(Circle((x, y), size, facecolor=INHIBITORY, edgecolor="white", linewidth=0.5, zorder=5))


def draw_column(ax: Axes, probabilities: Array, smallest: float = 0.04) -> None:
    """Draw the microcircuit of one area: four layers of E and I neurons and the connections between them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    probabilities : (8, 8) array
        Connection probabilities, rows targets, columns sources, in the order of the labels.
    smallest : float
        Connections below this probability are left out. The width of a line grows with the probability.
    """
    x_of = {"E": 1.35, "I": 3.4}
    position = [(x_of[p], middle(layer)) for layer, p in LAYER_POPULATIONS]
    bands(ax, 0.0, 4.4)
    for (_, population), (x, y) in zip(LAYER_POPULATIONS, position, strict=True):
        (excitatory if population == "E" else inhibitory)(ax, x, y)
    for t, s in np.argwhere(probabilities >= smallest):
        start, end, bend = _route(position[s], position[t])
        _connection(ax, start, end, bend, LAYER_POPULATIONS[s][1] == "E", float(probabilities[t, s]))
    ax.set(xlim=(-0.95, 4.5), ylim=(-0.1, 6.1), aspect="equal")
    ax.set_axis_off()


def _route(source: Point, target: Point) -> tuple[Point, Point, float]:
    """Return start, end and bend of a line between two neurons, so that lines of opposite sense lie apart."""
    (x, y), (x_end, y_end) = source, target
    side = -1 if x < 2.4 else 1  # the outer side of this column of neurons
    if source == target:
        return (x + side * 0.2, y + 0.14), (x + side * 0.2, y - 0.16), -1.7 * side
    if x == x_end:
        sense = np.sign(y_end - y)
        bend = 0.42 if abs(y_end - y) < 2 else 0.3
        return (
            (x + side * 0.1, y + 0.2 * sense),
            (x_end + side * 0.12, y_end - 0.25 * sense),
            sense * side * bend,
        )
    inward = np.sign(x_end - x)
    shift = 0.11 * inward if y == y_end else 0.0
    reach = 0.3
    slope = (y_end - y) / abs(x_end - x)
    start = (x + reach * inward, y + shift + reach * slope * 0.6)
    return start, (x_end - reach * inward, y_end + shift - reach * slope * 0.6), 0.0 if y == y_end else 0.08


def _connection(ax: Axes, start: Point, end: Point, bend: float, excites: bool, probability: float) -> None:
    colour = EXCITATORY if excites else INHIBITORY
    width = 0.35 + 3.5 * probability
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>,head_length=2.0,head_width=1.0" if excites else "-",
            connectionstyle=f"arc3,rad={bend}",
            shrinkA=0,
            shrinkB=0,
            linewidth=width,
            color=colour,
            alpha=0.9,
            zorder=3,
            mutation_scale=1.5,
        )
    )
    if not excites:
        ax.add_patch(Circle(end, 0.055 + 0.08 * probability, facecolor=colour, linewidth=0, zorder=6))


def draw_targeting(ax: Axes, reach: Array, smallest: float = 0.05) -> None:
    """Draw how a projection between areas finds its targets: where it ends, and whose dendrites are there.

    On the left the sending populations; in the middle the layers in which the three kinds of projection form
    synapses; on the right the excitatory neurons of the target with the layers their dendrites collect from.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    reach : (4, 5) array
        Probability that a synapse on an excitatory neuron in a layer (columns: I, II/III, IV, V, VI) belongs
        to a neuron with its soma in II/III, IV, V, VI (rows).
    smallest : float
        A dendrite is drawn through the layers with at least this probability; the dots grow with it.
    """
    bands(ax, 0.0, 1.6)
    for layer in ("II/III", "V", "VI"):
        excitatory(ax, 0.65, middle(layer))
    _bracket(ax, 1.2, *BANDS["II/III"])
    _bracket(ax, 1.2, BANDS["VI"][0], BANDS["V"][1])
    for text, y in (("SLN", middle("II/III")), ("1−SLN", BANDS["V"][0])):
        arrow = "-|>,head_length=3,head_width=1.6"
        ax.add_patch(FancyArrowPatch((1.75, y), (3.1, y), arrowstyle=arrow, color=GREY, mutation_scale=1.6))
        ax.text(2.42, y + 0.14, text, ha="center", va="bottom")
    ax.text(0.8, 6.15, "sent by", ha="center", va="bottom")

    for i, (direction, layers) in enumerate(ENDS.items()):
        left = 3.3 + 0.62 * i
        for layer in layers:
            low, high = BANDS[layer]
            ax.add_patch(
                Rectangle(
                    (left, low + 0.06),
                    0.46,
                    high - low - 0.12,
                    facecolor=DIRECTION_COLOURS[direction],
                    edgecolor=GREY,
                    linewidth=0.4,
                )
            )
        ax.text(left + 0.3, -0.15, direction, ha="right", va="top", rotation=35, rotation_mode="anchor")
    ax.text(4.15, 6.15, "synapses in", ha="center", va="bottom")

    right = 5.4
    bands(ax, right, right + 4.1, labels=False)
    for row, soma in enumerate(LAYERS):
        _dendrite(ax, right + 0.45 + 0.8 * row, soma, reach[row], smallest)
        inhibitory(ax, right + 3.7, middle(soma), 0.2)
    ax.text(right + 1.65, -0.15, "E: along their\ndendrites", ha="center", va="top")
    ax.text(right + 3.7, -0.15, "I: in their\nown layer", ha="center", va="top")
    ax.text(right + 2.05, 6.15, "received by", ha="center", va="bottom")
    ax.set(xlim=(-0.75, right + 4.4), ylim=(-1.3, 6.7), aspect="equal")
    ax.set_axis_off()


def _dendrite(ax: Axes, x: float, soma: str, reach: Array, smallest: float) -> None:
    reached = {layer: p for layer, p in zip(CORTICAL_LAYERS, reach, strict=True) if p >= smallest}
    heights = [middle(layer) for layer in (*reached, soma)]
    ax.plot([x, x], [min(heights), max(heights)], color=EXCITATORY, linewidth=0.9, zorder=3)
    for layer, probability in reached.items():
        fork = np.array([0.3, 0.0, 0.3]) + middle(layer)
        ax.plot([x - 0.2, x, x + 0.2], fork, color=EXCITATORY, linewidth=0.6, zorder=3)
        ax.scatter([x + 0.2], [middle(layer) + 0.32], s=15 * probability, color="black", linewidths=0, zorder=6)
    excitatory(ax, x, middle(soma), 0.25)


def _bracket(ax: Axes, x: float, low: float, high: float) -> None:
    low, high = low + 0.15, high - 0.15
    ax.plot([x, x + 0.12, x + 0.12, x], [low, low, high, high], color=GREY, linewidth=0.6, zorder=4)


def draw_population_sizes(ax: Axes, neurons: npt.NDArray[np.int64]) -> None:
    """Draw the neurons of every area as a stack of its eight populations, in the order of the layers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    neurons : (272,) array
        Neuron numbers in canonical order.
    """
    thousands = neurons.reshape(N_AREAS, N_POPULATIONS) / 1000
    top = thousands.sum(axis=1)
    x = np.arange(N_AREAS)
    for i, (layer, population) in enumerate(LAYER_POPULATIONS):
        colour = EXCITATORY if population == "E" else INHIBITORY
        shade = SHADES[LAYERS.index(layer)]
        top = top - thousands[:, i]
        ax.bar(
            x,
            thousands[:, i],
            bottom=top,
            width=0.85,
            color=lighten(colour, shade),
            edgecolor="white",
            linewidth=0.2,
            label=f"{layer} {population}",
        )
    ax.set_xticks(x, SHORT_NAMES, rotation=90)
    ax.tick_params(axis="x", length=0)
    ax.set(xlim=(-0.7, N_AREAS - 0.3), ylabel="neurons under 1 mm² (thousand)")
    ax.legend(ncols=4, loc="upper left", columnspacing=1.0)


SHADES: Final = (0.0, 0.25, 0.5, 0.7)
"""How much white is mixed into the colour of a population, by layer."""


def lighten(colour: str, amount: float) -> tuple[float, float, float]:
    """Return a colour with a share of white mixed in.

    Examples
    --------
    >>> lighten("#000000", 0.5)
    (0.5, 0.5, 0.5)
    """
    red, green, blue = (float(c + (1 - c) * amount) for c in to_rgb(colour))
    return red, green, blue


def draw_thickness(ax: Axes, thickness: Array) -> None:
    """Draw the layers of every area as a stack of their thickness, layer I on top; removed layers are absent.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw into.
    thickness : (34, 5) array
        Thickness in mm of the cortical layers.
    """
    top = thickness.sum(axis=1)
    colours = mpl.colormaps["cividis"](np.linspace(0.95, 0.15, len(CORTICAL_LAYERS)))
    for layer, height, colour in zip(CORTICAL_LAYERS, thickness.T, colours, strict=True):
        top = top - height
        ax.bar(
            np.arange(N_AREAS), height, 0.85, bottom=top, color=colour, edgecolor="white", linewidth=0.2, label=layer
        )
    ax.set_xticks(np.arange(N_AREAS), SHORT_NAMES, rotation=90)
    ax.tick_params(axis="x", length=0)
    ax.set(xlim=(-0.7, N_AREAS - 0.3), ylabel="thickness (mm)")
    ax.legend(title="layer", loc="center left", bbox_to_anchor=(1.0, 0.5))
