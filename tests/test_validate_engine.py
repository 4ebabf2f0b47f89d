"""The command that validates the procedural engine: page, tables, going on, red checks, bad input."""

import dataclasses
import itertools
import json

import numpy as np
import pandas as pd
import pytest

from humam import archive
from humam import network as networks
from humam.anatomy import tables
from humam.cli import main
from humam.commands import validate_engine
from humam.engines.nest import NestEngine
from humam.engines.procedural import kernels
from humam.errors import HumamError
from humam.markdown import fill
from humam.parameters import validate
from humam.provenance import machine
from humam.resources import shipped
from humam.validation import cases, doc_page, limits, mutations, neuron, runs, structure, summary
from humam.validation.checks import by_p, by_tolerance, failed


@pytest.fixture
def short(monkeypatch):
    """Make the command short: one small network, and a single check of definitions with the p-value of the list."""
    p = [0.5]
    monkeypatch.setattr(validate_engine, "_cases", lambda *a: [cases.two_columns(0.02, 0.1, 160.0, 60.0, 3)])
    monkeypatch.setattr(
        validate_engine, "_definitions", lambda quick: {"Drive": [by_p("drive", "mean", 1.0, 1.1, p[0], "z-test")]}
    )
    return p


def test_page_tables_and_going_on(short, tmp_path, monkeypatch, capsys):
    main(["validate-engine", "--out", str(tmp_path), "--seeds", "7"])
    page = (tmp_path / "index.html").read_text()
    assert "checks passed" in page and 'src="ensemble_columns.svg"' in page and "nest-simulator" in page
    assert (tmp_path / "ensemble_columns.svg").is_file()
    values = pd.read_csv(tmp_path / "values.csv")
    assert set(values.section) == {"Drive", "Both engines", "Default window"} and (values.verdict == "passed").all()
    windowed = values[values.section == "Default window"]
    assert {g.rpartition(": ")[2] for g in windowed.group} == {
        "NEST / procedural, window of 4",
        "procedural / procedural, window of 4",
    }
    distances = pd.read_csv(tmp_path / "distances.csv")
    engines = ("nest", "procedural", "window")
    assert set(zip(distances["first"], distances["second"], strict=True)) == set(
        itertools.combinations_with_replacement(engines, 2)
    )
    assert (distances["mean"] > 0).all() and (distances.p.isna() == (distances["first"] == distances.second)).all()
    record = json.loads((tmp_path / "validation.json").read_text())
    assert record["settings"]["seeds of each engine"] == 7 and list(record["networks"]) == ["columns"]
    assert record["kernels"] == kernels.digest() and kernels.digest() in page
    assert len(list((tmp_path / "runs").iterdir())) == 21
    assert "seed" in capsys.readouterr().err, "progress"

    monkeypatch.setattr(NestEngine, "simulate", lambda *a: pytest.fail("a stored run was repeated"))
    main(["validate-engine", "--out", str(tmp_path), "--seeds", "7"])
    assert pd.read_csv(tmp_path / "values.csv").equals(values)


