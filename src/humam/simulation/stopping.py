"""Signals that ask a simulation for its end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def first_signal(once: bool = False) -> Iterator[list[int]]:
    """Collect the first signal that asks for the end; a second one acts as it would without us.

    With ``once`` it has no effect: a task of a workflow is told by the terminal, by its scheduler and by Nextflow, and
    shall write its checkpoint all the same.
    """
    caught: list[int] = []
    before: dict[signal.Signals, Any] = {}

    def catch(number: int, _: FrameType | None) -> None:
        caught.append(number)
        for each, usual in before.items():
            signal.signal(each, signal.SIG_IGN if once else usual)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        handler = signal.getsignal(number)
        if handler != signal.SIG_IGN:  # nohup
            before[number] = handler
            signal.signal(number, catch)
    try:
        yield caught
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
