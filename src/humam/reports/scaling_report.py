"""What the reports of the scaling figure share: Figure 5 and the same figure of each variant of the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Final

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from humam import published as results
from humam import transition
from humam.analysis import comparable, human_fc, saturation, scaling_table, series, summary, unit_similarity
from humam.analysis.similarity import FMRI_MEASURES
from humam.analysis.value import Value
from humam.conventions import CORRECTED, PUBLISHED
from humam.plotting import scaling, spiking, style
from humam.plotting.missing import draw_missing
from humam.reports import chosen_run
from humam.reports.report import Report

KERNELS: Final = {PUBLISHED: "kernel of 20 ms", CORRECTED: "kernel of 2 ms"}
"""Time constant of the kernel of the synaptic currents, which are correlated."""

BOTH_MATRICES: Final = {
    PUBLISHED: "below: here, above: published",
    CORRECTED: "below: here, 2 ms; above: published, 20 ms",
}
"""Label of a square that shows two matrices."""

OTHER_BASE: Final = ("distributed_parameters",)
"""Series whose stored base state is not of chi = 1."""

CHOSEN_BY: Final = {
    "tau_syn_in": (
        re.compile(r"rate_mean\[area=\w+;state=base\]|similarity_(rate|cv|lvr)\[(chi=1|state=base;.*)\]"),
        "the definition of this variant was chosen by this number (docs/model.md)",
    ),
}
"""Quantities by which the definition of a series was chosen that the paper leaves open, and what is said of them."""

DISTRIBUTIONS: Final = {"B": ("rate", "rate"), "C": ("cv", "CV"), "D": ("lvr", "LvR")}


class ScalingReport:
    """The panels, values and remarks of the scaling figure of one series of simulations.

    Parameters
    ----------
    report : Report
        Where they go; needs the inputs ``published`` and ``tables``.
    given : mapping
        Name of each run to the folder of its statistics; those of the series are used.
    name : str
        The series, as in :mod:`humam.datasets.published_names`.
    """

    def __init__(self, report: Report, given: Mapping[str, str], name: str) -> None:
        self.report, self.name = report, name
        self.folder = report.input("published")
        self.stored = scaling_table.read_published(name, self.folder, report.conventions)
        self.human_fc = human_fc.choose(report.input("tables"), self.folder)
        self.published = results.similarity(name, self.folder)
        self.runs = series.Runs(given)
        members = series.members(name, self.runs)
        self.other = series.in_other_state(name, self.runs)
        self.own = {chi: run for chi, run in members.items() if run != self.other.get(chi)}
        human, by = (self.stored.human, self.human_fc.matrices), report.conventions
        self.curve = series.curve(self.runs, name, *human, self.own, by)
        self.other_curve = series.curve(self.runs, name, *human, self.other, by)
        self.transition = transition.of_series(name, self.runs, self.stored.human, self.published, by)
        states = {state: members[chi] for state, chi in self.stored.chi.items() if chi in members}
        self.units = {state: summary.units(self.runs[run]) for state, run in states.items()}
        self.fc = {state: self.runs[run].functional_connectivity(report.conventions) for state, run in states.items()}
        report.origin("published curves, distributions and matrices", "the authors' repository, as published tables")
        report.origin("human functional connectivity", self.human_fc.label)
        for run in dict.fromkeys((*self.own.values(), *self.other.values(), *self.transition.runs.values())):
            report.input("statistics", run)
            if twin := series.other_seed(self.runs, run):  # widens tolerances
                report.input("statistics", twin)
        if self.own:
            first = next(iter(self.own.values()))
            report.parameters(first, self.runs[first].resolved)
            report.origin(first, self.runs[first].origin)

    @property
    def panels(self) -> list[str]:
        """Letters of the panels; H is there where human functional connectivity is a substitute."""
        return list("ABCDEFG") if self.human_fc.of_the_paper else list("ABCDEFGH")

    def introduce(self) -> None:
        """Show which runs of this archive are in the figure, and what is published only."""
        lines = []
        for chi, name in sorted([*self.own.items(), *self.other.items()]):
            run = self.runs[name]
            attributes = run.data.attrs
            remark = f"{attributes['t_sim_ms'] / 1000:g} s, seed {attributes['seed']}, {spiking.scales(run)}"
            remark += f", {self.runs.facts[name].rate:.2f} spikes/s"
            if name == self.other.get(chi):
                remark += ": <b>in the other state</b> than the published simulation, so drawn in grey, not compared"
            else:
                remark += chosen_run.not_compared(run.incomparable)
            if self.runs.facts[name].active and (found := saturation.of_run(run)):
                remark += f"; from {found.begin_s:g} s on {', '.join(found.areas)} fire near the limit of their "
                remark += "neurons (docs/states.md), so its functional connectivity is not drawn"
            lines.append(f"<li>χ = {chi:g}: <b>{escape(name)}</b>, {escape(str(attributes['engine']))}, {remark}</li>")
        text = (
            f"<p>Runs of this archive in this figure:</p><ul>{''.join(lines)}</ul>"
            if lines
            else "<p>No run of this series is among the inputs: curves, distributions and matrices are the "
            "<b>published</b> ones, and the numbers below were computed again from the authors' arrays.</p>"
        )
        if self.name in series.SEED_SERIES and any(chi >= comparable.ACTIVE_FROM_CHI for chi in self.own):
            jump = f"χ = {comparable.ACTIVE_FROM_CHI:g}"
            text += (
                f"<p>Around {jump} the model has two states of activity, and random numbers "
                "decide which of them a run enters (docs/states.md); the published simulations are active from "
                f"{jump} on. Runs are compared in the state of the published ones; here they "
                "are in it unless said otherwise above.</p>"
            )
        if any(self.runs[name].down_scaled for name in self.own.values()):
            text += "<p>Down-scaled runs are drawn, not compared: they do not stand in for the full model.</p>"
        display(HTML(f'<div class="notice">{text}</div>'))

    def show_whole(self) -> None:
        """Draw and save the whole figure."""
        fig = style.figure(height_in=5.6)
        top, middle, bottom = np.asarray(fig.subfigures(3, 1, height_ratios=(1.55, 1.35, 1.9))).tolist()
        parts: dict[str, SubFigure] = dict(zip("BCD", middle.subfigures(1, 3), strict=True))
        parts |= dict(zip("EFG", bottom.subfigures(1, 3), strict=True))
        if self.human_fc.of_the_paper:
            parts["A"] = top
        else:
            parts["A"], parts["H"] = top.subfigures(1, 2, width_ratios=(1.9, 1))
        for panel in self.panels:
            ax = self._draw(parts[panel], panel)
            style.panel_letter(ax, panel, ax.get_title())
        self.report.save_figure(fig, "Similarity of simulated to human activity.")

    def show_panel(self, panel: str) -> None:
        """Draw and save one panel."""
        sizes = {"A": (style.WIDTH_IN, 2.2), "E": (2.8, 2.4), "F": (2.8, 2.4), "G": (2.8, 2.4), "H": (3.4, 2.0)}
        fig = style.figure(*sizes.get(panel, (2.6, 2.0)))
        self._draw(fig, panel)
        self.report.save_panel(fig, panel, self._caption(panel), self._data(panel), self._code(panel))

    def note_values(self) -> None:
        """Note the numbers: ours where a run at full density allows, else those of the published arrays again."""
        stored = scaling_table.read_published(self.name, self.folder)
        values = scaling_table.rows(stored, self.runs, self.human_fc, self.folder)
        by_definition = transition.of_series(self.name, self.runs, stored.human, self.published)
        self.report.values(map(self._told, [*values, *by_definition.values()]))

    def _told(self, value: Value) -> Value:
        """Return a value; one of ours by which the definition of the series was chosen says so."""
        quantities, text = CHOSEN_BY.get(self.name, (None, ""))
        if quantities is None or not value.run or not quantities.fullmatch(value.quantity):
            return value
        return value._replace(note="; ".join(filter(None, [value.note, text])))

    def _draw(self, fig: Figure | SubFigure, panel: str) -> Axes:
        ax = fig.subplots()
        match panel:
            case "A":
                self._draw_curves(ax)
            case "H":
                self._draw_substitute(ax)
            case "E":
                self._draw_matrix(fig, ax, self.human_fc.matrices["right"], "human")
                if not self.human_fc.of_the_paper:
                    ax.set_title("human: HCP substitute")
            case "F" | "G":
                state = "base" if panel == "F" else "best_fit"
                self._draw_matrix(fig, ax, self.fc.get(state, self.stored.fc.get(state)), state)
            case _:
                self._draw_distribution(ax, *DISTRIBUTIONS[panel])
        return ax

    def _draw_curves(self, ax: Axes) -> None:
        if self.name in series.SEED_SERIES:
            scaling.draw_similarity(ax, results.similarity(series.SEED_SERIES[self.name], self.folder), faint=True)
        scaling.draw_similarity(ax, self.published)
        comparable = self.human_fc.of_the_paper | (self.curve["hemisphere"] == "")
        scaling.draw_runs(ax, self.curve[comparable], points=self.published["chi"])
        single_units = self.other_curve["hemisphere"] == ""
        scaling.draw_runs(ax, self.other_curve[single_units | self.human_fc.of_the_paper], other_state=True)
        if self.own:
            ax.plot([], [], "o:", color="k", markerfacecolor="none", markersize=4, linewidth=0.6, label="this archive")
        if self.other:
            ax.plot([], [], "o", color=scaling.OTHER_STATE, fillstyle="none", markersize=4, label="other state")
        ax.axvline(self.stored.chi["best_fit"], color="black", linestyle="--", linewidth=0.6)
        if self.name in OTHER_BASE:
            ax.axvline(self.stored.chi["base"], color=style.BASE, linestyle=":", linewidth=1, label="drawn as base")
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    def _draw_substitute(self, ax: Axes) -> None:
        fmri = self.curve[self.curve["hemisphere"] == "right"]
        scaling.draw_runs(ax, fmri, points=self.published["chi"])
        scaling.draw_runs(ax, self.other_curve[self.other_curve["hemisphere"] == "right"], other_state=True)
        for measure, function in FMRI_MEASURES.items():
            _, colour, marker = scaling.MEASURES[measure]
            chi = [self.stored.chi[state] for state in self.stored.fc]
            values = [function(matrix, self.human_fc.matrices["right"]) for matrix in self.stored.fc.values()]
            label = f"{scaling.MEASURES[measure][0]}, published runs"
            ax.plot(chi, values, marker, color=colour, markersize=3.5, label=label)
        if self.own:
            ax.plot([], [], "s", color="k", fillstyle="none", markersize=4, label="this archive")
        if self.other:
            ax.plot([], [], "s", color=scaling.OTHER_STATE, fillstyle="none", markersize=4, label="other state")
        ax.axvline(self.stored.chi["best_fit"], color="black", linestyle="--", linewidth=0.6)
        ax.set(xlabel=r"$\chi$", ylabel="similarity to HCP", ylim=(-0.1, 1.15))
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        ax.legend(loc="upper left", fontsize=4.5)

    def _draw_distribution(self, ax: Axes, quantity: str, label: str) -> None:
        stored = {state: values[quantity] for state, values in self.stored.units.items()}
        own = {state: values[quantity] for state, values in self.units.items()}
        drawn, beside = {"human": self.stored.human[quantity], **own}, stored
        if quantity == "rate":
            scaling.draw_rates(ax, drawn, beside)
        else:
            scaling.draw_densities(ax, drawn, label, beside)
        ax.legend(fontsize=4.5, handlelength=1.8)

    def _draw_matrix(self, fig: Figure | SubFigure, ax: Axes, matrix: np.ndarray | None, state: str) -> None:
        if matrix is None:
            draw_missing(ax, f"no run of χ = {self.stored.chi[state]:g} here, and no published matrix", 24)
            return
        if not np.isfinite(matrix).all():
            draw_missing(ax, "an area of the run has no current that varies: undefined", 24)
            return
        both = state in self.fc and state in self.stored.fc
        image = scaling.draw_connectivity(ax, matrix, self.stored.fc[state] if both else None)
        title = scaling.STATE_STYLES[state][0]
        if state in self.stored.chi:
            title += rf", $\chi$ = {self.stored.chi[state]:g}"
            one = "this archive" if state in self.fc else "published"
            ax.set_xlabel(BOTH_MATRICES[self.report.conventions] if both else one)
        ax.set_title(title)
        bar = fig.colorbar(image, ax=ax, shrink=0.7, aspect=20, ticks=[-1, 0, 1])
        bar.set_label("correlation", labelpad=-2)

    def _caption(self, panel: str) -> str:
        here = " Large marks joined by dots: this archive; small marks with lines: published." if self.own else ""
        bars = " Bars: from the lowest to the highest of single 2-s windows, slow fluctuations." if self.own else ""
        if panel == "A":
            seed = " Light marks: the published series with another seed, the spread from seed to seed."
            return (
                "Similarity (1: equal) of simulated and human activity against χ, right hemisphere. Single units: 1 "
                "minus the Kolmogorov-Smirnov distance of the distributions. fMRI: Pearson correlation of the "
                "off-diagonal entries of the matrices, and exp(−RMSE/RMS)."
                + (seed if self.name in series.SEED_SERIES else "")
                + here
                + self._lengths()
                + self._corrected()
                + bars
                + self._other_state()
                + " Dashed: the best-fit version. "
                + self.transition.caption()
            )
        if panel == "H":
            return (
                "The recordings of the paper (7 T, 19 subjects) are not at hand. Similarity of functional "
                "connectivity, right hemisphere, to that of <b>other subjects</b> (young adults of the Human "
                "Connectome Project, 3 T, by way of the ENIGMA toolbox). Hollow: runs of this archive; filled: the "
                "published matrices of the base and best-fit versions, the reference for them. Not comparable with "
                "the fMRI curves of panel A."
            ) + f"{self._lengths()}{self._corrected()}"
        if panel == "E":
            zeros = "" if self.human_fc.of_the_paper else " Negative values and the diagonal are 0 in these data."
            return f"Functional connectivity of human subjects at rest, right hemisphere: {self.human_fc.label}.{zeros}"
        if panel in "FG":
            state = "base" if panel == "F" else "best_fit"
            text = (
                f"Functional connectivity of the {scaling.STATE_STYLES[state][0]} version: correlation of synaptic "
                "input currents from 2.5 s on. Areas in the order of resting-state networks (Kabbara et al. 2017)."
            )
            return text + self._matrix_origin(state) + (self._slip() if state == "base" else "")
        quantity, label = DISTRIBUTIONS[panel]
        text = (
            f"{label} of neurons of caudalanteriorcingulate and of human neurons (medial frontal cortex), 2-s windows"
        )
        text += " with a spike" if quantity == "rate" else " of at least 10 spikes: histogram and kernel density"
        if self.stored.chi.keys() - self.stored.units.keys() - self.units.keys():
            text += "; no run of the base version here"
        own = "lines: this archive" if self.units else "there is no run of them here"
        return f"{text}. Dotted: published simulations; {own}.{self._slip()}"

    def _lengths(self) -> str:
        """Say how long our runs are, where that differs: a shorter one gives noisier correlations."""
        by_length: dict[float, list[float]] = {}
        for chi, name in self.own.items():
            by_length.setdefault(self.runs.facts[name].t_sim_ms, []).append(chi)
        if len(by_length) < 2:
            return ""
        parts = [
            f"{ms / 1000:g} s at χ = {', '.join(f'{x:g}' for x in sorted(chi))}"
            for ms, chi in sorted(by_length.items())
        ]
        return (
            f" Our runs last {'; '.join(parts)}; the published ones 12.5 s. Shorter runs give fewer windows, and "
            "correlations of currents that vary more by chance, so a lower similarity where they are small."
        )

    def _matrix_origin(self, state: str) -> str:
        here, there = KERNELS[self.report.conventions], KERNELS[PUBLISHED]
        if state not in self.fc:
            return f" Published, {there}." if state in self.stored.fc else " Not drawn: there is none."
        if state not in self.stored.fc:
            return f" This archive, {here}; none is published."
        return f" Below the diagonal: this archive, {here}; above: published, {there}."

    def _slip(self) -> str:
        if self.name not in OTHER_BASE:
            return ""
        text = (
            " A slip of the published figure: its curves and matrix named base are those of χ = 0, not of χ = 1 "
            "(their similarities prove it); "
        )
        return text + ("drawn as published." if self.report.conventions is PUBLISHED else "corrected here, χ = 1.")

    def _corrected(self) -> str:
        if self.report.conventions is PUBLISHED:
            return ""
        return (
            " The marks of this archive follow the corrected conventions: CV and LvR of windows with at least 10 "
            f"spikes, {KERNELS[CORRECTED]}. Published curves ask for more than 10 and have the {KERNELS[PUBLISHED]}."
        )

    def _other_state(self) -> str:
        if not self.other:
            return ""
        facts = self.runs.facts
        seeds = {chi: f"seed {facts[name].seed}" for chi, name in self.other.items()}
        for chi in seeds.keys() & self.own.keys():
            seeds[chi] += f"; the coloured marks are of seed {facts[self.own[chi]].seed}"
        of = ", ".join(f"χ = {chi:g} ({seed})" for chi, seed in seeds.items())
        return (
            f" Grey marks: runs of this archive that are not in the state of the published simulation at {of}; the "
            "model has two states there, and random numbers decide."
        )

    def _data(self, panel: str) -> pd.DataFrame | None:
        if panel == "A":
            tables = [self.published, self.curve.assign(series="this archive")]
            tables.append(self.other_curve.assign(series="this archive, other state"))
            if self.name in series.SEED_SERIES:
                tables.append(results.similarity(series.SEED_SERIES[self.name], self.folder))
            return pd.concat([table for table in tables if len(table)])
        if panel == "H":
            return self.curve[self.curve["hemisphere"] != ""]
        if panel in DISTRIBUTIONS:
            quantity, _ = DISTRIBUTIONS[panel]
            published = {f"{state}_published": values for state, values in self.stored.units.items()}
            states = {"human": self.stored.human, **published, **self.units}
            values = {state: quantities[quantity] for state, quantities in states.items()}
            return scaling.rates_table(values) if quantity == "rate" else scaling.densities_table(values)
        if panel == "E":
            return scaling.matrix_table({"human": self.human_fc.matrices["right"]})
        state = {"F": "base", "G": "best_fit"}[panel]
        matrices = {"published": self.stored.fc, "here": self.fc}
        found = {name: by_state[state] for name, by_state in matrices.items() if state in by_state}
        return scaling.matrix_table(found) if found else None

    def _code(self, panel: str) -> list:
        return {
            "A": [scaling.draw_similarity, scaling.draw_runs, series.curve, unit_similarity.of_run],
            "H": [scaling.draw_runs, series.fmri_similarities],
            "B": [scaling.draw_rates, summary.units],
            "C": [scaling.draw_densities, summary.units],
            "D": [scaling.draw_densities, summary.units],
        }.get(panel, [scaling.draw_connectivity, human_fc.choose])
