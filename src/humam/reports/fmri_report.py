"""What the report of the fMRI comparison with other subjects shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from humam import published
from humam.analysis import human_fc, scaling_table, series
from humam.analysis.series import STATES
from humam.analysis.similarity import fmri_similarities
from humam.analysis.value import Value, with_seed_difference
from humam.conventions import Conventions
from humam.plotting import scaling
from humam.reports.report import Report

MEASURES: Final = {"A": "fmri_pearson", "B": "fmri_rmse"}


class FmriReport:
    """Similarities of published and own functional connectivity to that of the HCP subjects.

    Parameters
    ----------
    report : Report
        Where they go.
    given : mapping
        Name of each run to the folder of its statistics.
    """

    def __init__(self, report: Report, given: Mapping[str, str]) -> None:
        self.report = report
        self.folder = report.input("published")
        substitute = human_fc.substitute(self.folder)
        report.origin("human functional connectivity", substitute.label)
        self.human = substitute.matrices
        self.runs = series.Runs(given)
        self.similarities = self._similarities(report.conventions)

    def _similarities(self, conventions: Conventions) -> pd.DataFrame:
        rows = []
        for name in published.SERIES:
            stored = scaling_table.read_published(name, self.folder, conventions)
            own = series.members(name, self.runs)
            for state in STATES:
                if state in stored.fc:
                    rows += self._rows(name, state, "published", stored.fc[state], "published")
                if (run := own.get(stored.chi[state])) is not None:
                    matrix = self.runs[run].functional_connectivity(conventions)
                    rows += self._rows(name, state, run, matrix, self.runs[run].status)
                    self.report.input("statistics", run)
        columns = ["series", "state", "run", "hemisphere", "measure", "similarity", "status"]
        return pd.DataFrame(rows, columns=columns)

    def _rows(self, name: str, state: str, run: str, matrix: scaling.Array, status: str) -> list[tuple]:
        return [
            (name, state, run, side, measure, value, status)
            for measure, side, value in fmri_similarities(matrix, self.human)
        ]

    def draw(self, fig: Figure, ax: Axes, panel: str) -> None:
        """Draw a panel."""
        if panel == "C":
            image = scaling.draw_connectivity(ax, self.human["right"])
            fig.colorbar(image, ax=ax, shrink=0.7, aspect=20, ticks=[-1, 0, 1]).set_label("correlation", labelpad=-2)
            ax.set_title("HCP")
            return
        scaling.draw_by_series(ax, self.table(panel))
        ax.set_xlabel(f"similarity, {scaling.MEASURES[MEASURES[panel]][0].split(', ')[1]}")
        if panel == "B":
            handles, labels = ax.get_legend_handles_labels()
            fig.legend(handles, labels, loc="outside lower center", ncols=4, columnspacing=1, handletextpad=0.2)

    def table(self, panel: str) -> pd.DataFrame:
        """Return the numbers of a panel."""
        if panel == "C":
            return scaling.matrix_table({"correlation": self.human["right"]})
        table = self.similarities
        return table[(table["measure"] == MEASURES[panel]) & (table["hemisphere"] == "right")]

    def note_values(self) -> None:
        """Note the similarities as published ones are defined: ours where a run allows, else of published matrices."""
        collected = scaling_table.Rows()
        for name in published.SERIES:
            stored = scaling_table.read_published(name, self.folder)
            own = series.members(name, self.runs)
            for state, matrix in stored.fc.items():
                if run := own.get(stored.chi[state], ""):
                    values = self._values(name, state, self.runs[run].functional_connectivity())
                    if twin := series.other_seed(self.runs, run):
                        self.report.input("statistics", twin)
                        other = self._values(name, state, self.runs[twin].functional_connectivity())
                        values = with_seed_difference(values, other)
                    collected.add(values, self.runs[run].status, run)
                collected.add(self._values(name, state, matrix), "published")
        self.report.values(collected.table.values())

    def _values(self, name: str, state: str, matrix: scaling.Array) -> Iterator[Value]:
        for measure, side, value in fmri_similarities(matrix, self.human):
            yield Value("", f"similarity_{measure}[series={name};state={state};hemisphere={side}]", value)
