"""Panels of Figures 4, 5 and 6: what they draw of a run, and what they say when they cannot."""

import json

import numpy as np
import pandas as pd
import pytest
from made_up_run import AREA, write_run
from matplotlib.figure import Figure

from humam import comparison, published
from humam.analysis import boxes as box_values
from humam.analysis import series, summary, unit_similarity
from humam.errors import HumamError
from humam.labels import AREAS, LAYER_POPULATIONS, N_LABELS, area_slice
from humam.plotting import boxes, differences, rasters, scaling, spiking, style
from humam.reports.reporting import execute
from humam.resources import shipped


@pytest.fixture(autouse=True)
def in_style():
    style.use()


def texts(ax):
    return " ".join(text.get_text() for text in ax.texts)


def test_a_raster_draws_every_spike_in_the_block_of_its_population(tmp_path):
    run = write_run(tmp_path / "run")
    spikes, blocks = rasters.raster_of_area(run, AREA)
    assert len(spikes) == 4 * 8 and blocks["rows"].sum() == 8 * 50
    for (layer, population), first in zip(LAYER_POPULATIONS, range(0, 400, 50), strict=True):
        own = spikes[(spikes["layer"] == layer) & (spikes["population"] == population)]
        assert own["row"].tolist() == [first, first + 1, first + 2, first + 3]
    ax = Figure().subplots()
    rasters.draw_raster(ax, run, AREA)
    assert sum(len(c.get_offsets()) for c in ax.collections) == len(spikes)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["II/III", "IV", "V", "VI"]
    assert ax.get_ylim() == (400, 0) and ax.get_xlim() == (1, 2)


def test_a_silent_raster_says_so(tmp_path):
    ax = Figure().subplots()
    rasters.draw_raster(ax, write_run(tmp_path / "run"), "fusiform")
    assert "no spike" in texts(ax)


def test_boxes_have_the_quartiles_and_whiskers_of_numpy():
    values = np.random.default_rng(3).lognormal(size=N_LABELS)
    found = box_values.box_statistics(values)
    for i, row in found.iterrows():
        own = np.sort(values[i::8])
        low, middle, high = np.percentile(own, [25, 50, 75])
        assert row[["lower_quartile", "median", "upper_quartile"]].tolist() == pytest.approx([low, middle, high])
        inside = own[(own >= low - 1.5 * (high - low)) & (own <= high + 1.5 * (high - low))]
        assert row[["lower_whisker", "upper_whisker"]].tolist() == pytest.approx([inside[0], inside[-1]])
    assert box_values.whisker_range(values) == (found["lower_whisker"].min(), found["upper_whisker"].max())


def test_boxes_without_values_are_empty_not_an_error():
    ax = Figure().subplots()
    boxes.draw_boxes(ax, np.full(N_LABELS, np.nan), "rate")
    assert np.isnan(box_values.whisker_range(np.full(N_LABELS, np.nan))).all()
    with pytest.raises(HumamError, match="272 values"):
        box_values.box_statistics(np.zeros(8))


def test_empty_populations_are_no_zero_rates(tmp_path):
    values = summary.population_values(write_run(tmp_path / "run"), "rate")
    assert np.isnan(values[area_slice("insula")]).all() and np.isfinite(values).sum() == N_LABELS - 8


@pytest.mark.parametrize("panel", spiking.PANELS)
def test_every_panel_of_a_scaled_run_names_its_scales(tmp_path, panel):
    ax = Figure().subplots()
    spiking.draw_panel(ax, write_run(tmp_path / "run"), panel, "base")
    assert "s = 0.01, k = 0.01" in texts(ax)
    assert ("not preserved" in texts(ax)) == (panel == "F")


@pytest.mark.parametrize("panel", spiking.PANELS)
def test_without_a_run_every_panel_says_so(panel):
    ax = Figure().subplots()
    spiking.draw_panel(ax, None, panel, "best_fit")
    assert "no run of" in texts(ax) and "best_fit" in texts(ax)


