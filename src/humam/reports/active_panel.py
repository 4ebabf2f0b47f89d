"""Panel of the report of the experiments: best-fit versions of variants beside what chance does in the active state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from humam import published
from humam.analysis import active_error, experiments, human_fc, scaling_table, series, windows
from humam.analysis.scaling_table import Published
from humam.analysis.series import Runs
from humam.plotting import differences as panels
from humam.reports.report import Report

PANEL: Final = "J"
STATE: Final = active_error.STATE


class ActivePanel:
    """Numbers of our runs of best-fit versions of variants, difference from the published ones with intervals.

    Parameters
    ----------
    report : Report
        Where runs that are used are noted.
    runs : Runs
        What there is.
    folder : path
        The ``published`` folder.
    stored : mapping
        What the authors stored of the main series, by what each seed is called.
    """

    def __init__(self, report: Report, runs: Runs, folder: Path | str, stored: Mapping[str, Published]) -> None:
        self.runs, self.folder = runs, folder
        self.human = next(iter(stored.values())).human
        self.substitute = human_fc.substitute(folder).matrices
        active = [name for name, facts in runs.facts.items() if facts.active and not runs[name].status]
        self.seeds = [name for name in active if runs.facts[name].experiment == STATE]
        self.own = {
            series_name: run
            for series_name in experiments.VARIANTS
            if (run := self._best_fit(series_name)) and run in active
        }
        self.data: dict[str, pd.DataFrame] = {}
        if not self.own:
            return
        self.in_time = active_error.pooled_sd(active_error.of_windows(runs[name], self.human) for name in active)
        matrices = [each.fc[STATE] for each in stored.values()]
        matrices += [runs[name].functional_connectivity() for name in self.seeds]
        numbers = [active_error.of_matrix(matrix, self.substitute) for matrix in matrices]
        self.of_seeds = active_error.pooled_sd([pd.DataFrame(numbers)])
        self.n_active, self.n_seeds = len(active), len(matrices)
        self.data[PANEL] = pd.concat([self._table(*item) for item in self.own.items()], ignore_index=True)
        for name in active:
            report.input("statistics", name)

    def _best_fit(self, name: str) -> str:
        return series.members(name, self.runs).get(scaling_table.read_published(name, self.folder).chi[STATE], "")

    def _table(self, name: str, run_name: str) -> pd.DataFrame:
        stored, run = scaling_table.read_published(name, self.folder), self.runs[run_name]
        units = pd.DataFrame({key: pd.Series(values) for key, values in stored.units[STATE].items()})
        curve = published.similarity(name, self.folder)
        curve = curve[(curve["chi"] == stored.chi[STATE]) & (curve["hemisphere"] == "")].set_index("measure")
        similarities = {f"similarity_{measure}": value for measure, value in curve["similarity"].items()}
        paper = active_error.of_units(units) | similarities
        paper |= active_error.of_matrix(stored.fc[STATE], self.substitute)
        own = active_error.of_run(run, self.human)
        own |= active_error.of_matrix(run.functional_connectivity(), self.substitute)
        n_windows = self.runs.facts[run_name].n_windows
        width = pd.concat(
            [
                active_error.half_width(self.in_time, n_windows, windows.MAX_WINDOWS, experiments.CONFIDENCE),
                active_error.half_width(self.of_seeds, 1, 1, experiments.CONFIDENCE),
            ]
        )
        table = pd.DataFrame({"here": own, "published": paper, "interval": width}).loc[list(own)]
        return table.rename_axis("quantity").reset_index().assign(run=run_name)

    def draw(self, fig: Figure) -> None:
        """Draw the panel into a figure or a part of one."""
        table = self.data[PANEL]
        panels.draw_variants(fig.subplots(), table, panels.labels_of_state(list(table["quantity"])))

    def caption(self) -> str:
        """Return what the panel shows."""
        table = self.data[PANEL]
        inside = experiments.within(table).groupby(table["run"], sort=False).agg(["sum", "size"])
        said = ", ".join(
            f"{run} ({self.runs.facts[run].t_sim_ms / 1000:g} s) {n} of {size}"
            for run, (n, size) in zip(inside.index, inside.to_numpy(), strict=True)
        )
        return (
            "Best-fit versions of variants, active state: difference from the published numbers in units of half the "
            "width of the 95 % interval of the difference of two such runs (Student's t). Of single neurons it comes "
            f"from how 2-s windows of one run scatter, pooled over {self.n_active} active runs "
            f"({int(self.in_time['degrees'].max())} degrees of freedom), for five windows and as many as our run has; "
            f"of functional connectivity from {self.n_seeds} runs of the main best-fit version with different random "
            f"numbers, two of them published. Within it lie: {said} (others filled). The table takes its tolerance "
            "from the two published seeds of the main version alone, a single pair."
        )
