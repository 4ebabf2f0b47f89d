"""Spikes in the formats of other programs, read by the programs' own libraries."""

import h5py
import numpy as np
import pandas as pd
import pytest

from humam import export, spikes
from humam.cli import main
from humam.errors import HumamError

LABELS = ["cuneus|II/III|E", "cuneus|II/III|I", "insula|IV|E"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Spikes of three populations, the second without neurons, in row groups of 100 spikes."""
    monkeypatch.setattr("humam.spikes_table.ROW_GROUP_SIZE", 100)
    random = np.random.default_rng(1)
    cells = random.choice(30 * 5000, 1000, replace=False)
    unit, step = np.divmod(cells, 5000)
    fields = {
        "dt_ms": 0.1, "t_sim_ms": 500.0, "engine": "synthetic", "seed": 1, "scale": 1.0, "in_degree_scale": 1.0,
        "scheme": "", "rates_source": "", "network_parameters": {"name": "base"}, "origin": {}, "software": {},
        "machine": {}, "wall_times_s": {}, "peak_memory_bytes": 0,
    }  # fmt: skip
    with spikes.create(tmp_path / "spikes", LABELS, [20, 0, 10]) as writer:
        writer.append(np.where(unit < 20, 0, 2), np.where(unit < 20, unit, unit - 20), step + 1)
        writer.finish(**fields)
    return tmp_path / "spikes"


def table(folder, label):
    """Neuron and time of the spikes of a population, in the order of time."""
    batch = spikes.read(folder).load([label])
    return batch.neuron.astype(int), batch.step / 10


def test_parquet_has_labels_and_times(folder, tmp_path):
    main(["export", "--spikes", str(folder), "--format", "parquet", "--out", str(tmp_path / "x.parquet")])
    found = pd.read_parquet(tmp_path / "x.parquet")
    assert list(found.columns) == ["population", "neuron", "time"]
    assert len(found) == 1000
    for label in (LABELS[0], LABELS[2]):
        own = found[found["population"] == label]
        neuron, time = table(folder, label)
        assert own["neuron"].tolist() == neuron.tolist()
        assert own["time"].tolist() == time.tolist()


def test_sonata_is_read_by_libsonata(folder, tmp_path):
    import libsonata

    path = tmp_path / "x.h5"
    main(["export", "--spikes", str(folder), "--out", str(path)])
    reader = libsonata.SpikeReader(str(path))
    assert set(reader.get_population_names()) == {"cuneus|II-III|E", "insula|IV|E"}
    for label in (LABELS[0], LABELS[2]):
        population = reader[export.sonata_name(label)]
        assert population.sorting == "by_time"
        found = population.get()
        neuron, time = table(folder, label)
        assert [each for each, _ in found] == neuron.tolist()
        assert [each for _, each in found] == time.tolist()
        assert population.times == (time[0], time[-1])
    with h5py.File(path) as file:
        assert file.attrs["magic"] == 0x0A7A
        assert file["spikes/cuneus|II-III|E"].attrs["population"] == LABELS[0]
        assert file["spikes/insula|IV|E"].attrs["neurons"] == 10


def test_a_file_of_neo_is_read_by_neo_and_by_elephant(folder, tmp_path):
    from elephant.statistics import mean_firing_rate
    from neo.io import NeoMatlabIO

    path = tmp_path / "x.mat"
    main(["export", "--spikes", str(folder), "--format", "neo", "--populations", "insula*", "--t-start", "100",
          "--t-stop", "300", "--out", str(path)])  # fmt: skip
    trains = NeoMatlabIO(str(path)).read_block().segments[0].spiketrains
    neuron, time = table(folder, LABELS[2])
    inside = (time >= 100) & (time < 300)
    assert len(trains) == len(np.unique(neuron[inside]))
    for train in trains:
        own = time[inside & (neuron == train.annotations["neuron"])]
        assert train.annotations["population"] == LABELS[2]
        assert train.rescale("ms").magnitude.tolist() == own.tolist()
        assert float(mean_firing_rate(train).rescale("Hz")) == pytest.approx(len(own) / 0.2)


def test_a_block_of_neo_has_every_spike(folder):
    run = spikes.read(folder)
    block = export.neo_block(run, export.select(run))
    assert sum(len(train) for train in block.segments[0].spiketrains) == 1000
    assert block.annotations["seed"] == 1


def test_what_cannot_be_exported_is_refused(folder, tmp_path, monkeypatch, capsys):
    run = spikes.read(folder)
    with pytest.raises(HumamError, match="'cuneu': no population matches"):
        export.select(run, ["cuneu"])
    with pytest.raises(HumamError, match="within the run of 500 ms"):
        export.select(run, t_stop_ms=501.0)
    with pytest.raises(HumamError, match=r"format 'sonat': unknown \(did you mean 'sonata'\?\)"):
        export.write(run, export.select(run), "sonat", tmp_path / "x")
    monkeypatch.setattr(export, "MAX_NEO_TRAINS", 5)
    with pytest.raises(HumamError, match="2 populations with 30 neurons: a file of Neo holds at most 5 trains"):
        export.write(run, export.select(run), "neo", tmp_path / "x")
    monkeypatch.setattr(export.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(HumamError, match=r"may take 0\.0 GB"):
        export.write(run, export.select(run), "sonata", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(SystemExit):
        main(["export", "--spikes", str(folder), "--out", str(tmp_path)])
    assert "it is a folder" in capsys.readouterr().err