def test_too_few_spikes_are_named_in_the_panel(tmp_path):
    for run, words in (
        (write_run(tmp_path / "a", with_10_spikes=2), "only 2 of 264"),
        (write_run(tmp_path / "b", unavailable={"cv": "no neuron has 10 spikes"}), "no neuron has 10 spikes"),
    ):
        ax = Figure().subplots()
        spiking.draw_panel(ax, run, "E", "base")
        assert "too few spikes" in texts(ax) and words in " ".join(texts(ax).split())


def test_the_paper_counts_silent_populations_as_zero_at_full_scale(tmp_path):
    full = summary.population_values(write_run(tmp_path / "full", scale=1.0, with_10_spikes=8), "cv")
    scaled = summary.population_values(write_run(tmp_path / "scaled", with_10_spikes=8), "cv")
    assert np.isfinite(full).sum() == 264 and np.isfinite(scaled).sum() == 8


def test_the_run_closest_to_the_published_one_is_chosen(tmp_path):
    for name, scale, t_sim in (("a", 0.01, 9000.0), ("b", 0.02, 2000.0), ("c", 0.02, 3000.0)):
        write_run(tmp_path / name, scale=scale, t_sim=t_sim)
    write_run(tmp_path / "d", "best_fit", scale=1.0)
    given = {name: tmp_path / name for name in "abcd"}
    runs = series.Runs(given)
    assert runs.closest("base") == "c"
    assert runs.closest("best_fit") == "d"
    assert runs.closest("smaller_g") == ""


def test_a_run_in_the_other_state_stands_for_no_published_one(tmp_path):
    runs = {"low": (0.6, 2903, 12500.0), "active": (4.7, 2106, 8500.0), "brief": (4.7, 7, 6500.0)}
    for name, (rate, seed, t_sim) in runs.items():
        write_run(tmp_path / name, "best_fit", 1.0, t_sim, chi=2.5, seed=seed, mean_rate=rate)
    write_run(tmp_path / "quiet", "scaling", 1.0, 6500.0, chi=2.4, seed=2903)
    found = series.Runs({name: tmp_path / name for name in (*runs, "quiet")})
    assert found.closest("best_fit") == "active"
    assert series.members("scaling", found) == {2.4: "quiet", 2.5: "active"}
    assert series.in_other_state("scaling", found) == {2.5: "low"}
    assert series.other_seed(found, "active") == ""  # the run of the other seed is in another state
    assert series.other_seeds(found, "active") == ["brief"]
    assert series.other_seeds(found, "low") == series.other_seeds(found, "quiet") == []
    human = {name: np.linspace(0.5, 1.5, 1000) for name in ("rate", "cv", "lvr")}
    other = series.curve(found, "scaling", human, chosen=series.in_other_state("scaling", found))
    assert set(other["run"]) == {"low"} and not other["active"].any()
    assert (found["low"].status, found["active"].status) == ("incomparable", "")
    alone = series.Runs({"low": tmp_path / "low"})  # it is drawn, but held against nothing
    assert series.members("scaling", alone) == series.in_other_state("scaling", alone) == {2.5: "low"}
    assert "other state" in alone["low"].incomparable
    ax = Figure().subplots()
    scaling.draw_runs(ax, other, other_state=True)
    assert {line.get_color() for line in ax.lines} == {scaling.OTHER_STATE}


def test_area_rate_and_windows(tmp_path):
    run = write_run(tmp_path / "short")
    rate, when = summary.area_rate(run, AREA)
    assert rate == pytest.approx(100 / 100) and when == "0.5 to 2 s"  # 100 spikes/s of each population of 100
    assert np.isnan(summary.window_numbers(run)[0])
    long = write_run(tmp_path / "long", t_sim=12500.0)
    assert summary.area_rate(long, AREA)[1] == "2.5 to 12.5 s"
    fraction, many, _ = summary.window_numbers(long)
    assert fraction == pytest.approx(40 * 5 / (800 * 5)) and many == 200


