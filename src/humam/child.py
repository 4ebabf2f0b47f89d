"""Processes that a process starts, and what becomes of them when it dies; needs no packages, as the launcher must."""

from __future__ import annotations

import ctypes
import signal
import sys


def end_with_parent() -> None:
    """Ask Linux to send this process SIGTERM when its parent dies, even by a kill that cannot be caught.

    A ``preexec_fn`` of :class:`subprocess.Popen`. Elsewhere than on Linux nothing is asked, and nothing for processes
    that the child starts.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
