"""Regular spikes of the whole model that nobody simulated, to test what is kept of runs."""

import numpy as np

from humam import archive, spikes
from humam import network as network_file
from humam.analysis import run as analysis
from humam.analysis import statistics
from humam.anatomy import tables
from humam.labels import N_LABELS
from humam.parameters import validate
from humam.resources import shipped

T_SIM = 4800.0
MACHINE = {"processor": "A", "architecture": "x86_64", "cores": 2, "memory_bytes": 1, "system": "Linux"}


def base_network():
    return network_file.build(tables.read(shipped("datasets", "tables")), validate({}))


def write_spikes(folder, network, t_sim=T_SIM, change=0, most=40, machine=MACHINE, parameters=None, **fields):
    """Regular spikes of 40 neurons per population; with ``change``, the last ones of some neurons are others.

    Only the first ``most`` neurons fire.
    """
    neurons = np.minimum(network["neurons"].to_numpy(), 40)
    random = np.random.default_rng(1)
    unit = [(p, n) for p in range(N_LABELS) for n in range(min(neurons[p], most))]
    table = []
    for p, n in unit:
        step = np.cumsum(random.integers(200, 3000, 60))
        step = step[step <= round(t_sim * 10)]
        if n < change:
            step = step[step < 30_000]
        table.append(np.stack([np.full(len(step), p), np.full(len(step), n), step]))
    population, neuron, step = np.concatenate(table, axis=1)
    content = {
        "dt_ms": 0.1, "t_sim_ms": t_sim, "engine": "procedural", "seed": 2903, "scale": 1.0, "in_degree_scale": 1.0,
        "scheme": "variance", "rates_source": "", "software": {"numpy": "2"}, "machine": machine,
        "network_parameters": parameters or network_file.parameters(network).model_dump(mode="json"),
        "origin": network_file.origin(network), "wall_times_s": {"simulate": 9.6}, "peak_memory_bytes": 5,
    }  # fmt: skip
    with spikes.create(folder, network["target"].to_numpy().tolist(), neurons.tolist()) as writer:
        writer.append(population, neuron, step)
        writer.finish(**{**content, **fields})
    return spikes.read(folder)


def archived(folder, network):
    """Return spikes and statistics of a run, and a folder of archived runs with it as ``base``."""
    found = write_spikes(folder / "spikes", network)
    analysis.analyse(network, found, folder / "statistics")
    run = statistics.read(folder / "statistics")
    archive.write(network, found, run, folder / "runs" / "base")
    return found, run, folder / "runs"
