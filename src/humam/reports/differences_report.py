"""What the report of the experiments shows: why numbers of ours differ from the published ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure

from humam import discrimination
from humam import network as networks
from humam.analysis import (
    active_error,
    activity_curve,
    experiments,
    human_fc,
    neuron_error,
    scaling_table,
    series,
    windows,
)
from humam.analysis.series import Runs
from humam.analysis.statistics import Statistics
from humam.page import readable, table
from humam.plotting import differences as panels
from humam.plotting import style
from humam.plotting.missing import draw_missing
from humam.reports import chosen_run
from humam.reports.active_panel import ActivePanel
from humam.reports.activity_panel import ActivityPanel
from humam.reports.discrimination_panel import DiscriminationPanel
from humam.reports.neuron_panels import NeuronPanels
from humam.reports.report import Report

BLOCKS: Final = ("DAN-AUD", "SAN-SAN", "DMN-SAN", "DMN-VIS")
BIN_MS: Final = 50
"""Bins of rates in time."""
LIMITS: Final = np.arange(2.0, 36.0, 1.0)
FIRST_MS: Final = 2000
"""How much of a run panel A draws."""

SIZES_IN: Final = {
    "B": (style.WIDTH_IN, 2.2),
    "C": (style.WIDTH_IN, 1.9),
    "F": (style.WIDTH_IN, 2.4),
    "G": (style.WIDTH_IN, 2.4),
    "H": (style.WIDTH_IN, 2.2),
    "I": (style.WIDTH_IN, 1.9),
    "J": (style.WIDTH_IN, 2.4),
    "K": (style.WIDTH_IN, 2.2),
    "L": (style.WIDTH_IN, 2.6),
}
"""Width and height of panels that need more room."""

CODE: Final[dict[str, Callable[..., Any]]] = {
    "A": experiments.rates_in_time,
    "B": experiments.deviation,
    "C": experiments.of_windows,
    "D": experiments.sd_up_to,
    "E": experiments.of_parts,
    "F": experiments.fc_in_time,
    "G": neuron_error.with_errors,
    "H": neuron_error.influence_on_similarity,
    "I": activity_curve.of_windows,
    "J": active_error.half_width,
    "K": neuron_error.of_similarity,
    "L": discrimination.hold,
}


NEEDED: Final = {
    **dict.fromkeys("ABC", "run of the best-fit version"),
    **dict.fromkeys("DE", "run of the base version"),
    **dict.fromkeys("FG", "run of a variant in the low state"),
    "I": "run in the active state",
    "J": "active run of a variant's best-fit version",
    "H": "run of 12.5 s of the series below the transition",
    "K": "run of the published length of a variant in the low state",
    "L": "run",
}
"""What a panel is made of."""


class DifferencesReport:
    """One experiment in each panel; a panel whose run is not there says so.

    Parameters
    ----------
    report : Report
        Where they go; needs the network ``base`` and ``published``.
    given : mapping
        Name of each run to the folder of its statistics.
    """

    def __init__(self, report: Report, given: Mapping[str, str]) -> None:
        self.report = report
        self.folder = folder = report.input("published")
        self.network = networks.read(report.input("network", "base"))
        report.origin("base", networks.origin(self.network)["origin"])
        self.stored = {
            f"published, seed {seed}": scaling_table.read_published(name, folder) for name, seed in series.SEEDS.items()
        }
        self.human = next(iter(self.stored.values())).human
        self.runs = Runs(given)
        self.best_fit, best_fit = chosen_run.choose(report, self.runs, "best_fit")
        self.base, base = chosen_run.choose(report, self.runs, "base")
        self.twins = [self.base] if base is not None and not base.status else []
        if self.twins and (other := series.other_seed(self.runs, self.base)):
            report.input("statistics", other)
            self.twins.append(other)
        self.data: dict[str, Any] = {}
        if best_fit is not None and not best_fit.status:
            self._best_fit(best_fit)
        if self.twins:
            self._base()
        self._variants()
        self.neurons = NeuronPanels(report, self.runs, folder, self.human)
        self.activity = ActivityPanel(report, self.runs, folder, self.stored)
        self.active = ActivePanel(report, self.runs, folder, self.stored)
        self.versions = DiscriminationPanel(report, self.runs, folder, self.human)
        self.data |= self.neurons.data | self.activity.data | self.active.data | self.versions.data

    def _firing(self) -> str:
        """Return our run of the best-fit version with another seed in which the area fires; empty if there is none."""
        for name in series.other_seeds(self.runs, self.best_fit):
            if experiments.excitatory_rate(self.runs[name], experiments.SILENT, FIRST_MS) > experiments.FIRING:
                return name
        return ""

    def _best_fit(self, run: Statistics) -> None:
        fc = {name: stored.fc["best_fit"] for name, stored in self.stored.items()}
        own = run.functional_connectivity()
        self.data["A"] = experiments.rates_in_time(run, experiments.SILENT, BIN_MS)
        self.data["B"] = experiments.deviation(own, list(fc.values()))
        ours = {"here": own}
        self.firing = self._firing()
        if self.firing:
            self.report.input("statistics", self.firing)
            twin = self.runs[self.firing]
            ours[self._other_label] = twin.functional_connectivity()
            rates = experiments.rates_in_time(twin, experiments.SILENT, BIN_MS).set_index("time")["E"]
            self.data["A"]["E_other"] = rates.reindex(self.data["A"]["time"]).to_numpy()
            deviation = experiments.deviation(ours[self._other_label], list(fc.values()))
            self.data["B"]["other"] = deviation["here"]
        self.targets = experiments.quiet_targets(self.network, run, experiments.SILENT)
        first, second = fc.values()
        seeds = {f"published_{name.rpartition(' ')[2]}": matrix for name, matrix in fc.items()}
        area, name_of = experiments.SILENT, "fc_mean[of={};with=red_areas]".format
        rows = [
            ("all", name, name_of(area), experiments.mean_correlation(matrix, area, self.targets))
            for name, matrix in {**ours, **fc}.items()
        ]
        for leave in ((), self.targets):
            which = "without" if leave else "all"
            found = {name: experiments.connectivity(matrix, seeds, BLOCKS, leave) for name, matrix in ours.items()}
            for (name, matrix), other in zip(fc.items(), (second, first), strict=True):
                found[name] = experiments.connectivity(matrix, {"other_seed": other}, BLOCKS, leave)
            rows += [(which, source, key, value) for source, values in found.items() for key, value in values.items()]
        self.left_out = pd.DataFrame(rows, columns=["areas", "source", "quantity", "value"])
        self.data["C"] = experiments.of_windows(run, self.human["rate"])
        neurons = run.neurons_of(windows.AREA)
        self.published = {
            name: experiments.activity(
                stored.units["best_fit"]["rate"], neurons, self.human["rate"], windows.MAX_WINDOWS
            )
            for name, stored in self.stored.items()
        }

    def _base(self) -> None:
        rates = {name: self.runs[name].windows["rate"].to_numpy() for name in self.twins}
        rates |= {name: stored.units["base"]["rate"] for name, stored in self.stored.items()}
        curves = {name: experiments.sd_up_to(values, LIMITS) for name, values in rates.items()}
        self.data["D"] = pd.DataFrame({"limit": LIMITS, **curves})
        self.errors = {name: self._rate_sd_error(name) for name in self.twins}
        self.sd = {name: float(values.std()) for name, values in rates.items()}
        parts = [
            (name, n, value)
            for name in self.twins
            for n, value in experiments.of_parts(self.runs[name], self.human, "cv")
        ]
        found = pd.DataFrame(parts, columns=["run", "windows", "similarity"]).groupby(["run", "windows"])["similarity"]
        self.data["E"] = found.agg(mean="mean", sd=lambda v: v.std(ddof=0)).reset_index()

    def _rate_sd_error(self, name: str) -> float:
        """Return the standard error over neurons of the standard deviation of the rates of a run."""
        return float(neuron_error.with_errors(self.runs[name].windows, "rate", self.human)["error"]["sd"])

    def _variants(self) -> None:
        """Hold functional connectivity of variants in the low state against its own fluctuations in time."""
        found = []
        human = human_fc.substitute(self.folder).matrices
        for stored, state, run in experiments.stored_runs(self.runs, active=False, folder=self.folder):
            if not self.runs[run].unavailable("current"):
                table = experiments.fc_in_time(self.runs[run], stored.fc[state], state, human)
                if table["interval"].notna().all():
                    self.report.input("statistics", run)
                    found.append(table.assign(run=run))
        if found:
            self.data["F"] = pd.concat(found, ignore_index=True)

    @property
    def _parts(self) -> pd.DataFrame:
        """Mean and standard deviation of the similarity of CV by number of windows, over runs of the base version."""
        return self.data["E"].groupby("windows")[["mean", "sd"]].mean()

    @property
    def _length_effect(self) -> float | None:
        """How far two windows instead of five move the similarity of CV of the base version in the mean."""
        if "E" not in self.data or not {2, windows.MAX_WINDOWS} <= set(self._parts.index):
            return None
        mean = self._parts["mean"]
        return float(mean[2] - mean[windows.MAX_WINDOWS])

    @property
    def _other_label(self) -> str:
        return f"here, seed {self.runs.facts[self.firing].seed}"

    def show(self, panel: str) -> None:
        """Draw and save one panel, and say what it shows."""
        fig = style.figure(*SIZES_IN.get(panel, (3.4, 2.2)))
        self.draw(fig, panel)
        self.report.save_panel(fig, panel, self._caption(panel), self.data.get(panel), [CODE[panel]])
        if panel == "B" and panel in self.data:
            self._show_left_out()
        if panel in self.activity.data:
            display(HTML(self.activity.html()))
        if panel in self.versions.data:
            self.versions.show_outside()

    def draw(self, fig: Figure, panel: str) -> None:
        """Draw one panel into a figure or a part of one."""
        if panel not in self.data:
            draw_missing(fig.subplots(), f"no {NEEDED[panel]} at full density that is long enough", 40)
        elif panel in self.neurons.data:
            self.neurons.draw(fig, panel)
        elif panel in self.activity.data:
            self.activity.draw(fig)
        elif panel in self.active.data:
            self.active.draw(fig)
        elif panel in self.versions.data:
            self.versions.draw(fig)
        elif panel == "A":
            panels.draw_rates(fig.subplots(), self.data["A"][self.data["A"]["time"] < FIRST_MS])
        elif panel == "B":
            panels.draw_deviation(fig.subplots(), self.data["B"], self.targets)
        elif panel == "C":
            panels.draw_activity(fig.subplots(1, 3), self.data["C"], self.published)
        elif panel == "D":
            curves = {name: values.to_numpy() for name, values in self.data["D"].drop(columns="limit").items()}
            panels.draw_sd(fig.subplots(), LIMITS, curves, len(self.twins))
        elif panel == "E":
            panels.draw_parts(fig.subplots(), self.data["E"])
        else:
            panels.draw_variants(fig.subplots(), self.data["F"], panels.fc_labels(list(self.data["F"]["quantity"])))

    def _caption(self, panel: str) -> str:
        if panel not in self.data:
            return "No run."
        if panel in self.neurons.data:
            return self.neurons.caption(panel, self._length_effect)
        if panel in self.activity.data:
            return self.activity.caption()
        if panel in self.active.data:
            return self.active.caption()
        if panel in self.versions.data:
            return self.versions.caption()
        if panel == "A":
            late = self.data["A"][self.data["A"]["time"] >= FIRST_MS].mean()
            other = (
                f" In run {self.firing} (dashed) its excitatory neurons fire {late['E_other']:.2g} spikes/s: random "
                "numbers decide."
                if self.firing
                else ""
            )
            return (
                f"Rates in {experiments.SILENT}, run {self.best_fit}, in bins of {BIN_MS} ms. From "
                f"{FIRST_MS / 1000:g} s on its excitatory neurons fire {late['E']:.2g} spikes/s, its inhibitory ones "
                f"{late['I']:.3g}: it sends nothing to other areas.{other} Rates of the published runs are not stored; "
                "that it does there is seen from its correlation with its targets, below."
            )
        if panel == "B":
            return (
                "Functional connectivity of the best-fit version: mean absolute difference between our matrix and a "
                "published one, by area, mean over both; marks: between the two published ones. Red: areas that get "
                f"at least 5 % of their synapses from other areas from {experiments.SILENT} and themselves fire less "
                f"than 1 spike/s ({', '.join(self.targets)})."
                + (f" Points: run {self.firing}, in which {experiments.SILENT} fires." if self.firing else "")
            )
        if panel == "C":
            own, ours = self.data["C"], self.data["C"]["activity"]
            fits = {q: np.polyfit(ours, own[q], 1) for q in own.columns if q != "activity"}
            said = []
            for name, row in self.published.items():
                at = row["activity"]
                each = [f"{q} {np.polyval(fit, at):.3f} on the line, {row[q]:.3f} published" for q, fit in fits.items()]
                said.append(f"{name}, {at:.3f} spikes/s: {', '.join(each)}")
            return (
                f"Caudalanteriorcingulate, run {self.best_fit}: each 2-s window against its mean rate "
                f"({ours.min():.2f} to {ours.max():.2f} spikes/s, in all {ours.mean():.3f}). Dotted: line fitted to "
                f"ours; at the published rates it gives nearly the published values. {'; '.join(said)}. The "
                "median of rates, multiples of 0.5 spikes/s, is 1 where the first share is above one half, else 1.5."
            )
        if panel == "D":
            low = self.data["D"][self.data["D"]["limit"] == 15].iloc[0]
            errors = ", ".join(
                f"{name} {self.sd[name]:.3f} ± {error:.3f} (standard error over neurons)"
                for name, error in self.errors.items()
            )
            others = ", ".join(f"{name} {self.sd[name]:.3f}" for name in self.stored)
            spread = [float(low[name]) for name in self.sd]
            return (
                "Base version: standard deviation of the rates in 2-s windows of caudalanteriorcingulate when rates "
                f"above a limit are left out. All: {errors}; {others}. Up to 15 spikes/s: {min(spread):.3f} to "
                f"{max(spread):.3f}. What remains is made by the few neurons that fire fastest."
            )
        if panel == "F":
            table = self.data["F"]
            within_own = experiments.within(table)
            inside = within_own.groupby(table["run"]).sum()
            within = ", ".join(
                f"{name} ({self.runs[name].data.attrs['t_sim_ms'] / 1000:g} s) {inside[name]} of {len(rows)}"
                for name, rows in table.groupby("run", sort=False)
            )
            return (
                "Variants in the low state: functional connectivity and its similarity to that of other subjects, "
                "difference from the published one in units of half the width of the 95 % interval of the difference "
                "of two such runs, from what leaving out one block of 2 s in turn changes (jackknife). Within it lie: "
                f"{within}, in all {within_own.sum()} of {len(table)} (others filled); 95 % would by chance. No second "
                "seed of a variant is published, so the table takes its tolerance from the two seeds of the main base "
                "version, a single pair, which happen to lie closer together."
            )
        text = (
            "Base version: similarity of CV to human neurons, of every choice of some of the windows of our runs "
            "(mean and standard deviation), as if they had been shorter."
        )
        effect = self._length_effect
        if effect is None:
            return text
        return (
            f"{text} Two windows, as in a run of 6.5 s, give {effect:+.4f} in the mean and scatter by "
            f"{self._parts['sd'][2]:.4f} around all of them. Published points have five windows."
        )

    def _show_left_out(self) -> None:
        text = (
            f"<p>Correlations and means of blocks with all areas, and without the {len(self.targets)} red ones. "
            "Published: each seed with the other.</p>"
        )
        wide = self.left_out.pivot_table(index=["areas", "quantity"], columns="source", values="value", sort=False)
        rows = [
            [areas, readable(name), *map("{:.3f}".format, row)]
            for (areas, name), row in zip(wide.index, wide.to_numpy(), strict=True)
        ]
        shown = [[cell.replace("nan", "") for cell in row] for row in rows]
        display(HTML(text + table(["Areas", "Quantity", *wide.columns], shown)))

    def note_values(self) -> None:
        """Note what the experiments found."""
        if "B" in self.data:
            without = f"without=targets_of_{experiments.SILENT}"
            shown = [("without", "here", without, self.best_fit)]
            if self.firing:
                seed = self.runs.facts[self.firing].seed
                shown.append(("all", self._other_label, f"seed={seed}", self.firing))
            for areas, source, key, run in shown:
                chosen = self.left_out[(self.left_out["areas"] == areas) & (self.left_out["source"] == source)]
                for quantity, value in chosen[["quantity", "value"]].itertuples(index=False):
                    self.report.value("B", quantity.replace("[", f"[state=best_fit;{key};"), value, run=run)
        for name, error in getattr(self, "errors", {}).items():
            self.report.value("D", f"rate_sd_error[state=base;run={name}]", error, "1/s", run=name)
        for measure, offset in self.neurons.offset.items():
            self.report.value("H", f"similarity_{measure}_offset[with=published]", offset.mean)
            self.report.value("H", f"similarity_{measure}_offset_error[with=published]", offset.error)
        self.versions.note_values()
