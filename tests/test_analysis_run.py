"""The statistics of a whole run: ``humam analyse``, its files, and the headline numbers."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from humam import network as network_file
from humam import published, spikes
from humam.analysis import boxes, run, statistics, summary
from humam.analysis.correlation import mean_correlation
from humam.analysis.irregularity import irregularity
from humam.analysis.trains import trains
from humam.analysis.value import Value
from humam.anatomy import tables
from humam.cli import main
from humam.errors import HumamError
from humam.labels import AREAS, area_slice
from humam.parameters import validate
from humam.resources import shipped

SCALE = 0.002


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "network.nc"
    network_file.write(network_file.build(tables.read(shipped("datasets", "tables")), validate({})), path)
    return path


def write_spikes(folder, network, t_sim_ms, rate=12.0, seed=1, **changes):
    """Write gamma-like spikes (every neuron: geometric intervals beyond refractoriness) of a run at 0.2 % scale."""
    built = network_file.read(network)
    neurons = np.round(built["neurons"].to_numpy() * SCALE).astype(int)
    random = np.random.default_rng(seed)
    offset = np.concatenate([[0], np.cumsum(neurons)])
    n_steps = round(t_sim_ms * 10)
    # One neuron in five is silent; rates spread over two orders of magnitude.
    rates = rate * random.lognormal(-1, 1.2, offset[-1]) * (random.random(offset[-1]) > 0.2)
    spiking = random.random((n_steps // 20, offset[-1])) < rates * 2e-3
    bin_, unit = np.nonzero(spiking)
    step = bin_ * 20 + random.integers(1, 21, len(bin_))
    population = np.searchsorted(offset, unit, side="right") - 1
    fields = {
        "dt_ms": 0.1,
        "t_sim_ms": t_sim_ms,
        "engine": "synthetic",
        "seed": seed,
        "scale": SCALE,
        "in_degree_scale": SCALE,
        "scheme": "none",
        "rates_source": "none",
        "network_parameters": network_file.parameters(built).model_dump(),
        "origin": network_file.origin(built),
        "software": {},
        "machine": {},
        "wall_times_s": {},
        "peak_memory_bytes": 0,
    }
    with spikes.create(folder, built["target"].to_numpy().tolist(), neurons.tolist()) as writer:
        writer.append(population, unit - offset[population], step)
        writer.finish(**{**fields, **changes})
    return folder


def analyse(folder, network, out):
    run.analyse(network_file.read(network), spikes.read(folder), out)
    return statistics.read(out)


@pytest.fixture(scope="module")
def long_run(tmp_path_factory, network):
    """A folder of spikes of 6.6 s (two 2-s windows) and its statistics."""
    folder = tmp_path_factory.mktemp("long run")
    write_spikes(folder / "spikes", network, 6600.0)
    return folder / "spikes", analyse(folder / "spikes", network, folder / "statistics")


def test_populations_equal_what_the_pure_functions_give(long_run):
    batch = spikes.read(long_run[0]).load()
    data = long_run[1].data
    neurons = data["neurons"].to_numpy()
    assert (neurons > 0).sum() == 254
    for p in (0, 9, 150, 271):
        of_p = batch.population == p
        late = of_p & (batch.step >= 5000) & (batch.step < 66000)
        own = trains(batch.neuron[late], batch.step[late])
        cv, lvr = irregularity(own, 0.1)
        assert data["rate"].to_numpy()[p] == pytest.approx(late.sum() / neurons[p] / 6.1)
        assert data["cv"].to_numpy()[p] == pytest.approx(np.nanmean(cv))
        assert data["lvr"].to_numpy()[p] == pytest.approx(np.nanmean(lvr))
        assert data["correlation"].to_numpy()[p] == mean_correlation(own, 5000, 66000, 10)
        assert data["neurons_spiking"].to_numpy()[p] == len(np.unique(batch.neuron[of_p]))
        assert data["neurons_10_spikes"].to_numpy()[p] == np.isfinite(cv).sum() > 0
        counts = np.bincount(batch.step[of_p] // 10, minlength=6600)[:6600]
        assert np.array_equal(data["spike_count"].to_numpy()[p], counts)
    empty = neurons == 0
    for name in ("rate", "cv", "lvr", "correlation", "log_rate_density"):
        assert np.isnan(data[name].to_numpy()[empty]).all()
        assert long_run[1].unavailable(name) == ""


def test_areas_equal_what_the_counts_give(long_run, network):
    data = long_run[1].data
    area = area_slice("insula")
    counts = data["spike_count"].to_numpy()[area].sum(axis=0)
    expected = counts / data["neurons"].to_numpy()[area].sum()
    assert long_run[1].area_rate.sel(area="insula").to_numpy() == pytest.approx(expected, rel=1e-6)
    built = network_file.read(network)
    # The mean current is the sum of |w| K tau rate, up to the ends of the convolution.
    rate = data["spike_count"].to_numpy().sum(axis=1) / np.maximum(data["neurons"].to_numpy(), 1) / 6600
    in_degree = built["synapses"].to_numpy()[area] / built["neurons"].to_numpy()[area].sum()
    expected_current = 2.0 * (np.abs(built["weight"].to_numpy()[area]) * in_degree @ rate).sum()
    for kernel in ("published", "corrected"):
        current = data["current"].sel(area="insula", kernel=kernel).to_numpy()
        assert current.mean() == pytest.approx(expected_current, rel=0.01)
        matrix = data["fc"].sel(kernel=kernel).to_numpy()
        late = data["current"].sel(kernel=kernel).to_numpy()[:, 2500:]
        assert matrix == pytest.approx(np.corrcoef(late.astype(float)), abs=1e-4)
    assert data["bold"].shape == (34, 660)


def test_tables_of_neurons(long_run):
    batch = spikes.read(long_run[0]).load()
    table, data = long_run[1].neurons, long_run[1].data
    assert len(table) == data["neurons_spiking"].to_numpy().sum()
    assert not table.duplicated(["population", "neuron"]).any()
    late = (batch.step >= 5000) & (batch.step < 66000)
    assert table["n_spikes"].sum() == late.sum()
    assert (table["n_spikes"] == 0).any()
    one = table[(table["population"] == 150)].iloc[5]
    assert one["n_spikes"] == (late & (batch.population == 150) & (batch.neuron == one["neuron"])).sum()
    assert (table["cv"].notna() == (table["n_spikes"] >= 10)).all()

    windows = long_run[1].windows
    assert set(windows["window"]) == {0, 1}
    assert set(windows["population"]) <= set(range(8, 16))
    first = (batch.step > 25000) & (batch.step < 45000) & (batch.population >= 8) & (batch.population < 16)
    assert windows.loc[windows["window"] == 0, "n_spikes"].sum() == first.sum()

    rasters = long_run[1].rasters
    assert rasters["time"].between(4000, 5000, inclusive="left").all()
    # At this scale every neuron has its row.
    inside = (batch.step >= 40000) & (batch.step < 50000)
    assert len(rasters) == inside.sum()
    assert np.array_equal(data["raster_rows"].to_numpy(), data["neurons"].to_numpy())


def test_result_does_not_depend_on_the_size_of_groups(long_run, network, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "MAX_GROUP_SPIKES", 1000)
    other = analyse(long_run[0], network, tmp_path / "out")
    xr.testing.assert_identical(other.data.load(), long_run[1].data.load())
    for name in ("neurons", "windows", "rasters"):
        pd.testing.assert_frame_equal(getattr(other, name), getattr(long_run[1], name))


def test_every_variable_states_its_unit(long_run):
    for name, variable in long_run[1].data.load().data_vars.items():
        assert variable.attrs["units"] and variable.attrs["long_name"], name
    assert long_run[1].down_scaled
    assert long_run[1].manifest["engine"] == "synthetic"


def headline(run, figure, state, human=None, published_fc=None, human_fc=None):
    """Return the numbers of a run as the reports of its spikes and of the scaling figure have them."""
    rows = [(figure, *value) for value in summary.spike_rows(run)]
    scaling = [*summary.unit_rows(run, state, human), *summary.fc_rows(run, state, published_fc, human_fc)]
    rows += [("figure5", *value) for value in scaling]
    return pd.DataFrame(rows, columns=["figure", *Value._fields])


def test_run_shorter_than_the_transients(network, tmp_path):
    short = analyse(write_spikes(tmp_path / "a", network, 400.0), network, tmp_path / "out a")
    for name in ("rate", "cv", "lvr", "correlation"):
        assert np.isnan(short.data[name].to_numpy()).all()
        assert "ends within the first 500 ms" in short.unavailable(name)
    assert "no samples after the first 2500 ms" in short.unavailable("fc")
    assert len(short.neurons) == len(short.windows) == 0 and len(short.rasters) > 0
    assert short.data["spike_count"].to_numpy().sum() > 0

    medium = analyse(write_spikes(tmp_path / "b", network, 1000.0, rate=1.0), network, tmp_path / "out b")
    assert medium.unavailable("rate") == "" and np.isfinite(medium.data["rate"].to_numpy()).sum() == 254
    assert np.isnan(medium.data["fc"].to_numpy()).all() and medium.unavailable("fc")
    values = headline(medium, "figure4", "base").set_index("quantity")
    row = values.loc["windows_spiking_fraction[area=caudalanteriorcingulate]"]
    assert np.isnan(row["value"]) and "no 2-s window after 2500 ms" in row["note"]
    assert np.isfinite(values.loc["rate_whisker_max", "value"])


def test_run_without_a_spike(network, tmp_path):
    silent = analyse(write_spikes(tmp_path / "a", network, 3000.0, rate=0.0), network, tmp_path / "out")
    assert np.nanmax(silent.data["rate"].to_numpy()) == 0 and silent.unavailable("rate") == ""
    assert silent.unavailable("cv") == silent.unavailable("lvr") == "no neuron has 10 spikes in 2500 ms"
    assert "no area receives a current that varies" in silent.unavailable("fc")
    values = headline(silent, "figure6", "best_fit", human={q: np.ones(3) for q in ("rate", "cv", "lvr")})
    missing = values[values["value"].isna()]
    assert len(missing) > 10 and (missing["note"] != "").all()


def test_headline_has_the_published_identifiers(long_run):
    human = {q: v["value"].to_numpy() for q, v in published.single_units(state="human").groupby("quantity")}
    fc = published.functional_connectivity("scaling", "base").to_numpy()
    human_fc = {side: published.enigma_fc(side).to_numpy() for side in ("left", "right")}
    values = headline(long_run[1], "figure4", "base", human, fc, human_fc)
    assert long_run[1].status == "incomparable"
    assert not values.duplicated(["figure", "panel", "quantity"]).any()
    assert (values["value"].notna() | (values["note"] != "")).all()
    known = published.figures()
    keys = ["figure", "panel", "quantity", "unit"]
    shared = values.merge(known, on=keys)
    ours_only = values.merge(known, on=keys, how="left", indicator=True).query("_merge == 'left_only'")
    assert set(ours_only["quantity"].str.split("[").str[0]) == {"rate_mean", "fc_correlation"} | {
        f"fc_{s}" for s in ("mean", "sd", "min", "max")
    }
    # Every number of Figure 4 and of the base state in Figure 5 has its counterpart.
    assert len(shared) == len(known[known["figure"] == "figure4"]) + len(
        known[
            (known["figure"] == "figure5")
            & known["quantity"].str.contains(r"state=base|states=base-published|chi=1[;\]]")
        ]
    )

    by_name = values.set_index("quantity")["value"]
    batch = spikes.read(long_run[0]).load()
    neurons = long_run[1].data["neurons"].to_numpy()
    late = (batch.step >= 25000) & (batch.step < 66000) & (batch.population // 8 == 1)
    mean = by_name["rate_mean[area=caudalanteriorcingulate]"]
    assert mean == pytest.approx(late.sum() / neurons[8:16].sum() / 4.1, rel=1e-5)


def test_boxes_hold_one_value_per_area_with_the_population(long_run):
    values = summary.population_values(long_run[1], "rate")
    # Eight areas lack layer 4, one lacks layer 6.
    assert [len(own) for own in boxes.by_population(values)] == [34, 34, 26, 26, 34, 34, 33, 33]
    eleven = np.full(272, np.nan)
    eleven[:88:8] = np.arange(11.0)
    assert boxes.whisker_range(eleven) == (0, 10)


def test_command(long_run, network, tmp_path, capsys):
    out = tmp_path / "some statistics"
    main(["analyse", "--network", str(network), "--spikes", str(long_run[0]), "--out", str(out)])
    xr.testing.assert_identical(statistics.read(out).data.load(), long_run[1].data.load())


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["analyse", *map(str, arguments)])
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and text.startswith("humam: error: ")
    return text


def test_bad_input_is_refused_in_one_line(long_run, network, tmp_path, capsys):
    out = tmp_path / "out"
    other = network_file.build(tables.read(shipped("datasets", "tables")), validate({"chi": 2.5}))
    network_file.write(other, tmp_path / "other.nc")
    text = refused(capsys, "--network", tmp_path / "other.nc", "--spikes", long_run[0], "--out", out)
    assert "are of another network: chi" in text

    assert "does not exist" in refused(capsys, "--network", tmp_path / "none.nc", "--spikes", long_run[0], "--out", out)
    assert "no such file" in refused(capsys, "--network", network, "--spikes", tmp_path / "none", "--out", out)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in long_run[0].iterdir():
        content = path.read_bytes()
        (damaged / path.name).write_bytes(content if path.suffix == ".json" else content[:-100])
    assert "truncated" in refused(capsys, "--network", network, "--spikes", damaged, "--out", out)
    (tmp_path / "file").write_text("x")
    assert "it is a file" in refused(capsys, "--network", network, "--spikes", long_run[0], "--out", tmp_path / "file")
    assert not out.exists()


def test_failure_half_way_leaves_nothing_behind(long_run, network, tmp_path, monkeypatch):
    def fail(*arguments):
        raise HumamError("half-way")

    monkeypatch.setattr(run, "functional_connectivity", fail)
    with pytest.raises(HumamError, match="half-way"):
        analyse(long_run[0], network, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_variables_are_read_when_asked_for_and_are_those_of_the_file(long_run):
    opened = statistics.read(long_run[1].folder).data
    whole = opened.load()
    assert set(opened) == set(whole.variables) and opened.attrs == whole.attrs
    for name in opened:
        xr.testing.assert_identical(opened[name], whole[name])
        assert opened[name].dtype == whole[name].dtype, name
    assert opened["fc"] is opened["fc"] and "area_rate" not in opened


def test_reading_refuses_what_is_no_complete_folder_of_statistics(long_run, tmp_path):
    with pytest.raises(HumamError, match="does not exist"):
        statistics.read(tmp_path)
    path = tmp_path / "statistics.nc"
    path.write_bytes(b"no netCDF")
    with pytest.raises(HumamError, match="cannot be read"):
        statistics.read(tmp_path)
    data = long_run[1].data.load()
    data.assign_attrs(format_version=99).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(HumamError, match="has format version 99; this version of humam reads 2"):
        statistics.read(tmp_path)
    data.assign_attrs(format="x").to_netcdf(path, engine="h5netcdf")
    with pytest.raises(HumamError, match="is not a statistics file"):
        statistics.read(tmp_path)
    data.drop_vars("fc").to_netcdf(path, engine="h5netcdf")
    with pytest.raises(HumamError, match="lacks fc"):
        statistics.read(tmp_path)
    data.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(HumamError, match=r"lack neurons\.parquet, windows\.parquet, rasters\.parquet"):
        statistics.read(tmp_path)
    assert set(AREAS) == set(data["area"].to_numpy())
