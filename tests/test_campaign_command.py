"""The command ``humam campaign``: what its options do."""

import pytest

from humam.campaigns import campaign, outlook, samplesheet
from humam.cli import main
from humam.resources import shipped

HEADER = "run,experiment,engine,scale,t_sim,seed\n"


@pytest.fixture
def sheet(tmp_path, free_space):
    free_space(1e14)
    path = tmp_path / "runs.csv"
    path.write_text(HEADER + "a,base,procedural,1,1000,1\nb,base,procedural,1,1000,2\n")
    return path


@pytest.fixture
def performed(monkeypatch):
    """What would be simulated."""
    asked = []

    def perform(run, out, archive, *options):
        asked.append((run.id, out.name, archive.name, *options))

    monkeypatch.setattr(campaign, "perform", perform)
    return asked


def ask(sheet, *options):
    folders = ["--out", str(sheet.parent / "work"), "--archive", str(sheet.parent / "runs")]
    main(["campaign", "--input", str(sheet), *folders, *options])


def refusal(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["campaign", *arguments])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_dry_run_tells_the_plan_and_does_nothing(sheet, performed, capsys):
    ask(sheet, "--dry-run")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["run", "a", "b"]
    assert lines[-1].startswith("2 of 2 simulations to make: ")
    assert performed == [] and list(sheet.parent.iterdir()) == [sheet]


def test_runs_are_made_one_after_another_with_the_options_given(sheet, performed, capsys):
    ask(sheet)
    assert performed == [("a", "work", "runs", False, None), ("b", "work", "runs", False, None)]
    assert "campaign: run 2 of 2: b" in capsys.readouterr().err
    performed.clear()
    ask(sheet, "--keep-spikes", "--threads", "3")
    assert performed == [("a", "work", "runs", True, 3), ("b", "work", "runs", True, 3)]
    assert " on 3 cores, and " in capsys.readouterr().err


def test_less_than_one_thread_is_refused(capsys):
    assert refusal(capsys, "--threads", "0", "--dry-run") == "humam: error: threads = 0: must be at least 1"


def test_of_several_errors_in_a_sheet_the_first_is_told_and_the_others_are_counted(sheet, performed, capsys):
    sheet.write_text(HEADER + "a,base,nset,1,1000,1\nb,bse,nest,1,1000,1\nc,base,nest,2,1000,1\n")
    line = refusal(capsys, "--input", str(sheet), "--out", str(sheet.parent / "work"))
    assert "'nset'" in line and line.endswith(" (and 2 more)")
    assert performed == []


def test_the_shipped_list_is_made_where_none_is_given(tmp_path, free_space, monkeypatch, capsys):
    free_space(1e14)
    asked = []
    monkeypatch.setattr(samplesheet, "read", lambda path, *_: asked.append(path) or ([], []))
    main(["campaign", "--out", str(tmp_path / "work"), "--archive", str(tmp_path / "runs")])
    assert asked == [shipped("assets", "campaign.csv")]
    assert "all simulations are made" in capsys.readouterr().err


def test_of_an_archived_run_only_what_is_asked_for_stays(sheet, tmp_path, monkeypatch):
    steps = []
    monkeypatch.setattr(campaign, "_step", lambda arguments: steps.append(arguments[0]))
    for module, name in ((campaign, "_network_is_of"), (campaign, "_statistics_are_of"), (outlook, "are_of")):
        monkeypatch.setattr(module, name, lambda *_: True)
    work = tmp_path / "work"
    for run in ("a", "b"):
        for name in ("spikes", "statistics"):
            (work / run / name).mkdir(parents=True)
        (work / run / "network.nc").touch()
    ask(sheet, "--keep-spikes")
    assert [{path.name for path in folder.iterdir()} for folder in (work / "a", work / "b")] == [
        {"network.nc", "spikes", "statistics"}
    ] * 2
    (work / "a" / "notes.txt").touch()
    ask(sheet)
    assert [path.relative_to(work).as_posix() for path in work.rglob("*")] == ["a", "a/notes.txt"]
    assert steps == ["archive"] * 4
