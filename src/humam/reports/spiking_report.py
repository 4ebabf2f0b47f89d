"""What the reports of Figures 4 and 6 share: the spiking activity of one state of the model."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd
from IPython.display import HTML, display

from humam.analysis import boxes, summary
from humam.analysis.series import Runs, other_seed
from humam.analysis.value import with_seed_difference
from humam.conventions import CORRECTED
from humam.page import number
from humam.plotting import boxes as box_panels
from humam.plotting import rasters, spiking, style
from humam.plotting.scaling import STATE_STYLES
from humam.reports import chosen_run
from humam.reports.report import Report


class SpikingReport:
    """The panels, values and remarks of one state.

    Parameters
    ----------
    report : Report
        Where they go.
    given : mapping
        Name of each run to the folder of its statistics.
    experiment : str
        The state: ``base`` or ``best_fit``.
    """

    def __init__(self, report: Report, given: Mapping[str, str], experiment: str) -> None:
        self.report, self.experiment = report, experiment
        runs = Runs(given)
        self.name, self.run = chosen_run.choose(report, runs, experiment)
        twin = other_seed(runs, self.name) if self.name else ""
        self.twin = runs[twin] if twin else None
        if twin:
            report.input("statistics", twin)

    def introduce(self) -> None:
        """Show which run this is, and what its down-scaling does not preserve."""
        if self.run is None:
            text = f"No run of the experiment <b>{escape(self.experiment)}</b> is among the inputs: panels stay empty."
        else:
            run = self.run.data.attrs
            text = (
                f"Run <b>{escape(self.name)}</b>: {escape(str(run['engine']))}, {number(run['t_sim_ms'])} ms, "
                f"seed {run['seed']}, {number(run['n_spikes'])} spikes of "
                f"{number(float(self.run.data['neurons'].sum()))} neurons."
            )
            if self.run.down_scaled:
                text += (
                    f" The published figure shows the full-scale model for 12.5 s; this run is <b>down-scaled</b>: "
                    f"{spiking.scales(self.run)} (shares of the neurons and of each in-degree), scheme "
                    f"<code>{escape(str(run['scheme']))}</code>. Its numbers are shown, not compared."
                )
            elif self.run.incomparable:
                text += f" Its numbers are shown, <b>not compared</b>: {escape(self.run.incomparable)}."
            text += chosen_run.silent_area(self.run)
        display(HTML(f'<div class="notice"><p>{text}</p></div>'))

    def show_whole(self) -> None:
        """Draw and save the whole figure."""
        fig = style.figure(height_in=3.9)
        axes = fig.subplots(2, 3)
        for ax, panel in zip(axes.ravel(), spiking.PANELS, strict=True):
            spiking.draw_panel(ax, self.run, panel, self.experiment, self.report.conventions)
            if ax in axes[1, 1:]:
                ax.set_yticklabels([])
            style.panel_letter(ax, panel)
        version = STATE_STYLES[self.experiment][0]
        seed = f", seed {self.run.data.attrs['seed']}" if self.run is not None else ""
        self.report.save_figure(fig, f"Spiking activity of the {version} version of the model{seed}{self._remark()}")

    def show_panel(self, panel: str) -> None:
        """Draw and save one panel."""
        fig = style.figure(2.6, 2.2)
        spiking.draw_panel(fig.subplots(), self.run, panel, self.experiment, self.report.conventions)
        self.report.save_panel(fig, panel, self._caption(panel), self._data(panel), self._code(panel))

    def _caption(self, panel: str) -> str:
        if self.run is None:
            return f"Not drawn: no run of {escape(self.experiment)}."
        if panel in spiking.RASTER_AREAS:
            share = rasters.drawn_share(self.run)
            text = (
                f"Spikes of {spiking.RASTER_AREAS[panel]} in one second, {100 * share:.3g} % of the neurons of each "
                f"population; layer II/III on top, excitatory (blue) above inhibitory (red)"
            )
            return text + self._remark("raster")
        variable, label, _ = spiking.BOXES[panel]
        text = f"{label[:1].upper()}{label[1:]} of the populations, one value per area: quartiles, whiskers of 1.5 IQR"
        if variable == "cv":
            text += ", neurons with at least 10 spikes"
            if self.run.down_scaled or self.report.conventions is CORRECTED:
                text += "; populations without such a neuron are left out (the paper counts them as 0)"
            else:
                text += "; populations without such a neuron count as 0, as in the paper"
        return text + self._remark(variable)

    def _remark(self, kind: str = "") -> str:
        if self.run is None or not self.run.incomparable:
            return "."
        if not self.run.down_scaled:
            return f". Not compared with the published figure: {escape(self.run.incomparable)}."
        lost = f": {spiking.NOT_PRESERVED[kind]}" if kind else ""
        return f". Down-scaled, {spiking.scales(self.run)}{lost}."

    def _data(self, panel: str) -> pd.DataFrame | None:
        if self.run is None:
            return None
        if panel in spiking.RASTER_AREAS:
            return rasters.raster_of_area(self.run, spiking.RASTER_AREAS[panel])[0]
        return boxes.table(summary.population_values(self.run, spiking.BOXES[panel][0], self.report.conventions))

    def _code(self, panel: str) -> list:
        return [rasters.draw_raster if panel in spiking.RASTER_AREAS else box_panels.draw_boxes]

    def note_values(self) -> None:
        """Note the numbers of this figure; those of a down-scaled or short run are not compared."""
        if self.run is None:
            return
        note = spiking.scales(self.run)
        values = summary.spike_rows(self.run)
        if self.twin is not None:
            values = with_seed_difference(values, summary.spike_rows(self.twin))
        for value in values:
            text = f"{note}: {value.note}" if value.note else note
            self.report.value(*value._replace(status=self.run.status, note=text, run=self.name))
