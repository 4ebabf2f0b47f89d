"""The one style of all figures: sizes, fonts, colours, saving.

Colours are those of the published figures, which colour-blind readers can tell apart; matrices use maps whose
lightness rises evenly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from PIL import Image

mpl.use("Agg")  # Nothing here opens a window, wherever it runs.

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from humam.files import atomic_path

WIDTH_IN: Final = 5.63
"""Width of a full figure in inches (the journal's text width)."""

DPI: Final = 300

THUMBNAIL_PX: Final = 640
"""Width of the pictures on the front page."""

EXCITATORY: Final = "#4c72b0"
INHIBITORY: Final = "#c44e52"
EXPERIMENT: Final = "#BB5566"
BASE: Final = "#DDAA33"
BEST_FIT: Final = "#004488"
FEEDFORWARD: Final = "#8dd3c7"
FEEDBACK: Final = "#bebada"
LATERAL: Final = "#ffffb3"
GREY: Final = "#777777"

DIRECTION_COLOURS: Final = {"feedforward": FEEDFORWARD, "lateral": LATERAL, "feedback": FEEDBACK}
POPULATION_COLOURS: Final = {"E": EXCITATORY, "I": INHIBITORY}

RC: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same picture on every machine
    "font.size": 6,
    "axes.titlesize": 6,
    "axes.labelsize": 6,
    "xtick.labelsize": 5,
    "ytick.labelsize": 5,
    "legend.fontsize": 5,
    "figure.titlesize": 7,
    "lines.linewidth": 1,
    "axes.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.minor.width": 0.3,
    "ytick.minor.width": 0.3,
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "xtick.minor.size": 1,
    "ytick.minor.size": 1,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "axes.labelpad": 2,
    "axes.titlepad": 4,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.3,
    "legend.frameon": False,
    "legend.handlelength": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 100,
    "savefig.dpi": DPI,
    "svg.fonttype": "path",
    "svg.hashsalt": "humam",  # the same figure gives the same bytes
}


def use() -> None:
    """Make this style the one of every figure drawn from now on."""
    mpl.rcdefaults()
    mpl.rcParams.update(RC)  # type: ignore[arg-type]


def figure(width_in: float = WIDTH_IN, height_in: float = 2.0, square_cells: bool = False) -> Figure:
    """Return an empty figure of a size in inches, laid out without overlaps.

    Parameters
    ----------
    width_in, height_in : float
        Its size.
    square_cells : bool
        Whether axes with a fixed aspect ratio (matrices, maps) decide the layout: then they are moved together.
    """
    return Figure(figsize=(width_in, height_in), layout="compressed" if square_cells else "constrained")


def panel_letter(ax: Axes, letter: str, title: str = "") -> None:
    """Write the bold letter of a panel above the left end of its axes, and a title above their middle."""
    ax.set_title(letter, loc="left", fontweight="bold", fontsize=8, y=1.0)
    ax.set_title(title)


def save(fig: Figure, stem: Path | str) -> None:
    """Write ``stem.svg`` and ``stem.png`` (300 dpi), without time stamps."""
    stem = Path(stem)
    # The layout settles in the second pass (the first knows no aspect ratios); then it is kept for both files.
    for _ in range(2):
        fig.draw_without_rendering()
    fig.set_layout_engine(None)  # not "none", whose placeholder has the figure drawn once more for each file
    with atomic_path(stem.with_name(f"{stem.name}.svg")) as path:
        fig.savefig(path, metadata={"Date": None})
    with atomic_path(stem.with_name(f"{stem.name}.png")) as path:
        fig.savefig(path, dpi=DPI, metadata={"Software": None})


def save_thumbnail(picture: Path | str, path: Path | str, width_px: int = THUMBNAIL_PX) -> None:
    """Write a smaller copy of a PNG, for the front page or README.md, with 256 colours."""
    with Image.open(picture) as image:
        height_px = round(image.height * width_px / image.width)
        small = image.convert("RGB").resize((width_px, height_px), Image.Resampling.LANCZOS)
        # Maximum coverage keeps the colours of thin lines, which median cut gives up; k-means those of large fields.
        with atomic_path(path) as temporary:
            small.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3).save(temporary, optimize=True)