def test_similarities_of_a_run_follow_the_published_definition(tmp_path):
    human = {name: np.linspace(0.5, 1.5, 1000) for name in ("rate", "cv", "lvr")}
    given = {"run": write_run(tmp_path / "run", t_sim=4500.0).folder, "short": write_run(tmp_path / "short").folder}
    found = series.curve(series.Runs(given), "scaling", human).set_index("measure")
    assert set(found["run"]) == {"run"}
    assert found.loc["rate", "similarity"] == 0  # 6 spikes/s lies above all of "human"
    assert found.loc["cv", "similarity"] > 0.7
    assert np.isnan(found.loc["cv", "lowest"])  # a single window has no range
    assert series.curve(series.Runs({"short": tmp_path / "short"}), "scaling", human).empty


def test_single_windows_give_the_range_of_a_similarity(tmp_path):
    run = write_run(tmp_path / "run", t_sim=6500.0)
    assert set(run.windows["window"]) == {0, 1}
    first = run.windows["window"] == 0
    run.windows["cv"] = np.where(first, 0.75, 1.25)  # the median of "human", and three quarters of the way
    human = {name: np.linspace(0.5, 1.0, 1001) for name in ("rate", "cv", "lvr")}
    cv = {unit.measure: unit for unit in unit_similarity.of_run(run, human)}["cv"]
    assert (cv.value, cv.lowest, cv.highest) == pytest.approx((0.5, 0.0, 0.5), abs=2e-3)
    assert cv.range_note == "single windows 0.000 to 0.500"


def test_curves_have_the_points_of_the_published_table():
    table = published.similarity("scaling")
    ax = Figure().subplots()
    scaling.draw_similarity(ax, table)
    lines = {line.get_label(): line for line in ax.lines}
    assert set(lines) == {label for label, _, _ in scaling.MEASURES.values()}
    assert all(len(line.get_xdata()) == table["chi"].nunique() for line in lines.values())
    right = table[(table["measure"] == "fmri_pearson") & (table["hemisphere"] == "right")].sort_values("chi")
    np.testing.assert_array_equal(lines["fMRI, Pearson"].get_ydata(), right["similarity"])


def test_connectivity_is_drawn_in_network_order():
    matrix = np.arange(34.0 * 34).reshape(34, 34) / 34**2
    ax = Figure().subplots()
    image = scaling.draw_connectivity(ax, matrix)
    first, second = AREAS.index("isthmuscingulate"), AREAS.index("medialorbitofrontal")
    assert image.get_array()[0, 1] == matrix[first, second]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["DMN", "DAN", "SAN", "AUD", "VIS", "other"]
    with pytest.raises(HumamError, match="shape"):
        scaling.draw_connectivity(ax, matrix[:3])


def test_densities_of_too_few_values_are_named():
    ax = Figure().subplots()
    scaling.draw_densities(ax, {"human": np.array([1.0, 1.1, 0.9]), "base": np.array([1.0])}, "CV")
    assert [line.get_label() for line in ax.lines] == ["human", "base: too few spikes"]


def test_a_state_that_is_only_published_has_a_histogram():
    values = np.random.default_rng(1).normal(1, 0.2, 50)
    bars = {}
    for own in ({}, {"base": values}):
        ax = Figure().subplots()
        scaling.draw_densities(ax, own, "CV", {"base": values})
        bars[len(own)] = len(ax.patches)
    assert bars[0] == bars[1] > 0


def test_long_names_of_runs_take_no_room_from_a_panel():
    table = pd.DataFrame({"run": [f"earlier/a_name_of_many_letters@{i}" for i in range(3)]})
    fig = style.figure(3.0, 2.0)
    differences.draw_variants(fig.subplots(), table.assign(here=1.0, published=0.5, interval=1.0), ["mean"] * 3)
    fig.draw_without_rendering()
    assert fig.axes[0].get_position().width > 0.7


