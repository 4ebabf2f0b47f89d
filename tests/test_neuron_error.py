"""Standard errors over neurons, beside samples drawn again, and what they say of archived runs."""

import numpy as np
import pandas as pd
import pytest
from archived_runs import panel_inputs

from humam import published
from humam.analysis import neuron_error
from humam.analysis.neuron_error import by_neuron, influence_on_mean, standard_error
from humam.analysis.scaling_values import FIRST_BINS, rate_frequencies
from humam.analysis.similarity import ks_similarity
from humam.reports.neuron_panels import NeuronPanels

HUMAN = {"cv": np.random.default_rng(9).normal(1.0, 0.3, 5000)}


def units_of(values, n_windows=1):
    """Return a table of neurons that have the same value in each window."""
    neuron = np.repeat(np.arange(len(values)), n_windows)
    return pd.DataFrame({"population": 0, "neuron": neuron, "cv": np.repeat(values, n_windows)})


def test_errors_are_those_of_samples_drawn_again():
    rng = np.random.default_rng(2)
    values = rng.gamma(6.0, 0.1, size=500)
    found = neuron_error.with_errors(units_of(values), "cv", HUMAN)
    drawn = [rng.choice(values, 500) for _ in range(2000)]
    assert found.loc["mean", "error"] == pytest.approx(np.std([np.mean(v) for v in drawn]), rel=0.1)
    assert found.loc["sd", "error"] == pytest.approx(np.std([np.std(v) for v in drawn]), rel=0.15)
    again = [ks_similarity(v, HUMAN["cv"]) for v in drawn[:500]]
    assert found.loc["similarity", "error"] == pytest.approx(np.std(again), rel=0.15)
    assert found["value"].to_dict() == pytest.approx(
        {"mean": values.mean(), "sd": values.std(), "similarity": ks_similarity(values, HUMAN["cv"])}
    )


def test_fractions_of_rates_move_as_in_samples_drawn_again():
    rng = np.random.default_rng(6)
    rates = rng.geometric(0.4, 400) / 2
    found = neuron_error.with_errors(units_of(rates).rename(columns={"cv": "rate"}), "rate", {"rate": HUMAN["cv"]})
    drawn = [rate_frequencies(rng.choice(rates, 400))[:FIRST_BINS] for _ in range(2000)]
    fractions = found.loc[list(neuron_error.LOWEST)]
    assert fractions["value"].to_numpy() == pytest.approx(rate_frequencies(rates)[:FIRST_BINS])
    assert fractions["error"].to_numpy() == pytest.approx(np.std(drawn, axis=0), rel=0.1)


def test_windows_of_a_neuron_are_no_independent_draws():
    values = np.random.default_rng(3).gamma(6.0, 0.1, size=500)
    one, five = (neuron_error.with_errors(units_of(values, n), "cv", HUMAN) for n in (1, 5))
    pd.testing.assert_frame_equal(one, five)


def test_runs_of_the_same_neurons_are_no_independent_runs():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(2, 4000))
    same, other = (by_neuron(units_of(values), influence_on_mean(values)) for values in (first, second))
    one = standard_error([same])
    assert standard_error([same, same]) == pytest.approx(one)
    assert standard_error([same, other]) == pytest.approx(one / np.sqrt(2), rel=0.05)


def test_equal_values_have_no_error():
    errors = neuron_error.with_errors(units_of(np.full(20, 0.5)), "cv", HUMAN)["error"]
    assert errors["mean"] == errors["sd"] == 0


def test_no_value_has_no_error():
    assert neuron_error.with_errors(units_of(np.full(3, np.nan)), "cv", HUMAN).isna().all(axis=None)


def test_single_neurons_of_archived_runs_lie_where_other_neurons_would():
    given = panel_inputs()
    human = given.stored["scaling"].human
    panels = NeuronPanels(given.report, given.runs, given.folder, human)
    for table in panels.data.values():
        inside = (table["here"] - table["published"]).abs() <= table["interval"]
        assert inside.mean() > 0.9
    for offset in panels.offset.values():
        assert abs(offset.mean) < 2.5 * offset.error
    assert {"base", "smaller_g@1", "distributed_parameters@2.5"} <= set(given.used)


def test_series_of_variants_lie_where_other_neurons_would():
    given = panel_inputs()
    panels = NeuronPanels(given.report, given.runs, given.folder, given.stored["scaling"].human)
    table = panels.data["K"]
    inside = (table["here"] - table["published"]).abs() <= table["interval"]
    assert inside.mean() > 0.9
    assert {"smaller_g@1", "distributed_parameters@4", "lower_e_to_i@1"} <= set(table["run"]) <= set(given.used)
    assert not {"smaller_g@1.75", "lower_e_to_i@2"} & set(given.used)  # active
    assert f"{inside.sum()} of {len(table)} differences" in panels.caption("K", None)
    short = table[(table["run"] == "distributed_parameters@1") & (table["measure"] == "rate")].iloc[0]
    whole = table[(table["run"] == "distributed_parameters@0") & (table["measure"] == "rate")].iloc[0]
    human = given.stored["scaling"].human["rate"]
    assert short["here"] == pytest.approx(ks_similarity(given.runs[short["run"]].windows["rate"].to_numpy(), human))
    assert (
        whole["published"]
        == published.similarity("distributed_parameters").set_index(["measure", "chi"])["similarity"]["rate", 0.0]
    )
