"""Archived runs can be made again by ``datalad rerun``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from humam import errors
from humam.errors import HumamError
from humam.provenance import run_record


@pytest.fixture
def archive(tmp_path, checkout, require):
    """Return a small archive with one archived run, whose command notes that it ran."""
    require("datalad")
    require("git")
    folder = tmp_path / "an archive"
    shutil.copytree(checkout / ".datalad", folder / ".datalad")
    (folder / "bin").mkdir()
    program = folder / "bin" / "humam"
    program.write_text('#!/bin/sh\necho "$@" >> ../said\ntest ! -e ../differs\n')
    program.chmod(0o755)
    (folder / "input.yml").write_text("chi: 1\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    (folder / "run.json").write_text("{}")
    git(folder, "add", "--all")
    record = {"name": "base", "command": ["bin/humam", "reproduce", "base"], "inputs": ["input.yml"]}
    text = run_record.message(record, run_record.dataset_id(folder))
    git(folder, "commit", "--quiet", "--file", "-", text=text)
    return folder


def environment(folder):
    person = {f"GIT_{role}_{key}": "test" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | person | {"HOME": str(folder.parent), "PATH": path, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder, *arguments, text=None):
    subprocess.run(["git", *arguments], cwd=folder, input=text, text=True, check=True, env=environment(folder))


def rerun(folder):
    return subprocess.run(["datalad", "rerun"], cwd=folder, env=environment(folder), capture_output=True, text=True)


def test_datalad_rerun_repeats_the_command_of_an_archived_run(archive):
    done = rerun(archive)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (archive.parent / "said").read_text() == "reproduce base\n"


def test_datalad_rerun_fails_if_the_run_is_not_reproduced(archive):
    (archive.parent / "differs").touch()
    assert rerun(archive).returncode != 0


def test_a_folder_without_an_id_is_named(tmp_path):
    with pytest.raises(HumamError, match="no DataLad dataset"):
        run_record.dataset_id(tmp_path)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "humam: error: usage: python -m "),
        (["one", "two"], " NAME\n"),
        (["none"], "humam: error: archived run 'none': unknown; archived are base, "),
    ],
)
def test_bad_words_after_a_module_are_one_line(words, says, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["module", *words])
    with pytest.raises(SystemExit) as stop:
        errors.run(run_record.main)
    text = capsys.readouterr().err
    assert stop.value.code == 2
    assert says in text and text.count("\n") == 1
