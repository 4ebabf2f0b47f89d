"""Laws of what NEST takes: fits recover what made the numbers; the page of docs is up to date."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from humam.docs_pages import nest_cost, nest_cost_page
from humam.docs_pages.nest_cost import Laws, Load
from humam.engines import nest_size
from humam.markdown import fill
from humam.resources import shipped


def synthetic(noise, n=60):
    """Return measurements that follow the laws with known constants, but for some noise."""
    random = np.random.default_rng(7)
    rows = []
    for i in range(n):
        ranks, threads = ((1, 1), (1, 2), (2, 2), (1, 4), (4, 1))[i % 5]
        neurons = int(random.integers(5_000, 50_000))
        synapses = int(neurons * random.integers(200, 3_000))
        spikes = int(neurons * random.uniform(0.1, 2))
        row = {
            "experiment": "base", "scale": 0.01, "in_degree_scale": 0.01, "ranks": ranks, "threads": threads,
            "neurons": neurons, "synapses": synapses, "sources_per_rank": neurons, "delay_steps": 1000,
            "t_sim_ms": 500.0, "spikes": spikes, "events": spikes * synapses // neurons,
        }  # fmt: skip
        x = nest_cost.load_of(row)
        build = 1.5 + 2e-5 * x.neurons + 3e-7 * x.synapses
        simulation = 1e-6 * 10_000 + 60e-9 * x.neurons * 10_000 + 80e-9 * x.events
        memory = 2e8 + (20_000 * x.neurons + 40 * x.synapses) * threads + 32e3 * x.neurons * threads
        memory += x.sources * (nest_size.SOURCE_BYTES + nest_size.SOURCE_BYTES_PER_THREAD * threads)
        factor = 1 + noise * random.standard_normal(3)
        row |= {
            "build_processor_s": build * ranks * threads * factor[0], "build_wall_s": build,
            "simulate_processor_s": simulation * 0.5 * ranks * threads * factor[1], "simulate_wall_s": simulation,
            "memory_per_rank_bytes": memory * factor[2], "estimated_bytes": memory, "other_cores": 0.0,
            "load_average": 0.0,
        }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


FULL = Load(neurons=4_500, synapses=5.5e7, threads=4, sources=3.4e6, delay_steps=1100, events=3e7)


def test_laws_without_noise_are_recovered():
    laws = Laws.of(synthetic(0.0))
    np.testing.assert_allclose(laws.build.constants, [1.5, 2e-5, 3e-7], rtol=1e-6)
    np.testing.assert_allclose(laws.simulation.constants, [1e-6, 60e-9, 80e-9], rtol=1e-6)
    np.testing.assert_allclose(laws.memory.constants, [2e8, 20_000, 40], rtol=1e-6)
    assert laws.build.scatter < 1e-6
    memory = 2e8 + 4 * (4_500 * (20_000 + 32 * 1100) + 40 * 5.5e7)
    memory += 3.4e6 * (nest_size.SOURCE_BYTES + 4 * nest_size.SOURCE_BYTES_PER_THREAD)
    np.testing.assert_allclose(laws.memory_of_rank(FULL), memory, rtol=1e-6)
    np.testing.assert_allclose(laws.build_s(FULL), 1.5 + 0.09 + 16.5, rtol=1e-6)


def test_ranges_contain_the_truth():
    laws = Laws.of(synthetic(0.05))
    truth = 1e-2 + 60e-9 * 4_500 * 10_000 + 80e-9 * 3e7
    value, low, high = laws.simulate_s(FULL)
    assert low < truth < high and low < value < high
    assert high / low < 1.6
    assert laws.simulation.scatter == pytest.approx(0.05, abs=0.03)


def test_waiting_ranks_do_not_count_as_work():
    points = synthetic(0.0)
    points.loc[points["ranks"] > 1, ["build_processor_s", "simulate_processor_s"]] *= 10
    np.testing.assert_allclose(Laws.of(points).simulation.constants, [1e-6, 60e-9, 80e-9], rtol=1e-6)


@pytest.fixture(scope="module")
def job():
    network, p = nest_cost_page.full_size()
    return nest_cost_page.job_of(network, p, *nest_cost_page.PAPER)


def test_load_of_the_full_model(job):
    assert job.processes * job.threads == 768
    x = nest_cost_page.load(job, 0.6)
    assert x.neurons == pytest.approx(4_517, abs=1)
    assert x.synapses == pytest.approx(42.7e9 / 768, rel=0.01)
    assert 0.9 < x.sources / float(job.network.neurons.sum()) <= 1
    assert x.events == pytest.approx(0.6 * x.synapses)


def test_full_scale_needs_319_virtual_processes(job):
    assert nest_size.fewest_virtual_processes(job) == 319
    assert nest_size.most_synapses(job, 318) > nest_size.MAX_SYNAPSES_PER_PROCESS
    few = dataclasses.replace(job, processes=80)
    assert nest_size.most_synapses(few, 320) <= nest_size.MAX_SYNAPSES_PER_PROCESS


def test_page_is_up_to_date():
    page = shipped("docs", "hpc.md").read_text(encoding="utf-8")
    made = nest_cost_page.parts()
    used = {name for name in made if f"<!-- {name}: begin -->" in page}
    assert used == set(made)
    assert fill(page, made) == page, "python -m humam.docs_pages.nest_cost_page"


def test_measurements_agree_with_the_preflight():
    points = nest_cost.read_points(shipped("benchmarks", "nest_scaling", "points.csv"))
    assert (points["memory_per_rank_bytes"] <= points["estimated_bytes"]).all(), "too little would be asked for"
