"""Panel of the report of the experiments: series of variants in the low state beside what other neurons would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from humam import published
from humam.analysis import experiments, neuron_error, series, windows
from humam.analysis.neuron_error import Array
from humam.analysis.series import Runs
from humam.datasets.published_names import SERIES_LABELS
from humam.plotting import differences as panels
from humam.reports.neuron_panels import WIDTH
from humam.reports.report import Report

PANEL: Final = "K"
MEASURES: Final = {"rate": "rates", "cv": "CV", "lvr": "LvR"}


class VariantSeriesPanel:
    """Similarities of our runs of variants in the low state, difference from the published curve with intervals.

    Parameters
    ----------
    report : Report
        Where runs that are used are noted.
    runs : Runs
        What there is.
    folder : path
        The ``published`` folder.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    """

    def __init__(self, report: Report, runs: Runs, folder: Path | str, human: Mapping[str, Array]) -> None:
        self.runs, self.folder, self.human = runs, folder, human
        rows = [row for name in experiments.VARIANTS for row in self._rows(name)]
        self.data: dict[str, pd.DataFrame] = {PANEL: pd.DataFrame(rows)} if rows else {}
        for name in dict.fromkeys(row["run"] for row in rows):
            report.input("statistics", name)

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield a row for each measure and run of a series that has a run of the published length, too."""
        curve = published.similarity(name, self.folder).set_index(["measure", "chi"])["similarity"].sort_index()
        members = {
            chi: run for chi, run in series.members(name, self.runs, active=False).items() if not self.runs[run].status
        }
        whole = [chi for chi, run in members.items() if self.runs.facts[run].n_windows == windows.MAX_WINDOWS]
        for measure in MEASURES:
            found = {
                chi: neuron_error.of_similarity(self.runs[run], measure, self.human) for chi, run in members.items()
            }
            values = {chi: (each[0], neuron_error.standard_error([each[1]])) for chi, each in found.items() if each}
            of_published = [values[chi][1] for chi in whole if chi in values]
            for chi, (here, error) in values.items():
                if of_published and (measure, chi) in curve.index:
                    yield {
                        "measure": measure, "chi": chi, "curve": SERIES_LABELS[name], "run": members[chi], "here": here,
                        "published": float(curve[measure, chi]),
                        "interval": WIDTH * float(np.hypot(error, np.mean(of_published))),
                    }  # fmt: skip

    def draw(self, fig: Figure) -> None:
        """Draw the panel into a figure or a part of one."""
        table, axes = self.data[PANEL], fig.subplots(1, len(MEASURES))
        for ax, (measure, label) in zip(axes, MEASURES.items(), strict=True):
            panels.draw_neurons_of_series(ax, table[table["measure"] == measure], label, panels.VARIANT_COLOURS)
            ax.get_legend().remove()  # one for all: names are long
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(experiments.VARIANTS))

    def caption(self) -> str:
        """Return what the panel shows."""
        table = self.data[PANEL]
        inside = experiments.within(table)
        outside = "" if inside.all() else " (others filled)"
        return (
            f"Variants in the low state, {table['run'].nunique()} runs of their series: similarity of rates, CV and "
            "LvR to human neurons, difference from the published curve. Bars: 95 % interval of the difference of such "
            "a run and one of five windows, from the standard error over neurons (delta method, windows of a neuron "
            f"together). {inside.sum()} of {len(table)} differences lie within theirs{outside}. Runs of a series share "
            "their random numbers, so that their points move together."
        )
