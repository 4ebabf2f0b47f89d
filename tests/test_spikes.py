"""Spikes on disk: what is written is read, in constant memory, and damage is named."""

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humam import spikes, spikes_table
from humam.errors import HumamError
from humam.labels import population_labels
from humam.spike_order import in_order

LABELS = population_labels()[:4]
NEURONS = [10, 0, 3, 70_000]
FIELDS = {
    "dt_ms": 0.1,
    "t_sim_ms": 1000.0,
    "engine": "nest",
    "seed": 1,
    "scale": 0.5,
    "in_degree_scale": 0.5,
    "scheme": "variance",
    "rates_source": "theory",
    "network_parameters": {"chi": 1.0},
    "origin": {"kind": "tables"},
    "software": {"humam": "0"},
    "machine": {},
    "wall_times_s": {"simulate": 1.0},
    "peak_memory_bytes": 1,
}


def random_spikes(n, seed=0, first=1, last=10_000):
    rng = np.random.default_rng(seed)
    population = rng.choice([0, 2, 3], n)
    neuron = rng.integers(0, np.array(NEURONS)[population])
    return population, neuron, rng.integers(first, last + 1, n)


def write(folder, batches, **fields):
    with spikes.create(folder, LABELS, NEURONS) as writer:
        for batch in batches:
            writer.append(*batch)
        writer.finish(**{**FIELDS, **fields})
    return spikes.read(folder)


@pytest.fixture
def folder(tmp_path):
    """A folder of 5000 spikes."""
    write(tmp_path / "spikes", [random_spikes(5000)])
    return tmp_path / "spikes"


def test_round_trip_is_sorted_and_complete(tmp_path, monkeypatch):
    monkeypatch.setattr(spikes_table, "ROW_GROUP_SIZE", 1000)
    batches = [random_spikes(2500, i, i * 100 + 1, (i + 1) * 100) for i in range(5)]
    data = write(tmp_path / "s p", batches)
    loaded = data.load()
    assert (loaded.population.dtype, loaded.neuron.dtype, loaded.step.dtype) == (np.uint16, np.uint32, np.uint32)
    population, neuron, step = (np.concatenate(c) for c in zip(*batches, strict=True))
    order = np.lexsort((neuron, population, step))
    np.testing.assert_array_equal(loaded.step, step[order])
    np.testing.assert_array_equal(loaded.population, population[order])
    np.testing.assert_array_equal(loaded.neuron, neuron[order])
    assert data.manifest.n_spikes == 12_500
    assert data.manifest.n_spikes_per_population == np.bincount(population, minlength=4).tolist()
    assert pq.ParquetFile(tmp_path / "s p/spikes.parquet").num_row_groups > 3


def test_no_spikes_at_all(tmp_path):
    data = write(tmp_path / "s", [])
    assert len(data.load()) == 0 and list(data.batches()) == []
    np.testing.assert_array_equal(data.mean_rates(), np.zeros(4))


def test_windows_and_populations(tmp_path, monkeypatch):
    monkeypatch.setattr(spikes_table, "ROW_GROUP_SIZE", 500)
    batches = [random_spikes(1000, i, i * 1000 + 1, i * 1000 + 999) for i in range(10)]
    last = (np.array([3]), np.array([69_999]), np.array([10_000]))
    data = write(tmp_path / "s", [*batches, last])
    everything = data.load()
    part = data.load([LABELS[2], LABELS[1]], t_start_ms=250.0, t_stop_ms=730.0)
    keep = (everything.population == 2) & (everything.step >= 2500) & (everything.step < 7300)
    np.testing.assert_array_equal(part.step, everything.step[keep])
    np.testing.assert_array_equal(part.neuron, everything.neuron[keep])
    assert everything.step.max() == 10_000, "the last step belongs to the run"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """3000 spikes that several examples read."""
    return write(tmp_path_factory.mktemp("spikes") / "s", [random_spikes(3000)])


@given(st.floats(0, 900), st.floats(1, 100))
def test_mean_rates_count_spikes(shared, start, length):
    stop = min(1000.0, start + length)
    loaded = shared.load(t_start_ms=start, t_stop_ms=stop)
    expected = np.bincount(loaded.population, minlength=4) / [10, 1, 3, 70_000] / (stop - start) * 1000
    np.testing.assert_allclose(shared.mean_rates(start, stop), expected)


def test_mean_rates_refuses_window_outside(folder):
    with pytest.raises(HumamError, match=r"window \[2000, 1000\) ms"):
        spikes.read(folder).mean_rates(2000.0)


def test_same_spikes_same_bytes(tmp_path):
    one = write(tmp_path / "a", [random_spikes(3000)])
    two = write(tmp_path / "b", [random_spikes(3000)])
    assert one.manifest.sha256 == two.manifest.sha256


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (([0], [0], [5]), "come after"),
        (([0], [10], [50]), "beyond the size"),
        (([1], [0], [50]), "beyond the size"),
        (([4], [0], [50]), "unknown population"),
    ],
)
def test_writer_refuses_what_an_engine_must_not_send(tmp_path, batch, message):
    with pytest.raises(ValueError, match=message), spikes.create(tmp_path / "s", LABELS, NEURONS) as writer:
        writer.append(np.array([0]), np.array([0]), np.array([10]))
        writer.append(*(np.array(column) for column in batch))
    assert list(tmp_path.iterdir()) == []


