"""The report of the simulations of this run: fresh runs beside theory and archive, and whether spikes are the same."""

import json

import numpy as np
import pandas as pd
import pytest
from made_up_run import write_run
from test_run_reports import execute

from humam import netcdf, theory_file
from humam.analysis import live, series, statistics
from humam.labels import N_LABELS, population_labels
from humam.reports import live_report
from humam.reports.report import Report
from humam.resources import shipped

MARKS = [{"t_ms": t_ms, "n_spikes": 1, "sha256": f"{t_ms:g}"} for t_ms in (10.0, 500.0, 1000.0, 2000.0)]
MACHINE = {"machine": {"processor": "A", "architecture": "x"}, "software": {"numpy": "2"}}


def change(folder, **attributes):
    """Give the statistics in a folder further attributes."""
    data = statistics.read(folder).data.load()
    manifest = json.loads(data.attrs["manifest"]) | MACHINE
    for name in list(attributes):
        if name in ("machine", "software"):
            manifest[name] = attributes.pop(name)
    attributes = {name: json.dumps(v) if isinstance(v, list) else v for name, v in attributes.items()}
    netcdf.write(data.assign_attrs(manifest=json.dumps(manifest), **attributes), folder / "statistics.nc")


def archived_run(folder, t_sim=12500.0, digests=MARKS, keeps_counts=True, **run):
    """Write an archived run that nobody simulated."""
    reason = {} if keeps_counts else {"spike_count": "not kept in the archive"}
    found = write_run(folder, scale=1.0, t_sim=t_sim, unavailable=reason, **run)
    change(folder, archived=1)
    attributes = found.data.attrs
    names = ("engine", "seed", "scale", "in_degree_scale", "t_sim_ms")
    record = json.loads(shipped("datasets", "runs", "base", "run.json").read_text(encoding="utf-8"))
    record |= {name: np.asarray(attributes[name]).item() for name in names}
    record |= {"parameters": found.parameters, **MACHINE}
    (folder / "run.json").write_text(json.dumps(record | {"digests": digests}))


def theory(folder, valid):
    values = {"rate": (("target",), np.full(N_LABELS, 0.5)), "rate_base_state": (("target",), np.full(N_LABELS, 0.5))}
    values |= {"rate_pseudo_time": (("step", "target"), np.full((2, N_LABELS), 0.5)), "pseudo_time": ("step", [0.0, 1])}
    content = theory_file.FORMAT.dataset(
        {name: value[1] for name, value in values.items()},
        {"target": population_labels()},
        {"valid": int(valid), "message": "" if valid else "chi = 2.5, theory describes chi <= 1", "residual": 0.0,
         "residual_base_state": 0.0, "parameters": "{}", "origin": "{}"},
    )  # fmt: skip
    theory_file.write(content, folder)
    return str(folder)


@pytest.fixture
def inputs(tmp_path):
    """Return two fresh runs at full density, one down-scaled, and archived runs of two of them."""
    for name, run in {
        "base": {"scale": 1.0, "seed": 2903},
        "best_fit": {"scale": 1.0, "seed": 2903, "experiment": "best_fit", "chi": 2.5, "t_sim": 400.0},
        "small": {"seed": 2903},
    }.items():
        write_run(tmp_path / name, **run)
        change(tmp_path / name, digests=MARKS if name == "base" else MARKS[:1])
    archived_run(tmp_path / "archived", seed=2903)
    archived_run(tmp_path / "other", seed=2903, experiment="best_fit", chi=2.5, t_sim=6500.0, keeps_counts=False)
    fresh = {name: str(tmp_path / name) for name in ("base", "best_fit", "small")}
    return {
        "statistics": fresh | {"archive/base": str(tmp_path / "archived"), "archive/best_fit": str(tmp_path / "other")},
        "theory": {name: theory(tmp_path / f"{name}.nc", name == "base") for name in ("base", "best_fit")},
        "published": str(shipped("datasets", "published")),
    }


def by_quantity(values):
    return values.set_index("quantity").fillna({"note": "", "status": ""})


