"""Panel of the report of the experiments: published points of the active state along the curve of our windows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from humam import published
from humam.analysis import activity_curve, comparable, series, unit_similarity, windows
from humam.analysis.activity_curve import Array, Curve, Scatter
from humam.analysis.scaling_table import Published
from humam.analysis.series import Runs
from humam.analysis.unit_similarity import MEASURES
from humam.page import table
from humam.plotting import differences as panels
from humam.reports.report import Report
from humam.run_names import label as run_label

PANEL: Final = "I"
OURS: Final = "here"
LINE_POINTS: Final = 100


class ActivityPanel:
    """Similarities of 2-s windows of active runs against the activity of the area, with the published points.

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
        human = next(iter(stored.values())).human
        active = [
            name
            for name, facts in runs.facts.items()
            if facts.active and facts.experiment in (*series.STATES, "scaling") and not runs[name].status
        ]
        windows_of = {name: unit_similarity.by_window(runs[name], human) for name in active}
        own = activity_curve.of_windows(windows_of.values())
        curve = Curve.fit(own)
        self.data: dict[str, pd.DataFrame] = {}
        if curve is None:
            return
        for name in active:
            report.input("statistics", name)
        points = [_published(label, each.name, curve, folder) for label, each in stored.items()]
        self.data[PANEL] = pd.concat([own.assign(curve=OURS), *points], ignore_index=True)
        activity = self.data[PANEL]["activity"]
        self.line = curve.at(np.geomspace(activity.min(), activity.max(), LINE_POINTS))
        neurons = runs[active[0]].neurons_of(windows.AREA)
        self.known = [_known(each, neurons) for each in stored.values()]
        each = {name: found["activity"].to_numpy() for name, found in windows_of.items()}
        self.table = self._against_published(runs, each, dict(zip(stored, self.known, strict=True)))

    def _against_published(self, runs: Runs, own: Mapping[str, Array], known: Mapping[str, float]) -> pd.DataFrame:
        """Return the mean activity of each of our runs, given by window, beside the published ones of its chi."""
        self.scatter = Scatter.of(own.values())
        rows = []
        for label, points in self.data[PANEL].query("curve != @OURS").groupby("curve", sort=False):
            at = dict(zip(points["chi"], points["activity"], strict=True))
            at[comparable.ACTIVE_FROM_CHI] = known[str(label)]
            for name, values in own.items():
                chi = runs.facts[name].chi
                away = values.mean() - at[chi]
                errors = self.scatter.errors(away, len(values), windows.MAX_WINDOWS)
                rows.append((chi, name, len(values), values.mean(), label, at[chi], errors))
        columns = ["chi", "run", "windows", "here", "of", "published", "standard errors"]
        return pd.DataFrame(rows, columns=columns).sort_values(["chi", "run"], kind="stable", ignore_index=True)

    def html(self) -> str:
        """Return the table of activities, with a sentence before it."""
        n, sd, degrees = windows.MAX_WINDOWS, self.scatter.sd, self.scatter.degrees
        text = (
            f"<p>Mean activity of {windows.AREA} (spikes/s), ours over the windows of a run, published over {n}. "
            f"Within a run windows scatter by {sd:.3f} spikes/s ({degrees} degrees of freedom); the last column is the "
            "difference in standard errors from that, as if windows were independent. Slower fluctuations, which "
            "make differences between runs larger, are not in it.</p>"
        )
        rows = [
            [f"{chi:g}", run_label(run), str(n), f"{here:.3f}", of, f"{paper:.3f}", f"{errors:+.1f}".replace("-", "−")]
            for chi, run, n, here, of, paper, errors in self.table.to_numpy().tolist()
        ]
        return text + table(["χ", "Run", "Windows", "Here", "Published run", "Published", "Standard errors"], rows)

    def draw(self, fig: Figure) -> None:
        """Draw the panel into a figure or a part of one."""
        panels.draw_activity_curve(fig.subplots(1, len(MEASURES)), self.data[PANEL], self.line)

    def caption(self) -> str:
        """Return what the panel shows."""
        shown = self.data[PANEL]
        ours, paper = shown[shown["curve"] == OURS], shown[shown["curve"] != OURS]
        low, high = ours["activity"].min(), ours["activity"].max()
        fitted = paper[paper["chi"] == comparable.ACTIVE_FROM_CHI]["activity"]
        known = ", ".join(f"{a:.2f} and {b:.2f}" for a, b in zip(fitted, self.known, strict=True))
        return (
            f"Active state: similarity of rates, CV and LvR of each 2-s window of our runs ({len(ours)} windows) "
            f"against the rate of {windows.AREA} in it, with a parabola in its logarithm. Activity fluctuates over "
            "seconds and the three similarities move with it: they rise, and fall again where neurons fire more "
            "irregularly than human ones. A published point has three similarities; it is drawn at the one activity "
            f"where it fits best. There the largest distance from the curve is {paper['distance'].max():.1f}, in the "
            f"median {paper['distance'].median():.1f} standard deviations of single windows. Of the best-fit version "
            "the activity is known, so that it can be checked (found here and from the authors' rates): "
            f"{known} spikes/s. So a published point differs from ours where the area was more or less active; "
            f"our windows have {low:.2f} to {high:.2f} spikes/s. Why it was, is not said by this; the table tells how "
            "far that goes beyond what windows scatter."
        )


def _published(label: str, name: str, curve: Curve, folder: Path | str) -> pd.DataFrame:
    """Return the published points of a series in the active state, each at the activity where it fits best."""
    table = published.similarity(name, folder)
    table = table[table["measure"].isin(MEASURES) & (table["chi"] >= comparable.ACTIVE_FROM_CHI)]
    wide = table.pivot(index="chi", columns="measure", values="similarity")[list(MEASURES)]
    places = [curve.place(dict(zip(MEASURES, row, strict=True))) for row in wide.to_numpy()]
    return wide.reset_index().assign(
        curve=label,
        activity=[place.activity for place in places],
        distance=[place.distance for place in places],
    )


def _known(stored: Published, neurons: int) -> float:
    """Return the activity of the published best-fit version [spikes/s], from the authors' rates in windows."""
    return windows.activity(stored.units["best_fit"]["rate"], neurons, windows.MAX_WINDOWS)
