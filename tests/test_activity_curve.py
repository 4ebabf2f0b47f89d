"""Similarities as functions of the activity: recovered where they are, and what they say of published points."""

import numpy as np
import pandas as pd
import pytest
from archived_runs import panel_inputs
from matplotlib.figure import Figure

from humam.analysis.activity_curve import MEASURES, Curve
from humam.reports.activity_panel import OURS, PANEL, ActivityPanel


def windows_of(activity, sd=0.01):
    """Return made-up windows: each similarity a parabola of the logarithm of the activity, with noise."""
    x, rng = np.log(activity / 0.45), np.random.default_rng(3)
    columns = {
        m: 0.95 - slope * (x - 0.1 * i) ** 2 for i, (m, slope) in enumerate(zip(MEASURES, (0.5, 2, 3), strict=True))
    }
    return pd.DataFrame({"activity": activity, **{m: v + rng.normal(0, sd, len(x)) for m, v in columns.items()}})


def test_a_point_is_found_where_it_was_made():
    curve = Curve.fit(windows_of(np.geomspace(0.2, 0.8, 60)))
    assert curve.sd == pytest.approx([0.01] * 3, rel=0.3)
    for activity in (0.3, 0.45, 0.7):
        point = windows_of(np.array([activity]), sd=0).iloc[0]
        place = curve.place(point[list(MEASURES)].to_dict())
        assert place.activity == pytest.approx(activity, rel=0.05) and place.distance < 1.5


def test_there_is_no_curve_of_few_windows_or_of_one_activity():
    assert Curve.fit(windows_of(np.geomspace(0.2, 0.8, 5))) is None
    assert Curve.fit(windows_of(np.full(20, 0.4))) is None


def test_published_points_lie_along_the_curve_of_archived_runs():
    given = panel_inputs()
    panel = ActivityPanel(given.report, given.runs, given.folder, given.stored)
    table = panel.data[PANEL]
    paper = table[table["curve"] != OURS]
    assert len(paper) == 2 * 6 and paper["distance"].median() < 1.5
    found = paper[paper["chi"] == 2.5]["activity"].to_numpy()
    assert found == pytest.approx(panel.known, abs=0.08)
    assert {"best_fit", "scaling@2.6"} <= set(given.used) and "best_fit_seed2903" not in given.used  # the low state
    panel.draw(Figure())
    assert str(len(table) - len(paper)) in panel.caption()
    beside = panel.table.set_index(["run", "of"])
    assert beside.loc[("best_fit", "scaling"), "published"] == panel.known[0]
    row = beside.loc[("scaling@2.9", "scaling")]
    error = panel.scatter.sd * np.sqrt(1 / row["windows"] + 1 / 5)
    assert row["standard errors"] == pytest.approx((row["here"] - row["published"]) / error)
    assert panel.html().count("<tr>") == 1 + len(beside)
