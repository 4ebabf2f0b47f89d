"""The queue of events in a checkpoint, and where compiled kernels are kept."""

import numpy as np
import pytest

from humam.engines.procedural import checkpoint, kernels
from humam.engines.procedural.state import QUEUE_CHUNK, initial_queue
from humam.errors import HumamError


def test_queue_round_trip():
    rng = np.random.default_rng(0)
    lengths = np.zeros((2, 1024), np.int64)
    lengths[0, [0, 5, 1023]] = QUEUE_CHUNK - 1, 1, 2 * (QUEUE_CHUNK - 1)
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
    free = np.concatenate([queue.free[t, : queue.n_free[t, 0]] for t in range(3)])
    used = 1 + 1 + 1 + 2 + 2 + 5  # and the first, which nobody owns
    assert sorted(free) == list(range(used, queue.free.shape[1]))
    with pytest.raises(HumamError, match="need more than"):
        checkpoint.write_queue(initial_queue(2, 3, 600_000), [(np.full(1024, 4), np.zeros(4096, np.uint32))] * 2)


def test_folder_of_kernels(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels.config, "CACHE_DIR", str(tmp_path))
    folder = kernels.folder.__wrapped__()
    assert folder.parent == tmp_path and kernels.digest().startswith(folder.name.removeprefix("kernels-"))
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kernels.config, "CACHE_DIR", str(tmp_path / "file"))
    other = kernels.folder.__wrapped__()
    assert other.is_dir() and tmp_path not in other.parents
