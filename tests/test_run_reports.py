"""The notebooks that show runs: every panel is made, with runs and without; ours stand for published numbers."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_run import write_run

from humam import comparison, published, theory, theory_file
from humam import network as networks
from humam.analysis import human_fc, scaling_table, series, slips, structure
from humam.anatomy import tables
from humam.datasets import human_fc as datasets_fc
from humam.errors import HumamError
from humam.parameters import Parameters
from humam.provenance import runs
from humam.reports import notebook_inputs, reporting
from humam.reports.report_command import command_line
from humam.resources import shipped
from humam.site import front

PANELS = {
    "figure5": "ABCDEFGH",
    "figure5_factor_10_per_7": "ABCDEFGH",
    "figure8": "AB",
    "rate_distributions": "ABCDEFGH",
    "rasters": "A",
    "enigma": "ABC",
    "slips": "ABC",
    "differences": "ABCDEFGHIJKL",
    "live": "ABCDEFGHIJKL",
}

RUNS = {
    "base": {"experiment": "base", "chi": 1.0, "seed": 2903},
    "base_seed2106": {"experiment": "base", "chi": 1.0, "seed": 2106},
    "best_fit": {"experiment": "best_fit", "chi": 2.5, "seed": 2903},
    "scaling@2.4": {"experiment": "scaling@2.4", "chi": 2.4, "seed": 2903},
    "scaling@2.3": {"experiment": "scaling@2.3", "chi": 2.3, "seed": 2903, "t_sim": 6500.0},
    "scaling@2.35": {"experiment": "scaling@2.35", "chi": 2.35, "seed": 2903, "t_sim": 6500.0},  # not published
    "corrected_distance": {"experiment": "corrected_distance", "chi": 1.0, "seed": 2903},
    "smaller_g@1": {"experiment": "smaller_g@1", "chi": 1.0, "seed": 2903},
    "smaller_g@1.6": {"experiment": "smaller_g@1.6", "chi": 1.6, "seed": 2903},  # not published
    "smaller_g@1.75": {"experiment": "smaller_g@1.75", "chi": 1.75, "seed": 2903},
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    net = networks.build(tables.read(shipped("datasets", "tables")), Parameters())
    networks.write(net, folder / "network.nc")
    structure.write(structure.analyse(net), folder / "structure.nc")
    theory_file.write(theory.predict(net), folder / "theory.nc")
    for name, run in RUNS.items():
        write_run(folder / name, **{"scale": 1.0, "t_sim": 12500.0, **run})
    return {
        "network": {"base": str(folder / "network.nc")},
        "theory": {"base": str(folder / "theory.nc")},
        "structure": {"base": str(folder / "structure.nc")},
        "statistics": {name: str(folder / name) for name in RUNS},
        "published": str(shipped("datasets", "published")),
        "tables": str(shipped("datasets", "tables")),
    }


def execute(name, inputs, folder):
    """Execute the cells of a notebook as they stand, without a kernel; return the values it notes."""
    notebook = shipped("reports", f"{name}.py")
    document, asked = reporting.load(notebook), notebook_inputs.read(notebook)
    namespace = {}
    before = Path.cwd()
    os.chdir(folder)
    try:
        for cell in document.cells:
            if cell.cell_type == "code":
                exec(cell.source, namespace)  # noqa: S102 (our own notebook)
            if "parameters" in cell.metadata.get("tags", []):
                namespace.update({key: inputs[key] for key in asked if key in inputs})
    finally:
        os.chdir(before)
    return pd.read_csv(folder / "values.csv", keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def values_of(inputs, tmp_path_factory):
    """Return a function that executes a notebook with all runs, once, and returns its values."""
    done = {}

    def of(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            done[name] = folder, execute(name, inputs, folder)
        return done[name]

    return of


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_of_every_notebook_is_made_of_runs(name, inputs, values_of):
    folder, values = values_of(name)
    assert sorted(path.stem for path in folder.glob(f"{name}_?.svg")) == [f"{name}_{p}" for p in PANELS[name]]
    assert not values.duplicated(["panel", "quantity"]).any()
    paper = comparison.read_published(inputs["published"])
    table = comparison.compare(
        comparison.read_values([folder / "values.csv"]), paper[paper["figure"] == name], comparison.Tolerances(paper)
    )
    missing = table[table["verdict"] == comparison.NOT_COMPUTED]["quantity"]
    assert missing.str.contains(
        r"similarity_(?:rate|cv|lvr)|rate_mean\[area|lobe_order|transition"
    ).all()  # no such run or lag


@pytest.mark.parametrize("name", ["figure5_smaller_g", "figure8", "rasters"])
def test_without_runs_the_notebooks_say_so(name, inputs, tmp_path):
    values = execute(name, {**inputs, "statistics": {}}, tmp_path)
    assert (tmp_path / f"{name}.svg").is_file()
    assert set(values["status"].dropna()) <= {"published", "unavailable"} and not values["status"].isna().any()


@pytest.mark.parametrize("name", ["figure5_distributed_parameters", "enigma"])
def test_corrected_figures_are_drawn_and_numbers_compared_as_published(name, inputs, tmp_path):
    values = {}
    for each in ("published", "corrected"):
        (tmp_path / each).mkdir()
        values[each] = execute(name, {**inputs, "conventions": each}, tmp_path / each)
    pd.testing.assert_frame_equal(values["published"], values["corrected"])
    drawn = [(tmp_path / each / f"{name}_A.svg").read_text() for each in values]
    assert drawn[0] != drawn[1]


def test_values_of_figure_5_are_ours_where_there_is_a_run(values_of):
    values = values_of("figure5")[1].set_index("quantity").fillna({"status": ""})
    ours = values.loc["rate_mean[state=base]"]
    assert ours["status"] == "" and ours["value"] == 6 and ours["run"] == "base"
    assert ours["seed_difference"] == 0  # both made-up runs have 6 spikes/s
    assert values.loc["fc_mean[state=base]", "seed_difference"] != 0
    assert np.isnan(values.loc["fc_mean[state=best_fit]", "seed_difference"])
    assert values.loc["cv_mean[state=human]", "status"] == "published"
    assert values.loc["similarity_fmri_pearson[chi=1.5;hemisphere=left]", "status"] == "unavailable"
    assert "similarity_cv[chi=2.4]" in values.index and "similarity_cv[chi=2.2]" not in values.index


def test_runs_beside_and_between_published_points_are_told_apart(values_of):
    folder, values = values_of("differences")
    # 2.35 lies between published points
    assert set(pd.read_csv(folder / "differences_H.csv")["chi"]) == {1.0, 2.3, 2.4}
    assert set(pd.read_csv(folder / "differences_G.csv")["run"]) == {"smaller_g@1"}
    assert "similarity_cv_offset[with=published]" in set(values["quantity"])


def test_a_scaled_run_gives_way_to_published_arrays(tmp_path):
    write_run(tmp_path / "small", "best_fit", t_sim=12500.0, chi=2.5)
    stored = scaling_table.read_published("scaling")
    human = human_fc.choose(shipped("datasets", "tables"))
    rows = scaling_table.rows(stored, series.Runs({"small": tmp_path / "small"}), human)
    status = {value.quantity: value.status for value in rows}
    assert status["rate_mean[state=best_fit]"] == "published"
    assert status["similarity_cv[chi=2.5]"] == "incomparable"  # the point of a curve, which no array gives again


@pytest.mark.parametrize("name", ["smaller_g", "distributed_parameters", "lower_e_to_i", "factor_10_per_7"])
def test_the_published_rate_of_the_area_follows_from_stored_windows(name):
    human = human_fc.choose(shipped("datasets", "tables"))
    rows = scaling_table.rows(scaling_table.read_published(name), series.Runs({}), human)
    found = {value.quantity: value.value for value in rows if value.status == "published"}
    paper = published.figures()
    paper = paper[(paper["figure"] == f"figure5_{name}") & paper["quantity"].str.startswith("rate_mean[area=")]
    assert len(paper) == 2
    for quantity, value, tolerance in paper[["quantity", "value", "tolerance"]].itertuples(index=False):
        assert found[quantity] == pytest.approx(value, abs=tolerance)


def test_numbers_by_which_a_variant_was_defined_say_so(tmp_path):
    for name, chi in (("tau_syn_in@1", 1.0), ("tau_syn_in@2", 2.0)):
        write_run(tmp_path / name, name, 1.0, 12500.0, chi=chi, seed=2106, tau_syn_in=4.0)
    given = {
        "statistics": {name: str(tmp_path / name) for name in ("tau_syn_in@1", "tau_syn_in@2")},
        "published": str(shipped("datasets", "published")),
        "tables": str(shipped("datasets", "tables")),
    }
    values = execute("figure5_tau_syn_in", given, tmp_path)
    chosen = values[values["note"].str.contains("was chosen by this number", na=False)]
    assert set(chosen["run"]) == {"tau_syn_in@1"}
    assert set(chosen["quantity"]) == {
        "rate_mean[area=caudalanteriorcingulate;state=base]", "similarity_cv[state=base;min_spikes=10]",
        "similarity_lvr[state=base;min_spikes=10]", *(f"similarity_{name}[chi=1]" for name in ("rate", "cv", "lvr")),
    }  # fmt: skip
    transition = values[values["quantity"] == "transition_chi"]
    assert transition["note"].tolist() == ["our runs of seed 2106 end before it, at χ = 2"]


def test_members_and_seeds_of_the_main_series(inputs):
    runs = series.Runs(inputs["statistics"])
    assert series.members("scaling", runs) == {
        1.0: "base", 2.3: "scaling@2.3", 2.35: "scaling@2.35", 2.4: "scaling@2.4", 2.5: "best_fit",
    }  # fmt: skip
    assert series.members("scaling_preprint", runs) == {1.0: "base_seed2106"}
    assert series.members("smaller_g", runs) == {
        1.0: "smaller_g@1", 1.6: "smaller_g@1.6", 1.75: "smaller_g@1.75"
    }  # fmt: skip
    assert series.other_seed(runs, "base") == "base_seed2106" and series.other_seed(runs, "base_seed2106") == "base"
    assert series.other_seed(runs, "best_fit") == series.other_seed(runs, "smaller_g@1.75") == ""


def test_runs_of_earlier_results_come_first(tmp_path):
    write_run(tmp_path / "long", scale=1.0, t_sim=12500.0)
    write_run(tmp_path / "small")
    write_run(tmp_path / "longer", t_sim=4600.0)
    given = {name: tmp_path / name for name in ("long", "small")} | {"earlier/small": tmp_path / "small"}
    assert series.Runs({name: given[name] for name in ("long", "small")}).closest("base") == "long"
    assert series.Runs(given).closest("base") == "earlier/small"
    # A figure that needs longer runs has no use for it.
    assert series.members("scaling", series.Runs(given)) == {1.0: "long"}
    given["earlier/longer"] = tmp_path / "longer"
    assert series.members("scaling", series.Runs(given)) == {1.0: "earlier/longer"}
    facts = runs.facts("earlier/small", tmp_path / "small")
    assert facts["earlier"] and not runs.facts("small", tmp_path / "small")["earlier"]
    assert front._run({**facts, "wall_time_s": None})["from"] == "earlier results"
    place = tmp_path / "my results" / "statistics" / "base"
    command = command_line("figure4", {("statistics", "earlier/base"): place})
    assert "--statistics 'earlier/base=my results/statistics/base'" in command
    for folder in ("datasets/runs", "my_runs"):
        command = command_line("figure4", {("statistics", "archive/base"): tmp_path / folder / "base"})
        assert f"--statistics archive/base={folder}/base " in command


def test_pairs_of_perturbed_runs_share_their_random_numbers(tmp_path):
    for name, experiment, seed in (("p", "perturbed@1", 1), ("u", "unperturbed@1", 2), ("b", "base", 1)):
        write_run(tmp_path / name, experiment, seed=seed, t_sim=2100.0)
    write_run(tmp_path / "short", "perturbed@1", t_sim=2050.0)  # ends before differences are counted
    given = {name: tmp_path / name for name in "pub"}
    assert series.perturbed_pair(series.Runs(given), 1.0) == ("p", "b")
    assert series.perturbed_pair(series.Runs({"p": given["p"], "u": given["u"]}), 1.0) is None
    assert series.perturbed_pair(series.Runs(given), 2.5) is None
    assert series.perturbed_pair(series.Runs({"p": tmp_path / "short", "b": given["b"]}), 1.0) is None


def test_the_twin_of_a_perturbed_run_is_the_closest_of_the_same_areas_and_scheme(tmp_path):
    write_run(tmp_path / "p", "perturbed@1", scale=0.5, t_sim=2500.0)
    write_run(tmp_path / "a_part", "base", scale=0.5, t_sim=9000.0, areas=["insula"])
    write_run(tmp_path / "a_scheme", "base", scale=0.5, t_sim=9000.0, scheme="variance")
    write_run(tmp_path / "b_short", "unperturbed@1", scale=0.5, t_sim=2500.0)
    write_run(tmp_path / "c_long", "base", scale=0.5, t_sim=3000.0)
    given = {name: tmp_path / name for name in ("p", "a_part", "a_scheme", "b_short", "c_long")}
    assert series.perturbed_pair(series.Runs(given), 1.0) == ("p", "c_long")
    others = {name: path for name, path in given.items() if name not in ("b_short", "c_long")}
    assert series.perturbed_pair(series.Runs(others), 1.0) is None


def test_a_run_of_some_areas_is_no_run_of_the_model(tmp_path):
    part = write_run(tmp_path / "part", scale=1.0, t_sim=12500.0, areas=["insula"])
    write_run(tmp_path / "small", scale=0.5)
    runs = series.Runs({name: tmp_path / name for name in ("part", "small")})
    assert runs.closest("base") == "small"
    for name, found in runs.facts.items():
        assert found.other_model == runs[name].other_model == "down-scaled"
    assert part.areas == ["insula"] and not runs.facts["part"].whole


def test_the_slips_name_their_switches(values_of):
    values = values_of("slips")[1]
    assert {key.split("slip=")[1].split(";")[0] for key in values["quantity"]} == {
        name.replace(" ", "_")
        for name in slips.SWITCHES
        if name != "argmax"  # needs a pair of runs
    }
    assert "corrected_minus_published[slip=distance;of=mean rate, simulated]" in set(values["quantity"])
    share = values.set_index("quantity").loc["corrected_minus_published[slip=distance;of=mean share from the column]"]
    assert share["value"] == pytest.approx(0.604 - 0.655, abs=2e-3)


def test_the_recordings_of_the_paper_become_the_human_matrices(tmp_path):
    signals = np.random.default_rng(1).normal(size=(600, 85, 3))
    signals[:, 15] += signals[:, 14]  # the first two areas of the left hemisphere
    path = tmp_path / datasets_fc.RECORDINGS
    path.parent.mkdir(parents=True)
    np.save(path, signals)
    status = {"sources": [{"path": datasets_fc.RECORDINGS, "status": "mirror"}]}
    datasets_fc.from_dataset(tmp_path, status, tmp_path)
    found = human_fc.choose(tmp_path)
    assert found.of_the_paper and found.matrices["left"][0, 1] == pytest.approx(0.5**0.5, abs=0.03)
    expected = np.mean([np.corrcoef(signals[:, 48:82, i], rowvar=False) for i in range(3)], axis=0)
    np.testing.assert_allclose(found.matrices["right"], expected)
    datasets_fc.from_dataset(tmp_path, {"sources": []}, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert not human_fc.choose(shipped("datasets", "tables")).of_the_paper


@pytest.mark.parametrize("content", [np.ones((3, 4)), np.ones((600, 85, 2)), b"no array"])
def test_damaged_recordings_are_refused_in_one_line(content, tmp_path):
    if isinstance(content, bytes):
        (tmp_path / "x.npy").write_bytes(content)
    else:
        np.save(tmp_path / "x.npy", content)
    with pytest.raises(HumamError, match=r"x\.npy"):
        datasets_fc.extract(tmp_path / "x.npy")
