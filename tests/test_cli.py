"""How the command line ends: one line and a code for each kind of error, and what it takes for words."""

import sys
import types

import pytest

from humam import cli, errors
from humam.errors import HumamError


@pytest.fixture
def fails_with(monkeypatch):
    """Return a function that makes the command ``fail`` raise an error."""

    def prepare(error):
        def main(*words: str) -> None:
            raise error

        module = types.ModuleType("humam.commands.fail")
        module.main = main
        monkeypatch.setitem(sys.modules, "humam.commands.fail", module)
        monkeypatch.setattr(cli, "COMMANDS", {"fail": "Fails."})

    monkeypatch.delenv("HUMAM_TRACEBACK", raising=False)
    return prepare


OUTCOMES = [
    (HumamError("threads = 0: must be\nat least 1"), 2, "humam: error: threads = 0: must be at least 1"),
    (PermissionError(13, "Permission denied", "out"), 2, "humam: error: Permission denied 'out'"),
    (OSError(28, "No space left on device"), 2, "humam: error: No space left on device"),
    (MemoryError(), 2, "humam: error: the memory is full"),
    (MemoryError("Unable to allocate 9 TiB"), 2, "humam: error: the memory is full: Unable to allocate 9 TiB"),
    (KeyboardInterrupt(), 130, "humam: interrupted"),
    (
        TypeError("'NoneType' object\nis not iterable"), 1,
        "humam: error: unexpected TypeError: 'NoneType' object is not iterable (a bug; HUMAM_TRACEBACK=1 shows where)",
    ),
    (KeyError("step"), 1, "humam: error: unexpected KeyError: 'step' (a bug; HUMAM_TRACEBACK=1 shows where)"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "code", "line"), OUTCOMES)
def test_each_error_is_one_line_and_a_code(fails_with, capsys, error, code, line):
    fails_with(error)
    with pytest.raises(SystemExit) as stop:
        cli.main(["fail"])
    assert (stop.value.code, capsys.readouterr()) == (code, ("", line + "\n"))


@pytest.mark.parametrize(("error", "code", "line"), OUTCOMES)
def test_modules_that_are_run_end_alike(monkeypatch, capsys, error, code, line):
    def main() -> None:
        raise error

    monkeypatch.delenv("HUMAM_TRACEBACK", raising=False)
    monkeypatch.setattr(sys, "argv", ["module"])
    with pytest.raises(SystemExit) as stop:
        errors.run(main)
    assert (stop.value.code, capsys.readouterr().err) == (code, line + "\n")


@pytest.mark.parametrize("error", [HumamError("x"), OSError(28, "No space"), TypeError("x")])
def test_the_traceback_is_shown_where_it_is_asked_for(fails_with, monkeypatch, error):
    fails_with(error)
    monkeypatch.setenv("HUMAM_TRACEBACK", "1")
    with pytest.raises(type(error)) as caught:
        cli.main(["fail"])
    assert caught.value is error


@pytest.mark.parametrize(
    ("words", "part"), [(["fial"], "fial"), (["show", "--no-such", "1"], "--no-such"), (["simulate"], "network")]
)
def test_words_that_no_command_knows_are_bad_input(capsys, words, part):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.startswith("humam: error: ") and part in error and error.count("\n") == 1


@pytest.mark.parametrize("how", ["given", "of the process"])
def test_words_that_are_no_utf8_are_refused(fails_with, monkeypatch, capsys, how):
    fails_with(AssertionError("too late"))
    words = ["fail", b"T\xff=x".decode("utf-8", "surrogateescape")]
    monkeypatch.setattr(sys, "argv", ["humam", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main(words if how == "given" else None)
    line = "humam: error: argument 'T\\udcff=x': must be UTF-8\n"
    assert (stop.value.code, capsys.readouterr().err) == (2, line)


def test_a_module_refuses_words_that_are_no_utf8(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["module", "\udcff"])
    with pytest.raises(SystemExit) as stop:
        errors.run(lambda word: pytest.fail("too late"))
    assert (stop.value.code, capsys.readouterr().err) == (2, "humam: error: argument '\\udcff': must be UTF-8\n")
