"""What other programs took from the machine while something was measured."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Load:
    """The use of the processors during a measurement.

    Attributes
    ----------
    wall_s, cpu_s : float
        Wall time; processor time of this process, over all threads.
    other_cores : float, optional
        Processors that others kept busy, in the mean; None where the system does not say.
    load_average : float, optional
        Mean number of runnable threads in the minute before.
    """

    wall_s: float
    cpu_s: float
    other_cores: float | None
    load_average: float | None


class Meter:
    """Measures the use of the processors from its creation on."""

    def __init__(self) -> None:
        self._load_average = load_average()
        self._busy, self._wall, self._cpu = busy_seconds(), time.perf_counter(), time.process_time()

    def read(self) -> Load:
        """Return the use until now."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        busy, others = busy_seconds(), None
        if busy is not None and self._busy is not None and wall > 0:
            others = max(0.0, busy - self._busy - cpu) / wall
        return Load(wall, cpu, others, self._load_average)


def load_average() -> float | None:
    """Return the mean number of runnable threads in the last minute, None where the system does not say."""
    with suppress(OSError):
        return os.getloadavg()[0]
    return None


def busy_seconds(path: Path = Path("/proc/stat")) -> float | None:
    """Return the processor time that all programs, and the host of a virtual machine, have used so far."""
    try:
        name, *numbers = path.read_text(encoding="ascii").split("\n", 1)[0].split()
        user, nice, system, _idle, _wait, interrupt, soft, stolen = (int(x) for x in numbers[:8])
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK") if name == "cpu" else None
