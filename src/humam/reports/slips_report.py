"""What the report of the known slips shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.axes import Axes

from humam import downscaling, published, theory_file
from humam import network as networks
from humam.analysis import human_fc, scaling_table, slips
from humam.analysis import structure as structures
from humam.analysis.comparable import STATE_CHI
from humam.analysis.series import PREPRINT_SEED, STATES, Runs, perturbed_pair
from humam.anatomy import tables as anatomy
from humam.conventions import Conventions
from humam.labels import AREAS
from humam.page import table
from humam.plotting import scaling
from humam.plotting import slips as panels
from humam.reports.report import Report

MISSING_DISTANCE = (
    f"Its effect on simulated activity needs a run of the experiment <code>{slips.DISTANCE_EXPERIMENT}</code> and one "
    "of the base version: <code>bin/humam campaign</code> makes both."
)

LENGTHS_DIFFER = (
    "CV, correlation and functional connectivity depend on the length of a run and are not compared: the two runs are "
    "not of one length."
)

MISSING_VARIANT = (
    f"Its effect on runs of this archive needs those of χ = 0 and χ = 1: <code>{slips.VARIANT}@0</code> and "
    f"<code>{slips.VARIANT}@1</code>."
)


class SlipsReport:
    """The effects of the slips, in a table and three panels.

    Parameters
    ----------
    report : Report
        Where they go; needs networks, theories and structures named ``base``, ``published`` and ``tables``.
    given : mapping
        Name of each run to the folder of its statistics.
    """

    def __init__(self, report: Report, given: Mapping[str, str]) -> None:
        self.report = report
        self.folder, tables = report.input("published"), report.input("tables")
        self.human = human_fc.choose(tables, self.folder)
        self.net = networks.read(report.input("network", "base"))
        report.parameters("base", networks.parameters(self.net).model_dump(mode="json"))
        report.origin("base", networks.origin(self.net)["origin"])
        report.origin("human functional connectivity", self.human.label)
        self.curve = published.similarity(slips.VARIANT, self.folder)
        self.kernels: dict[str, list[np.ndarray]] = {}
        self.missing: dict[str, str] = {}
        self.scaled = False
        self.shares, effects = slips.distance(anatomy.read(tables), self.net)
        self.effects = [*effects, *self._of_network(), *self._of_runs(Runs(given))]

    def _of_network(self) -> Iterator[slips.Effect]:
        structure = structures.read(self.report.input("structure", "base"))
        yield from slips.structural(self.net, structure, self.folder)
        theory = theory_file.of_network(self.net, self.report.input("theory", "base"))
        yield from slips.down_scaling(self.net, downscaling.theory_rates(self.net, theory))
        yield from slips.of_published_arrays(self.folder)

    def _of_runs(self, runs: Runs) -> Iterator[slips.Effect]:
        units = scaling_table.read_published("scaling", self.folder).human
        for state in STATES:
            name = runs.closest(state)
            if not name:
                continue
            self._use(runs, name)
            yield from slips.of_run(runs[name], state, units, self.human)
            if not runs[name].unavailable("fc"):
                self.kernels[state] = [runs[name].functional_connectivity(each) for each in Conventions]
        for state, chi in STATE_CHI.items():
            if pair := perturbed_pair(runs, chi):
                self._use(runs, *pair)
                yield from slips.of_pair(state, *(runs[name] for name in pair))
        variant = list(slips.of_variant_runs(runs, units, self.human.matrices, self.folder))
        yield from (effect for effect in variant if np.isfinite([effect.published, effect.corrected]).any())
        if any(np.isnan([effect.published, effect.corrected]).any() for effect in variant):
            self.missing["base of the variant"] = MISSING_VARIANT
        base, corrected = runs.closest("base"), runs.closest(slips.DISTANCE_EXPERIMENT)
        if not base or not corrected:
            self.missing["distance"] = MISSING_DISTANCE
            return
        twin = runs.closest("base", seed=PREPRINT_SEED)
        self._use(runs, corrected)
        other = runs[twin] if twin and twin != base else None
        if runs.facts[base].t_sim_ms != runs.facts[corrected].t_sim_ms:
            self.missing["distance"] = LENGTHS_DIFFER
        yield from slips.simulated_distance(runs[base], runs[corrected], other)

    def _use(self, runs: Runs, *names: str) -> None:
        """Note runs among the sources."""
        for name in names:
            self.report.input("statistics", name)
            self.scaled |= runs[name].down_scaled

    def show_table(self) -> None:
        """Show every slip, where its switch is, and its effects."""
        parts = []
        for slip, (text, switch) in slips.SWITCHES.items():
            found = [effect for effect in self.effects if effect.slip == slip]
            rows: list[tuple[object, ...]] = [
                (each.quantity, each.unit, each.published, each.corrected, each.corrected - each.published, each.note)
                for each in found
            ]
            heading = slip.capitalize().replace("Sln", "SLN")
            parts.append(f"<h3>{heading}</h3><p>{text} Switch: {switch}.</p>")
            if rows:
                heads = ["Quantity", "Unit", "Published", "Corrected", "Difference", "Note"]
                shown = slice(len(heads) if any(each.note for each in found) else -1)
                parts.append(table(heads[shown], [row[shown] for row in rows]))
            if reason := self.missing.get(slip, "" if rows else "Its effect needs runs that are not among the inputs."):
                parts.append(f"<p>{reason}</p>")
        if self.scaled:
            parts.append("<p>Numbers of runs are from down-scaled ones here.</p>")
        display(HTML("".join(parts)))

    def draw(self, ax: Axes, panel: str) -> None:
        """Draw a panel."""
        if panel == "A":
            panels.draw_kernels(ax, self.kernels)
        elif panel == "B":
            panels.draw_shares(ax, self.shares)
        else:
            panels.draw_variant(ax, self.curve)

    def table(self, panel: str) -> pd.DataFrame | None:
        """Return the numbers of a panel."""
        if panel == "A":
            columns = {
                f"{state}_{each}": matrix
                for state, matrices in self.kernels.items()
                for each, matrix in zip(Conventions, matrices, strict=True)
            }
            return scaling.matrix_table(columns) if columns else None
        return pd.DataFrame({"area": AREAS, **self.shares}) if panel == "B" else self.curve

    def note_values(self) -> None:
        """Note the effects: corrected minus published."""
        for effect in self.effects:
            if not np.isfinite(effect.corrected - effect.published):
                continue  # one of the two runs is missing: said beside the slip
            quantity = f"corrected_minus_published[slip={effect.slip.replace(' ', '_')};of={effect.quantity}]"
            note = f"with the slip {effect.published:.6g}, without it {effect.corrected:.6g}"
            note += f"; {effect.note}" if effect.note else ""
            self.report.value("", quantity, effect.corrected - effect.published, effect.unit, note=note)
