"""The results of a benchmark in the documentation.

``python -m humam.bench.page FOLDER`` takes ``bench.csv``, ``machine.json`` and the figure of a benchmark into
``benchmarks/engine/`` and ``docs/images/``, and rewrites what the pages say of them, between marks. Without a folder it
rewrites the pages from what was taken before; a test demands that they are up to date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from humam import archive, errors
from humam.bench import deviations, long_runs, plot, remade, tasks, totals_effect
from humam.engines.procedural import kernels
from humam.engines.procedural.scheduling import TEAMS
from humam.files import copy_into
from humam.markdown import digits, rewrite, scientific, table
from humam.resources import shipped

PAGES: Final = ("benchmarks.md", "engine.md")
KEPT: Final = ("bench.csv", "machine.json")
NOT_MEASURED: Final = (
    "No measurement of a machine without other load is kept yet: `bin/humam bench --out bench`, then"
    " `python -m humam.bench.page bench`."
)
FIGURE: Final = (
    "![A: seconds of wall time per second of biological time; B: peak memory; C: where the time goes;"
    " D: cost of an event](images/benchmark.svg)"
)


def results(frame: pd.DataFrame) -> str:
    """Return the table of all points."""
    head = [
        "network", "engine", "scale", "threads", "neurons", "synapses", "spikes/s", "s per biological s",
        "10⁶ events/s", "efficiency", "peak memory, GB", "other programs, cores",
    ]  # fmt: skip
    rows = []
    for _, r in frame.iterrows():
        cells = [str(r["experiment"]), str(r["engine"]), f"{r['scale']:g}", str(r["threads"]), f"{r['neurons']:,}"]
        cells += [scientific(r["synapses"]), digits(r["rate"]), digits(r["wall_s_per_biological_s"])]
        cells += [digits(r["events_per_s"] / 1e6), digits(r["efficiency"], 2), digits(r["peak_memory_bytes"] / 1e9)]
        cells += [digits(r["other_cores"], 1) + ("*" if r["disturbed"] is True else "")]
        rows.append(cells)
    return table(head, rows)


def costs(frame: pd.DataFrame) -> str:
    """Return the table of what the kernels took at the largest scale."""
    rows = frame[frame["engine"] == "procedural"]
    rows = rows[rows["scale"] == rows["scale"].max()]
    head = ["", *(f"{r.experiment}, {r.threads} thread{'s' if r.threads > 1 else ''}" for r in rows.itertuples())]
    kinds = {
        "events within areas, ns each": ("ns_within", "share_within"),
        "events between areas: draw and queue, ns each": ("ns_between", "share_between"),
        "events between areas: read and add, ns each": ("ns_queue", "share_queue"),
        "neurons and Poisson input, ns per neuron and step": ("ns_update", "share_update"),
    }
    lines = []
    for label, (ns, share) in kinds.items():
        lines.append([label, *(f"{digits(r[ns])} ({100 * r[share]:.0f} %)" for _, r in rows.iterrows())])
    for label, share in (("waiting for other threads", "share_waiting"), ("recording", "share_host")):
        lines.append([label, *(f"({100 * r[share]:.1f} %)" for _, r in rows.iterrows())])
    memory = [f"{digits(r['peak_queue_bytes'] / 1e9, 2)}" for _, r in rows.iterrows()]
    lines.append(["queue of events at its fullest, GB", *memory])
    lines.append(["set-up, s", *(digits(r["build_s"], 2) for _, r in rows.iterrows())])
    lines.append(["loading compiled kernels, s", *(digits(r["compile_s"], 2) for _, r in rows.iterrows())])
    return table(head, lines)


def speed_ups() -> str:
    """Return the table of the largest speed-ups that the sizes of tasks allow."""
    cost = tasks.costs(deviations.base_job())
    threads = (2, 4, 8, 16, 32, 64)
    lines = []
    for label, teams in (("an area is one thread's", max(threads)), (f"at most {TEAMS} teams (as built)", TEAMS)):
        lines.append([label, *(digits(tasks.speed_up(cost, n, teams)) for n in threads)])
    return table(["threads", *map(str, threads)], lines)


def literature(frame: pd.DataFrame | None, published: pd.DataFrame) -> str:
    """Return the table of published wall times, ours first."""
    head = [
        "who",
        "simulator",
        "hardware",
        "model",
        "neurons",
        "synapses",
        "spikes/s",
        "s per biological s",
        "events/s",
        "mean rate × synapses, per s",
    ]
    lines = []

    def line(who: str, simulator: str, hardware: str, model: str, r: pd.Series) -> list[str]:
        seconds, rate = r["wall_s_per_biological_s"], r["rate"]
        sizes = [scientific(r["neurons"]), scientific(r["synapses"]), digits(rate), digits(seconds)]
        # Events need the spikes of each population: published are mean rates at most.
        events = [scientific(r.get("events_per_s", np.nan)), scientific(rate * r["synapses"] / seconds)]
        return [who, simulator, hardware, model, *sizes, *events]

    ours = pd.DataFrame() if frame is None else frame[(frame["engine"] == "procedural") & (frame["scale"] == 1)]
    most = ours if ours.empty else ours[ours["threads"] == ours["threads"].max()]
    for _, r in most.iterrows():
        lines.append(line("**this archive**", "procedural", f"{r['threads']} cores", f"human, {r['experiment']}", r))
    for _, r in published.iterrows():
        lines.append(line(f"{r['who']} [{r['reference']}]", r["simulator"], r["hardware"], r["model"], r))
    return table(head, lines)


def machine(record: dict[str, Any]) -> str:
    """Return a sentence on the machine."""
    m, software = record["machine"], record["software"]
    text = (
        f"{m['cores']} cores of {m['processor']}, {m['memory_bytes'] / 1e9:.0f} GB of memory, {m['system'].split()[0]}"
    )
    text += f"; Python {software['python']}, Numba {software['numba']}, NEST {software['nest-simulator']}."
    measured, here = software["kernels"], kernels.digest()
    same = "those of this checkout" if here.startswith(measured) else f"not those of this checkout, `{here[:12]}`"
    text += f" Kernels `{measured}` (SHA-256 of their sources), {same}."
    return text + f" Compiling them once took {record['compile_s']:.0f} s."


def parts() -> dict[str, str]:
    """Return what the pages say, by name of the marks."""
    found = kept()
    made = dict.fromkeys(("results", "costs", "literature", "machine"), NOT_MEASURED)
    published = pd.read_csv(shipped("benchmarks", "literature.csv"))
    made["literature"] = literature(None if found is None else found[0], published)
    if found is not None:
        frame, record = found
        made |= {"results": f"{FIGURE}\n\n{results(frame)}", "costs": costs(frame), "machine": machine(record)}
    rates = {name: archive.read(name).data["rate"].to_numpy() for name in ("base", "best_fit")}
    memory = table(["what", "how much"], deviations.memory(rates))
    made["speed_ups"] = speed_ups()
    here = kernels.digest()
    made["long_runs"] = long_runs.describe(long_runs.runs(), long_runs.known(), here, remade.identical(here))
    made |= {"totals": totals_effect.text(deviations.base_job().network)}
    return made | {"memory": memory, "approximations": table(["approximation", "size"], deviations.rows())}


def kept() -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Return the table and the record of the machine behind the pages, None if no benchmark was taken yet."""
    folder = shipped("benchmarks") / "engine"
    if not (folder / "bench.csv").exists():
        return None
    return pd.read_csv(folder / "bench.csv"), json.loads((folder / "machine.json").read_text(encoding="utf-8"))


def main(folder: str | None = None) -> None:
    """Take a benchmark into the documentation."""
    if folder is not None:
        copy_into(shipped("benchmarks") / "engine", KEPT, Path(folder))
    if (found := kept()) is not None:
        plot.draw(found[0], shipped("docs", "images") / "benchmark")
    long_runs.keep_kernels()
    made = parts()
    for name in PAGES:
        rewrite(shipped("docs", name), made)


if __name__ == "__main__":
    errors.run(main)
