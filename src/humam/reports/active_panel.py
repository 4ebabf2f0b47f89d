"""Panel of the report of the experiments: best-fit versions of variants beside what chance does in the active state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from humam.analysis import active_error, experiments, human_fc
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
        self.runs = runs
        human, substitute = next(iter(stored.values())).human, human_fc.substitute(folder).matrices
        stored_runs = experiments.stored_runs(runs, active=True, folder=folder)
        own = [(paper, run) for paper, state, run in stored_runs if state == STATE]
        seeds = runs.seeds_of(STATE)
        self.data: dict[str, pd.DataFrame] = {}
        if not own:
            return
        numbers = [active_error.of_published(each, folder, substitute) for each in stored.values()]
        numbers += [active_error.of_run(runs[name], human, substitute) for name in seeds]
        self.n_seeds, interval = len(numbers), active_error.half_width(pd.DataFrame(numbers), experiments.CONFIDENCE)
        tables = []
        for paper, name in own:
            here = active_error.of_run(runs[name], human, substitute)
            there = active_error.of_published(paper, folder, substitute)
            table = pd.DataFrame({"here": here, "published": there, "interval": interval}).loc[list(here)]
            tables.append(table.rename_axis("quantity").reset_index().assign(run=name))
        self.data[PANEL] = pd.concat(tables, ignore_index=True)
        for name in [*seeds, *(run for _, run in own)]:
            report.input("statistics", name)

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
            "width of the 95 % interval of the difference of two runs (Student's t), as "
            f"{self.n_seeds} runs of the main best-fit version with different random numbers scatter, two of them "
            f"published. Within it lie: {said} (others filled). The table takes its tolerance from the two published "
            "seeds alone, a single pair."
        )
