"""Panel of the report of the experiments: how well tolerances tell versions of the model apart."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure

from humam import comparison, discrimination, published
from humam.analysis import series
from humam.analysis.series import Runs
from humam.discrimination import ALL, CONNECTIVITY, NEURONS, OTHER, OTHER_STATE, RIGHT
from humam.page import readable, table
from humam.plotting import discrimination as panels
from humam.plotting.scaling import STATE_STYLES
from humam.reports.report import Report
from humam.run_names import label
from humam.seed_spread import Tolerances

PANEL: Final = "L"


class DiscriminationPanel:
    """Runs of any version of the model held against what is published of the two states of the main series.

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

    def __init__(self, report: Report, runs: Runs, folder: Path | str, human: discrimination.Human) -> None:
        self.report, self.runs = report, runs
        paper = comparison.read_published(folder)
        self.held = discrimination.hold(runs, human, paper, Tolerances(paper, published.states(folder)))
        self.data: dict[str, pd.DataFrame] = {}
        if self.held.empty:
            return
        self.data[PANEL] = discrimination.shares(self.held)
        for name in self.held["run"].unique():
            report.input("statistics", name)

    def draw(self, fig: Figure) -> None:
        """Draw the panel into a figure or a part of one."""
        panels.draw_shares(fig, self.data[PANEL])

    def _of(self, state: str, version: str, group: str = ALL) -> pd.DataFrame:
        """Return the rows of one version beside a state, largest share of all numbers first."""
        found = self.data[PANEL]
        return found[(found["state"] == state) & (found["version"] == version) & (found["group"] == group)]

    def caption(self) -> str:
        """Return what the panel shows."""
        states = [self._of_state(state) for state in self.data[PANEL]["state"].unique()]
        others = self.held[self.held["version"] == OTHER]["within"]
        text = (
            "Share of the numbers that Figure 5 has of a version within their tolerance (that of the published seeds "
            "alone), for runs of any version in the same state of activity: of all numbers (bars), of those of single "
            f"neurons, of those of functional connectivity. {' '.join(states)}"
        )
        if others.empty:
            return text
        return (
            f"{text} So the tolerances tell the two states and distant versions apart, close ones, as neighbouring "
            f"factors χ, hardly, and one number within its tolerance says little: {_percent(others.mean())} % of the "
            "numbers of other versions are."
        )

    def _of_state(self, state: str) -> str:
        """Return what the runs held against one state show."""
        right, others, far = (_rows(self._of(state, version)) for version in (RIGHT, OTHER, OTHER_STATE))
        said = [f"right version {_counted(right)}"] if right else []
        if others:
            ends = " to ".join(_counted([row]) for row in dict.fromkeys((others[0], others[-1])))
            said.append(f"other versions ({len(others)} runs) {ends}")
            said += self._along(state, [run for run, *_ in others])
        if far:
            said.append(f"other state {_counted(far)}")
        text = f"{STATE_STYLES[state][0].capitalize()}: {'; '.join(said)}."
        if right and others:
            alike = [escape(label(name)) for name in discrimination.confused(self.data[PANEL], state)]
            text += f" As large a share as a right one: {', '.join(alike) or 'none of the others'}."
        return text

    def _along(self, state: str, others: list[str]) -> Iterator[str]:
        """Yield by group of numbers what runs of the main series with other factors chi show."""
        facts = {run: self.runs.facts[run] for run in others}
        along = [run for run, own in facts.items() if own.experiment in discrimination.MAIN_SERIES and not own.changed]
        if not along:
            return
        shares = self.data[PANEL][self.data[PANEL]["run"].isin(along) & (self.data[PANEL]["state"] == state)]
        lowest, highest = (shares.groupby("group")["share"].agg(end) for end in ("min", "max"))
        each = (
            f"{_percent(lowest[group])} to {_percent(highest[group])} % of {group}" for group in (NEURONS, CONNECTIVITY)
        )
        yield f"of these the main series with other χ ({len(along)} runs) {', '.join(each)}"

    def show_outside(self) -> None:
        """Show the numbers of runs of the right version that lie outside, those of other seeds, too."""
        right = self.held[self.held["version"] == RIGHT]
        if right.empty:
            return
        members = series.members("scaling", self.runs)
        compared = [label(name) for name in right["run"].unique() if name in members.values()]
        text = (
            "<p>Numbers of runs of the right version outside the tolerance of the published pairs of seeds. Figure 5 "
            f"itself shows {escape(' and '.join(compared)) or 'none of them'}; there a pair of runs of ours, where it "
            "has one, widens the tolerance. Runs with other seeds are held against these numbers here alone.</p>"
        )
        columns = ["run", "quantity", "here", "published", "tolerance"]
        outside = right[~right["within"]].sort_values(["state", "run"], kind="stable")[columns]
        rows = [
            [f"{label(run)} ({self.runs.facts[run].t_sim_ms / 1000:g} s)", readable(quantity), *map(_rounded, numbers)]
            for run, quantity, *numbers in outside.itertuples(index=False)
        ]
        display(HTML(text + table(["Run", "Quantity", "Here", "Published", "Tolerance"], rows)))

    def note_values(self) -> None:
        """Note the shares of runs of the right version, and of the closest of the others."""
        if PANEL not in self.data:
            return
        for state in self.data[PANEL]["state"].unique():
            for version, words, limit in ((RIGHT, "the right version", None), (OTHER, "closest of other versions", 1)):
                for run, within, n in _rows(self._of(state, version))[:limit]:
                    key, note = f"[state={state};run={run}]", f"{within} of {n} numbers, {words}"
                    self.report.value(PANEL, f"within_share{key}", within / n, note=note, run=run)
                    self.report.value(PANEL, f"numbers_outside{key}", n - within, note=note, run=run)


def _rows(found: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Return run, numbers within and numbers of each row."""
    return [tuple(row) for row in found[["run", "within", "numbers"]].itertuples(index=False)]


def _counted(rows: list[tuple[str, int, int]]) -> str:
    return ", ".join(f"{within} of {numbers} ({escape(label(run))})" for run, within, numbers in rows)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _rounded(value: float) -> float:
    """Return a number of four digits, or a whole number where it has more."""
    return float(round(value)) if abs(value) >= 1000 else float(f"{value:.4g}")
