"""Measure what NEST's tables of sources take: neurons that have targets in a process.

Usage: ``python benchmarks/nest_sources.py``; writes ``benchmarks/nest_scaling/sources.csv``. Down-scaled networks have
too few of them to show it, the full model has millions in each process.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pandas as pd

from humam.provenance import machine

SOURCES = 200_000
TARGETS = 64
SYNAPSES_PER_SOURCE_AND_THREAD = 3


def grow(threads: int, connected: bool) -> int:
    """Return by how many bytes the process grows when NEST prepares a simulation."""
    from humam.engines.nest import import_nest

    nest = import_nest()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(local_num_threads=threads)
    sources, targets = nest.Create("parrot_neuron", SOURCES), nest.Create("iaf_psc_exp", TARGETS)
    if connected:
        in_degree = SYNAPSES_PER_SOURCE_AND_THREAD * threads * SOURCES // TARGETS
        nest.Connect(sources, targets, {"rule": "fixed_indegree", "indegree": in_degree})
    before = machine.peak_memory()
    nest.Prepare()
    return machine.peak_memory() - before


def main() -> None:
    """Measure, each case in a process of its own."""
    rows = []
    with_targets = SOURCES * -math.expm1(-SYNAPSES_PER_SOURCE_AND_THREAD)
    for threads in (1, 2, 4, 8):
        grown = {}
        for connected in (False, True):
            command = [sys.executable, __file__, str(threads), str(int(connected))]
            grown[connected] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows.append({"threads": threads, "bytes_per_source": (grown[True] - grown[False]) / with_targets})
    path = Path(__file__).resolve().parent / "nest_scaling" / "sources.csv"
    pd.DataFrame(rows).to_csv(path, index=False, float_format="%.4g")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(grow(int(sys.argv[1]), sys.argv[2] == "1"))
    else:
        main()
