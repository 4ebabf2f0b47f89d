"""Building a part of the cache: once, completely, by one process at a time, with progress."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from humam_setup.places import SetupError

MARKER: Final = ".complete"
HEARTBEAT_S: Final = 15.0
LISTEN_S: Final = 0.2
"""How long a build waits before it looks whether it was interrupted."""

NO_NETWORK: Final = " (is there a network connection?)"

Run = Callable[..., None]
"""``run(arguments, environment=None)``: start a program, raise :class:`SetupError` if it fails."""

_NETWORK = re.compile(
    r"name resolution|dns error|resolve host|unknown host|could not transfer|failed to connect|newconnectionerror"
    r"|connect(ion)? (error|refused|reset)|unreachable|timed out",
    re.IGNORECASE,
)
_ERROR = re.compile(r"^\s*(\[ERROR\]|error\b|cause\b|caused by\b|×|\w*(Error|Exception):)", re.IGNORECASE)


def say(text: str) -> None:
    """Print one line of progress on standard error."""
    # In one piece: parts are set up side by side, and print writes the end of the line apart.
    sys.stderr.write(f"humam: {text}\n")
    sys.stderr.flush()


def summary(log: str, limit: int = 400) -> str:
    """Return the errors in a program's output as one line.

    Examples
    --------
    >>> summary("Resolving\\nerror: Failed to fetch: `x`\\n  Caused by: dns error\\n")
    'error: Failed to fetch: `x`; Caused by: dns error (is there a network connection?)'
    >>> summary("")
    'no output'
    """
    lines = [" ".join(line.split()) for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)] or lines[-1:] or ["no output"]
    text = "; ".join(dict.fromkeys(errors))
    text = text if len(text) <= limit else text[: limit - 3] + "..."
    return text + (NO_NETWORK if _NETWORK.search(log) else "")


One = TypeVar("One")
Other = TypeVar("Other")

# Python tells the main thread alone of Ctrl-C; builds in other threads look here.
_interrupted = threading.Event()


def side_by_side(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """Call two functions at the same time; return what both return.

    Ctrl-C ends the programs that they started by :func:`ensure`; no part that is not ready counts as complete.
    """
    pool = ThreadPoolExecutor()
    try:
        first, second = pool.submit(one), pool.submit(other)
        second.exception()  # waits: where one fails the other still gets ready, for the next call
        return first.result(), second.result()
    except KeyboardInterrupt:
        _interrupted.set()
        pool.shutdown(cancel_futures=True)
        _interrupted.clear()
        raise
    finally:
        pool.shutdown(wait=False)


def _stop_if_interrupted() -> None:
    if _interrupted.is_set():
        raise KeyboardInterrupt


@contextmanager
def locked(path: Path, what: str) -> Iterator[int]:
    """Hold an exclusive lock on a file; yield its descriptor. Says so where another process has it."""
    with path.open("a") as stream:
        told = False
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    say(f"waiting for another process that sets up {what}")
                told = True
            _interrupted.wait(LISTEN_S)
            _stop_if_interrupted()
        yield stream.fileno()


def run_logged(
    arguments: Sequence[str | Path], what: str, log: Path, lock: int, environment: Mapping[str, str] | None = None
) -> None:
    """Run a program with its output in ``log``.

    The program inherits the lock: if this process is killed, the next one waits until the program has ended too.
    """
    _stop_if_interrupted()
    start = told = time.monotonic()
    with log.open("w+", encoding="utf-8", errors="replace") as output:
        try:
            child = subprocess.Popen(
                [str(a) for a in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                pass_fds=(lock,),
                start_new_session=True,
            )
        except OSError as error:
            raise SetupError(f"{what}: cannot start {arguments[0]}: {error.strerror}") from None
        try:
            while True:
                try:
                    child.wait(LISTEN_S)
                    break
                except subprocess.TimeoutExpired:
                    _stop_if_interrupted()
                    if time.monotonic() - told > HEARTBEAT_S:
                        told = time.monotonic()
                        say(f"setting up {what}: {told - start:.0f} s")
        finally:
            if child.poll() is None:
                _end(child)
        if child.returncode:
            output.seek(0)
            raise SetupError(f"{what} could not be set up: {summary(output.read())}; log: {log}")


def _end(child: subprocess.Popen[bytes], patience_s: float = 5.0) -> None:
    """End a program and all that it started; some (a build of an image) do not listen to a polite word."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience_s)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def is_complete(folder: Path, needs: str) -> bool:
    """Return whether a part of the cache was built to its end and is still of use."""
    # A virtual environment is of no use any more when the Python it was made from is gone: exists() follows links.
    return (folder / MARKER).exists() and (folder / needs).exists()


def ensure(
    folder: Path,
    what: str,
    needs: str,
    build: Callable[[Path, Run], None],
    whole: Callable[[Path], bool] = lambda _: True,
) -> Path:
    """Return a folder of the cache; build it first unless it is complete.

    Parameters
    ----------
    folder : path
        Where the part lies; its name holds the digest of all it is made from.
    what : str
        What it is, for progress and errors.
    needs : str
        A file below the folder without which it is of no use.
    build : callable
        ``build(folder, run)`` fills the folder. What an interrupted call left behind is removed before.
    whole : callable, optional
        ``whole(folder)`` tells whether a complete part is still as it was built; if not it is built again.

    Raises
    ------
    SetupError
        If it cannot be built or the cache folder cannot be written to. Then nothing counts as complete.
    """
    if is_complete(folder, needs) and whole(folder):
        return folder
    cache, name = folder.parent, folder.name
    try:
        for sub in ("locks", "logs"):
            (cache / sub).mkdir(parents=True, exist_ok=True)
        with locked(cache / "locks" / f"{name}.lock", what) as lock:
            # Looked at again: who had the lock may have built or mended it.
            if is_complete(folder, needs):
                if whole(folder):
                    return folder
                say(f"{folder / needs} is damaged: it is not as it was built; building it again")
            say(f"setting up {what}")
            start = time.monotonic()
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir()
            count = 0

            def run(arguments: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
                nonlocal count
                count += 1
                run_logged(arguments, what, cache / "logs" / f"{name}.{count}.log", lock, environment)

            build(folder, run)
            if not (folder / needs).exists():
                raise SetupError(f"{what} could not be set up: {needs} is not in {folder}")
            _stop_if_interrupted()
            (folder / MARKER).touch()
            say(f"{what} ready ({time.monotonic() - start:.0f} s)")
    except OSError as error:
        where = error.filename or cache
        raise SetupError(
            f"{what} could not be set up in the cache folder: {error.strerror or error} ({where}); "
            "HUMAM_CACHE chooses another folder"
        ) from None
    return folder


def free_bytes(path: Path) -> int:
    """Return the free space of the file system that holds ``path`` or its nearest existing parent."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def writable(path: Path) -> bool:
    """Return whether ``path``, or the nearest parent that exists, can be written to."""
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK | os.X_OK)
