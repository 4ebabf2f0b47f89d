"""What the appendix reports of one run share: distributions of rates, rasters of all areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from humam.analysis import dynamics_values
from humam.analysis.series import Runs
from humam.labels import AREAS, N_POPULATIONS, SHORT_NAMES
from humam.plotting import rasters
from humam.plotting import rate_distributions as distributions
from humam.plotting.missing import draw_missing
from humam.reports import chosen_run
from humam.reports.report import Report


class RunReport:
    """The panels and values of the run of an experiment that is closest to the published one.

    Parameters
    ----------
    report : Report
        Where they go.
    given : mapping
        Name of each run to the folder of its statistics.
    experiment : str
        Name of the experiment.
    """

    def __init__(self, report: Report, given: Mapping[str, str], experiment: str) -> None:
        self.report, self.experiment = report, experiment
        self.name, self.run = chosen_run.choose(report, Runs(given), experiment)

    @property
    def missing(self) -> str:
        """Why there is nothing to draw, or an empty string."""
        return "" if self.run is not None else f"no run of {self.experiment!r} here"

    def introduce(self) -> None:
        """Show which run this is."""
        text = f"Not drawn: {escape(self.missing)}."
        if self.run is not None:
            text = f"{chosen_run.describe(self.name, self.run)}."
            if self.run.down_scaled:
                text += " Down-scaled: shown, not compared."
            text += chosen_run.silent_area(self.run)
        display(HTML(f'<div class="notice"><p>{text}</p></div>'))

    # Distributions of rates

    def draw_rates(self, ax: Axes, index: int) -> None:
        """Draw the distributions of one of the eight populations."""
        reason = self.missing or (self.run.unavailable("log_rate_density") if self.run is not None else "")
        if self.run is None or reason:
            draw_missing(ax, reason, 22)
            return
        data = self.run.data
        distributions.draw_distribution(ax, data["log_rate_density"].to_numpy(), data["log_rate"].to_numpy(), index)
        ax.set(xlabel="rate (spikes/s)", ylabel="density")

    def rate_table(self, index: int) -> pd.DataFrame | None:
        """Return what a panel draws: bins by mean and standard deviation over areas."""
        if self.run is None or self.run.unavailable("log_rate_density"):
            return None
        rows = distributions.of_population(self.run.data["log_rate_density"].to_numpy(), index)
        if not len(rows):
            return None
        edges = self.run.data["log_rate"].to_numpy()
        return pd.DataFrame({"log10_rate_from": edges, "mean": rows.mean(axis=0), "sd": rows.std(axis=0)})

    def note_rates(self) -> None:
        """Note the numbers of the distributions."""
        if self.run is not None:
            self.report.values(dynamics_values.rate_distributions(self.run))

    # Rasters

    @property
    def areas(self) -> list[str]:
        """Areas whose rasters there are: all, or those that an archived run keeps."""
        if self.run is None:
            return list(AREAS)
        kept = np.unique(self.run.rasters["population"].to_numpy() // N_POPULATIONS)
        return list(AREAS) if self.run.down_scaled else [AREAS[i] for i in kept]

    def pages(self, size: int) -> dict[str, list[str]]:
        """Return the areas of each page by its letter."""
        areas = self.areas
        return dict(zip("ABC", [areas[i : i + size] for i in range(0, len(areas), size)], strict=False))

    def draw_rasters(self, fig: Figure, areas: Sequence[str], columns: int, small: bool = False) -> None:
        """Draw the rasters of some areas on a grid."""
        if self.run is None:
            draw_missing(fig.subplots(), self.missing)
            return
        rows = -(-len(areas) // columns)
        axes = fig.subplots(rows, columns, squeeze=False).ravel()
        for ax, area in zip(axes, areas, strict=False):
            rasters.draw_raster(ax, self.run, area)
            ax.set_title(SHORT_NAMES[AREAS.index(area)] if small else area, fontsize=5 if small else 6)
            if small:
                ax.set_xlabel("time (s)" if ax is axes[len(areas) - 1] else "", fontsize=5)
                ax.tick_params(labelsize=3.5, length=1, pad=1)
        for ax in axes[len(areas) :]:
            ax.set_axis_off()

    def raster_table(self, areas: Sequence[str]) -> pd.DataFrame | None:
        """Return the spikes that a page draws."""
        if self.run is None:
            return None
        return pd.concat([rasters.raster_of_area(self.run, area)[0].assign(area=area) for area in areas])
