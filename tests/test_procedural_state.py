"""The state of a simulation: in checkpoints, in memory; and where compiled kernels are kept."""

import numba
import numpy as np
import pytest

from humam import downscaling, theory
from humam import network as networks
from humam.anatomy import tables
from humam.engines import get
from humam.engines.base import Perturbation, SimulationJob
from humam.engines.procedural import checkpoint, engine, kernels, memory, remote
from humam.engines.procedural.state import (
    FLAG_QUEUE_FULL,
    QUEUE_CHUNK,
    QUEUE_CHUNK_BITS,
    initial_queue,
    zeros_on_huge_pages,
)
from humam.engines.procedural.tables import WINDOWS
from humam.errors import HumamError
from humam.parameters import Parameters
from humam.resources import shipped


@pytest.fixture(scope="module")
def small():
    """A small network and its parameters."""
    network = networks.build(tables.read(shipped("datasets", "tables")), Parameters())
    rates = downscaling.theory_rates(network, theory.predict(network))
    return downscaling.scale(network, 0.002, 0.02, rates).network, networks.parameters(network)


def test_queue_round_trip():
    rng = np.random.default_rng(0)
    lengths = np.zeros((2, WINDOWS), np.int64)
    lengths[0, [0, 5, WINDOWS - 1]] = QUEUE_CHUNK - 1, 1, 2 * (QUEUE_CHUNK - 1)
    lengths[1, [7, 8]] = QUEUE_CHUNK, 5000
    records = [rng.integers(0, 2**32, n.sum(), dtype=np.uint32) for n in lengths]
    queue = initial_queue(2, 3, 1_000_000)
    checkpoint.write_queue(queue, zip(lengths, records, strict=True))
    for area in range(2):
        found, values = checkpoint.read_queue(queue, area)
        np.testing.assert_array_equal(found, lengths[area])
        for n, end in zip(found, np.cumsum(found), strict=True):
            expected = records[area][end - n : end]
            np.testing.assert_array_equal(np.sort(values[end - n : end]), np.sort(expected))
    assert queue.n_free[:3, 0].tolist() == [0, 0, 0]
    used = 1 + 1 + 1 + 2 + 2 + 5  # and the first, which nobody owns
    assert queue.free[3, : queue.n_free[3, 0]][::-1].tolist() == list(range(used, queue.free.shape[1]))
    with pytest.raises(HumamError, match="need more than"):
        checkpoint.write_queue(initial_queue(2, 3, 600_000), [(np.full(WINDOWS, 1), np.zeros(WINDOWS, np.uint32))] * 2)


def take(queue, thread):
    """Take a chunk as a kernel does; return its number, or None where the queue is full."""
    flags = np.zeros(1, np.int64)
    place = remote.new_chunk(0, queue.pool, queue.free, queue.n_free, thread, flags)
    assert (place == 1) == (flags[0] == FLAG_QUEUE_FULL)
    return None if flags[0] else place >> QUEUE_CHUNK_BITS


def give(queue, thread, chunks):
    """Give chunks back as a kernel does."""
    for chunk in chunks:
        queue.free[thread, queue.n_free[thread, 0]] = chunk
        queue.n_free[thread, 0] += 1


def test_one_thread_may_take_all_memory():
    queue = initial_queue(2, 3, 150 * 4 * QUEUE_CHUNK)
    assert [take(queue, 1) for _ in range(149)] == list(range(1, 150))
    assert take(queue, 1) is None and take(queue, 0) is None


def test_memory_that_was_in_use_is_used_again_first():
    queue = initial_queue(2, 2, 1000 * 4 * QUEUE_CHUNK)
    mine, other = [take(queue, 0) for _ in range(4)], [take(queue, 1) for _ in range(3)]
    assert mine + other == list(range(1, 8))
    give(queue, 0, other)
    assert [take(queue, 0) for _ in range(4)] == [7, 6, 5, 8], "what it gave back, then from the reserve"
    give(queue, 0, [1, 2])
    give(queue, 1, [3, 4, 5])
    engine.collect(queue)
    assert queue.n_free[:, 0].tolist() == [0, 0, 999 - 8 + 5]
    assert [take(queue, 1) for _ in range(6)] == [5, 4, 3, 2, 1, 9]


