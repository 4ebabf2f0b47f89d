"""What the report of Figure 8 shows: lags between areas and their order in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure, SubFigure

from humam.analysis import dynamics_values
from humam.analysis.hierarchy import Hierarchy, temporal_hierarchy
from humam.analysis.run import COMPARED
from humam.analysis.series import Runs
from humam.datasets.published_names import LOBES
from humam.errors import HumamError
from humam.labels import AREAS
from humam.plotting import brain, hierarchy, style
from humam.plotting.missing import draw_missing
from humam.reports import chosen_run
from humam.reports.report import Code, Report

EXPERIMENT = "best_fit"


class HierarchyReport:
    """The panels and values of the temporal hierarchy.

    Parameters
    ----------
    report : Report
        Where they go.
    given : mapping
        Name of each run to the folder of its statistics.
    """

    def __init__(self, report: Report, given: Mapping[str, str]) -> None:
        self.report = report
        self.name, self.run = chosen_run.choose(report, Runs(given), EXPERIMENT)
        self.found: Hierarchy | None = None
        self.reason = f"no run of {EXPERIMENT!r} here"
        if self.run is not None:
            try:
                late = self.run.area_rate.sel(time=COMPARED)
                self.found = temporal_hierarchy(late.to_numpy())
            except HumamError as error:
                self.reason = str(error)
            else:
                if not np.isfinite(self.found.position).all():
                    self.reason = "too few lags are defined to place all areas"

    def introduce(self) -> None:
        """Show which run this is and what came out."""
        if self.run is None or self.found is None:
            text = f"Not drawn: {escape(self.reason)}."
        else:
            defined = int((np.isfinite(self.found.lag) & ~np.eye(len(AREAS), dtype=bool)).sum())
            text = (
                f"{chosen_run.describe(self.name, self.run)}; {self.found.n_chunks} parts of 1.111 s; "
                f"{defined} of {len(AREAS) * (len(AREAS) - 1)} lags are defined."
            )
            if lost := int(np.isnan(self.found.position).sum()):
                text += f" {lost} areas have no place: no lags connect them with the others."
            if self.run.down_scaled:
                text += " Down-scaling raises correlations: lags of this run do not stand in for the full model."
            text += chosen_run.silent_area(self.run)
        display(HTML(f'<div class="notice"><p>{text}</p></div>'))

    def show_whole(self) -> None:
        """Draw and save the whole figure."""
        fig = style.figure(height_in=6.6)
        top, bottom = np.asarray(fig.subfigures(2, 1, height_ratios=(2.6, 1))).tolist()
        self._draw(top, "A", 4.0)
        self._draw(bottom, "B", 4.0)
        self.report.save_figure(fig, "Temporal hierarchy of the areas in the best-fit version.")

    def show_panel(self, panel: str, code: Iterable[Code]) -> None:
        """Draw and save one panel."""
        fig = style.figure(*{"A": (5.0, 4.6), "B": (style.WIDTH_IN, 2.0)}[panel])
        self._draw(fig, panel, 4.0)
        self.report.save_panel(fig, panel, self._caption(panel), self._data(panel), code)

    def _draw(self, fig: Figure | SubFigure, panel: str, tick_size: float) -> None:
        if self.found is None or not np.isfinite(self.found.position).any():
            ax = fig.subplots()
            draw_missing(ax, self.reason, 50)
            style.panel_letter(ax, panel)
            return
        if panel == "A":
            ax = fig.subplots()
            hierarchy.lag_bar(ax, hierarchy.draw_lags(ax, self.found.lag, self.found.position, tick_size))
            hierarchy.lobe_legend(ax)
            style.panel_letter(ax, panel)
            return
        axes = fig.subplots(1, len(brain.VIEWS))
        for ax, view in zip(axes, brain.VIEWS, strict=True):
            hierarchy.draw_brain(ax, view, self.found.position)
        hierarchy.rank_bar(axes)
        style.panel_letter(axes[0], panel, axes[0].get_title())

    def _caption(self, panel: str) -> str:
        if self.found is None:
            return f"Not drawn: {escape(self.reason)}."
        if panel == "A":
            return (
                "Lags between the rates of areas, in the order of the hierarchy (early areas first); crosses: no lag "
                "is defined. Colours of the names: lobes. A pair need not have opposite lags in the two directions: "
                "these are estimated apart, as published."
            )
        return (
            "Order of the areas in time on the surface of a left hemisphere: white leads, dark blue follows. The model "
            "has one hemisphere; the published picture shows the same quantity in an external viewer."
        )

    def _data(self, panel: str) -> pd.DataFrame | None:
        if self.found is None:
            return None
        if panel == "B":
            lobes = [hierarchy.lobe_of(area) for area in AREAS]
            return pd.DataFrame({"area": AREAS, "lobe": lobes, "position": self.found.position})
        pairs = pd.MultiIndex.from_product([AREAS, AREAS], names=["target", "source"])
        return pd.DataFrame({"lag_ms": self.found.lag.ravel()}, index=pairs).dropna().reset_index()

    def note_values(self) -> None:
        """Note the numbers of the hierarchy."""
        if self.found is not None and self.run is not None:
            self.report.values(dynamics_values.temporal_hierarchy(self.found, LOBES, self.run.status))
