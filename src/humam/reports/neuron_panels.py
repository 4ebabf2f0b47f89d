"""Panels of the report of the experiments: numbers of single neurons beside what other neurons would have given."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import norm

from humam import published
from humam.analysis import experiments, neuron_error, scaling_table, series, unit_similarity, windows
from humam.analysis.series import Runs
from humam.plotting import differences as panels
from humam.reports.report import Report

VARIANTS: Final = "G"
SERIES: Final = "H"
MEASURES: Final = {"cv": "CV", "lvr": "LvR"}

PUBLISHED: Final = {"scaling": series.PUBLISHED_SEED, "scaling_preprint": series.PREPRINT_SEED}
"""Seed of each published curve of the main series."""

WIDTH: Final = float(norm.ppf((1 + experiments.CONFIDENCE) / 2))
"""Half the width of an interval in standard errors: there are enough neurons for a normal distribution."""


class NeuronPanels:
    """Where numbers of single neurons lie beside the published ones, and how far other neurons would move them.

    Parameters
    ----------
    report : Report
        Where runs that are used are noted.
    runs : Runs
        What there is.
    folder : path
        The ``published`` folder.
    """

    def __init__(self, report: Report, runs: Runs, folder: Path | str) -> None:
        self.report, self.runs, self.folder = report, runs, folder
        self.human = scaling_table.read_published("scaling", folder).human
        self.offset: dict[str, tuple[float, float]] = {}
        found = {SERIES: self._series(), VARIANTS: self._variants()}
        self.data = {panel: table for panel, table in found.items() if not table.empty}

    def _series(self) -> pd.DataFrame:
        """Return similarities of short runs below the transition beside both published curves, with intervals."""
        members = series.members("scaling", self.runs, active=False)
        comparable = {chi: n for chi, n in members.items() if chi < series.ACTIVE_FROM_CHI and not self.runs[n].status}
        n_windows = {chi: self.runs.facts[name].n_windows for chi, name in comparable.items()}
        whole = [chi for chi, n in n_windows.items() if n == windows.MAX_WINDOWS]
        short = [chi for chi, n in n_windows.items() if n < windows.MAX_WINDOWS]
        if not (whole and short):
            return pd.DataFrame()
        curves = pd.concat(published.similarity(name, self.folder) for name in PUBLISHED)
        paper = (
            curves[curves["measure"].isin(MEASURES)].set_index(["measure", "chi", "series"])["similarity"].sort_index()
        )
        rows = []
        for measure in MEASURES:
            values = {chi: self._similarity(comparable[chi], measure) for chi in (*whole, *short)}
            of_five = float(np.mean([neuron_error.error([values[chi][1]]) for chi in whole]))
            for chi in short:
                value, influence = values[chi]
                interval = WIDTH * float(np.hypot(neuron_error.error([influence]), of_five))
                for name, seed in PUBLISHED.items():
                    if (key := (measure, chi, name)) in paper.index:
                        row = (f"published, seed {seed}", comparable[chi], value, paper[key], interval)
                        rows.append((measure, chi, *row))
            mean = np.mean([values[chi][0] - paper[measure, chi].mean() for chi in short])
            self.offset[measure] = float(mean), neuron_error.error([values[chi][1] for chi in short])
        for chi in (*whole, *short):
            self.report.input("statistics", comparable[chi])
        return pd.DataFrame(rows, columns=["measure", "chi", "curve", "run", "here", "published", "interval"])

    def _similarity(self, name: str, measure: str) -> tuple[float, pd.Series]:
        """Return a run's similarity as in the curves, and each neuron's influence on it."""
        units = unit_similarity.units_of(self.runs[name], measure).dropna(subset=[measure])
        values = units[measure].to_numpy(dtype=float)
        influence = neuron_error.of_similarity(values, self.human[measure])
        return unit_similarity.similarity(units, measure, self.human[measure]), neuron_error.by_neuron(units, influence)

    def _variants(self) -> pd.DataFrame:
        """Return numbers of base versions of variants beside the published ones, with intervals."""
        found = []
        for series_name in experiments.VARIANTS:
            stored = scaling_table.read_published(series_name, self.folder)
            run = series.members(series_name, self.runs).get(stored.chi["base"], "")
            if run and not self.runs[run].status:
                self.report.input("statistics", run)
                for measure in ("rate", *MEASURES):
                    own = neuron_error.numbers(self.runs[run].windows, measure, self.human)
                    paper = neuron_error.values(stored.units["base"][measure], self.human[measure])
                    table = own.assign(published=pd.Series(paper), run=run, measure=measure)
                    found.append(table.rename_axis("number").reset_index())
        if not found:
            return pd.DataFrame()
        table = pd.concat(found, ignore_index=True).rename(columns={"value": "here"})
        return table.assign(interval=WIDTH * np.sqrt(2) * table["error"])

    def draw(self, fig: Figure, panel: str) -> None:
        """Draw a panel that there is into a figure or a part of one."""
        table = self.data[panel]
        if panel == VARIANTS:
            panels.draw_variants(fig.subplots(), table, panels.neuron_labels(table))
            return
        for ax, (measure, label) in zip(fig.subplots(1, 2), MEASURES.items(), strict=True):
            panels.draw_neurons_of_series(ax, table[table["measure"] == measure], label)

    def caption(self, panel: str, of_length: float) -> str:
        """Return what a panel shows.

        Parameters
        ----------
        panel : str
            The panel.
        of_length : float
            How far two windows instead of five move the similarity of CV in the mean.
        """
        table = self.data[panel]
        inside = (table["here"] - table["published"]).abs() <= table["interval"]
        if panel == VARIANTS:
            within = inside.groupby(table["run"], sort=False).agg(["sum", "size"])
            said = ", ".join(f"{run} {n} of {size}" for run, (n, size) in within.iterrows())
            return (
                "Base versions of variants: mean and standard deviation of rates, CV and LvR in 2-s windows of "
                f"{windows.AREA}, and their similarity to human ones, difference from the published values in units of "
                "the 95 % interval of the difference of two runs, from the standard error over neurons (delta method, "
                f"windows of a neuron together). Within it lie: {said} (others filled)."
            )
        mean, error = self.offset["cv"]
        lvr, lvr_error = self.offset["lvr"]
        return (
            f"Our {table['run'].nunique()} runs of the series below the transition that are shorter than the published "
            "ones: similarity of CV and LvR to human neurons, difference from each published curve. Bars: 95 % "
            "interval of the difference of such a run and one of five windows, from the standard error over neurons "
            f"(delta method, windows of a neuron together). {inside.sum()} of {len(table)} lie within theirs (others "
            f"filled). In the mean the runs lie {mean:+.4f} (CV) and {lvr:+.4f} (LvR) from the mean of the two curves; "
            "they share their seed and with it their neurons, which makes the standard error of this mean "
            f"{error:.4f} and {lvr_error:.4f}. What their length (E: {of_length:+.4f}) leaves of the offset of CV is "
            f"{abs(mean - of_length) / error:.1f} of these standard errors, without that of the published curves."
        )
