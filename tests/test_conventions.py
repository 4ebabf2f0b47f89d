"""Each switch between published and corrected conventions changes what it should, and nothing by default."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from made_up_run import write_run
from test_perturbation import run as pair_of

from humam import conventions
from humam.analysis import (
    dynamics_values,
    figure_values,
    perturbation,
    series,
    slips,
    sln_fit,
    summary,
    unit_similarity,
)
from humam.analysis.hierarchy import Hierarchy
from humam.analysis.scaling_table import read_published
from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.datasets.published_names import LOBES
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS, population_labels
from humam.parameters import Parameters
from humam.plotting import engines, hierarchy, scaling, style, validation
from humam.reports.report_command import command_line


def test_an_unknown_name_is_refused_with_the_nearest():
    assert conventions.parse("published") is PUBLISHED
    with pytest.raises(
        HumamError, match=r"'correct' are unknown \(did you mean 'corrected'\?\): allowed are published"
    ):
        conventions.parse("correct")


def test_the_kernel_is_chosen(tmp_path):
    run = write_run(tmp_path / "run", scale=1.0, t_sim=4500.0)
    both = [run.functional_connectivity(each) for each in Conventions]
    assert (both[0] != both[1]).any()
    assert (run.functional_connectivity() == both[0]).all()
    human = {"right": both[1]}
    found = {each: {m: v for m, _, v in series.fmri_similarities(run, human, each)} for each in Conventions}
    assert found[CORRECTED]["fmri_pearson"] == pytest.approx(1)
    assert found[PUBLISHED]["fmri_pearson"] < 0.9


def test_windows_of_ten_spikes_count_by_the_corrected_conventions_alone(tmp_path):
    run = write_run(tmp_path / "run", t_sim=4500.0)
    run.windows["n_spikes"] = np.where(run.windows["neuron"] < 20, 10, 11)
    run.windows["cv"] = np.where(run.windows["neuron"] < 20, 0.5, 1.5)
    human = {name: np.full(10, 1.5) for name in ("rate", "cv", "lvr")}
    cv = [{u.measure: u.value for u in unit_similarity.of_run(run, human, each)}["cv"] for each in Conventions]
    assert cv == [1.0, 0.5]
    curve = series.curve(series.Runs({"run": run.folder}), "scaling", run.windows, conventions=CORRECTED)
    assert len(curve) == 3


def test_silent_populations_are_left_out_by_the_corrected_conventions(tmp_path):
    run = write_run(tmp_path / "run", scale=1.0, with_10_spikes=8)
    finite = [np.isfinite(summary.population_values(run, "cv", each)).sum() for each in Conventions]
    assert finite == [264, 8]
    assert np.isfinite(summary.population_values(run, "rate", CORRECTED)).sum() == 264


def test_the_corrected_base_of_the_variant_is_that_of_chi_1():
    as_published, corrected = (read_published("distributed_parameters", conventions=each) for each in Conventions)
    assert as_published.chi == {"base": 0.0, "best_fit": 2.5} and set(as_published.fc) == {"base", "best_fit"}
    assert corrected.chi == {"base": 1.0, "best_fit": 2.5} and set(corrected.fc) == {"best_fit"}
    assert set(read_published("scaling", conventions=CORRECTED).units) == {"base", "best_fit"}


def test_first_times_by_position_lie_before_the_extra_spike():
    counts = np.zeros((N_LABELS, 1001), dtype=int)
    changed = counts.copy()
    changed[0, 105] += 1
    perturbed = pair_of(changed, perturbation_time=2000.0)
    by_position, by_label = (perturbation.first_times(perturbed, pair_of(counts), each) for each in Conventions)
    assert by_position.iloc[[0, 1]].tolist() == pytest.approx([10.5 - 2000, -2000])
    assert by_label.iloc[[0, 1]].tolist() == [10.5, perturbation.NEVER_MS]


def test_the_distance_rule_is_judged_by_runs_of_one_length(tmp_path):
    long, twin, short = (write_run(tmp_path / str(i), t_sim=t, scale=1.0) for i, t in enumerate((6500, 6500, 4500)))
    alike = {effect.quantity for effect in slips.simulated_distance(long, twin)}
    unlike = {effect.quantity for effect in slips.simulated_distance(long, short)}
    assert unlike < alike and all("mean rate" in quantity for quantity in unlike)
    assert {name.split()[1] for name in alike - unlike} == {"CV", "correlation", "FC,"}


def test_the_axis_of_the_sln_fit():
    fit = sln_fit.SlnFit(-0.152, -1.534, 0.1, 188)
    assert fit.predict_ratio(10.0, PUBLISHED) == fit.predict(1.0)
    assert fit.predict_ratio(np.e) == fit.predict(1.0)
    projections = pd.DataFrame({"log_density_ratio": [0.0], "sln": [0.5]})
    labels = []
    for each in Conventions:
        ax = style.figure(2, 2).subplots()
        validation.sln_fit(ax, projections, fit, each)
        labels.append(ax.get_xlabel())
    assert "log$_{10}$(" in labels[0] and "ln(" in labels[1]


@pytest.mark.parametrize("drawn_by", Conventions)
def test_the_command_of_a_report_says_how_it_was_drawn(drawn_by):
    assert f"  --conventions {drawn_by}" in command_line("figure5", {}, drawn_by)
    assert "conventions" not in command_line("figure1", {})


def test_an_extra_spike_makes_its_neuron_fire_nine_times():
    times = perturbation.forced_spikes(3.17e7, Parameters())
    assert len(times) == 9 and times[-1] < perturbation.FORCED_MS
    assert np.diff(times)[:6] == pytest.approx(2.1)  # refractory for 2 ms, then at once
    assert len(perturbation.forced_spikes(10.0, Parameters())) == 0


def test_spikes_are_counted_where_the_twin_is_silent():
    counts = np.zeros((N_LABELS, 1001), dtype=int)
    changed = counts.copy()
    changed[0, [11, 32, 53, 300]] += 1  # the last one comes later
    label = population_labels()[0]
    perturbed = pair_of(changed, perturbation_time=2000.0)
    number, note = perturbation.counted_spikes(perturbed, pair_of(counts), label)
    assert number == 3 and note.startswith("counted")
    counts[0, 40] += 1
    number, note = perturbation.counted_spikes(perturbed, pair_of(counts), label)
    assert np.isnan(number) and "fires 1 spikes" in note
    (value,) = dynamics_values.perturbed_neuron("base", (number, note), 9, "incomparable")
    assert value.value == 9 and value.status == "" and "computed for the neuron alone" in value.note


def test_lobes_are_ordered_by_the_mean_rank_of_their_areas():
    early = {"parietal", "frontal"}
    position = np.array([float(hierarchy.lobe_of(area) not in early) for area in AREAS])
    found = Hierarchy(np.zeros((34, 34)), position + np.arange(34) / 100, 9)
    values = {value.quantity: value for value in dynamics_values.lobe_order(found, LOBES, "")}
    first = values["lobe_order[first=parietal;then=occipital]"]
    assert first.value == 1 and "in 100 % of the pairs" in first.note
    # All of 7 areas before all of 4: one of the 330 orders.
    assert first.note.endswith("one-sided Mann-Whitney p = 0.003")
    other = values["lobe_order[first=temporal;then=frontal]"]
    assert other.value == 0 and other.note.endswith("p = 1")
    nothing = Hierarchy(np.zeros((34, 34)), np.full(34, np.nan), 9)
    assert all(np.isnan(value.value) for value in dynamics_values.lobe_order(nothing, LOBES, ""))


def test_tables_hold_what_is_drawn():
    values = np.random.default_rng(1).uniform(0.5, 1.5, 200)
    ax = style.figure(2, 2).subplots()
    scaling.draw_densities(ax, {"base": values}, "CV")
    table = scaling.densities_table({"base": values, "best_fit": values[:1]})
    assert ax.lines[0].get_ydata() == pytest.approx(table["base"])
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == pytest.approx(table["base_histogram"].to_numpy()[:-1])
    assert table["best_fit"].isna().all()

    rates = {"NEST": np.array([1.0, 1.0, 2.0, 4.0]), "procedural": np.array([3.0])}
    table = engines.neuron_rates_table(rates)
    assert table["cumulative_fraction"].tolist() == [0.5, 0.75, 1.0, 1.0]
    engines.neuron_rates(ax, rates)
    assert ax.lines[-2].get_xdata().tolist() == [1.0, 2.0, 4.0]


def test_figure_values_take_the_conventions_of_the_paper_by_default():
    numbers = {"target_areas": [[2, 0]] * 3, "target_areas_other": [[1, 0]] * 3}
    names = ["feedforward", "lateral", "feedback"]
    structure = xr.Dataset(
        {key: (("direction_name", "source"), value) for key, value in numbers.items()}
        | {"autapses_as_coded": ("area", [0.3]), "autapses": ("area", [0.2])},
        {"direction_name": names},
    )
    assert figure_values.target_areas_by_direction(structure)["lateral"].tolist() == [2]
    assert figure_values.target_areas_by_direction(structure, CORRECTED)["lateral"].tolist() == [1]
    assert figure_values.autapses_by_area(structure).tolist() == [0.3]
    assert figure_values.autapses_by_area(structure, CORRECTED).tolist() == [0.2]
