"""What the report of the known slips shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.axes import Axes

from humam import network as networks
from humam import published
from humam.analysis import human_fc, slips
from humam.analysis import structure as structures
from humam.analysis.series import STATES, Runs
from humam.anatomy import tables as anatomy
from humam.labels import AREAS
from humam.page import table
from humam.plotting import scaling
from humam.plotting import slips as panels
from humam.report import Report


class SlipsReport:
    """The effects of the slips, in a table and three panels.

    Parameters
    ----------
    report : Report
        Where they go; needs networks and structures named ``base``, ``published`` and ``tables``.
    given : mapping
        Name of each run to the folder of its statistics.
    """

    def __init__(self, report: Report, given: Mapping[str, str]) -> None:
        self.report = report
        folder, tables = report.input("published"), report.input("tables")
        net = networks.read(report.input("network", "base"))
        report.parameters("base", networks.parameters(net).model_dump(mode="json"))
        report.origin("base", networks.origin(net)["origin"])
        self.shares, effects = slips.distance(anatomy.read(tables), net)
        found = [*effects, *slips.structural(structures.read(report.input("structure", "base")), folder)]
        found += slips.of_published_arrays(folder)
        self.curve = published.similarity("distributed_parameters", folder)
        self.kernels: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        runs, human = Runs(given), human_fc.choose(tables, folder)
        self.scaled = False
        for state in STATES:
            name = runs.closest(state)
            if not name:
                continue
            run = runs[name]
            report.input("statistics", name)
            self.scaled |= run.down_scaled
            found += slips.of_run(run, state, human.matrices)
            if not run.unavailable("fc"):
                fc = run.data["fc"]
                self.kernels[state] = fc.sel(kernel="published").to_numpy(), fc.sel(kernel="corrected").to_numpy()
        self.effects = found

    def show_table(self) -> None:
        """Show every slip, where its switch is, and its effects."""
        parts = []
        for slip, (text, switch) in slips.SWITCHES.items():
            rows = [
                (
                    effect.quantity,
                    float(effect.published),
                    float(effect.corrected),
                    float(effect.corrected - effect.published),
                )
                for effect in self.effects
                if effect.slip == slip
            ]
            parts.append(f"<h3>{slip.capitalize()}</h3><p>{text} Switch: {switch}.</p>")
            if rows:
                parts.append(table(["Quantity", "Published", "Corrected", "Difference"], rows))
            else:
                parts.append("<p>Its effect needs a run of the base or best-fit version.</p>")
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
            columns: dict[str, np.ndarray] = {}
            for state, pair in self.kernels.items():
                columns |= {f"{state}_published": pair[0], f"{state}_corrected": pair[1]}
            return scaling.matrix_table(columns) if columns else None
        return pd.DataFrame({"area": AREAS, **self.shares}) if panel == "B" else self.curve

    def note_values(self) -> None:
        """Note the effects: corrected minus published."""
        for effect in self.effects:
            quantity = f"corrected_minus_published[slip={effect.slip.replace(' ', '_')};of={effect.quantity}]"
            note = f"published {effect.published:.6g}, corrected {effect.corrected:.6g}"
            self.report.value("", quantity, float(effect.corrected - effect.published), effect.unit, note=note)
