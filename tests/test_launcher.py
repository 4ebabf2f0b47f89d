"""The launcher: its commands, and how it starts and ends others."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from humam_setup import launcher
from humam_setup.places import Places, child_environment


def humam(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "bin" / "humam", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | variables,
    )


def test_help_lists_every_command(checkout: Path) -> None:
    from humam.cli import COMMANDS

    done = humam(checkout, "--help")
    assert done.returncode == 0
    for name, text in (COMMANDS | launcher.OWN_COMMANDS).items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", done.stdout, re.MULTILINE)


def test_version(checkout: Path) -> None:
    import humam as package

    assert humam(checkout, "--version").stdout.strip() == package.__version__


def test_runs_by_a_link_from_a_path_with_spaces_and_leaves_nothing_there(checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "a check out"
    for name in ("bin", "src", "requirements"):
        shutil.copytree(checkout / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    link = tmp_path / "link"
    link.symlink_to(copy / "bin" / "humam")
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
    done = subprocess.run([link, "--version"], cwd="/", env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(copy.rglob("__pycache__"))  # the checkout stays clean


def test_unknown_command_is_refused_before_any_set_up(checkout: Path, tmp_path: Path) -> None:
    done = humam(checkout, "netwrk", HUMAM_CACHE=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "humam: error: unknown command 'netwrk' (did you mean 'network'?); `humam --help` lists all\n"
    assert not (tmp_path / "cache").exists()


def test_unusable_cache_folder_is_one_line(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = humam(checkout, "setup", HUMAM_CACHE=str(tmp_path / "file" / "below"))
    assert done.returncode == 2
    assert len([line for line in done.stderr.splitlines() if "error" in line]) == 1
    assert "HUMAM_CACHE" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["doctor"]])
def test_a_home_folder_that_is_not_there_is_one_line(checkout: Path, words: list[str]) -> None:
    done = humam(checkout, *words, HUMAM_CACHE="~nouserx/y")
    assert (done.returncode, done.stdout) == (2, "")
    error = "humam: error: HUMAM_CACHE=~nouserx/y: there is no such home folder; HUMAM_CACHE chooses another folder\n"
    assert done.stderr == error


def test_steps_run_packed_code(places: Places, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUMAM_CODE", raising=False)
    assert child_environment(places, None)["PYTHONPATH"] == str(places.source)
    monkeypatch.setenv("HUMAM_CODE", "network.zip")
    assert child_environment(places, None)["PYTHONPATH"] == str(tmp_path / "network.zip")


@pytest.mark.parametrize(("told", "code"), [("", 0), ("humam: error: no provenance", 1)])
def test_a_run_that_tells_an_error_does_not_end_with_0(
    places: Places,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    told: str,
    code: int,
) -> None:
    fake = tmp_path / "nextflow"
    fake.write_text(f"#!/bin/sh\necho {told!r} >&2\necho more >&2\n")
    fake.chmod(0o755)
    variables = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    monkeypatch.setattr(launcher, "prepare", lambda *_: variables)
    monkeypatch.chdir(tmp_path)
    assert launcher.run(places, []) == code
    assert capfdbinary.readouterr().err.split(b"\n")[-2] == (told or "more").encode()


@pytest.mark.parametrize("given", [[], ["-params-file", "p.json"], ["--outdir", "elsewhere"]])
def test_a_run_ends_with_the_table_of_the_folder_that_the_workflow_names(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], given: list[str]
) -> None:
    fake = tmp_path / "nextflow"
    fake.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/arguments\necho 'Done: my results/index.html' >&2\n")
    fake.chmod(0o755)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "started: $@"\n')
    python.chmod(0o755)
    variables = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    monkeypatch.setattr(launcher, "prepare", lambda *_: variables)
    monkeypatch.setattr(launcher.environments, "environment_folder", lambda *_: tmp_path / "environment")
    (tmp_path / "environment" / "bin").mkdir(parents=True)
    (tmp_path / "environment" / "bin" / "python").symlink_to(python)
    monkeypatch.chdir(tmp_path)
    assert launcher.run(places, given) == 0
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "Done: my results/index.html\n")  # none there: nothing to print
    index = tmp_path / "my results" / "index.html"
    index.parent.mkdir()
    index.touch()
    assert launcher.run(places, given) == 0
    shown = capfd.readouterr()
    assert shown.out == f"started: -P -m humam show {index.parent}\n"
    assert shown.err == f"humam: results: {index}\n"
    # What the user said comes first and alone: a default would hide the folder that a file of parameters names.
    words = (tmp_path / "arguments").read_text().split()
    assert words == ["run", str(places.checkout / "main.nf"), *given]


@pytest.mark.parametrize("name", ["test", "setup", "image", "doctor"])
def test_own_commands_explain_themselves(checkout: Path, name: str) -> None:
    done = humam(checkout, name, "--help")
    assert (done.returncode, done.stdout) == (0, f"humam {name}: {launcher.OWN_COMMANDS[name]}\n")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["setup", "--test", "more"], "setup: unknown argument 'more'; allowed: --test"),
        (["doctor", "more"], "doctor: unknown argument 'more'; it takes none"),
    ],
)
def test_arguments_that_own_commands_do_not_take_are_named(checkout: Path, words: list[str], error: str) -> None:
    done = humam(checkout, *words)
    assert (done.returncode, done.stderr) == (2, f"humam: error: {error}\n")


def test_setup_for_tests_prepares_what_tests_use(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[tuple[str, ...]] = []
    monkeypatch.setattr(launcher, "prepare", lambda _, *names: prepared.append(names))
    monkeypatch.setattr(launcher.nest_mpi, "this_system", lambda: None)
    assert (launcher.setup(places, ["--test"]), launcher.setup(places, [])) == (0, 0)
    assert prepared == [launcher.FOR_TESTS, ("runtime",)]


@pytest.mark.parametrize(
    ("codes", "code", "red"),
    [
        ((0, 0, 0, 0), 0, ""),
        ((1, 0, 0, 0), 1, "ruff check ."),
        ((0, 1, 0, 0), 1, "ruff format --check ."),
        ((0, 0, 2, 0), 1, "mypy"),
        ((1, 0, 1, 5), 5, "ruff check ., mypy"),
        ((0, 0, 0, 5), 5, ""),
    ],
)
def test_tests_end_with_0_only_if_linters_and_tests_pass(
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    codes: tuple[int, ...],
    code: int,
    red: str,
) -> None:
    started = fake_programs(monkeypatch, codes)
    assert launcher.test(places, []) == code
    assert [words[2:4] for words in started] == [["ruff", "check"], ["ruff", "format"], ["mypy"], ["pytest", "-n"]]
    told = f"humam: failed besides the tests: {red}"
    assert capsys.readouterr().err.splitlines()[3:] == ([told] if red else [])


def test_chosen_tests_run_without_the_linters(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    started = fake_programs(monkeypatch, (4,))
    assert launcher.test(places, ["tests/test_launcher.py", "-x"]) == 4
    [words] = started
    assert words[1:3] == ["-m", "pytest"] and words[-2:] == ["tests/test_launcher.py", "-x"]


def fake_programs(monkeypatch: pytest.MonkeyPatch, codes: tuple[int, ...]) -> list[list[str]]:
    """Let programs end with given exit codes, without any set-up; return the list that gets their arguments."""
    started: list[list[str]] = []
    ends = iter(codes)

    def supervise(arguments: list[str], variables: dict[str, str], folder: Path) -> int:
        assert folder.name == Path(__file__).parents[1].name and variables["OMP_NUM_THREADS"]
        started.append(arguments)
        return next(ends)

    monkeypatch.setattr(launcher, "supervise", supervise)
    monkeypatch.setattr(launcher, "prepare", lambda *_: {"PATH": "/bin"})
    monkeypatch.setattr(launcher.nest_mpi, "this_system", lambda: None)
    return started


def test_python_is_the_archives_own_with_its_code(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.delenv("HUMAM_CODE", raising=False)
    monkeypatch.setenv("PYTHONPATH", "/mine")
    monkeypatch.setattr(launcher.environments, "ensure_environment", lambda *_: Path("/environment"))
    monkeypatch.setattr(launcher.os, "execve", lambda *words: started.append(words))
    launcher.python(places, ["-m", "humam.docs_pages.refresh"])
    [(program, words, variables)] = started
    assert [program, *words] == ["/environment/bin/python"] * 2 + ["-m", "humam.docs_pages.refresh"]
    assert variables["PYTHONPATH"] == f"{places.source}{os.pathsep}/mine"


def test_supervise_hands_on_signals_and_exit_codes(tmp_path: Path) -> None:
    variables = dict(os.environ)
    assert launcher.supervise(["sh", "-c", "exit 7"], variables) == 7
    assert launcher.supervise(["sh", "-c", "kill -9 $$"], variables) == 128 + signal.SIGKILL
    # The child signals its parent, which hands the signal on.
    assert launcher.supervise(["sh", "-c", "trap 'exit 5' TERM; kill -TERM $PPID; sleep 5 & wait"], variables) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a child that its parent is gone")
def test_a_run_ends_with_its_launcher(places: Places) -> None:
    code = f"import sys; sys.path.insert(0, {str(places.source)!r})\n" + (
        "import os; from humam_setup.launcher import supervise\n"
        "supervise(['sh', '-c', 'echo started; exec sleep 30'], dict(os.environ))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    parent.stdout.readline()
    start = time.monotonic()
    parent.kill()
    # The pipe closes when the last process that can write to it has ended.
    assert parent.stdout.read() == ""
    assert time.monotonic() - start < 20
    parent.wait()


def test_the_launcher_needs_no_packages(checkout: Path) -> None:
    """It runs before any environment exists."""
    modules = [f"humam_setup.{path.stem}" for path in (checkout / "src" / "humam_setup").glob("[!_]*.py")]
    code = f"import sys; sys.path.insert(0, {str(checkout / 'src')!r}); import {', '.join(modules)}"
    subprocess.run([sys.executable, "-B", "-I", "-S", "-c", code], check=True)


def test_doctor_tells_what_is_missing(checkout: Path, tmp_path: Path) -> None:
    done = humam(checkout, "doctor", HUMAM_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stdout
    for name in ("Python", "git", "Nextflow", "Java", "mvn", "uv", "datalad", "git-annex", "sbatch"):
        assert re.search(rf"^[ !] {name} ", done.stdout, re.MULTILINE), name
    assert re.search(r"environment 'runtime' +missing +will be set up", done.stdout)
    assert "can run" in done.stdout.splitlines()[-1]


def test_doctor_fails_without_git(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("bash", "ps"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        [sys.executable, checkout / "bin" / "humam", "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)},
    )
    assert done.returncode == 1
    assert re.search(r"^! git +missing", done.stdout, re.MULTILINE)
    assert "cannot run: git" in done.stdout
