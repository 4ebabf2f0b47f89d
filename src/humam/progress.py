"""Progress of long work: a bar with the time left on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

LOG_EVERY_S: Final = 10.0
"""Seconds between two lines where standard error is no terminal."""


class Report(Protocol):
    """Call with the work done so far (same unit as ``total``) and, if wished, a short note."""

    def __call__(self, done: float, note: str = "") -> None:
        """Show progress."""


def tell(line: str) -> None:
    """Print a line on standard error.

    Who listens may have ended before us, by the signal that asks for our end too; what is being done goes on then.
    """
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


@contextmanager
def progress(title: str, total: float, unit: str = "", begin: float = 0.0) -> Iterator[Report]:
    """Yield a function that reports progress on standard error.

    Parameters
    ----------
    title : str
        What is being done.
    total : float
        The amount of work, in ``unit``.
    unit : str
        Unit of the work, for example ``"ms"``.
    begin : float
        Work that was done before.
    """
    start = time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} " + unit),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=total, completed=round(begin), note="")

            def show(done: float, note: str = "") -> None:
                bar.update(task, completed=done, note=note)

            yield show
        return

    last = start

    def log(done: float, note: str = "") -> None:
        nonlocal start, last
        now = time.monotonic()
        if done <= begin:  # nothing is done yet; what comes first does not count for the time left
            start = last = now
            if note:
                tell(f"{title}: {note}")
            return
        if now - last < LOG_EVERY_S and done < total:
            return
        last = now
        left = (now - start) * (total - done) / (done - begin)
        tell(f"{title}: {done:.0f}/{total:.0f} {unit} ({now - start:.0f} s, {left:.0f} s left) {note}".rstrip())

    yield log
