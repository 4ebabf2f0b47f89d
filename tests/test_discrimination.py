"""How well tolerances tell versions apart: runs of any version under the names of a state, what is left out, shares."""

import pandas as pd
import pytest
from archived_runs import panel_inputs
from made_up_run import write_run

from humam import comparison, discrimination, published
from humam.analysis import saturation, scaling_table, series, summary
from humam.analysis.comparable import STATE_CHI
from humam.discrimination import ALL, CONNECTIVITY, NEURONS, OTHER, OTHER_STATE, RIGHT
from humam.reports import discrimination_panel
from humam.reports.discrimination_panel import PANEL, DiscriminationPanel
from humam.resources import shipped

BASE, BEST_FIT = STATE_CHI


@pytest.fixture(scope="module")
def paper():
    return comparison.read_published(shipped("datasets", "published"))


@pytest.fixture(scope="module")
def human():
    return scaling_table.read_published("scaling").human


def runs_of(*names):
    return series.Runs({name: shipped("datasets", "runs", name) for name in names})


@pytest.fixture(scope="module")
def held(paper, human):
    runs = runs_of("base", "scaling@2.4", "best_fit_seed6", "smaller_g@2")
    return discrimination.hold(runs, human, paper, comparison.Tolerances(paper, published.states()))


def test_a_run_is_held_against_all_that_is_published_of_its_state(held, paper):
    own = paper[(paper["figure"] == "figure5") & ~paper["quantity"].str.contains("fmri|fc_correlation")]
    for state, run in ((BASE, "base"), (BASE, "scaling@2.4")):
        of_state = own["quantity"].str.contains(rf"\[state={state}|\[chi={STATE_CHI[state]:g}\]")
        found = held[(held["state"] == state) & (held["run"] == run)]
        assert set(found["quantity"]) == set(own[of_state]["quantity"]) and not found["quantity"].duplicated().any()
    short = held[(held["run"] == "best_fit_seed6") & (held["state"] == BEST_FIT)]["quantity"]
    assert len(short) == 36 and not short.str.contains(r"_n\[").any()  # two windows of five
    assert "smaller_g@2" not in set(held["run"])  # shorter than two windows


def test_numbers_are_those_of_figure_5_whatever_the_chi_of_the_run(held, human):
    run = runs_of("scaling@2.4")["scaling@2.4"]
    expected = {
        value.quantity.replace("chi=2.4", "chi=1"): value.value for value in summary.unit_rows(run, BASE, human)
    }
    found = held[held["run"] == "scaling@2.4"].set_index("quantity")["here"]
    assert set(expected) < set(found.index)
    for quantity, value in expected.items():
        assert found[quantity] == pytest.approx(value, rel=1e-12)


def test_tolerances_are_those_of_published_pairs(held, paper):
    spread = comparison.Tolerances(paper, published.states())
    row = held.set_index(["run", "quantity"]).loc["base", "fc_mean[state=base]"]
    assert row["tolerance"] == spread.of("figure5", "fc_mean[state=base]", row["published"]).size
    assert row["within"] == (abs(row["here"] - row["published"]) <= row["tolerance"])


def test_the_right_version_lies_within_more_often_than_others(held):
    found = discrimination.shares(held)
    share = found[found["group"] == ALL].set_index(["run", "state"])["share"]
    assert share["base", BASE] > share["scaling@2.4", BASE] > share["best_fit_seed6", BASE]
    assert share["best_fit_seed6", BEST_FIT] > share["base", BEST_FIT]
    version = found.set_index(["run", "state"])["version"].groupby(level=[0, 1]).first()
    assert version.to_dict() == {
        ("base", BASE): RIGHT, ("base", BEST_FIT): OTHER_STATE, ("scaling@2.4", BASE): OTHER,
        ("best_fit_seed6", BEST_FIT): RIGHT, ("best_fit_seed6", BASE): OTHER_STATE,
    }  # fmt: skip


