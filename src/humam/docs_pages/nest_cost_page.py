"""The numbers of docs/hpc.md: what the full model takes on a large machine, extrapolated from measurements.

``python -m humam.docs_pages.nest_cost_page`` rewrites what the page says of them, between marks; a test demands that
it is up to date.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pandas as pd
import xarray as xr

from humam import errors
from humam import network as networks
from humam.anatomy import tables
from humam.docs_pages.nest_cost import STEPS_PER_S, Laws, Load, read_points
from humam.engines import nest_size
from humam.engines.base import SimulationJob
from humam.engines.nest import CHUNK_MS
from humam.markdown import rewrite, table
from humam.parameters import Parameters, load_experiment
from humam.resources import shipped

SPLITS: Final = ((6, 32, 4), (6, 64, 2), (12, 32, 4), (24, 32, 4))
"""Nodes, ranks on each, threads of each; the first is that of the paper."""
PAPER: Final = SPLITS[0]
PAPER_NODE_BYTES: Final = 500e9
RATES: Final = (0.6, 6.0)
"""Mean rates in spikes/s: the base version and the quiet state of the best fit, and activity that spreads."""
T_SIM_S: Final = 12.5
Range = tuple[float, float, float]


def full_size() -> tuple[xr.Dataset, Parameters]:
    """Return the whole network of the base version."""
    p = load_experiment(shipped("experiments", "base.yml"))
    network = networks.build(tables.read(), p)
    return network.assign(dc=0.0 * network.neurons), p


def job_of(network: xr.Dataset, p: Parameters, nodes: int, ranks: int, threads: int) -> SimulationJob:
    """Return the run of the paper on some nodes."""
    return SimulationJob(network, p, 1000 * T_SIM_S, p.seed, threads=threads, processes=nodes * ranks)


def load(job: SimulationJob, rate: float) -> Load:
    """Return what one rank of a job has to hold and to do at a mean rate in spikes/s."""
    n = job.threads * job.processes
    neurons, synapses = float(job.network.neurons.sum()), float(nest_size.created_synapses(job).sum())
    return Load(
        neurons=neurons / n,
        synapses=synapses / n,
        threads=job.threads,
        sources=nest_size.sources_per_rank(job),
        delay_steps=nest_size.longest_delay(job) / job.parameters.dt,
        events=rate * synapses / n,
    )


def span(values: Range, digits: Callable[[float], str]) -> str:
    """Return a value with its range.

    Examples
    --------
    >>> span((2.0, 1.5, 3.25), "{:.1f}".format)
    '2.0 (1.5 – 3.2)'
    """
    value, low, high = map(digits, values)
    return f"{value} ({low} – {high})"


def short(value: float) -> str:
    """Return a number with two digits, or whole.

    Examples
    --------
    >>> [short(x) for x in (0.123, 4.56, 78.9, 1234.5)]
    ['0.12', '4.6', '79', '1,234']
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def scaled(values: Range, factor: float) -> Range:
    """Return a range times a number."""
    return values[0] * factor, values[1] * factor, values[2] * factor


def exchange_ms(laws: Laws, published: pd.DataFrame) -> list[float]:
    """Return what each time step of published NEST runs of the macaque model took beyond our computation, in ms.

    The model of the macaque has about as many neurons, half the synapses and the same time step.
    """
    found = []
    for _, r in published[(published["simulator"] == "NEST") & published["rate"].notna()].iterrows():
        n = float(str(r["hardware"]).split(",")[1].split()[0])
        events = r["rate"] * r["synapses"] / n
        here = laws.simulate_s(Load(r["neurons"] / n, r["synapses"] / n, 1, r["neurons"], 0.0, events))
        found.append(1000 * max(0.0, r["wall_s_per_biological_s"] - here[0]) / STEPS_PER_S)
    return found


def full_scale(laws: Laws, exchange: float) -> str:
    """Return the table of the whole model on several splits."""
    network, p = full_size()
    rows = []
    for nodes, ranks, threads in SPLITS:
        job = job_of(network, p, nodes, ranks, threads)
        x = load(job, RATES[0])
        cells = [f"{nodes} x {ranks} x {threads}", f"{nest_size.most_synapses(job, job.threads * job.processes):,.0f}"]
        cells.append(span(scaled(laws.memory_of_rank(x), ranks / 1e9), short))
        cells.append(f"{ranks * nest_size.memory(job, CHUNK_MS) / 1e9:,.0f}")
        build = laws.build_s(x)
        cells.append(span(build, short))
        for rate in RATES:
            value, low, high = laws.simulate_s(load(job, rate))
            # The range ends with what a published run took for the exchange of spikes.
            high += STEPS_PER_S * exchange / 1000
            cells.append(span((value, low, high), short))
            hours = [nodes * (b + T_SIM_S * s) / 3600 for b, s in zip(build, (value, low, high), strict=True)]
            cells.append(span((hours[0], hours[1], hours[2]), short))
        rows.append(cells)
    head = ["nodes x ranks x threads", "synapses of the fullest virtual process", "memory per node, GB (95 %)"]
    head += ["preflight, GB", "build, s"]
    for rate in RATES:
        head += [f"s per biological s at {rate:g} spikes/s", f"node hours of {T_SIM_S:g} s"]
    return table(head, rows)


