"""All points, each in a process of its own; what was measured before is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import humam
from humam import errors, form
from humam.bench.points import WARM_UP_MS, Point
from humam.engines.procedural import kernels
from humam.errors import HumamError
from humam.files import atomic_path, read_json
from humam.progress import progress
from humam.provenance.software import versions

KERNELS: Final = "kernels"
"""Folder of compiled kernels below the output: empty at first, so compilation is measured once."""
RESULTS: Final = "points"


class _Kept(form.Form):
    point: dict[str, Any]
    code: dict[str, str]
    result: dict[str, Any]


def code() -> dict[str, str]:
    """Return what results depend on beside the machine: versions, and the sources of the kernels."""
    return {**versions(["nest-simulator", "numba", "numpy"]), "kernels": kernels.digest()[:12]}


def result_path(out: Path, point: Point) -> Path:
    """Return the file of a point's result."""
    return out / RESULTS / f"{'compile' if point.t_sim_ms == 0 else point.name}.json"


def measured(out: Path, point: Point) -> dict[str, Any] | None:
    """Return the result of a point that was measured with the present code, None if there is none."""
    path = result_path(out, point)
    if not path.exists():
        return None
    try:
        found = form.check(read_json(path, "result"), _Kept, f"result {str(path)!r}")
    except HumamError as error:
        raise HumamError(f"a result is damaged: {error}; remove the file to measure this point again") from None
    return found["result"] if found["point"] == point.as_dict() and found["code"] == code() else None


def run(points: Sequence[tuple[Point, float]], out: Path, inputs: Path) -> None:
    """Measure the points that are not yet, in the order given.

    Parameters
    ----------
    points : sequence of (Point, float)
        Points, and the seconds each may take.
    out : path
        Folder for results and compiled kernels.
    inputs : path
        Folder of networks and theories.

    Raises
    ------
    HumamError
        If a point fails; what was measured before it is kept.
    """
    missing = [(point, seconds) for point, seconds in points if measured(out, point) is None]
    total, done = sum(seconds for _, seconds in missing), 0.0
    with progress("bench", total, "expected s") as report:
        for i, (point, seconds) in enumerate(missing, 1):
            note = f"{point.name} ({i} of {len(missing)})"
            report(done, note)
            for ms in _measure(point, out, inputs):
                report(done + seconds * min(ms / (WARM_UP_MS + point.t_sim_ms), 1.0), note)
            done += seconds
            report(done, note)


def _measure(point: Point, out: Path, inputs: Path) -> Iterator[float]:
    """Run the process of a point; yield the biological time it has come to; keep its result."""
    path = result_path(out, point)
    with atomic_path(path) as temporary:
        raw, log = temporary.with_suffix(".raw"), temporary.with_suffix(".log")
        arguments = [sys.executable, "-m", "humam.bench.measure", inputs, json.dumps(point.as_dict()), raw]
        with log.open("w", encoding="utf-8") as errors:
            child = subprocess.Popen(
                list(map(str, arguments)),
                env=_environment(out),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            try:
                assert child.stdout is not None  # noqa: S101  (for the type checker)
                for line in child.stdout:
                    word, _, number = line.partition(" ")
                    if word == "progress":
                        yield float(number)
                status = child.wait()
            finally:
                child.kill()
                child.wait()
        if status != 0:
            raise HumamError(f"point {point.name}: {_reason(status, log)}")
        result = json.loads(raw.read_text(encoding="utf-8"))
        kept = {"point": point.as_dict(), "code": code(), "result": result}
        temporary.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _environment(out: Path) -> dict[str, str]:
    """Return the environment of a point's process: this package, and kernels of this benchmark alone."""
    # The folder or packed file that holds this package, wherever the process starts.
    package = str(Path(humam.__file__).parents[1])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str((out / KERNELS).absolute())}


def _reason(status: int, log: Path) -> str:
    if status < 0:
        # Linux ends a process that takes too much memory with signal 9.
        return f"ended by signal {-status}" + (" (perhaps for lack of memory)" if status == -9 else "")
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    return lines[-1].removeprefix(errors.ERROR) if lines else f"ended with status {status}"
