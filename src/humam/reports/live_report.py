"""What the report of the simulations of this run shows: the runs of its samplesheet beside theory and the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from humam import archive, sameness, theory_file
from humam.analysis import live as analysis
from humam.analysis.live import Rates
from humam.analysis.rates import mean_over_neurons
from humam.analysis.series import Facts, Runs
from humam.analysis.statistics import Statistics
from humam.analysis.value import Value
from humam.analysis.windows import AREA
from humam.labels import AREAS, population_labels
from humam.page import Markup, table
from humam.plotting import agreement, live, rasters, spiking, style
from humam.plotting.missing import draw_missing
from humam.reports import chosen_run
from humam.reports.report import Code, Report

MOST: Final = 3
"""Runs with panels: those at full density, or the largest where there are none. The others are in the table."""

KINDS: Final = ("raster", "theory", "archive", "areas")
"""Panels of each run, in the order of their letters."""

BIN_MS: Final = 5.0
"""Bins of the rates of areas in time."""

CODE: Final[Mapping[str, list[Code]]] = {
    "raster": [rasters.draw_raster],
    "theory": [analysis.population_rates, agreement.draw_agreement],
    "archive": [analysis.population_rates, agreement.draw_agreement],
    "areas": [analysis.area_rates, live.draw_area_rates],
}


@dataclass(frozen=True)
class Beside:
    """A run, and what stands beside it.

    Attributes
    ----------
    name : str
        Name of the run.
    run : Statistics
        The run.
    rates : Rates
        Rates of its populations.
    theory : ndarray of float, shape (272,), or None
        Rates that mean-field theory predicts, spikes/s.
    no_theory : str
        Why there are none, or an empty string.
    twin : str
        Name of the archived run of the same experiment, empty if there is none.
    archived : Statistics or None
        That run.
    archived_rates : Rates or None
        Rates of its populations, over the same interval where it has kept them in time.
    spikes : str
        Whether its spikes are the archived ones, a sentence.
    identical_ms : float
        Mark in time until which they are; NaN where this is no question.
    """

    name: str
    run: Statistics
    rates: Rates
    theory: np.ndarray | None
    no_theory: str
    twin: str
    archived: Statistics | None
    archived_rates: Rates | None
    spikes: str
    identical_ms: float

    @property
    def no_archive(self) -> str:
        """Why there is no archived run, or an empty string."""
        return "" if self.twin else f"no run of {self.run.parameters['name']!r} is archived"


class LiveReport:
    """The runs that were simulated for these reports; panels of those at full density, or of the largest.

    Parameters
    ----------
    report : Report
        Where panels and values go; needs the inputs ``statistics`` and ``theory``.
    given : mapping
        Name of each run to the folder of its statistics; archived ones are what others are compared with.
    """

    def __init__(self, report: Report, given: Mapping[str, str]) -> None:
        self.report = report
        runs = Runs(given)
        fresh = [name for name, facts in runs.facts.items() if facts.fresh]
        names = sorted(fresh, key=lambda name: _size(runs.facts[name]), reverse=True)
        self.all = [self._beside(runs, name) for name in names]
        self.full = [item for item in self.all if not item.run.down_scaled]
        self.shown = (self.full or self.all)[:MOST]

    def _beside(self, runs: Runs, name: str) -> Beside:
        run, twin = runs[name], runs.archived_twin(name)
        archived = runs[twin] if twin else None
        for used in filter(None, (name, twin)):
            self.report.input("statistics", used)
            self.report.parameters(used, runs[used].resolved)
            self.report.origin(used, runs[used].origin)
        rates = analysis.population_rates(run, analysis.whole(run))
        theory, no_theory = self._theory(str(run.parameters["name"]))
        spikes, identical_ms = _spikes(run, twin, archived)
        beside = None if archived is None else analysis.population_rates(archived, rates.interval)
        return Beside(name, run, rates, theory, no_theory, twin, archived, beside, spikes, identical_ms)

    def _theory(self, experiment: str) -> tuple[np.ndarray | None, str]:
        """Return the rates that theory predicts, or None and why there are none."""
        if experiment not in self.report.available("theory"):
            return None, f"no theory of {experiment!r} here"
        predicted = theory_file.read(self.report.input("theory", experiment))
        if not predicted.attrs["valid"]:
            return None, str(predicted.attrs["message"])
        return predicted["rate"].to_numpy(), ""

    def introduce(self) -> None:
        """Show which runs there are and how they stand beside theory and archive; say in one line what is missing."""
        parts = []
        if not self.full:
            parts.append('<div class="notice"><p>No run of this samplesheet is at full density: add a row of the '
                         "engine <code>procedural</code> with scale 1 to see the model itself.</p></div>")  # fmt: skip
        if self.all:
            parts.append(table(["Run", "What", "Rate here", "Theory", "Archive", "Spikes"], map(self._row, self.all)))
            parts.append("<p>Rates: mean of all neurons in spikes/s. Theory is that of the full model; it holds for "
                         "states of low activity, up to χ = 1.9, so not for the best fit. Spikes of the same "
                         "simulation are identical on the same machine; on another processor numbers may be rounded "
                         "differently, and since activity is chaotic, the spikes then differ from some time on."
                         "</p>")  # fmt: skip
        if len(self.all) > len(self.shown):
            names = ", ".join(f"<b>{escape(item.name)}</b>" for item in self.shown)
            parts.append(f"<p>Panels below: {names}.</p>")
        display(HTML("\n".join(parts)))

    def _row(self, item: Beside) -> list[object]:
        neurons = item.run.data["neurons"].to_numpy()

        def mean(rates: np.ndarray | None, interval: object, missing: str) -> Markup:
            if rates is None:
                return Markup(escape(missing))
            return Markup(f"{mean_over_neurons(rates, neurons):.3g}{f' ({interval})' if interval else ''}")

        beside = item.archived_rates
        # Of a down-scaled run its scales say it.
        other = "" if item.run.down_scaled else item.run.other_model
        return [
            item.name,
            Markup(chosen_run.settings(item.run) + chosen_run.not_compared(other)),
            mean(item.rates.rate, item.rates.interval, ""),
            mean(item.theory, "", item.no_theory),
            mean(beside.rate if beside else None, beside.interval if beside else "", item.no_archive),
            item.spikes,
        ]

    # Panels

    @property
    def panels(self) -> list[tuple[str, Beside, str]]:
        """Letter, run and kind of each panel."""
        pairs = [(item, kind) for item in self.shown for kind in KINDS]
        return [(chr(ord("A") + place), item, kind) for place, (item, kind) in enumerate(pairs)]

    def show_whole(self) -> None:
        """Draw and save the whole figure: a row for each run."""
        fig = style.figure(height_in=1.8 * max(len(self.shown), 1))
        if not self.shown:
            draw_missing(fig.subplots(), "No run was simulated for these reports.", 60)
        else:
            rows = np.asarray(fig.subfigures(len(self.shown), 1, squeeze=False))[:, 0]
            for item, row in zip(self.shown, rows, strict=True):
                row.suptitle(_title(item), fontsize=6, x=0.01, ha="left")
            parts = [part for row in rows for part in row.subfigures(1, len(KINDS), width_ratios=(1, 1, 1, 1.3))]
            for (letter, item, kind), part in zip(self.panels, parts, strict=True):
                style.panel_letter(self._draw(part, item, kind), letter)
        self.report.save_figure(fig, "The runs of this samplesheet, beside theory and archive.")

    def show_panels(self) -> None:
        """Draw and save every panel."""
        for letter, item, kind in self.panels:
            size = (4.2, 5.2) if kind == "areas" else (2.6, 2.4)
            fig = style.figure(*size, square_cells=kind in ("theory", "archive"))
            self._draw(fig, item, kind, tick_size=4)
            self.report.save_panel(fig, letter, self._caption(item, kind), self._data(item, kind), CODE[kind])

    def _draw(self, fig: Figure | SubFigure, item: Beside, kind: str, tick_size: float = 0) -> Axes:
        if kind == "areas":
            here, archived = self._areas(item)
            return live.draw_area_rates(fig, here, archived, BIN_MS, item.no_archive, tick_size)
        ax = fig.subplots()
        if kind == "raster":
            rasters.draw_raster(ax, item.run, AREA)
        elif kind == "theory":
            _draw_agreement(ax, item.theory, item, "theory", item.no_theory)
        else:
            beside = item.archived_rates
            _draw_agreement(ax, beside.rate if beside else None, item, "archive", item.no_archive)
        return ax

    def _areas(self, item: Beside) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the rates of areas in time, of the run and of the archived one."""
        stop_ms = item.rates.interval.stop_ms
        here = analysis.area_rates(item.run, stop_ms, BIN_MS)
        return here, None if item.archived is None else analysis.area_rates(item.archived, stop_ms, BIN_MS)

    def _caption(self, item: Beside, kind: str) -> str:
        scale = f" Down-scaled: {spiking.scales(item.run)}." if item.run.down_scaled else ""
        interval = item.rates.interval
        if kind == "raster":
            return f"Run {escape(item.name)}: spikes of {AREA}, a sample of the neurons of each population.{scale}"
        if kind == "theory":
            if item.theory is None:
                return f"Run {escape(item.name)}: {escape(item.no_theory)}."
            return (
                f"Rates of the populations of run {escape(item.name)} ({interval}) against mean-field theory; dotted: "
                f"equal.{scale}"
            )
        if item.archived_rates is None:
            text = f"Run {escape(item.name)}: {escape(item.no_archive)}."
            return f"{text} Rates of its areas in time." if kind == "areas" else text
        if kind == "areas":
            return (
                f"Rates of areas in time, bins of {BIN_MS:g} ms: run {escape(item.name)} above, {escape(item.twin)} "
                f"below; areas from {AREAS[0]} on top in alphabetical order. Colours span the later half of the time: "
                f"neurons start with a burst.{scale}"
            )
        whole = "" if item.archived_rates.interval == interval else ": it keeps no rates in time, or is shorter"
        return (
            f"Rates of the populations of run {escape(item.name)} ({interval}) against those of {escape(item.twin)} "
            f"({item.archived_rates.interval}{whole}); dotted: equal.{scale}"
        )

    def _data(self, item: Beside, kind: str) -> pd.DataFrame | None:
        """Return the numbers that a panel draws."""
        if kind == "raster":
            return rasters.raster_of_area(item.run, AREA)[0]
        if kind == "areas":
            tables = [
                _by_time(rates).assign(run=name)
                for name, rates in zip((item.name, item.twin), self._areas(item), strict=True)
                if rates is not None
            ]
            return pd.concat(tables)[["run", "area", "time_ms", "rate"]]
        beside = item.archived_rates
        reference = item.theory if kind == "theory" else beside.rate if beside else None
        if reference is None:
            return None
        return pd.DataFrame({"population": population_labels(), kind: reference, "here": item.rates.rate})

    def note_values(self) -> None:
        """Note the numbers of all runs: rates beside theory and archive, until when spikes are the same."""
        letters = {(item.name, kind): letter for letter, item, kind in self.panels}
        for item in self.all:
            panels = [letters.get((item.name, kind), "") for kind in ("theory", "archive")]
            found = analysis.values(item.name, panels, item.run, item.rates, item.theory, item.archived_rates)
            self.report.values(found)
            if np.isfinite(item.identical_ms):
                quantity = f"spikes_identical_until[run={item.name}]"
                value = Value(panels[1], quantity, item.identical_ms, "ms", item.run.status, item.spikes)
                self.report.value(*value)