def test_names_of_six_runs_of_the_variants_are_shown_whole():
    names = ["smaller_g@1", "distributed_parameters@0", "distributed_parameters@2.5", "lower_e_to_i@1"]
    table = pd.DataFrame({"run": [*names, "tau_syn_in@1_seed2106", "tau_syn_in@2.5_seed2106"]})
    fig = style.figure(height_in=2.4)
    differences.draw_variants(fig.subplots(), table.assign(here=1.0, published=0.5, interval=1.0), ["mean"] * 6)
    fig.draw_without_rendering()
    legend = fig.axes[0].get_legend().get_window_extent()
    assert 0 < legend.x0 < legend.x1 < fig.bbox.x1
    points = fig.axes[0].transData.transform((0, 1.5))[1]
    assert points < legend.y0 < legend.y1 < fig.bbox.y1


def test_a_line_of_our_points_does_not_pass_published_ones_without_a_run():
    table = pd.DataFrame({"chi": [1.0, 1.5, 2.5], "similarity": [0.4, 0.5, 0.9]})
    table = table.assign(measure="cv", hemisphere="", lowest=np.nan, highest=np.nan)
    drawn = {}
    for points in ((), (1.0, 1.5, 2.0, 2.5)):
        ax = Figure().subplots()
        scaling.draw_runs(ax, table, points=points)
        drawn[points] = np.isnan(ax.lines[0].get_ydata()).tolist()
    assert list(drawn.values()) == [[False] * 3, [False, False, True, False]]


def verdicts(folder, figure):
    paper = comparison.read_published(shipped("datasets", "published"))
    table = comparison.compare(comparison.read_values([folder / "values.csv"]), paper[paper["figure"] == figure])
    return table[table["verdict"] != comparison.NOT_COMPUTED]


def test_report_of_figure_5_meets_the_published_numbers(tmp_path):
    inputs = {"published": str(shipped("datasets", "published")), "statistics": {}}
    inputs["tables"] = str(shipped("datasets", "tables"))
    execute(shipped("reports", "figure5.py"), inputs, tmp_path / "figure5")
    table = verdicts(tmp_path / "figure5", "figure5")
    assert set(table["verdict"]) == {comparison.RECOMPUTED, comparison.NOT_AVAILABLE}
    assert set(table["panel"]) == set("ABCDEFG") and len(table) > 80
    assert len(list((tmp_path / "figure5").glob("figure5_?.svg"))) == 8  # H: human data of others


def test_report_of_figure_4_does_not_compare_a_scaled_run(tmp_path):
    write_run(tmp_path / "runs" / "mine")
    inputs = {
        "published": str(shipped("datasets", "published")),
        "statistics": {"mine": str(tmp_path / "runs" / "mine")},
    }
    execute(shipped("reports", "figure4.py"), inputs, tmp_path / "figure4")
    table = verdicts(tmp_path / "figure4", "figure4")
    assert set(table["verdict"]) == {comparison.NOT_COMPARED, comparison.NO_PUBLISHED_VALUE}
    values = pd.read_csv(tmp_path / "figure4" / "values.csv").set_index("quantity")
    assert 0 < values.loc["rate_whisker_min", "value"] < values.loc["rate_whisker_max", "value"]
    page = (tmp_path / "figure4" / "index.html").read_text(encoding="utf-8")
    assert "down-scaled" in page and "<b>not</b> preserved" in page


def test_report_of_figure_6_without_a_run_is_made_and_says_so(tmp_path):
    inputs = {"published": str(shipped("datasets", "published")), "statistics": {}}
    execute(shipped("reports", "figure6.py"), inputs, tmp_path / "figure6")
    assert "No run of the experiment" in (tmp_path / "figure6" / "index.html").read_text(encoding="utf-8")
    assert len(pd.read_csv(tmp_path / "figure6" / "values.csv")) == 0
    assert json.loads((tmp_path / "figure6" / "versions.json").read_text())["humam"]
