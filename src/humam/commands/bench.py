"""``humam bench``: measure speed and memory of the engines on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from humam import network as networks
from humam.bench import inputs, plot, points, runner, table
from humam.errors import HumamError
from humam.files import atomic_path, read_json
from humam.parameters import find_experiment, load_experiment
from humam.provenance import machine
from humam.resources import shipped

AUTO = "auto"


def main(
    *,
    out: Path,
    t_sim: float = 300.0,
    scales: Annotated[str, Parameter(negative="")] = "0.01,0.1,1",
    threads: str | None = None,
    experiments: str = "base,best_fit",
    nest_scale: str = AUTO,
    seed: int = 1,
    measure_again: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Measure speed and memory of the engines on this machine.

    Each point is a process of its own; the quick ones come first. The first 100 ms of biological time do not count.
    A benchmark that was interrupted goes on where it was. Close other programs: what they disturb is marked.

    Parameters
    ----------
    out
        Folder for the results: ``bench.csv``, ``bench.svg``, ``bench.png``, ``machine.json``.
    t_sim
        Biological time in ms that is measured at full scale; up to 4 times as long for smaller networks.
    scales
        Fractions of neurons and of in-degrees, with commas between.
    threads
        Numbers of threads, with commas between; default: 1, 2, 4, ... up to all cores.
    experiments
        Networks, with commas between; the 34 areas of the base version take 40 s per biological second on 2 cores,
        those of the best-fit version 250.
    nest_scale
        Scale at which NEST runs beside; ``auto`` for the largest that fits in memory, ``none`` for no NEST.
    seed
        Seed of all random numbers.
    measure_again
        Measure points again that other programs disturbed.
    """
    if out.is_file():
        raise HumamError(f"cannot write the benchmark to {str(out)!r}: it is a file")
    if not points.WARM_UP_MS <= t_sim <= 1e6:
        raise HumamError(f"t-sim = {t_sim:g} ms: must be {points.WARM_UP_MS:g} to 1e6 ms")
    names = [name.strip() for name in experiments.split(",") if name.strip()]
    fractions = [_number("scales", x, 0.0, 1.0) for x in scales.split(",")]
    counts = _powers_of_two(machine.usable_cores())
    if threads is not None:
        counts = [int(_number("threads", x, 0, 1024, whole=True)) for x in threads.split(",")]
    if not names:
        raise HumamError(f"experiments = {experiments!r}: names with commas between, for example base,best_fit")
    for name in names:
        load_experiment(*_experiment(name))
    record = _record(out)
    folder = out / "inputs"
    inputs.prepare(names, folder)
    sizes = {name: _size(folder, name) for name in names}
    nest = _nest_scale(nest_scale, folder, names, max(counts), t_sim, seed, record)
    _write_record(out, record)

    planned = points.plan(names, fractions, counts, nest, t_sim, seed)
    first = points.compilation(names[0], min(fractions), seed)
    seconds = {p: points.expected_seconds(p, *sizes[p.experiment]) for p in [first, *planned]}
    ordered = [first, *sorted(planned, key=seconds.__getitem__)]
    if measure_again:
        for p in planned:
            if (found := runner.measured(out, p)) and (found["other_cores"] or 0.0) > table.DISTURBED:
                runner.result_path(out, p).unlink()
    runner.run([(p, seconds[p]) for p in ordered], out, folder)

    results = {p: runner.measured(out, p) for p in ordered}
    compiled = results.pop(first)
    frame = table.table((p, r) for p, r in results.items() if r is not None)
    with atomic_path(out / "bench.csv") as temporary:
        frame.to_csv(temporary, index=False, float_format="%.6g")
    record["compile_s"] = compiled["compile_s"] if compiled else None
    _write_record(out, record)
    plot.draw(frame, out / "bench")
    columns = ["wall_s_per_biological_s", "events_per_s", "efficiency", "peak_memory_bytes", "disturbed"]
    print(frame[["experiment", "engine", "scale", "threads", *columns]].to_string(index=False, float_format="%.4g"))


def _number(name: str, text: str, low: float, high: float, whole: bool = False) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low < value <= high or (whole and value != int(value)):
        kind = "whole numbers" if whole else "numbers"
        raise HumamError(
            f"{name}: {text.strip()!r}: must be {kind} > {low:g} and at most {high:g}, with commas between"
        )
    return value


def _powers_of_two(cores: int) -> list[int]:
    """Return 1, 2, 4, ... up to all cores.

    Examples
    --------
    >>> _powers_of_two(2), _powers_of_two(6)
    ([1, 2], [1, 2, 4, 6])
    """
    return sorted({2**i for i in range(cores.bit_length()) if 2**i <= cores} | {cores})


def _experiment(name: str) -> tuple[Path, dict[str, Any], Any]:
    path, choice = find_experiment(name, shipped("experiments"))
    return path, {}, choice


def _size(folder: Path, name: str) -> tuple[int, int, float]:
    """Return neurons, synapses and chi of a network at full scale."""
    network = networks.read(inputs.network_path(folder, name))
    return int(network["neurons"].sum()), int(network["synapses"].sum()), networks.parameters(network).chi


def _nest_scale(
    text: str, folder: Path, names: list[str], threads: int, t_sim: float, seed: int, record: dict[str, Any]
) -> float | None:
    """Return the scale for NEST; what was chosen automatically once is kept in the record, whatever is free now."""
    if text == "none":
        return None
    if text != AUTO:
        return _number("nest-scale", text, 0.0, 1.0)
    if "nest_scale" not in record:
        available = machine.available_memory()
        full = networks.read(inputs.network_path(folder, names[0]))
        theory = inputs.theory_path(folder, names[0])
        record["nest_scale"] = points.largest_scale(
            lambda s: inputs.scaled_job(full, theory, s, threads, t_sim, seed, available), available
        )
    return float(record["nest_scale"])


def _record(out: Path) -> dict[str, Any]:
    """Return the record of the machine; refuse to mix results of two.

    Raises
    ------
    HumamError
        If the folder holds results of another machine.
    """
    here = machine.describe()
    path = out / "machine.json"
    if not path.exists():
        return {"machine": here, "software": runner.code()}
    found = read_json(path, "record of a machine")
    earlier = found.get("machine")
    for name in ("processor", "cores", "memory_bytes"):
        known = earlier.get(name) if isinstance(earlier, dict) else None
        if known != here[name]:
            raise HumamError(
                f"folder {str(out)!r} holds results of another machine ({name} {known}, here {here[name]}): "
                "choose another"
            )
    return found | {"software": runner.code()}


def _write_record(out: Path, record: dict[str, Any]) -> None:
    with atomic_path(out / "machine.json") as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
