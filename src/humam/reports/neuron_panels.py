"""Panels of the report of the experiments: single-neuron statistics beside what other neurons would have given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import ndtri

from humam import published
from humam.analysis import comparable, experiments, neuron_error, series, windows
from humam.analysis.neuron_error import Array
from humam.analysis.series import Runs
from humam.datasets.published_names import SERIES_LABELS
from humam.plotting import differences as panels
from humam.reports.report import Report

VARIANTS: Final = "G"
SERIES: Final = "H"
VARIANT_SERIES: Final = "K"
MEASURES: Final = {"cv": "CV", "lvr": "LvR"}
ALL_MEASURES: Final = {"rate": "rates", **MEASURES}
_COLUMNS: Final = ["measure", "chi", "curve", "run", "here", "published", "interval"]

WIDTH: Final = float(ndtri((1 + experiments.CONFIDENCE) / 2))
"""Half the width of an interval in standard errors: there are enough neurons for a normal distribution."""


def _interval(influence: pd.Series, of_five: float) -> float:
    """Return half the width of the interval of the difference of a run and one of five windows."""
    return WIDTH * float(np.hypot(neuron_error.standard_error([influence]), of_five))


class Offset(NamedTuple):
    """Mean difference of runs from the mean of the published curves.

    Attributes
    ----------
    mean, error : float
        The difference and its standard error over neurons.
    error_of_curves : float
        That of the mean of the published curves, estimated from runs of ours of their length; at most this.
    n, n_short : int
        Number of factors chi, and of those whose run is shorter than the published ones.
    """

    mean: float
    error: float
    error_of_curves: float
    n: int
    n_short: int


class NeuronPanels:
    """Where single-neuron statistics lie beside the published ones, and how far other neurons would move them.

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
        self.report, self.runs, self.folder, self.human = report, runs, folder, human
        self.offset: dict[str, Offset] = {}
        found = {VARIANTS: self._variants(), SERIES: self._series(), VARIANT_SERIES: self._variant_series()}
        self.data = {panel: table for panel, table in found.items() if not table.empty}

    def _variants(self) -> pd.DataFrame:
        """Return statistics of variants in the low state, of as many windows as published, with intervals."""
        found = []
        for stored, state, run in experiments.stored_runs(self.runs, active=False, folder=self.folder):
            if not self._is_whole(run):
                continue
            self.report.input("statistics", run)
            for measure in ALL_MEASURES:
                own = neuron_error.with_errors(self.runs[run].windows, measure, self.human)
                paper = neuron_error.statistics(stored.units[state][measure], self.human[measure], measure)
                table = own.assign(published=pd.Series(paper), run=run, measure=measure)
                found.append(table.rename_axis("statistic").reset_index())
        if not found:
            return pd.DataFrame()
        table = pd.concat(found, ignore_index=True).rename(columns={"value": "here"})
        return table.assign(interval=WIDTH * np.sqrt(2) * table["error"])

    def _series(self) -> pd.DataFrame:
        """Return similarities of runs below the transition beside both published curves, with intervals."""
        curves = pd.concat(published.similarity(name, self.folder) for name in series.SEEDS)
        paper = curves[curves["measure"].isin(MEASURES)].set_index(["measure", "chi", "series"])["similarity"]
        paper = paper.sort_index()
        members = {
            chi: name
            for chi, name in series.members("scaling", self.runs, active=False).items()
            if chi in set(curves["chi"]) and chi < comparable.ACTIVE_FROM_CHI and not self.runs[name].status
        }
        rows = []
        for measure in MEASURES:
            values, of_five = self._similarities(members, measure)
            if np.isnan(of_five):
                return pd.DataFrame()
            for chi, (value, influence) in values.items():
                self.report.input("statistics", members[chi])
                interval = _interval(influence, of_five)
                for name, number in paper[measure, chi].items():
                    label = f"published, seed {series.SEEDS[str(name)]}"
                    rows.append((measure, chi, label, members[chi], value, number, interval))
            both = [chi for chi in values if len(paper[measure, chi]) == len(series.SEEDS)]
            if both:
                mean = float(np.mean([values[chi][0] - paper[measure, chi].mean() for chi in both]))
                error = neuron_error.standard_error([values[chi][1] for chi in both])
                n_short = sum(not self._is_whole(members[chi]) for chi in both)
                self.offset[measure] = Offset(mean, error, of_five / np.sqrt(2), len(both), n_short)
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _variant_series(self) -> pd.DataFrame:
        """Return similarities of variants in the low state beside their published curves, with intervals."""
        rows = []
        for name in experiments.VARIANTS:
            paper = published.similarity(name, self.folder).set_index(["measure", "chi"])["similarity"].sort_index()
            members = series.members(name, self.runs, active=False)
            known = paper.index.unique("chi")
            members = {chi: run for chi, run in members.items() if chi in known and not self.runs[run].status}
            for measure in ALL_MEASURES:
                values, of_five = self._similarities(members, measure)
                if np.isnan(of_five):
                    continue
                for chi, (value, influence) in values.items():
                    self.report.input("statistics", members[chi])
                    interval, label = _interval(influence, of_five), SERIES_LABELS[name]
                    rows.append((measure, chi, label, members[chi], value, float(paper[measure, chi]), interval))
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _similarities(
        self, members: Mapping[float, str], measure: str
    ) -> tuple[dict[float, tuple[float, pd.Series]], float]:
        """Return similarities and influences on them by chi, and the standard error of a run of five windows.

        The error is the mean over such runs; NaN if there is none.
        """
        found = {chi: neuron_error.of_similarity(self.runs[run], measure, self.human) for chi, run in members.items()}
        values = {chi: each for chi, each in found.items() if each}
        errors = [
            neuron_error.standard_error([influence])
            for chi, (_, influence) in values.items()
            if self._is_whole(members[chi])
        ]
        return values, float(np.mean(errors)) if errors else float("nan")

    def _is_whole(self, run: str) -> bool:
        return self.runs.facts[run].n_windows == windows.MAX_WINDOWS

    def draw(self, fig: Figure, panel: str) -> None:
        """Draw a panel that there is into a figure or a part of one."""
        table = self.data[panel]
        if panel == VARIANTS:
            panels.draw_variants(fig.subplots(), table, panels.neuron_labels(table))
            return
        measures, colours = (MEASURES, panels.PAIR) if panel == SERIES else (ALL_MEASURES, panels.VARIANT_COLOURS)
        axes = fig.subplots(1, len(measures))
        for ax, (measure, label) in zip(axes, measures.items(), strict=True):
            panels.draw_neurons_of_series(ax, table[table["measure"] == measure], label, colours)
        if panel == VARIANT_SERIES:  # one legend for all: names are long
            handles = axes[0].get_legend_handles_labels()
            for ax in axes:
                ax.get_legend().remove()
            fig.legend(*handles, loc="outside upper center", ncols=len(experiments.VARIANTS))

    def caption(self, panel: str, of_length: float | None) -> str:
        """Return what a panel shows.

        Parameters
        ----------
        panel : str
            The panel.
        of_length : float, optional
            How far two windows instead of five move the similarity of CV in the mean.
        """
        table = self.data[panel]
        inside = experiments.within(table)
        outside = "" if inside.all() else " (others filled)"
        if panel == VARIANTS:
            within = inside.groupby(table["run"], sort=False).agg(["sum", "size"])
            said = ", ".join(f"{run} {n} of {size}" for run, (n, size) in within.iterrows())
            return (
                "Variants in the low state: mean and standard deviation of rates, CV and LvR in 2-s windows of "
                f"{windows.AREA}, fractions of the lowest rates, and similarity to human ones: difference from the "
                "published values in units of half the width of the 95 % interval of the difference of two runs, from "
                "the standard error over neurons (delta method, windows of a neuron together). Within it lie: "
                f"{said}{outside}; in all {inside.sum()} of {len(table)}, 95 % would by chance."
            )
        if panel == VARIANT_SERIES:
            return (
                f"Variants in the low state, {table['run'].nunique()} runs of their series: similarity of rates, CV "
                "and LvR to human neurons, difference from the published curve. Bars: 95 % interval of the difference "
                "of such a run and one of five windows, from the standard error over neurons (delta method, windows of "
                f"a neuron together). {inside.sum()} of {len(table)} differences lie within theirs{outside}. Runs of a "
                "series share their random numbers, so that their points move together."
            )
        return (
            f"Our {table['run'].nunique()} runs of the series below the transition: similarity of CV and LvR to human "
            "neurons, difference from each published curve. Bars: 95 % interval of the difference of such a run and "
            "one of five windows, from the standard error over "
            f"neurons (delta method, windows of a neuron together). {inside.sum()} of {len(table)} differences lie "
            f"within theirs{outside}.{self._offset_text(of_length)}"
        )

    def _offset_text(self, of_length: float | None) -> str:
        if not set(MEASURES) <= set(self.offset):
            return ""
        cv, lvr = self.offset["cv"], self.offset["lvr"]
        numbers = {self.runs.facts[name].random_numbers for name in self.data[SERIES]["run"]}
        shared = (
            " They share their random numbers, so a neuron counts once in these errors." if len(numbers) == 1 else ""
        )
        text = (
            f" In the mean over the {cv.n} factors χ of both curves they lie {cv.mean:+.4f} ± {cv.error:.4f} (CV) and "
            f"{lvr.mean:+.4f} ± {lvr.error:.4f} (LvR) from the mean of the two.{shared}"
        )
        error = float(np.hypot(cv.error, cv.error_of_curves))
        if of_length is None or not error > 0:
            return text
        # The difference of the mean comes from the runs that are short.
        explained = of_length * cv.n_short / cv.n
        rest = cv.mean - explained
        length = (
            f" {cv.n_short} of our runs are shorter than the published ones, which accounts for {explained:+.4f} of "
            "the former (E)."
            if cv.n_short
            else ""
        )
        return (
            f"{text}{length} {'The rest' if length else 'The former'}, {rest:+.4f}, is {abs(rest) / error:.1f} "
            "standard errors, those of the published curves included."
        )
