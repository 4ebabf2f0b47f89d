"""The same spikes whatever the schedule; other spikes for another seed; a perturbation acts when it acts."""

import dataclasses
import itertools

import numpy as np
import pytest

from humam.engines.base import Perturbation, SimulationJob
from humam.engines.procedural import engine as module
from humam.engines.procedural.engine import ProceduralEngine, Simulation
from humam.validation.cases import two_columns
from humam.validation.runs import simulate


@pytest.fixture(scope="module")
def job():
    """Two small columns; log-normal delays between them are at least 8 steps, so that no window raises one."""
    case = two_columns(0.02, 0.1, 100.0, 0.0, 3)
    parameters = case.parameters.model_copy(update={"delay_distribution": "lognormal"})
    job = SimulationJob(case.network, parameters, 100.0, 7, delay_quantile=1.0)
    tables = Simulation(job, 1).tables
    assert min(tables.link_delay[a, :n].min() for a, n in enumerate(tables.n_links)) >= 8
    return job


@pytest.fixture(scope="module")
def spikes(job):
    found = simulate(ProceduralEngine(4), job)
    assert len(found) > 500 and set(found[:, 1]) == set(range(16))
    return found


def by_hand(job, window, prepare=lambda simulation, chunk: None, windows_at_once=5, **options):
    """Return the spikes of a simulation that ``prepare`` disturbs before each chunk."""
    simulation = Simulation(job, window, **options)
    parts = []
    for chunk in range(job.n_steps // window // windows_at_once):
        prepare(simulation, chunk)
        simulation.advance(windows_at_once)
        parts.append(np.column_stack(simulation.take_spikes()))
        simulation.tidy()
    rows = np.concatenate(parts)[:, [2, 0, 1]]
    return rows[np.lexsort(rows.T[::-1])]


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_matter(job, spikes, threads):
    np.testing.assert_array_equal(simulate(ProceduralEngine(4), dataclasses.replace(job, threads=threads)), spikes)


@pytest.mark.parametrize(("threads", "teams", "window"), [(2, 1, 1), (3, 2, 4), (4, 1, 4)])
def test_members_of_a_team_do_not_matter(job, spikes, threads, teams, window):
    # Short: where threads outnumber cores, they wait for one another at each of many barriers.
    short = dataclasses.replace(job, threads=threads, t_sim_ms=40.0)
    found = by_hand(short, window, teams=teams)
    assert found[-1, 0] > short.n_steps - 10
    np.testing.assert_array_equal(found, spikes[spikes[:, 0] <= short.n_steps])


@pytest.mark.parametrize(("threads", "teams", "window"), [(9, 8, 4), (9, 2, 1), (5, 3, 2)])
def test_many_threads_in_uneven_teams_do_not_matter(job, spikes, threads, teams, window):
    # Very short: see above. Of nine threads in eight teams one team has two members, the others one.
    short = dataclasses.replace(job, threads=threads, t_sim_ms=8.0)
    found = by_hand(short, window, windows_at_once=4 // window, teams=teams)
    assert found[-1, 0] > short.n_steps - 30
    np.testing.assert_array_equal(found, spikes[spikes[:, 0] <= short.n_steps])


@pytest.mark.parametrize("window", [1, 2])
def test_windows_do_not_matter_where_no_delay_is_raised(job, spikes, window):
    np.testing.assert_array_equal(simulate(ProceduralEngine(window), job), spikes)


@pytest.mark.parametrize("chunk_steps", [4, 52, 1000])
def test_stretches_do_not_matter(job, spikes, chunk_steps, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_STEPS", chunk_steps)
    np.testing.assert_array_equal(simulate(ProceduralEngine(4), job), spikes)


def test_order_of_tasks_does_not_matter(job, spikes):
    orders = list(itertools.permutations(range(len(Simulation(job, 4).sync.order))))

    def shuffle(simulation, chunk):
        simulation.sync.order[:] = orders[chunk * 7 % len(orders)]

    np.testing.assert_array_equal(by_hand(job, 4, shuffle), spikes)


def test_longer_runs_begin_the_same(job, spikes):
    longer = simulate(ProceduralEngine(4), dataclasses.replace(job, t_sim_ms=130.0))
    np.testing.assert_array_equal(longer[longer[:, 0] <= job.n_steps], spikes)


def test_seeds_matter(job, spikes):
    other = simulate(ProceduralEngine(4), dataclasses.replace(job, seed=8))
    # A fifth of the neurons start above threshold and spike at once.
    late, late_other = ({*map(tuple, x[x[:, 0] > 100].tolist())} for x in (spikes, other))
    assert len(late & late_other) < 0.02 * len(late)


@pytest.mark.parametrize("window", [1, 4])
def test_perturbation_changes_nothing_before_it_acts(job, spikes, window):
    extra = Perturbation(population=2, neuron=0, time_ms=50.0, weight_pa=3e7, delay_ms=1.0)
    disturbed = simulate(ProceduralEngine(window), dataclasses.replace(job, perturbation=extra))
    acts = 510
    np.testing.assert_array_equal(disturbed[disturbed[:, 0] <= acts], spikes[spikes[:, 0] <= acts])
    mine = (disturbed[:, 1:] == [2, 0]).all(axis=1) & (disturbed[:, 0] > acts) & (disturbed[:, 0] <= acts + 60)
    assert disturbed[mine, 0][0] == acts + 1, "the neuron crosses threshold in the step after the extra spike acted"
    assert 2 <= mine.sum() <= 3, "and fires as often as refractoriness allows"
    assert len(disturbed) != len(spikes) or (disturbed != spikes).any()