def values_of(inputs, folder, monkeypatch):
    """Return the numbers of the report; nothing is drawn."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    report = live_report.LiveReport(Report("live", inputs), inputs["statistics"])
    report.introduce()
    report.note_values()
    return by_quantity(pd.read_csv("values.csv", keep_default_na=False, na_values=[""]))


def shown(monkeypatch):
    """Return a list that fills with what the report shows as HTML."""
    found = []
    monkeypatch.setattr(live_report, "display", lambda page: found.append(page.data))
    return found


def test_fresh_runs_stand_beside_theory_and_archive(inputs, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    pages = shown(monkeypatch)
    values = by_quantity(execute("live", inputs, tmp_path / "out"))
    assert sorted(path.stem for path in (tmp_path / "out").glob("live_?.svg")) == [f"live_{p}" for p in "ABCDEFGH"]
    assert set(values["status"]) == {"incomparable"}  # all are short
    rate = values.loc["rate_mean[run=base]", "value"]
    assert rate == pytest.approx(1 / 33)  # 1 spike/s per neuron of one of 33 areas
    assert values.loc["rate_mean[run=base]", "note"] == "0.5 to 2 s"
    assert values.loc["rate_mean[run=base;of=theory]", "value"] == 0.5
    archived = values.loc["rate_mean[run=base;of=archive]"]
    assert (archived["value"], archived["note"], archived["panel"]) == (rate, "0.5 to 2 s", "C")
    # Without counts in time: the whole of the archived run. A short run: all of it.
    assert values.loc["rate_mean[run=best_fit]", "note"] == "0 to 0.4 s"
    assert values.loc["rate_mean[run=best_fit;of=archive]", "note"] == "0.5 to 6.5 s"
    assert "rate_mean[run=best_fit;of=theory]" not in values.index
    table = pages[0]
    assert "chi = 2.5, theory describes chi &lt;= 1" in table and "No run of this samplesheet" not in table
    assert "engine: " not in table and "scale: 1 there, 0.01 here" in table


def test_spikes_are_the_archived_ones_or_not(inputs, tmp_path, monkeypatch):
    values = values_of(inputs, tmp_path / "out", monkeypatch)
    same = values.loc["spikes_identical_until[run=base]"]
    assert (same["value"], same["unit"]) == (2000, "ms")
    assert same["note"] == "identical to those of archive/base up to 2000 ms (SHA-256)"
    short = values.loc["spikes_identical_until[run=best_fit]", "note"]
    assert short.endswith("up to 10 ms (SHA-256); up to 400 ms, each area has as many in each ms")
    assert "spikes_identical_until[run=small]" not in values.index  # another simulation


@pytest.mark.parametrize(
    ("machine", "words"),
    [({}, "this is a fault"), ({"machine": {"processor": "B", "architecture": "x"}}, "processor: A there, B here")],
)
def test_spikes_that_differ_say_from_when_and_why(inputs, tmp_path, monkeypatch, machine, words):
    other = [MARKS[0], {**MARKS[1], "sha256": "x"}, {**MARKS[2], "sha256": "y"}]
    change(tmp_path / "base", digests=other, **machine)
    found = values_of(inputs, tmp_path / "out", monkeypatch).loc["spikes_identical_until[run=base]"]
    assert found["value"] == 10
    assert "identical up to 10 ms, not up to 500 ms" in found["note"] and words in found["note"]


def test_what_is_missing_is_said(inputs, tmp_path, monkeypatch):
    pages = shown(monkeypatch)
    only = {"statistics": {"small": inputs["statistics"]["small"]}, "theory": {}}
    values = values_of({**inputs, **only}, tmp_path / "out", monkeypatch)
    assert list(values.index) == ["rate_mean[run=small]"]
    assert "No run of this samplesheet is at full density" in pages[0]
    assert "no theory of &#x27;base&#x27; here" in pages[0] and "no run of &#x27;base&#x27; is archived" in pages[0]
    archived = {name: path for name, path in inputs["statistics"].items() if "/" in name}
    (tmp_path / "none").mkdir()
    assert execute("live", {**inputs, "statistics": archived}, tmp_path / "none").empty
    assert (tmp_path / "none" / "live.svg").is_file()


def test_the_areas_part_where_their_numbers_of_spikes_do(tmp_path):
    a, b = (write_run(tmp_path / name, t_sim=t_sim) for name, t_sim in (("a", 600.0), ("b", 900.0)))
    assert live.parting_ms(a, b) is None
    b.data["area_spike_count"][3, 123] += 1
    assert live.parting_ms(a, b) == 123
    rates = live.area_rates(a, 600.0, 5.0)
    assert rates.shape == (34, 120) and np.nanmax(rates) == pytest.approx(8 / 800 / 5 * 1e3)


def test_the_archived_twin_shares_the_random_numbers_if_one_does(tmp_path):
    write_run(tmp_path / "fresh", scale=1.0, seed=2106)
    for name, seed in (("a", 2903), ("b", 2106)):
        archived_run(tmp_path / name, seed=seed, t_sim=3000.0 if seed == 2106 else 4000.0)
    given = {name: tmp_path / name for name in ("fresh", "a", "b")}
    assert series.Runs(given).archived_twin("fresh") == "b"
    assert series.Runs({name: given[name] for name in ("fresh", "a")}).archived_twin("fresh") == "a"
    assert series.Runs({"fresh": given["fresh"]}).archived_twin("fresh") == ""