def test_shares_count_and_order_runs():
    rows = [
        (run, version, "base", group, within)
        for run, version, neurons, fc in (("a", OTHER, "10", "0"), ("b", RIGHT, "11", "0"), ("c", OTHER, "11", "1"))
        for group, marks in ((NEURONS, neurons), (CONNECTIVITY, fc))
        for within in (mark == "1" for mark in marks)
    ]
    found = discrimination.shares(pd.DataFrame(rows, columns=["run", "version", "state", "group", "within"]))
    whole = found[found["group"] == ALL]
    assert whole["run"].tolist() == ["c", "b", "a"] and whole["within"].tolist() == [3, 2, 1]
    assert (found.groupby("run")["numbers"].max() == 3).all()
    assert found.set_index(["run", "group"])["share"]["a", NEURONS] == 0.5
    assert discrimination.confused(found, "base") == ["c"]


@pytest.mark.parametrize(("experiment", "settings", "expected"), [
    ("base", {"seed": 7}, {BASE: RIGHT, BEST_FIT: OTHER_STATE}),
    ("scaling@2.5", {"chi": 2.5}, {BEST_FIT: RIGHT, BASE: OTHER_STATE}),
    ("best_fit", {"mean_rate": 0.5}, {BASE: OTHER}),
    ("base", {"mean_rate": 4.0}, {BEST_FIT: OTHER}),
    ("base", {"g": -3.0}, {BASE: OTHER}),
    ("corrected_distance", {}, {BASE: OTHER}),
    ("smaller_g@1.75", {"chi": 1.75}, {BASE: OTHER}),
])  # fmt: skip
def test_versions_are_told_by_parameters_and_state(tmp_path, experiment, settings, expected):
    write_run(tmp_path / "run", experiment, 1.0, 6500.0, **settings)
    facts = series.Runs({"run": tmp_path / "run"}).facts["run"]
    assert {state: version for state in STATE_CHI if (version := discrimination.version_of(facts, state))} == expected


def test_runs_that_another_reason_keeps_from_the_comparison_are_left_out(tmp_path, paper, human, monkeypatch):
    made = {"down_scaled": {"scale": 0.5}, "part": {"areas": ["insula"]}, "short": {"t_sim": 6000.0}, "whole": {}}
    for name, settings in made.items():
        write_run(tmp_path / name, **{"scale": 1.0, "t_sim": 6500.0, **settings})
    write_run(tmp_path / "saturated", "best_fit", 1.0, 6500.0)
    monkeypatch.setattr(saturation, "of_run", lambda run: run.folder.name == "saturated")
    runs = series.Runs({name: tmp_path / name for name in (*made, "saturated")})
    spread = comparison.Tolerances(paper)
    assert set(discrimination.hold(runs, human, paper, spread)["run"]) == {"whole"}
    assert discrimination.hold(series.Runs({}), human, paper, spread).empty


def test_the_panel_counts_what_it_draws_and_lists_what_lies_outside(human, monkeypatch):
    given, noted, shown = panel_inputs(), [], []
    given.report.value = lambda panel, quantity, value, note, run: noted.append((quantity, value, run))
    names = ("base", "base_seed2106", "best_fit", "best_fit_seed6", "scaling@1.25", "scaling@2.6")
    panel = DiscriminationPanel(given.report, runs_of(*names), given.folder, human)
    assert set(given.used) == set(names)
    whole = panel.data[PANEL][panel.data[PANEL]["group"] == ALL].set_index(["state", "run"])
    caption = panel.caption()
    for (_, run), row in whole.iterrows():
        assert f"{row['within']} of {row['numbers']} ({run})" in caption
    panel.note_values()
    right = {"base", "base_seed2106", "best_fit", "best_fit_seed6"}
    assert {run for _, _, run in noted} == right | {"scaling@1.25", "scaling@2.6"} and len(noted) == 12
    outside = {quantity: value for quantity, value, _ in noted if quantity.startswith("numbers_outside")}
    monkeypatch.setattr(discrimination_panel, "display", shown.append)
    panel.show_outside()
    assert "best_fit_seed6 (6.5 s)" in shown[0].data and "similarity cv (chi 2.5)" in shown[0].data
    assert outside["numbers_outside[state=best_fit;run=best_fit_seed6]"] > 0
    assert len(panel.held[(panel.held["version"] == RIGHT) & ~panel.held["within"]]) == sum(
        value for quantity, value in outside.items() if "@" not in quantity
    )