def test_red_checks_end_the_command(short, tmp_path, capsys):
    short[0] = 1e-9
    with pytest.raises(SystemExit) as error:
        main(["validate-engine", "--out", str(tmp_path), "--seeds", "7"])
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert "red: drive: mean: expected 1, found 1.1, p = 1e-09" in message and "1 checks of the procedural" in message
    assert "Red checks" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "6"], "seeds = 6: must be at least 7, with fewer no comparison of engines can turn red"),
        (["--area", "cunes"], "did you mean 'cuneus'"),
        (["--scale", "0"], "scale = 0: must be > 0"),
        (["--area-scale", "1.5"], "area-scale = 1.5"),
        (["--network", "no.nc"], "does not exist"),
    ],
)
def test_bad_input(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(validate_engine, "_definitions", lambda quick: {})
    with pytest.raises(SystemExit):
        main(["validate-engine", "--out", str(tmp_path / "out"), *arguments])
    assert message in capsys.readouterr().err


GREEN = by_tolerance("x", "y", 0, 0, 1)


def test_definitions_of_the_quick_form(monkeypatch):
    efforts, windows = [], []
    # Other tests have all wrong models, variants of the neuron and sources of synapses.
    for module, name in ((mutations, "MUTATIONS"), (neuron, "VARIANTS")):
        *_, last = getattr(module, name).items()
        monkeypatch.setattr(module, name, dict([last]))
    monkeypatch.setattr(structure, "check_structure", lambda effort: efforts.append(effort) or [GREEN])
    monkeypatch.setattr(neuron, "check_network", lambda window: windows.append(window) or GREEN)
    sections = validate_engine._definitions(True)
    assert list(sections) == ["Wrong models", "Neuron model", "Drive", "Synapses"]
    assert [len(sections[name]) for name in ("Wrong models", "Neuron model")] == [1, 1 + len(neuron.check_spread()) + 2]
    assert len(sections["Drive"]) > len(neuron.RATES) and len(sections["Synapses"]) > 1
    assert failed([check for checks in sections.values() for check in checks]) == []
    assert (efforts, windows) == ([structure.QUICK], [1, 4])


def test_definitions_of_the_thorough_form_are_looked_at_longer(monkeypatch):
    asked = {}

    def judge(name):
        return lambda *given, **named: asked.update({name: [*given, *named.values()]}) or [GREEN]

    for module, names in (
        (mutations, ["check_mutations"]),
        (neuron, ["check_neuron_model", "check_spread", "check_drive"]),
        (structure, ["check_structure", "check_same_at_each_spike"]),
    ):
        for name in names:
            monkeypatch.setattr(module, name, judge(name))
    monkeypatch.setattr(neuron, "check_network", lambda window: GREEN)
    sections = validate_engine._definitions(False)
    assert [len(checks) for checks in sections.values()] == [1, 4, 1, 2]
    assert asked["check_neuron_model"] == [2000.0] and asked["check_drive"] == [4000]
    assert asked["check_structure"] == [structure.THOROUGH]


def test_networks_of_both_forms():
    settings = (None, 0.02, cases.SMALLEST_AREA, 0.5, 0.2)
    assert [case.name for case in validate_engine._cases(True, *settings)] == ["columns", "isolated"]
    assert [case.name for case in validate_engine._cases(False, *settings)] == [
        "microcircuit_0.2", "area_parahippocampal_0.5", "active_area_parahippocampal_0.5", "model_0.02",
    ]  # fmt: skip


def test_the_page_of_the_documentation_is_up_to_date():
    made = doc_page.parts()
    text = shipped("docs", doc_page.PAGE).read_text(encoding="utf-8")
    assert fill(text, made) == text, "python -m humam.validation.doc_page"
    assert all(f"<!-- {mark}: begin -->" in text for mark in made)


def test_the_page_tells_which_kernels_were_judged():
    assert "are those of this checkout" in doc_page.judged(kernels.digest())
    assert "are not those of this checkout" in doc_page.judged("0" * 64)
    assert "not known" in doc_page.judged(None)


def test_the_page_shows_what_was_found_beside_its_tolerance():
    sections = {"Neuron model": [by_tolerance("neuron", "spikes that differ", 0, 12, 89.0, "of 8900 spikes")]}
    made = doc_page.by_tolerance(summary.checks_frame(sections))
    assert made.splitlines()[2] == "| neuron | spikes that differ | 0 | 12 | 89 | passed | of 8900 spikes |"


def test_tables_of_three_engines():
    rows = [
        ("x", "rate", 8, a, b, 0.1 * (i + 1), 0.01, 0.05, 0.2, None if a == b else 0.5, None)
        for i, (a, b) in enumerate(itertools.combinations_with_replacement(("nest", "procedural", "window"), 2))
    ]
    rows += [("y", "rate", 8, "nest", "nest", 1.0, 0.1, 0.5, 2.0, None, None)]
    frame = pd.DataFrame(rows, columns=list(summary.BAND_COLUMNS))
    pairs = [("nest", "nest"), ("window", "window"), ("nest", "window")]
    head, _, row = doc_page.distances(frame, {"x": "X", "y": "Y"}, pairs).splitlines()
    title = "procedural, window of 4"
    assert head == f"| network | statistic | NEST / NEST | {title} / {title} | NEST / {title} | p |"
    assert row == "| X | rate | 0.1 ± 0.01 | 0.6 ± 0.01 | 0.3 ± 0.01 | 0.5 |", "network Y has no runs with the window"


def test_stated_limits_of_nest_hold():
    share = limits.largest(limits.area, limits.SMALL_BYTES)
    assert limits.memory(limits.area(share)) <= limits.SMALL_BYTES < limits.memory(limits.area(share + 0.01))
    assert limits.largest(limits.area, limits.memory(limits.area(1.0))) == 1
    job = limits.column(1.0)
    NestEngine().check(job)
    with pytest.raises(HumamError, match="per virtual process"):
        NestEngine().check(dataclasses.replace(job, threads=1))


def test_too_little_memory_for_nest_is_refused_before_anything_runs(tmp_path, monkeypatch):
    case = cases.one_column(0.1)
    limits.check_memory(case, [1, 2], tmp_path, None)
    with pytest.raises(
        HumamError, match=r"s = k = 0.1: NEST needs about 0.\d GB of memory, 0.1 GB are available; a sm"
    ):
        limits.check_memory(case, [1, 2], tmp_path, 100_000_000)
    for seed in (1, 2):
        runs.path_of(case, "nest", 1000 + seed, tmp_path).touch()
    limits.check_memory(case, [1, 2], tmp_path, 100_000_000)
    monkeypatch.setattr(machine, "available_memory", lambda: 100_000_000)
    monkeypatch.setattr(validate_engine, "_definitions", lambda *_: pytest.fail("too late"))
    with pytest.raises(HumamError, match="NEST needs about"):
        validate_engine.main(out=tmp_path / "out", quick=True)


def test_fingerprint_of_a_case_ignores_the_last_digits():
    case = cases.one_column(0.1)
    names = ["dc", "weight_external"]
    almost = dataclasses.replace(case, network=case.network.assign({n: case.network[n] * (1 + 1e-13) for n in names}))
    other = dataclasses.replace(case, network=case.network.assign({n: case.network[n] * (1 + 1e-4) for n in names}))
    assert almost.fingerprint() == case.fingerprint() != other.fingerprint()


def test_the_active_area_is_driven_by_the_rates_of_the_archived_run():
    case = cases.active_area(cases.SMALLEST_AREA, 1.0)
    run = archive.read(cases.ACTIVE_RUN)
    inside = np.char.startswith(run.data["target"].to_numpy(), f"{cases.SMALLEST_AREA}|")
    neurons = run.data["neurons"].to_numpy()
    assert case.parameters.chi == run.parameters["chi"] == 2.5
    assert case.network["neurons"].to_numpy().tolist() == np.where(inside, neurons, 0).tolist()
    network = networks.build(tables.read(shipped("datasets", "tables")), validate(run.parameters))
    rates = np.where(inside, 0.0, np.nan_to_num(run.data["rate"].to_numpy()))
    events = network["synapses"].to_numpy() @ rates / np.maximum(neurons, 1)
    np.testing.assert_allclose(case.network["rate_replaced"], np.where(inside, events, 0.0), rtol=1e-12)


def test_a_quick_validation_is_not_taken_into_the_documentation(tmp_path):
    (tmp_path / "validation.json").write_text('{"settings": {"form": "quick"}}')
    with pytest.raises(HumamError, match="is the quick form, a thorough one is needed"):
        doc_page.main(str(tmp_path))


@pytest.mark.parametrize("damage", ["empty", "cut", "altered", "text", "other"])
def test_a_damaged_run_is_made_again(tmp_path, damage):
    path = tmp_path / "run.npz"
    with path.open("wb") as file:
        np.savez_compressed(file, fingerprint=np.array("a"), rate_0=np.arange(99.0))
    assert runs._read(path, "a").samples["rate"][0].size == 99
    content = path.read_bytes()
    half = len(content) // 2
    damaged = {
        "empty": b"", "cut": content[:half], "altered": content[: half - 40] + bytes(80) + content[half + 40 :],
        "text": b"no run", "other": b"",
    }  # fmt: skip
    path.write_bytes(damaged[damage])
    if damage == "other":
        with path.open("wb") as file:
            np.savez_compressed(file, rate_0=np.arange(99.0))
    assert runs._read(path, "a") is None
