"""The machine a result was computed on, and the memory it offers.

Everything comes from the operating system; host and user names are left out on purpose. Needs no packages, as the
launcher must.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Return processor, usable cores, memory in bytes and operating system.

    Examples
    --------
    >>> sorted(describe())
    ['architecture', 'cores', 'memory_bytes', 'processor', 'system']
    """
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": usable_cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()}",
    }


def usable_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, in bytes."""
    # Not ru_maxrss where it can be avoided: it is inherited from the program that started this one.
    for line in _lines(Path("/proc/self/status")):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux kilobytes


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes this process can still claim, or None where the system does not say.

    The smallest one of what the kernel holds available, what the control groups of the process (version 1 or 2:
    containers, batch systems) leave of their limit, and what a Slurm job asked for on each node (not every Slurm has
    control groups).

    Parameters
    ----------
    root : path
        Root of the file system; another one for tests.
    """
    return min([*_memory_info(root), *_group_limits(root), *_slurm_limit()], default=None)


def _slurm_limit() -> list[int]:
    megabytes = os.environ.get("SLURM_MEM_PER_NODE", "")
    return [int(megabytes) << 20] if megabytes.isdigit() and int(megabytes) else []  # 0: all there is


def _memory_info(root: Path) -> list[int]:
    lines = _lines(root / "proc/meminfo")
    return [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]


def _group_limits(root: Path) -> list[int]:
    """Return limit minus use for every control group that holds this process, innermost to outermost."""
    left = []
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            base, limit, usage = root / "sys/fs/cgroup", "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            base, limit, usage = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        folder = Path(group.strip().lstrip("/"))
        # Inside a container the group's path is that of the host: only the root of the mount may exist.
        for step in (folder, *folder.parents):
            bound, used = _number(base / step / limit), _number(base / step / usage)
            if bound is not None and bound < 1 << 60:  # version 1 says "no limit" by a huge number
                left.append(max(0, bound - (_without_cache(base / step, used) if used else 0)))
    return left


def _without_cache(folder: Path, used: int) -> int:
    """Return used memory less what the kernel drops on demand (inactive pages of files)."""
    for line in _lines(folder / "memory.stat"):
        name, value = line.split()
        if name in ("inactive_file", "total_inactive_file"):
            return max(0, used - int(value))
    return used


def _number(path: Path) -> int | None:
    """Return the number in a file of the control groups, None if there is none (``max``)."""
    text = "".join(_lines(path)).strip()
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
