"""``bin/humam``: sets up what is missing, then starts the command.

Everything that is slow happens once; a start with everything in place reads one lock file and replaces this process.
"""

from __future__ import annotations

import ast
import difflib
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Final

from humam.child import end_with_parent
from humam.provenance import machine
from humam_setup import debian, environments, java, nest_mpi, nextflow
from humam_setup.building import say, side_by_side
from humam_setup.places import Places, SetupError, cache_folder, child_environment

OWN_COMMANDS: Final = {
    "run": "Run the whole workflow in this folder; takes the options of `nextflow run` and the workflow's parameters.",
    "test": "Run linters, type checker and all tests (--install: install the Debian packages they use first); "
    "with further arguments: pytest alone, with these arguments.",
    "image": "Build the container image with all software (for -profile apptainer) and print its path.",
    "doctor": "Tell what was found, what is missing and what that means.",
    "setup": "Set up everything that `run` needs and stop; with --test also what `test` needs.",
    "python": "Run the archive's own Python, which finds its packages and code: `humam python -m MODULE`, "
    "`humam python FILE.py`.",
}

_HELP: Final = """\
Reproducibility archive of the human multi-area spiking model (Pronold et al. 2024).

usage: humam COMMAND [ARGUMENTS]

The whole, set up by itself where needed:
{own}

The steps (`humam COMMAND --help` explains one):
{steps}

Options: --help, --version.
`humam run` writes to ./results unless --outdir names another folder; `humam run --help` lists all parameters;
`humam run -resume` re-runs only what changed.

Environment variables:
  HUMAM_CACHE          folder for all that is set up; now {cache}
  HUMAM_DATA_MIRROR    folder with a copy of the raw data, for the tests
                       and for reruns of a dataset
  HUMAM_TRACEBACK=1    show where an error comes from
Programs on PATH come first: uv, nextflow (25.04 or newer), java (17 to 24, also $JAVA_HOME), mvn.
"""