def test_folder_of_kernels(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels.config, "CACHE_DIR", str(tmp_path))
    folder = kernels.folder.__wrapped__()
    assert folder.parent == tmp_path and folder.name == f"kernels-{kernels.digest()[:16]}-{kernels.target()}"
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kernels.config, "CACHE_DIR", str(tmp_path / "file"))
    other = kernels.folder.__wrapped__()
    assert other.is_dir() and tmp_path not in other.parents


@pytest.mark.parametrize("change", ["version of Numba", "processor", "features"])
def test_kernels_of_another_target_do_not_count_as_compiled(tmp_path, monkeypatch, change):
    monkeypatch.setattr(kernels.config, "CACHE_DIR", str(tmp_path))
    for cached in (kernels.folder, kernels.target):
        monkeypatch.setattr(kernels, cached.__name__, cached.__wrapped__)
    assert not kernels.compiled()
    (kernels.folder() / "scheduling.work-1.py311.1.nbc").touch()
    assert kernels.compiled()
    if change == "version of Numba":
        monkeypatch.setattr(numba, "__version__", "0.0.1")
    elif change == "processor":
        monkeypatch.setattr(kernels.config, "CPU_NAME", "no-such")
    else:
        monkeypatch.setattr(kernels.config, "CPU_FEATURES", "+none")
    assert not kernels.compiled()


def test_queue_takes_what_the_rest_leaves(small):
    network, parameters = small

    def limit(bytes_):
        return memory.queue_limit(SimulationJob(network, parameters, 1.0, 1, memory_bytes=bytes_))

    assert limit(None) == memory.DEFAULT_QUEUE_BYTES
    assert limit(4_000_000_000) == pytest.approx(0.95 * 4e9 - memory.BASE_BYTES, rel=0.02)
    assert limit(10**12) == memory.LARGEST_QUEUE_BYTES


def chunk(simulation):
    """Advance by 20 ms; return the spikes."""
    simulation.advance(200 // simulation.window)
    found = simulation.take_spikes()
    simulation.tidy()
    return np.column_stack(found)


@pytest.mark.parametrize("window", [1, 4])
@pytest.mark.parametrize("changes", [{}, {"tau_syn_in": 5.0}, {"V_th_rel_sd_E": 0.2, "tau_syn_in": 3.0}])
def test_state_in_memory(small, window, changes):
    network, parameters = small
    parameters = parameters.model_copy(update=changes)
    extra = Perturbation(0, 3, 45.0, 1e5)
    one, two = (SimulationJob(network, parameters, 60.0, 3, threads=t, perturbation=extra) for t in (1, 2))
    whole, first, second = (engine.Simulation(job, window) for job in (one, two, one))
    for _ in range(2):
        np.testing.assert_array_equal(chunk(whole), chunk(first))
    checkpoint.restore(second, dict(checkpoint.export(first)))
    found = chunk(second)
    np.testing.assert_array_equal(chunk(whole), found)
    assert len(found) > 20
    assert [0, 3] in found[:, :2].tolist(), "the extra spike came after the checkpoint"
    for a, b in zip(whole.neurons, second.neurons, strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole.counters() == second.counters()


def test_perturbed_neuron_must_exist(small):
    network, parameters = small
    job = SimulationJob(network, parameters, 1.0, 1, perturbation=Perturbation(0, 10**6, 0.5, 1.0))
    with pytest.raises(HumamError, match="no such neuron"):
        get("procedural").check(job)


def test_inputs_lie_on_huge_pages():
    page = 1 << 21
    for shape in ((2, 7), (3, page)):
        found = zeros_on_huge_pages(shape)
        assert (found.shape, found.dtype, found.ctypes.data % page) == (shape, np.int32, 0)
        assert found.flags.c_contiguous and found.flags.writeable and not found.any()
        room = found.base
        while room.base is not None:
            room = room.base
        rest = room.ctypes.data + room.nbytes - found.ctypes.data
        assert rest >= -(-found.nbytes // page) * page, "the last page is shared with something else"
