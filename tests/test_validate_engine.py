"""The command that validates the procedural engine: page, tables, going on, red checks, bad input."""

import json

import pandas as pd
import pytest

from humam.cli import main
from humam.commands import validate_engine
from humam.engines.nest import NestEngine
from humam.errors import HumamError
from humam.markdown import fill
from humam.resources import shipped
from humam.validation import cases, doc_page
from humam.validation.checks import by_p


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
    main(["validate-engine", "--out", str(tmp_path), "--seeds", "3"])
    page = (tmp_path / "index.html").read_text()
    assert "checks passed" in page and 'src="ensemble_columns.svg"' in page and "nest-simulator" in page
    assert (tmp_path / "ensemble_columns.svg").is_file()
    values = pd.read_csv(tmp_path / "values.csv")
    assert set(values.section) == {"Drive", "Both engines"} and (values.verdict == "passed").all()
    distances = pd.read_csv(tmp_path / "distances.csv")
    assert set(distances.pair) == {"nest", "procedural", "between"} and (distances["mean"] > 0).all()
    record = json.loads((tmp_path / "validation.json").read_text())
    assert record["settings"]["seeds of each engine"] == 3 and list(record["networks"]) == ["columns"]
    assert len(list((tmp_path / "runs").iterdir())) == 6
    assert "seed" in capsys.readouterr().err, "progress"

    monkeypatch.setattr(NestEngine, "simulate", lambda *a: pytest.fail("a stored run was repeated"))
    main(["validate-engine", "--out", str(tmp_path), "--seeds", "3"])
    assert pd.read_csv(tmp_path / "values.csv").equals(values)


def test_red_checks_end_the_command(short, tmp_path, capsys):
    short[0] = 1e-9
    with pytest.raises(SystemExit) as error:
        main(["validate-engine", "--out", str(tmp_path), "--seeds", "3"])
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert "red: drive: mean: expected 1, found 1.1, p = 1e-09" in message and "1 checks of the procedural" in message
    assert "Red checks" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "2"], "seeds = 2: must be at least 3"),
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


def test_the_page_of_the_documentation_is_up_to_date():
    made = doc_page.parts()
    text = shipped("docs", doc_page.PAGE).read_text(encoding="utf-8")
    assert fill(text, made) == text, "python -m humam.validation.doc_page"
    assert all(f"<!-- {mark}: begin -->" in text for mark in made)


def test_a_quick_validation_is_not_taken_into_the_documentation(tmp_path):
    (tmp_path / "validation.json").write_text('{"settings": {"form": "quick"}}')
    with pytest.raises(HumamError, match="is the quick form, a thorough one is needed"):
        doc_page.main(str(tmp_path))
