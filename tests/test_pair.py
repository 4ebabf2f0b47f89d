"""Two results side by side: ``humam compare A B``."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from humam.analysis import human_fc, statistics, unit_similarity, windows
from humam.analysis.similarity import pearson_similarity
from humam.cli import main
from humam.commands import compare
from humam.errors import HumamError
from humam.labels import N_LABELS
from humam.reports import pair, run_numbers

DEPENDENT = {"cv_mean", "lvr_mean", "correlation_mean", "fc_mean", "fc_sd"}
"""Quantities of a run that depend on its length, as similarity to human functional connectivity does."""


def write_run(folder, rate=1.0, t_sim=3000.0, seed=1, unavailable=(), **parameters):
    """Statistics of a made-up run: all populations have 100 neurons and one rate.

    From 1 s on they have 10 spikes/s, before none. CV is that of the second half of the populations, which alone have
    neurons of 10 spikes. Two neurons spike in each 2-s window of the area of the windows, the later the more.
    """
    rng = np.random.default_rng(seed)
    length = {"target": N_LABELS, "area": 34, "area_2": 34, "kernel": 2, "time": int(t_sim)}
    values = {
        name: np.ones([length.get(d, 2) for d in dims], dtype=int if name.startswith(("neurons", "raster")) else float)
        for name, (dims, _, _) in statistics.VARIABLES.items()
    }
    values |= {"neurons": np.full(N_LABELS, 100), "rate": np.full(N_LABELS, rate)}
    values["spike_count"][:, :1000] = 0
    values["neurons_10_spikes"] = values["cv"] = np.arange(N_LABELS) // (N_LABELS // 2)
    values["fc"] = rng.uniform(-1, 1, values["fc"].shape)
    others = ("log_rate", "log_rate_fine", "irregularity", "perturbation_time", "bold_time")
    with statistics.create(folder) as writer:
        for window in range(windows.n_windows(t_sim)):
            writer.append("windows", {"population": 8, "neuron": [0, 1], "window": window, "n_spikes": 20 * window + 2,
                                      "rate": 2 * rate * (window + 1), "cv": 0.5, "lvr": np.nan})  # fmt: skip
        writer.finish(
            values,
            {"time": np.arange(int(t_sim)), "kernel": ["published", "corrected"]} | {k: [1.0, 2.0] for k in others},
            dict.fromkeys(unavailable, "not kept"),
            {
                "engine": "procedural", "seed": seed, "scale": 1.0, "in_degree_scale": 1.0, "scheme": "variance",
                "t_sim_ms": t_sim, "n_spikes": 7, "n_windows": windows.n_windows(t_sim),
                "raster_start_ms": 0.0, "raster_stop_ms": 1000.0,
                "parameters": {"name": "base", "chi": 1.0} | parameters, "origin": {}, "manifest": {},
            },
        )  # fmt: skip
    return folder


def write_results(folder, value=1.0, chi=1.0, colour="red", runs=None):
    report = folder / "reports" / "figure2"
    report.mkdir(parents=True)
    (report / "values.csv").write_text(
        "figure,panel,quantity,unit,value,status,note\n"
        f"figure2,A,first,1,{value},,\nfigure2,A,second,1,5,,\nfigure2,B,third,ms,,,not computed\n"
    )
    (report / "parameters.yml").write_text(f"parameters:\n  base:\n    chi: {chi}\n    g: -5\n")
    Image.new("RGB", (8, 8), colour).save(report / "figure2.png")
    for name, rate in (runs or {}).items():
        write_run(folder / "statistics" / name, rate)
    return folder


def test_two_results_are_set_side_by_side(tmp_path, capsys):
    a = write_results(tmp_path / "a", runs={"base": 1.0})
    b = write_results(tmp_path / "b", 1.5, chi=2.5, colour="blue", runs={"base": 3.0, "other": 1.0})
    out = tmp_path / "comparison"
    main(["compare", str(a), str(b), "--out", str(out)])
    text = capsys.readouterr().out
    assert "base: chi = 1.0 in A, 2.5 in B" in text
    assert text.strip().endswith("index.html")
    table = pd.read_csv(out / "comparison.csv", keep_default_na=False, na_values={"value": [""]})
    row = table[table["quantity"] == "first"].iloc[0]
    assert row[["a", "b", "difference", "relative"]].astype(float).tolist() == [1.0, 1.5, 0.5, 0.5]
    rates = table[table["quantity"] == "rate_mean[weight=neurons]"].iloc[0]
    assert (rates["where"], float(rates["a"]), float(rates["b"])) == ("run base", 1.0, 3.0)
    assert "run other" not in set(table["where"])
    page = (out / "index.html").read_text()
    for name in ("figure2_A.png", "figure2_B.png", "run_base_A.png", "run_base_B.png"):
        assert name in page and (out / name).is_file()
    assert {path.suffix for path in out.iterdir()} == {".html", ".csv", ".png", ".json"}
    # Written again over itself, and refused where something else stands.
    main(["compare", str(a), str(b), "--out", str(out)])
    (a / "comparison.csv").write_text("as every results folder has")
    with pytest.raises(SystemExit):
        main(["compare", str(a), str(b), "--out", str(a)])
    assert "holds something else" in capsys.readouterr().err and (a / "comparison.csv").exists()


def test_a_single_run_is_compared_with_the_one_of_its_name(tmp_path, capsys):
    archive = tmp_path / "runs"
    for name, rate in (("base", 1.0), ("scaling@2", 2.0)):
        write_run(archive / name, rate)
    mine = write_run(tmp_path / "mine", 4.0, seed=9)  # of the experiment base
    main(["compare", str(mine), str(archive), "--out", str(tmp_path / "x")])
    text = capsys.readouterr().out
    assert "run base: seed = 9 in A, 1 in B" in text
    table = pd.read_csv(tmp_path / "x" / "comparison.csv").set_index("quantity")
    assert table.loc["rate_mean[weight=neurons]", ["a", "b"]].tolist() == [4.0, 1.0]
    main(["compare", str(archive / "scaling@2"), str(mine), "--out", str(tmp_path / "x")])
    table = pd.read_csv(tmp_path / "x" / "comparison.csv").set_index("quantity")
    assert table.loc["rate_mean[weight=neurons]", ["a", "b"]].tolist() == [2.0, 4.0]


def numbers(*folders):
    """Return the numbers of two runs by quantity, and what is said of their lengths."""
    sides = tuple([statistics.read(folder)] for folder in folders)
    what = run_numbers.shared(sides)
    table = pair.table(*(run_numbers.of_side("run", runs, what) for runs in sides)).set_index("quantity")
    return table, run_numbers.length_note(sides, what)


def test_runs_of_one_length_are_compared_in_everything(tmp_path):
    table, note = numbers(*(write_run(tmp_path / f"{seed}", t_sim=4500.0, seed=seed) for seed in (1, 2)))
    assert set(table.index) >= DEPENDENT and not {"t_sim", "spikes"} & set(table.index)
    assert not note and "not the subjects of the paper" in run_numbers.fmri_note(table.index)
    assert table.loc["rate_mean[weight=neurons]", "a"] == 1.0, "that of the statistics"
    assert table.loc["cv_mean", "a"] == 1.0, "populations without a neuron of 10 spikes are left out, not 0"


def test_similarity_to_human_data_is_that_of_the_figures(tmp_path):
    folders = [write_run(tmp_path / f"{seed}", t_sim=6500.0, seed=seed) for seed in (1, 2)]
    table, run = numbers(*folders)[0], statistics.read(folders[0])
    expected = {unit.measure: unit.value for unit in unit_similarity.of_run(run, run_numbers.read_human())}
    assert np.isfinite([expected["rate"], expected["cv"]]).all()
    for measure, value in expected.items():
        assert table.loc[f"similarity_{measure}[human=neurons]", "a"] == pytest.approx(value, nan_ok=True)
    for side, matrix in human_fc.substitute().matrices.items():
        found = table.loc[f"similarity_fmri_pearson[human=others;hemisphere={side}]", "a"]
        assert found == pytest.approx(pearson_similarity(run.functional_connectivity(), matrix))


def test_runs_of_unequal_length_are_compared_over_the_time_that_both_have(tmp_path, capsys):
    short, long = write_run(tmp_path / "a", 1.0, 1500.0), write_run(tmp_path / "b", 2.0, 6500.0)
    main(["compare", str(short), str(long), "--out", str(tmp_path / "x")])
    table = pd.read_csv(tmp_path / "x" / "comparison.csv").set_index("quantity")
    # Both have spikes from 1 s on: 5 per neuron from 0.5 to 1.5 s.
    assert (table.loc["rate_mean[weight=neurons]", ["a", "b"]] == 5.0).all()
    assert not DEPENDENT & set(table.index) and not any("human" in quantity for quantity in table.index)
    text = capsys.readouterr().out
    sentence = next(line for line in text.splitlines() if line.startswith("run: 1.5 s in A, 6.5 s in B"))
    assert "CV, LvR and correlation of populations and functional connectivity, which depend on the length" in sentence
    assert "rates are of 0.5 to 1.5 s; similarity to human neurons needs 4.5 s." in sentence
    assert sentence in (tmp_path / "x" / "index.html").read_text()
    assert "run: t_sim = 1500.0 in A, 6500.0 in B" in text


def test_windows_are_those_that_both_runs_have(tmp_path):
    short, *long = (write_run(tmp_path / f"{i}", 1.0, t_sim) for i, t_sim in enumerate((4500.0, 8500.0, 8500.0)))
    table, note = numbers(short, long[0])
    assert table.loc["rate_mean[windows=2 s]", ["a", "b"]].tolist() == [2.0, 2.0]
    similarity = table.loc["similarity_rate[human=neurons]"]
    assert similarity["a"] == similarity["b"] > 0
    assert "values of 2-s windows, as similarity to human neurons, are of 2.5 to 4.5 s" in note
    table, note = numbers(*long)
    assert table.loc["rate_mean[windows=2 s]", "a"] == 4.0 and not note, "all three"


def test_the_interval_is_named_where_counts_in_time_are_not_kept(tmp_path):
    short = write_run(tmp_path / "a", 1.0, 1500.0)
    table, note = numbers(short, write_run(tmp_path / "b", 2.0, 6500.0, unavailable=["spike_count"]))
    assert table.loc["rate_mean[weight=neurons]", ["a", "b"]].tolist() == [5.0, 2.0]
    assert "rates are of 0.5 to 1.5 s in A and 0.5 to 6.5 s in B (not all" in note


def test_reports_of_runs_of_unequal_length_are_named(tmp_path, capsys):
    sides = [write_results(tmp_path / name) for name in "ab"]
    for side, t_sim in zip(sides, (1000, 12500), strict=True):
        with (side / "reports" / "figure2" / "parameters.yml").open("a") as file:
            file.write(f"runs:\n  base:\n    t_sim_ms: {t_sim}\n")
    main(["compare", *map(str, sides), "--out", str(tmp_path / "x")])
    assert "figure2: runs of 1 s in A, of 12.5 s in B; all numbers are compared" in capsys.readouterr().out


def test_seeds_of_one_model_are_compared_by_their_means(tmp_path, capsys):
    for folder, seed, rate in (("a/1", 1, 1.0), ("a/2", 2, 3.0), ("b/1", 1, 5.0)):
        write_run(tmp_path / folder, rate, seed=seed)
    main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--seeds", "--out", str(tmp_path / "x")])
    rates = pd.read_csv(tmp_path / "x" / "comparison.csv").set_index("quantity").loc["rate_mean[weight=neurons]"]
    assert rates[["a", "b", "sd_a"]].tolist() == pytest.approx([2.0, 5.0, 2**0.5]) and np.isnan(rates["sd_b"])
    text = capsys.readouterr().out
    assert "over 2 runs in A, 1 in B" in text and "run: seed = 1, 2 in A, 1 in B" in text
    assert "SD of A" in (tmp_path / "x" / "index.html").read_text()


def test_results_are_compared_with_the_archive_where_nothing_else_is_named(tmp_path, monkeypatch, capsys):
    write_run(tmp_path / "mine" / "base", 1.0)
    write_run(tmp_path / "datasets" / "runs" / "base", 3.0)
    monkeypatch.setattr(compare, "shipped", tmp_path.joinpath)
    main(["compare", str(tmp_path / "mine"), "--out", str(tmp_path / "x")])
    assert str(tmp_path / "x" / "index.html") in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "x" / "comparison.csv")
    rates = table[table["quantity"] == "rate_mean[weight=neurons]"].iloc[0]
    assert (rates["where"], float(rates["a"]), float(rates["b"])) == ("run base", 1.0, 3.0)


def test_experiments_of_several_seeds_are_matched_by_name_or_are_the_only_ones(tmp_path):
    for folder, name in (("a/1", "base"), ("a/2", "base"), ("c/mine", "other")):
        write_run(tmp_path / folder, seed=int(folder == "a/2"), name=name)

    def common():
        found = pair.common_experiments(*(pair.read(tmp_path / side) for side in "ac"))
        return {name: tuple([run.folder.name for run in runs] for runs in both) for name, both in found}

    assert common() == {"run": (["1", "2"], ["mine"])}
    write_run(tmp_path / "c" / "its", name="base")
    assert common() == {"base": (["1", "2"], ["its"])}
    write_run(tmp_path / "a" / "3", chi=2.0)
    with pytest.raises(HumamError, match=r"runs of base are no seeds of one model: chi = 1.0 in"):
        common()


def test_only_what_differs_is_shown(tmp_path):
    frame = pd.DataFrame(
        [("f", "A", "x", "1", 1.0), ("f", "A", "y", "1", np.nan), ("f", "A", "z", "1", 2.0)],
        columns=[*pair.KEY, "unit", "value"],
    )
    rows = pair.table(frame, frame.assign(value=[1.0 + 1e-12, np.nan, 3.0]).iloc[:3])
    assert pair.differing(rows)["quantity"].tolist() == ["z"]
    mixed = frame.assign(value=pd.Series([0, None, 2.0], dtype=object))
    assert np.isinf(pair.table(mixed, frame)["relative"][0])
    rows = pair.table(frame, frame.iloc[:1])
    assert pair.differing(rows)["quantity"].tolist() == ["z"]


def test_what_cannot_be_compared_is_refused(tmp_path, capsys):
    with pytest.raises(HumamError, match="neither reports nor statistics of runs"):
        pair.read(tmp_path)
    a = write_results(tmp_path / "a")
    (a / "reports" / "figure2" / "values.csv").write_text("x\n1\n")
    with pytest.raises(HumamError, match="cannot be read"):
        pair.read(a)
    write_run(tmp_path / "runs" / "base")
    write_run(tmp_path / "others" / "mine")
    sides = [str(tmp_path / "runs"), str(tmp_path / "others")]
    with pytest.raises(SystemExit) as refused:
        main(["compare", *sides, "--out", str(tmp_path / "x")])
    told = f"humam: error: {sides[0]!r} and {sides[1]!r} have no report and no run in common\n"
    assert (refused.value.code, capsys.readouterr().err) == (2, told)
    assert not (tmp_path / "x").exists()