def constants(laws: Laws) -> str:
    """Return the table of the fitted constants."""

    def cells(what: str, law: Any, unit: str, factor: float, names: list[str]) -> list[list[str]]:
        low, high = pd.DataFrame(law.resampled).quantile([0.025, 0.975]).to_numpy()
        return [
            [what, name, span((v * factor, a * factor, b * factor), short), unit, f"{100 * law.scatter:.0f} %"]
            for name, v, a, b in zip(names, law.constants, low, high, strict=True)
        ]

    rows = cells("memory", laws.memory, "bytes", 1, ["rank", "neuron, without buffers", "synapse"])
    build = ["virtual process", "neuron", "synapse"]
    rows += cells("build", laws.build, "µs", 1e6, build)
    rows += cells("simulation", laws.simulation, "ns", 1e9, ["step", "neuron and step", "event"])
    return table(["what", "for each", "constant (95 %)", "unit", "scatter of the points"], rows)


def measured(points: pd.DataFrame) -> str:
    """Return the table of the measurements."""
    rows = []
    for _, r in points.iterrows():
        cells = [str(r["experiment"]), f"{r['scale']:g}", f"{r['in_degree_scale']:g}", f"{r['ranks']} x {r['threads']}"]
        cells += [f"{r['neurons']:,}", f"{r['synapses'] / 1e6:.1f}", short(r["build_processor_s"])]
        cells.append(short(r["simulate_processor_s"] / (r["t_sim_ms"] / 1000)) if r["ranks"] == 1 else "")
        cells += [f"{r['memory_per_rank_bytes'] / 1e9:.2f}", f"{r['estimated_bytes'] / 1e9:.2f}"]
        rows.append([*cells, f"{r['other_cores']:.1f}"])
    head = ["experiment", "s", "k", "ranks x threads", "neurons", "million synapses", "build, s", "simulation, s/s"]
    return table([*head, "GB per rank", "preflight, GB", "processors busy with others"], rows)


def sources(found: pd.DataFrame) -> str:
    """Return a sentence on the tables of sources."""
    law = nest_size.SOURCE_BYTES + nest_size.SOURCE_BYTES_PER_THREAD * found["threads"]
    pairs = zip(found["threads"], found["bytes_per_source"], law, strict=True)
    return (
        "Tables of sources: "
        + ", ".join(
            f"{bytes_:.0f} bytes for each with {threads} thread(s) (law: {x:.0f})" for threads, bytes_, x in pairs
        )
        + "."
    )


def preflight(points: pd.DataFrame) -> str:
    """Return a sentence on the estimate of memory against what was measured."""
    ratio = points["estimated_bytes"] / points["memory_per_rank_bytes"]
    return (
        f"The preflight asked for {ratio.min():.2f} to {ratio.max():.2f} times (mean {ratio.mean():.2f}) of what the"
        f" {len(ratio)} measured runs then took."
    )


def paper(laws: Laws) -> str:
    """Return the comparison with the resources of the paper."""
    network, p = full_size()
    job = job_of(network, p, *PAPER)
    least = nest_size.fewest_virtual_processes(job)
    nodes, ranks, threads = PAPER
    memory = scaled(laws.memory_of_rank(load(job, RATES[0])), ranks / 1e9)
    return (
        f"The paper's runs took {nodes} nodes x {ranks} ranks x {threads} threads = {nodes * ranks * threads} virtual"
        f" processes, with {PAPER_NODE_BYTES / 1e9:.0f} GB on each node. NEST needs at least {least} virtual processes"
        f" for {nest_size.created_synapses(job).sum():,} synapses. Extrapolated, a node needs {span(memory, short)} GB:"
        f" {'it fits' if memory[2] < PAPER_NODE_BYTES / 1e9 else 'it may not fit'}."
    )


def parts() -> dict[str, str]:
    """Return what the page says, by name of the marks."""
    points = read_points(shipped("benchmarks", "nest_scaling", "points.csv"))
    record = json.loads(shipped("benchmarks", "nest_scaling", "machine.json").read_text(encoding="utf-8"))
    laws = Laws.of(points)
    exchange = max(exchange_ms(laws, pd.read_csv(shipped("benchmarks", "literature.csv"))))
    m = record["machine"]
    machine = (
        f"Measured on {m['cores']} cores of {m['processor']}, {m['memory_bytes'] / 1e9:.0f} GB of memory,"
        f" NEST {record['software']['nest-simulator']}, while others kept {points['other_cores'].mean():.1f}"
        " processors busy in the mean: times are processor times."
    )
    return {
        "full": full_scale(laws, exchange),
        "paper": paper(laws),
        "exchange": (
            f"For that it takes {exchange:.1f} ms a time step: what a published run of NEST took beyond our law, with"
            " the macaque model on 32 nodes (Tiddia et al. 2022, [benchmarks](benchmarks.md))."
        ),
        "constants": constants(laws),
        "points": measured(points),
        "preflight": preflight(points),
        "sources": sources(pd.read_csv(shipped("benchmarks", "nest_scaling", "sources.csv"))),
        "machine": machine,
    }


def main() -> None:
    """Rewrite the numbers of the page."""
    rewrite(shipped("docs", "hpc.md"), parts())


if __name__ == "__main__":
    errors.run(main)