def steps(places: Places) -> dict[str, str]:
    """Return the commands of :mod:`humam.cli` with what each does, without importing it (it needs packages)."""
    tree = ast.parse((places.source / "humam" / "cli.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "COMMANDS" and node.value:
            return dict(ast.literal_eval(node.value))
    raise SetupError("humam/cli.py has no COMMANDS")


def version(places: Places) -> str:
    """Return the version of the archive."""
    for line in (places.source / "humam" / "__init__.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("__version__"):
            return str(ast.literal_eval(line.partition("=")[2].strip()))
    raise SetupError("humam/__init__.py has no __version__")


def help_text(places: Places) -> str:
    """Return what ``bin/humam --help`` prints."""
    known = steps(places)
    width = max(map(len, known | OWN_COMMANDS)) + 2

    def table(commands: dict[str, str]) -> str:
        return "\n".join(f"  {name:<{width}}{text}" for name, text in commands.items())

    return _HELP.format(own=table(OWN_COMMANDS), steps=table(known), cache=places.cache)


def prepare(places: Places, *names: str) -> dict[str, str]:
    """Set up environments, Java and Nextflow, at the same time; return the environment variables to run them.

    Parameters
    ----------
    places : Places
        Checkout and cache.
    *names : str
        Environments; the commands of the first come first on PATH.
    """
    if not all(environments.environment_ready(places, name) for name in names):
        environments.ensure_uv(places)  # once, before those that use it start side by side
    folders, (own, java_command) = side_by_side(
        # The second environment shares the files of the first.
        lambda: [environments.ensure_environment(places, name) for name in names],
        lambda: _prepare_nextflow(places),
    )
    variables = child_environment(places, folders[0])
    if java_command:
        variables["JAVA_CMD"] = str(java_command)
    if own:
        variables["PATH"] = os.pathsep.join([str(own.parent), variables["PATH"]])
    return variables


def _prepare_nextflow(places: Places) -> tuple[Path | None, Path | None]:
    """Return Nextflow and Java of the cache, or None twice if the machine's own Nextflow runs."""
    if nextflow.find_nextflow(places)[0]:
        return None, None
    command = java.ensure_java(places)
    return nextflow.ensure_nextflow(places), command


def option(arguments: Sequence[str], name: str) -> str | None:
    """Return the value of an option in a command's arguments.

    Examples
    --------
    >>> option(["-resume", "--outdir", "here"], "--outdir"), option(["--outdir=there"], "--outdir")
    ('here', 'there')
    >>> option(["-resume"], "--outdir")
    """
    for position, argument in enumerate(arguments):
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
        if argument == name and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def run(places: Places, arguments: Sequence[str]) -> int:
    """Run the workflow in the current folder; return its exit code, 1 where it is 0 but an error was told."""
    variables = prepare(places, "runtime")
    # Nextflow appends its project's bin/ to PATH: another checkout's launcher there must not come first.
    variables["PATH"] = os.pathsep.join([str(places.checkout / "bin"), variables["PATH"]])
    errors: list[bytes] = []
    done: list[bytes] = []

    def listen(line: bytes) -> None:
        # What Nextflow says last, about its own end, must not hide why the run failed.
        if line.startswith(b"humam: error: "):
            errors.append(line)
        elif line.startswith(DONE):
            done.append(line)
        else:
            _put(line)

    code = supervise(["nextflow", "run", str(places.checkout / "main.nf"), *arguments], variables, listen=listen)
    for line in errors or ([_unexplained(code)] if code else []):
        _put(line)
    # The workflow itself says where the results are: its parameters can also come from files (-params-file, -c).
    index = Path(os.fsdecode(done[-1].removeprefix(DONE).strip())).absolute() if done else None
    if index is None or not index.is_file() or {"-preview", "-stub-run", "-stub"} & set(arguments):
        for line in done:
            _put(line)
    elif code == 0:
        python = str(environments.environment_folder(places, "runtime") / "bin" / "python")
        code = supervise([python, "-P", "-m", "humam", "show", str(index.parent)], variables)
        say(f"results: {index}")
    # Nextflow's own code does not tell that the results are there, but not the record of their provenance.
    return code or int(bool(errors))


DONE: Final = b"Done: "
"""How the line begins in which the workflow names the front page of its results (main.nf)."""


def _put(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()


def _unexplained(code: int) -> bytes:
    """Return one line about a run that ended before the workflow could tell why."""
    here = Path.cwd()
    why = "no space left in its file system" if shutil.disk_usage(here).free < 2**17 else f"exit code {code}"
    log = here / ".nextflow.log"
    line = f"humam: error: Nextflow ended early in {here}: {why}; log: {log}; -resume goes on once this is mended\n"
    return line.encode()


FOR_TESTS: Final = ("test", "runtime", "validator")
"""Environments that the tests use; the commands of the first come first on PATH."""


def test(places: Places, arguments: Sequence[str]) -> int:
    """Run linters and tests; return 0 if all pass."""
    if "--install" in arguments:
        try:
            debian.install(places)
        except SetupError as error:
            say(f"{error}; tests that need what is missing are skipped (under CI=true: fail)")
        arguments = [argument for argument in arguments if argument != "--install"]
    variables = prepare(places, *FOR_TESTS)
    python = str(environments.environment_folder(places, "test") / "bin" / "python")
    # Last on PATH: only the validator itself is to be found there.
    variables["PATH"] += f"{os.pathsep}{environments.environment_folder(places, 'validator') / 'bin'}"
    variables |= {"RUFF_CACHE_DIR": str(places.cache / "ruff"), "MYPY_CACHE_DIR": str(places.cache / "mypy")}
    variables.setdefault("OMP_NUM_THREADS", "1")  # the tests themselves run side by side
    system = nest_mpi.this_system()
    if system and (not arguments or nest_mpi.ready(places, system)):
        variables["HUMAM_NEST_MPI"] = str(nest_mpi.ensure_nest_mpi(places))
    failed = []
    if not arguments:
        for check in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
            say(" ".join(check))
            if supervise([python, "-m", *check], variables, places.checkout):
                failed.append(" ".join(check))
    workers = str(min(4, machine.usable_cores()))
    # Tests of one file stay together: they share what is expensive.
    options = ["-n", workers, "--dist", "loadfile", "-o", f"cache_dir={places.cache / 'pytest'}"]
    code = supervise([python, "-m", "pytest", *options, *arguments], variables, places.checkout)
    if failed:
        say(f"failed besides the tests: {', '.join(failed)}")
    return code or bool(failed)


def setup(places: Places, arguments: Sequence[str]) -> int:
    """Set up and stop."""
    if unknown := [argument for argument in arguments if argument != "--test"]:
        raise SetupError(f"setup: unknown argument {unknown[0]!r}; allowed: --test")
    prepare(places, *(FOR_TESTS if arguments else ("runtime",)))
    if arguments and nest_mpi.this_system():
        nest_mpi.ensure_nest_mpi(places)
    say(f"everything is set up in {places.cache}")
    return 0


def supervise(
    arguments: Sequence[str],
    variables: dict[str, str],
    folder: Path | None = None,
    listen: Callable[[bytes], None] | None = None,
) -> int:
    """Run a program to its end, handing signals on; return its exit code (128 + n after signal n).

    Parameters
    ----------
    arguments : sequence of str
        The program and its arguments.
    variables : dict
        Its environment variables.
    folder : path, optional
        Where it runs.
    listen : callable, optional
        Gets each line that it writes to standard error.
    """
    program = shutil.which(arguments[0], path=variables["PATH"])
    if program is None:
        raise SetupError(f"{arguments[0]} is not on PATH")
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, hand_on) for number in caught}
    try:
        child = subprocess.Popen(
            [program, *arguments[1:]],
            env=variables,
            cwd=folder,
            stderr=subprocess.PIPE if listen else None,
            preexec_fn=end_with_parent,
        )
        for number in early:
            child.send_signal(number)
        if listen and (stream := child.stderr):
            listener = Thread(target=lambda: deque(map(listen, stream), maxlen=0), daemon=True)
            listener.start()
        code = child.wait()
        if listen:
            listener.join(2)  # what the program left running may hold its standard error open
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _has_ranks_here(arguments: Sequence[str]) -> bool:
    """Return whether a simulation starts ranks with this machine's Python, not with the program of an image.

    Examples
    --------
    >>> _has_ranks_here(["simulate", "--ranks", "2"]), _has_ranks_here(["simulate", "--ranks", "1"])
    (True, False)
    >>> _has_ranks_here(["simulate", "--ranks", "2", "--launcher", "srun apptainer exec humam.sif humam"])
    False
    """
    inside = (option(arguments, "--launcher") or "").split()[-1:] == ["humam"]
    return option(arguments, "--ranks") not in (None, "1") and not inside


def step(places: Places, arguments: Sequence[str]) -> int:
    """Become one step of the archive."""
    known = steps(places)
    if arguments[0] not in known:
        near = difflib.get_close_matches(arguments[0], [*known, *OWN_COMMANDS], n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise SetupError(f"unknown command {arguments[0]!r}{hint}; `humam --help` lists all")
    folder = environments.ensure_environment(places, "runtime")
    variables = child_environment(places, folder)
    if arguments[0] == "simulate" and _has_ranks_here(arguments):
        variables["PYTHONPATH"] = os.pathsep.join([str(nest_mpi.ensure_nest_mpi(places)), variables["PYTHONPATH"]])
    python = str(folder / "bin" / "python")
    # -P: a file in the current folder must not stand in for a module.
    os.execve(python, [python, "-P", "-m", "humam", *arguments], variables)  # noqa: S606


def python(places: Places, arguments: Sequence[str]) -> int:
    """Become the Python of the steps."""
    folder = environments.ensure_environment(places, "runtime")
    program = str(folder / "bin" / "python")
    variables = child_environment(places, folder)
    # Modules of the user come after those of the archive.
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, [variables["PYTHONPATH"], os.environ.get("PYTHONPATH")]))
    os.execve(program, [program, *arguments], variables)  # noqa: S606


def main(checkout: str, arguments: Sequence[str]) -> int:
    """Run the launcher; return the exit code. Errors are one line on standard error and code 2."""
    try:
        places = Places(Path(checkout), cache_folder(os.environ))
        match list(arguments):
            case [] | ["--help" | "-h" | "help", *_]:
                print(help_text(places), end="")
                return 0
            case ["--version", *_]:
                print(version(places))
                return 0
            case ["test" | "setup" | "image" | "doctor" as name, "--help" | "-h", *_]:
                print(f"humam {name}: {OWN_COMMANDS[name]}")
                return 0
            case ["run", *rest]:
                return run(places, rest)
            case ["test", *rest]:
                return test(places, rest)
            case ["setup", *rest]:
                return setup(places, rest)
            case ["image", *rest]:
                from humam_setup.image import image

                return image(places, rest)
            case ["python", *rest]:
                return python(places, rest)
            case ["doctor"]:
                from humam_setup.doctor import doctor

                return doctor(places)
            case ["doctor", argument, *_]:
                raise SetupError(f"doctor: unknown argument {argument!r}; it takes none")
            case _:
                return step(places, arguments)
    except SetupError as error:
        if os.environ.get("HUMAM_TRACEBACK"):
            raise
        print(f"humam: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output wants no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("humam: interrupted", file=sys.stderr)
        return 130
