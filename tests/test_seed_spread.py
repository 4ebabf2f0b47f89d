"""Tolerances of simulated numbers: the spread of the two published seeds, pooled by kind."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from humam import published, seed_spread
from humam.seed_spread import Kind, Sides, Tolerances, kind_of


@pytest.fixture(scope="module")
def figures():
    return published.figures()


@pytest.fixture(scope="module")
def tolerances(figures):
    return Tolerances(figures)


def test_transitions_are_the_best_fits_of_the_published_series(figures):
    found = seed_spread.transitions_of(figures)
    assert found["figure5"] == found["figure5_scaling_preprint"] == 2.5
    assert found["figure5_smaller_g"] == 1.75 and found["figure5_lower_e_to_i"] == 2.0
    assert "figure5_distributed_parameters" not in found  # no jump in this variant


def test_the_tolerance_of_a_curve_is_that_of_its_pairs(figures, tolerances):
    table = {
        figure: rows.set_index("quantity")["value"]
        for figure, rows in figures.groupby("figure")
        if figure in ("figure5", "figure5_scaling_preprint")
    }
    chi = ["1", "1.25", "1.5", "1.6", "1.7", "1.8", "1.9", "2", "2.1", "2.2", "2.3", "2.4"]
    keys = [f"similarity_rate[chi={x}]" for x in chi]
    difference = (table["figure5"][keys] - table["figure5_scaling_preprint"][keys]).to_numpy()
    expected = student.ppf(0.975, 12) * np.sqrt((difference**2).mean())
    found = tolerances.of("figure5", "similarity_rate[chi=0]", 0.84)
    assert found.size == pytest.approx(expected) and np.isnan(found.published_pairs)
    assert found.source == "seeds: 12 quantities of 12 pairs of published runs"
    assert tolerances.of("figure5", "similarity_rate[chi=2.6]", 0.93).size > 2 * found.size


def test_a_state_and_its_chi_are_one_pair_of_runs(figures):
    sides = Sides.of(figures, published.states())
    names = ["similarity_cv[chi=1]", "fc_mean[state=base]", "fc_sd[state=base]"]
    frame = pd.DataFrame({"quantity": names, "value": [1.0, 1.0, 1.0]})
    found = seed_spread.of_seeds(frame, frame, sides)
    assert {kind.name: spread.runs for kind, spread in found.items()} == {"similarity_cv": {"1"}, "fc": {"1"}}


@pytest.mark.parametrize(
    "again", ["lvr_n[state=base]", "rate_median[state=base]", "similarity_cv[state=base;min_spikes=10]"]
)
def test_what_says_nothing_of_its_own_is_not_pooled_but_has_the_tolerance_of_its_kind(figures, tolerances, again):
    sides = Sides.of(figures, published.states())
    frame = pd.DataFrame({"quantity": [again], "value": [1.0]})
    assert seed_spread.of_seeds(frame, frame, sides) == {}
    assert tolerances.of("figure5", again, 1.0).size > 0


def test_blocks_of_a_network_of_one_area_have_a_tolerance_of_their_own(figures, tolerances):
    block = "fc_block_mean[state=base;networks={}]".format
    main, other = (
        figures[figures["figure"] == name].set_index("quantity")["value"]
        for name in ("figure5", "figure5_scaling_preprint")
    )
    names = [name for name in main.index if name.startswith("fc_block_mean[state=base") and "AUD" in name]
    expected = student.ppf(0.975, len(names)) * np.sqrt(((main[names] - other[names]) ** 2).mean())
    assert tolerances.of("figure5", block("DMN-AUD"), 0.01).size == pytest.approx(expected)
    assert tolerances.of("figure5", block("DMN-VIS"), 0.01).size < expected / 2


@pytest.mark.parametrize("series", ["distributed_parameters", "tau_syn_in"])
def test_a_best_fit_below_the_transition_has_no_tolerance_of_the_active_state(figures, tolerances, series):
    assert Sides.of(figures, published.states()).of_state(series, "best_fit") == "below"
    for quantity in ("fc_mean[state={}]", "rate_n[state={}]", "similarity_cv[state={};min_spikes=10]"):
        best_fit, base = (tolerances.of(f"figure5_{series}", quantity.format(s), 1.0) for s in ("best_fit", "base"))
        main = tolerances.of("figure5", quantity.format("best_fit"), 1.0)
        assert best_fit[:2] == base[:2] and best_fit.size < main.size
    other = f"similarity_fmri_pearson[series={series};state={{}};hemisphere=left]".format
    assert tolerances.of("enigma", other("best_fit"), 0.3)[:2] == tolerances.of("enigma", other("base"), 0.3)[:2]


def test_our_own_seeds_count_as_one_more_pair(tolerances):
    alone = tolerances.of("figure5", "rate_mean[state=base]", 2.0)
    wider = tolerances.of("figure5", "rate_mean[state=base]", 2.0, seed_difference=1.0)
    closer = tolerances.of("figure5", "rate_mean[state=base]", 2.0, seed_difference=0.0)
    assert closer.size < alone.size < wider.size and np.isnan(alone.published_pairs)
    assert wider.published_pairs == closer.published_pairs == alone.size
    assert wider.source == "seeds: 2 quantities of 1 pair of published runs and our own pair"


def test_similarities_to_other_subjects_are_a_kind_of_their_own(figures, tolerances):
    name = "similarity_fmri_pearson[series={};state=base;hemisphere={}]".format
    value = figures[figures["figure"] == "enigma"].set_index("quantity")["value"]
    difference = [value[name("scaling", side)] - value[name("scaling_preprint", side)] for side in ("left", "right")]
    expected = student.ppf(0.975, 2) * np.sqrt(np.mean(np.square(difference)))
    for series in ("scaling", "smaller_g"):
        assert tolerances.of("enigma", name(series, "left"), 0.3).size == pytest.approx(expected)


def test_no_tolerance_is_below_the_step_of_a_quantity(tolerances):
    found = tolerances.of("figure5", "rate_median[state=best_fit]", 1.0)
    assert found.size == 0.5 and found.source.startswith("a step of the quantity")


def test_most_pairs_of_published_runs_lie_within_the_tolerances_made_of_the_other_pairs(figures):
    main, other = (figures[figures["figure"] == name] for name in ("figure5", "figure5_scaling_preprint"))
    both = main.merge(other, on=["panel", "quantity"], suffixes=("", "_other"))
    chi = both["quantity"].str.extract(r"\[chi=([\d.]+)")[0]
    ratios = []
    for left_out, rows in both.groupby(chi):
        if left_out == "2.5":
            continue  # without it, the transition would be at the next chi
        others = Tolerances(figures[~figures["quantity"].str.contains(f"[chi={left_out}", regex=False)])
        limits = [others.of("figure5", q, v).size for q, v in zip(rows["quantity"], rows["value"], strict=True)]
        ratios += list((rows["value"] - rows["value_other"]).abs() / limits)
    assert len(ratios) > 100 and np.isfinite(ratios).all()
    assert np.mean(np.array(ratios) <= 1) > 0.9  # not quite 0.95: the measures of a run are not independent
    assert np.mean(np.array(ratios) <= 0.5) < 0.8  # nor are the tolerances idle


@pytest.mark.parametrize(
    ("figure", "quantity"),
    [
        ("figure3", "regression_slope"),
        ("figure5", "rate_mean[state=human]"),
        ("figure5", "fc_mean[state=base;kernel=corrected]"),
        ("figure4", "rate_mean[weight=neurons]"),
        ("figure7", "path_pairs[steps=2]"),
    ],
)
def test_what_no_second_seed_has_keeps_its_digits(tolerances, figure, quantity):
    found = tolerances.of(figure, quantity, 1.0)
    assert np.isnan(found.size) and found.source == ""


def test_areas_of_figures_4_and_6_get_the_spread_of_the_same_windows():
    area, none = "area=caudalanteriorcingulate", Sides({}, {})
    assert kind_of("figure4", f"windows_10_spikes[{area}]", none) == Kind("windows", "below", True)
    assert kind_of("figure6", f"rate_mean[{area}]", none) == Kind("windows", "above", True)


def test_equal_numbers_have_no_relative_difference():
    assert seed_spread.relative_difference(0.0, 0.0) == 0 and seed_spread.relative_difference(1.0, 3.0) == -1
    frame = pd.DataFrame({"quantity": ["rate_n[state=base]"], "value": [4.0]})
    assert (
        seed_spread.of_seeds(frame, frame, Sides({}, {("scaling", "base"): 1.0}))[Kind("n", "below", True)].tolerance()
        == 0
    )
