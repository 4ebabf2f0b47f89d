"""Where a series goes from the low to the active state: published, and here over runs of one seed."""

import math

import pandas as pd
import pytest
from made_up_run import write_run

from humam import archive, comparison, published, seed_spread, transition
from humam.analysis import scaling_table, series
from humam.datasets import published_values
from humam.resources import shipped

HUMAN = scaling_table.read_published("scaling").human


def of(name, left_out=(), **more):
    """Return the transition of a series from the archived runs but some."""
    given = {run: shipped("datasets", "runs", run) for run in archive.names() if run not in left_out}
    return transition.of_series(name, series.Runs(given | more), HUMAN, published.similarity(name))


def test_the_published_transition_is_where_tolerances_change_sides():
    table = published.figures()
    rows = table[table["quantity"] == transition.QUANTITY]
    assert rows.set_index("figure")["value"].to_dict() == seed_spread.transitions_of(table)
    assert published_values._STEP == seed_spread.JUMP
    for name in published.SERIES:
        step = of(name, archive.names()).published
        value = rows.set_index("figure")["value"].get(published_values.figure_of(name))
        assert (None if step is None else step.chi) == value, name


def test_ours_is_of_runs_of_one_seed_in_whichever_state():
    found = of("scaling")
    assert found.runs[2.5] == "best_fit_seed2903"  # the run in the published state has another seed
    assert set(found.runs) == set(published.similarity("scaling")["chi"])
    (value,) = found.values()
    assert (value.value, value.run, value.status) == (2.6, "scaling@2.6", "") and "seed 2903" in value.note
    assert "published between χ = 2.4 and 2.5 (by 0.51); here, with seed 2903 at each χ" in found.caption()
    assert "between χ = 2.5 and 2.6 (by 0.46)" in found.caption()


def test_a_run_that_is_active_before_the_step_is_named():
    (value,) = of("lower_e_to_i").values()
    assert (value.value, value.run, value.status) == (2.0, "lower_e_to_i@2", "")
    assert "by its mean rate our run at χ = 1.9 is active already" in value.note
    (value,) = of("smaller_g").values()
    assert (value.value, value.run) == (1.75, "smaller_g@1.75") and "already" not in value.note


@pytest.mark.parametrize(("name", "left_out", "reason"), [
    ("tau_syn_in", (), "our runs of seed 2106 end before it, at χ = 2.5"),
    ("scaling_preprint", (), "our runs of seed 2106 lack χ = 2.4"),
    ("scaling", ("best_fit_seed2903",), "our runs of seed 2903 lack χ = 2.5"),
    ("scaling", ("scaling@2.4",), "our runs of seed 2903 lack χ = 2.4"),
    ("lower_e_to_i", [f"lower_e_to_i@{x / 5:g}" for x in range(10, 16)],
     "our runs of seed 2903 end before it, at χ = 1.9"),
    ("scaling", [f"scaling@{x:g}" for x in (2.6, 2.7, 2.8, 2.9, 3)], "our runs of seed 2903 have none up to χ = 2.5"),
])  # fmt: skip
def test_where_runs_do_not_tell_it_there_is_no_number(name, left_out, reason):
    found = of(name, left_out)
    (value,) = found.values()
    assert math.isnan(value.value) and value.note == reason
    assert found.caption().endswith(f"; {reason}.")


def test_no_step_is_named_where_none_is_above_the_threshold():
    found = of("distributed_parameters")
    assert list(found.values()) == []
    assert "No step" in found.caption() and "neither as published nor here (seed 2903)" in found.caption()
    assert "nor here" not in of("distributed_parameters", archive.names()).caption()
    assert of("factor_10_per_7").caption().endswith("published between χ = 3.9 and 4 (by 0.21).")


def test_runs_of_another_model_or_too_short_do_not_count(tmp_path):
    write_run(tmp_path / "small", "scaling@2.5", 0.5, 12500.0, chi=2.5, seed=2903)
    write_run(tmp_path / "short", "scaling@2.5", 1.0, 4600.0, chi=2.5, seed=2903)
    write_run(tmp_path / "changed", "scaling@2.5", 1.0, 12500.0, chi=2.5, seed=2903, g=-4.0)
    more = {name: tmp_path / name for name in ("small", "short", "changed")}
    assert 2.5 not in of("scaling", ("best_fit_seed2903",), **more).runs


def test_the_transition_is_compared_exactly_and_named_with_its_run():
    paper = comparison.read_published(shipped("datasets", "published"))
    verdicts = {}
    for name in ("scaling", "smaller_g", "tau_syn_in"):
        figure = published_values.figure_of(name)
        here = pd.DataFrame([{"figure": figure, **value._asdict()} for value in of(name).values()])
        own = paper[(paper["figure"] == figure) & (paper["quantity"] == transition.QUANTITY)]
        (row,) = comparison.compare(here, own, comparison.Tolerances(paper)).to_dict("records")
        assert row["tolerance"] == 0 and row["tolerance_from"] == "exact: a point of the series"
        verdicts[name] = row["verdict"]
    assert verdicts == {
        "scaling": comparison.DIFFERS, "smaller_g": comparison.REPRODUCED, "tau_syn_in": comparison.NOT_COMPUTED
    }  # fmt: skip
