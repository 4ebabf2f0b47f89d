"""The comparison: verdicts, order, and what is refused."""

import re

import pandas as pd
import pytest
from small_site import row

from humam import comparison, published
from humam.cli import main
from humam.commands import show
from humam.errors import HumamError

VALUES = """figure,panel,quantity,unit,value,status,note
3,B,slope,1/mm,-0.0095287,,
3,B,intercept,1,7.7,,
4,D,lowest whisker,1/s,0.12,incomparable,s = k = 0.01
5,E,mean,1,,unavailable,file absent
5,F,mean,1,0.0076,,
5,F,max,1,0.25,published,
10,A,count,1,3,,
4,E,mean rate,1/s,0.2,incomparable,s = k = 0.01
"""
PUBLISHED = """figure,panel,quantity,unit,value,tolerance,kind,note
3,B,slope,1/mm,-0.0095287,5e-8,R,
3,B,intercept,1,7.6412,0.00005,R,
4,D,lowest whisker,1/s,,,X,printed in the text
4,E,mean rate,1/s,0.1429,0.00005,D,
5,E,mean,1,0.2,0.01,D,
5,F,sd,1,0.0245,0.00005,D,
5,F,max,1,0.25,0.001,D,
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "values.csv").write_text(VALUES)
    (tmp_path / "figures.csv").write_text(PUBLISHED)
    return tmp_path


def table_of(folder):
    return comparison.compare(comparison.read_values([folder / "values.csv"]), comparison.read_published(folder))


def test_every_verdict_and_the_order_of_rows(files):
    table = table_of(files)
    rows = [tuple(row) for row in table[["figure", "panel", "quantity", "verdict"]].to_numpy()]
    assert rows == [
        ("3", "B", "slope", comparison.REPRODUCED),
        ("3", "B", "intercept", comparison.DIFFERS),
        ("4", "D", "lowest whisker", comparison.NO_PUBLISHED_VALUE),
        ("4", "E", "mean rate", comparison.NOT_COMPARED),
        ("5", "E", "mean", comparison.NOT_AVAILABLE),
        ("5", "F", "mean", comparison.NO_PUBLISHED_VALUE),
        ("5", "F", "max", comparison.RECOMPUTED),
        ("5", "F", "sd", comparison.NOT_COMPUTED),
        ("10", "A", "count", comparison.NO_PUBLISHED_VALUE),
    ]
    assert list(table.columns) == comparison.COLUMNS
    assert table.loc[1, "difference"] == pytest.approx(7.7 - 7.6412)
    assert table.loc[2, "note"] == "s = k = 0.01; printed in the text"
    assert sum(comparison.counts(table).values()) == len(table)


def test_a_value_on_the_edge_of_its_tolerance_is_reproduced():
    key = {"figure": ["2"], "panel": ["A"], "quantity": ["max"], "unit": ["1"]}
    here = pd.DataFrame({**key, "value": [0.3], "status": [""], "note": [""]})
    paper = pd.DataFrame({**key, "value": [0.2], "tolerance": [0.1], "kind": ["R"], "note": [""]})
    assert comparison.compare(here, paper)["verdict"].tolist() == [comparison.REPRODUCED]
    paper["tolerance"] = 0.0999
    assert comparison.compare(here, paper)["verdict"].tolist() == [comparison.DIFFERS]


def test_the_same_value_from_two_reports_is_one_row(files):
    twice = comparison.read_values([files / "values.csv", files / "values.csv"])
    assert len(twice) == len(comparison.read_values([files / "values.csv"]))


def test_command_writes_a_table_that_reads_back(files, monkeypatch):
    states = published.states()  # the folder has figures alone
    monkeypatch.setattr(published, "states", lambda folder=None: states)
    out = files / "with space" / "comparison.csv"
    main(["verdicts", "--values", str(files / "values.csv"), "--published", str(files), "--out", str(out)])
    pd.testing.assert_frame_equal(comparison.read(out), table_of(files), rtol=1e-9)


def test_a_run_without_values_lists_what_it_did_not_compute(files):
    table = comparison.compare(comparison.read_values([]), comparison.read_published(files))
    assert set(table["verdict"]) == {comparison.NOT_COMPUTED}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("slope,1/mm", "slope,1/m", "'slope' has the unit '1/m' here but '1/mm' as published"),
        ("7.7", "seven", "value of 3 B 'intercept' is no number: 'seven'"),
        ("0.12,incomparable", "0.12,scald", "status 'scald' is unknown"),
        ("unit,value", "units,value", "lacks the column 'unit'"),
    ],
)
def test_bad_values_are_refused(files, old, new, message):
    (files / "values.csv").write_text(VALUES.replace(old, new))
    with pytest.raises(HumamError, match=message):
        table_of(files)


def test_a_published_quantity_given_twice_is_refused(files):
    (files / "figures.csv").write_text(PUBLISHED + "5,F,sd,1,0.03,0.1,D,\n")
    with pytest.raises(HumamError, match="5 F 'sd' more than once"):
        comparison.read_published(files)


def test_missing_files_are_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["verdicts", "--values", str(tmp_path / "no.csv"), "--published", str(tmp_path), "--out", "x.csv"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert "no.csv' does not exist" in error and error.count("\n") == 1


def test_the_terminal_shows_counts_by_figure_and_what_differs(tmp_path, capsys):
    rows = [
        ("figure2", "A", comparison.REPRODUCED, 1.0, 1.0),
        ("figure2", "B", comparison.DIFFERS, 1.0, 2.5),
        ("figure10", "A", comparison.NOT_COMPUTED, 3.0, float("nan")),
    ]
    table = pd.DataFrame(
        [
            {"figure": figure, "panel": panel, "quantity": "rate_mean[state=base]", "unit": "1/s", "note": "",
             "published": published, "here": here, "difference": here - published, "tolerance": 0.1,
             "tolerance_from": "printed digits", "verdict": verdict}
            for figure, panel, verdict, published, here in rows
        ]
    )  # fmt: skip
    comparison.write(table.reindex(columns=comparison.COLUMNS, fill_value=""), tmp_path / "comparison.csv")
    main(["show", str(tmp_path)])
    out = capsys.readouterr().out
    assert re.search(r"Figure 2\s+1\s+0\s+1", out)
    assert "Figure 10" not in out and "1 further published quantities" in out
    assert re.search(r"Figure 2 B\s+rate mean \(state base\)\s+1\s+2\.5\s+1/s\s+none known", out)
    counted = "1 reproduced, 1 differ (0 by a mechanism, 0 by chance, 0 not settled, 1 unexplained)"
    assert counted in " ".join(out.split())


def test_the_terminal_numbers_causes_and_counts_what_it_does_not_show(tmp_path, capsys):
    causes = ["Seeds.", "Rounding."] + 12 * ["Seeds."] + [""]
    rows = [row("figure2", "A", f"q{i}", 1.0, 2.0 + i, comparison.DIFFERS, why) for i, why in enumerate(causes)]
    comparison.write(pd.DataFrame(rows).reindex(columns=comparison.COLUMNS, fill_value=""), tmp_path / "comparison.csv")
    main(["show", str(tmp_path)])
    out = capsys.readouterr().out
    shown = re.findall(r"^ *Figure 2 A +q(\d+) .* (none known|\d+) *$", out, re.M)
    # Without a known cause first.
    assert shown == [("14", "none known"), ("0", "1"), ("1", "2"), *((str(i), "1") for i in range(2, 11))]
    assert len(shown) == show.MOST_DIFFERENCES and "and 3 more: see index.html" in out
    assert "\nCause 1: Seeds.\nCause 2: Rounding.\n" in out and "Cause 3" not in out


def test_the_terminal_has_a_column_for_every_verdict():
    assert set(show.HEADS) == set(comparison.VERDICTS) - {comparison.NOT_COMPUTED}


def test_the_terminal_needs_a_results_folder(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["show", str(tmp_path)])
    assert stop.value.code == 2 and "comparison.csv" in capsys.readouterr().err


@pytest.mark.parametrize(("column", "word"), [("verdict", "reproducd"), ("cause_kind", "fire")])
def test_an_unknown_word_of_a_comparison_is_named(tmp_path, capsys, column, word):
    table = pd.DataFrame([row("figure2", "A", "mean", 1.0, 2.0, comparison.DIFFERS) | {column: word}])
    comparison.write(table.reindex(columns=comparison.COLUMNS, fill_value=""), tmp_path / "comparison.csv")
    with pytest.raises(SystemExit) as stop:
        main(["show", str(tmp_path)])
    error = capsys.readouterr().err
    assert stop.value.code == 2 and f"comparison.csv': {column} {word!r} is unknown: allowed are " in error
