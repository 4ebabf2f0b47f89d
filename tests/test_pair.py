"""Two results side by side: ``humam compare A B``."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from humam.analysis import statistics
from humam.cli import main
from humam.errors import HumamError
from humam.labels import N_LABELS
from humam.reports import pair


def write_run(folder, rate=1.0, t_sim=3000.0, seed=1, **parameters):
    """Statistics of a made-up run: all populations have 100 neurons and one rate."""
    length = {"target": N_LABELS, "area": 34, "area_2": 34, "kernel": 2, "time": int(t_sim)}
    values = {
        name: np.ones([length.get(d, 2) for d in dims], dtype=int if name.startswith(("neurons", "raster")) else float)
        for name, (dims, _, _) in statistics.VARIABLES.items()
    }
    values |= {"neurons": np.full(N_LABELS, 100), "rate": np.full(N_LABELS, rate)}
    others = ("log_rate", "log_rate_fine", "irregularity", "perturbation_time", "bold_time")
    with statistics.create(folder) as writer:
        writer.append("windows", {"population": 8, "neuron": [0, 1], "window": 0, "n_spikes": 2, "rate": 2 * rate,
                                  "cv": 0.5, "lvr": np.nan})  # fmt: skip
        writer.finish(
            values,
            {"time": np.arange(int(t_sim)), "kernel": ["published", "corrected"]} | {k: [1.0, 2.0] for k in others},
            {},
            {
                "engine": "procedural", "seed": seed, "scale": 1.0, "in_degree_scale": 1.0, "scheme": "variance",
                "t_sim_ms": t_sim, "n_spikes": 7, "n_windows": 1, "raster_start_ms": 0.0, "raster_stop_ms": 1000.0,
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


def test_what_cannot_be_compared_is_refused(tmp_path):
    with pytest.raises(HumamError, match="neither reports nor statistics of runs"):
        pair.read(tmp_path)
    a = write_results(tmp_path / "a")
    (a / "reports" / "figure2" / "values.csv").write_text("x\n1\n")
    with pytest.raises(HumamError, match="cannot be read"):
        pair.read(a)
    write_run(tmp_path / "runs" / "base")
    write_run(tmp_path / "others" / "mine")
    with pytest.raises(SystemExit) as refused:
        main(["compare", str(tmp_path / "runs"), str(tmp_path / "others"), "--out", str(tmp_path / "x")])
    assert refused.value.code == 2
    assert not (tmp_path / "x").exists()