def test_interrupted_run_leaves_nothing_and_keeps_the_old(folder):
    before = spikes.read(folder).manifest
    with pytest.raises(KeyboardInterrupt), spikes.create(folder, LABELS, NEURONS) as writer:
        writer.append(*random_spikes(10))
        raise KeyboardInterrupt
    assert spikes.read(folder).manifest == before
    assert [p.name for p in folder.parent.iterdir()] == ["spikes"]


def test_unknown_population_names_the_nearest(folder):
    with pytest.raises(HumamError, match=r"bankssts\|II/III\|X.*did you mean 'bankssts\|II/III\|"):
        spikes.read(folder).load(["bankssts|II/III|X"])


def rewrite_manifest(folder, **changes):
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    content.update(changes)
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 2}, "format version 2, this program reads 1"),
        ({"format": "other"}, "format is 'other'"),
        ({"neurons": [1]}, "neurons has 1 entries, labels has 4"),
        ({"n_spikes": 3}, "n_spikes is not the sum"),
        ({"seed": None}, "seed: Field required"),
        ({"labels": ["a", "a", "b", "c"]}, "labels are not unique"),
    ],
)
def test_bad_manifest(folder, changes, message):
    rewrite_manifest(folder, **changes)
    with pytest.raises(HumamError, match=message):
        spikes.read(folder)


def test_unreadable_files(folder, tmp_path):
    with pytest.raises(HumamError, match=r"manifest .*no such file"):
        spikes.read(tmp_path / "nowhere")
    (folder / "manifest.json").write_text("{")
    with pytest.raises(HumamError, match="cannot be read"):
        spikes.read(folder)


def test_truncated_and_missing_parquet(folder):
    path = folder / "spikes.parquet"
    os.truncate(path, path.stat().st_size - 20)
    with pytest.raises(HumamError, match="truncated"):
        spikes.read(folder)
    path.unlink()
    with pytest.raises(HumamError, match=r"spikes.parquet.*no such file"):
        spikes.read(folder)


def test_missing_population_is_named(folder):
    path = folder / "spikes.parquet"
    table = pq.read_table(path)
    pq.write_table(table.filter(pa.compute.not_equal(table["population"], 2)), path)
    with pytest.raises(HumamError, match=r"population 'bankssts\|IV\|E' has 0 spikes, the manifest says"):
        spikes.read(folder)


def test_altered_content_is_noticed(folder):
    path = folder / "spikes.parquet"
    table = pq.read_table(path)
    step = table["step"].to_numpy().copy()
    step[-1] += 1
    pq.write_table(table.set_column(2, spikes.SCHEMA.field(2), pa.array(step, pa.uint32())), path)
    with pytest.raises(HumamError, match="SHA-256"):
        spikes.read(folder)
    assert len(spikes.read(folder, verify=False).load()) == 5000


def test_other_columns_are_refused(folder):
    pq.write_table(pa.table({"time": [1.0]}), folder / "spikes.parquet")
    with pytest.raises(HumamError, match=r"columns are \['time'\]"):
        spikes.read(folder)


def test_bytes_do_not_depend_on_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(spikes_table, "ROW_GROUP_SIZE", 1000)
    rng = np.random.default_rng(1)
    step = np.sort(rng.choice(10_000, 4321, replace=False)) + 1
    population, neuron = rng.integers(0, 2, (2, len(step)))
    digests = set()
    for n_batches in (1, 7, 300):
        path = tmp_path / f"{n_batches}.parquet"
        writer = spikes.SpikeWriter(path, ["a", "b"], [2, 2])
        for part in np.array_split(np.arange(len(step)), n_batches):
            writer.append(population[part], neuron[part], step[part])
        writer.close()
        digests.add(path.read_bytes())
    parts = [tmp_path / "1.parquet"]
    spikes.merge(parts, tmp_path / "merged.parquet")
    digests.add((tmp_path / "merged.parquet").read_bytes())
    assert len(digests) == 1
    groups = pq.ParquetFile(path).metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [1000] * 4 + [321]


def test_order_of_spikes():
    rng = np.random.default_rng(2)
    for types, last in (((np.uint16, np.uint32, np.uint32), 200), ((np.int64,) * 3, 2**60)):
        columns = [rng.integers(0, n, 3000).astype(t) for n, t in zip((272, 20_000, last), types, strict=True)]
        population, neuron, step = columns
        order = np.lexsort((neuron, population, step))
        for found, expected in zip(in_order(*columns), columns, strict=True):
            np.testing.assert_array_equal(found, expected[order])
    assert [len(x) for x in in_order(*np.empty((3, 0), np.int64))] == [0, 0, 0]