def _size(facts: Facts) -> tuple[float, float]:
    return facts.scale, facts.in_degree_scale


def _title(item: Beside) -> str:
    attributes = item.run.data.attrs
    return f"{item.name}: {attributes['engine']}, {attributes['t_sim_ms'] / 1000:g} s, {spiking.scales(item.run)}"


def _by_time(rates: np.ndarray) -> pd.DataFrame:
    """Return the rates of areas in time as a tidy table."""
    times = np.arange(rates.shape[1]) * BIN_MS
    index = pd.MultiIndex.from_product([AREAS, times], names=["area", "time_ms"])
    return pd.DataFrame({"rate": rates.ravel()}, index=index).reset_index()


def _draw_agreement(ax: Axes, reference: np.ndarray | None, item: Beside, label: str, missing: str) -> None:
    if reference is None:
        draw_missing(ax, missing, 24)
    else:
        agreement.draw_agreement(ax, reference, item.rates.rate, label, "here")


def _spikes(run: Statistics, twin: str, archived: Statistics | None) -> tuple[str, float]:
    """Return in words whether the spikes of a run are the archived ones, and the mark in ms until which they are."""
    if archived is None:
        return "nothing to compare with", float("nan")
    record = archive.record(archived.folder)
    others = sameness.other_simulation(record, run.manifest)
    if others:
        return f"not those of {twin}, another simulation: {'; '.join(others)}", float("nan")
    marks = sameness.common_marks(record, run.digests)
    if not marks:
        return f"the run has no mark in time in common with {twin}", float("nan")
    same = [t_ms for t_ms, equal in marks if equal]
    until = same[-1] if same else 0.0
    parting = analysis.parting_ms(run, archived)
    if len(same) == len(marks):
        text = f"identical to those of {twin} up to {until:g} ms (SHA-256)"
        stop_ms = min(analysis.whole(each).stop_ms for each in (run, archived))
        if stop_ms > until and parting is None:
            text += f"; up to {stop_ms:g} ms, each area has as many in each ms"
        elif parting is not None:
            text += f"; areas have other numbers from {parting:g} ms on"
        return text, until
    text = f"differ from those of {twin}: identical up to {until:g} ms, not up to {marks[len(same)][0]:g} ms (SHA-256)"
    if parting is not None:
        text += f"; areas have other numbers from {parting:g} ms on"
    elsewhere = "; ".join(sameness.not_same_machine(record, run.manifest))
    if elsewhere:
        return f"{text}. Floats may round differently here: {elsewhere}", until
    return f"{text}. Machine and software are those of the archived run: this is a fault", until
