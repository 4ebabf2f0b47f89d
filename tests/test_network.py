"""The network against the check numbers of the model definition, and its properties."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from humam import network
from humam.anatomy import tables as anatomy_tables
from humam.anatomy.columns import build_columns
from humam.cli import main
from humam.connectivity.area_level import direction
from humam.connectivity.distance_rule import disk_integral, lens_area, share_inside_column
from humam.errors import HumamError
from humam.labels import AREAS, LAYER_POPULATIONS, LAYERS, N_POPULATIONS, area_slice, population_labels
from humam.parameters import Parameters, validate
from humam.resources import shipped


@pytest.fixture(scope="module")
def tables():
    return anatomy_tables.read(shipped("datasets", "tables"))


@pytest.fixture(scope="module")
def base(tables):
    return network.build(tables, Parameters())


def within_areas(synapses):
    return sum(int(synapses[area_slice(a), area_slice(a)].sum()) for a in AREAS)


def test_index_space(base):
    assert len(population_labels()) == 272
    assert int((base["neurons"] > 0).sum()) == 254


def test_removed_layers(tables):
    removed = build_columns(tables, Parameters()).removed
    assert set(removed) == {
        ("caudalmiddlefrontal", "IV", 3375),
        ("lateraloccipital", "IV", 3000),
        ("parahippocampal", "VI", 3200),
        ("parsorbitalis", "IV", 625),
    }


def test_areas_without_a_layer(base):
    neurons = base["neurons"].to_numpy().reshape(34, 4, 2).sum(axis=2)
    absent = {layer: [AREAS[a] for a in np.flatnonzero(neurons[:, i] == 0)] for i, layer in ((1, "IV"), (3, "VI"))}
    assert sorted(absent["IV"]) == [
        "caudalanteriorcingulate", "caudalmiddlefrontal", "entorhinal", "lateraloccipital", "parahippocampal",
        "parsorbitalis", "precentral", "rostralanteriorcingulate",
    ]  # fmt: skip
    assert absent["VI"] == ["parahippocampal"]


def test_neuron_numbers(base):
    neurons = base["neurons"].values
    assert neurons.sum() == 3_468_839
    per_population = neurons.reshape(34, 8).sum(axis=0)
    expected = [907_478, 488_641, 639_174, 169_906, 450_747, 127_132, 589_753, 96_008]
    assert per_population.tolist() == expected
    per_area = dict(zip(AREAS, neurons.reshape(34, 8).sum(axis=1), strict=True))
    assert per_area["entorhinal"] == min(per_area.values()) == 38_219
    assert per_area["caudalanteriorcingulate"] == 56_877
    assert per_area["pericalcarine"] == max(per_area.values()) == 214_750


def test_slower_inhibition_keeps_the_psp(tables):
    fast, slow = (network.build(tables, validate({"tau_syn_in": tau}))["weight"].to_numpy() for tau in (2.0, 4.0))
    assert np.array_equal(fast.clip(0), slow.clip(0))  # excitatory weights
    inhibitory = fast < 0
    assert slow[inhibitory] / fast[inhibitory] == pytest.approx(0.4 ** (-1 / 0.6) / 0.2 ** (-1 / 0.8))


def test_binzegger_fractions(tables):
    other = network.build(tables, validate({"excitatory_fractions": "binzegger"}))
    assert int(other["neurons"].sum()) == 3_468_846
    assert int(other["synapses"].sum()) == pytest.approx(42_778_075_173, rel=2e-5)


def test_synapse_numbers(base):
    synapses = base["synapses"].values
    within = within_areas(synapses)
    # Between areas the numbers are exact; the type-I/II split is integrated more exactly than published.
    assert synapses.sum() - within == 8_512_503_987
    assert within == pytest.approx(34_265_571_151, rel=2e-5)
    assert int(base["synapses_external"].sum()) == pytest.approx(18_025_524_840, rel=2e-5)
    assert int((synapses > 0).sum()) == 8394


def test_area_level(base):
    assert int((base["streamlines"] > 0).sum()) == 336
    thickness = base["thickness"].sum("cortical_layer")
    assert float(thickness.min()) == pytest.approx(1.58, abs=0.005)
    assert float(thickness.max()) == pytest.approx(4.03, abs=0.005)
    assert float(thickness.mean()) == pytest.approx(2.71, abs=0.005)
    assert float(base["surface"].min()) == pytest.approx(980, abs=0.5)
    assert float(base["surface"].max()) == pytest.approx(13_799, abs=0.5)


def test_hierarchical_directions(base):
    sln = base["sln"].values
    assert np.diag(sln) == pytest.approx(np.full(34, 0.4396), abs=5e-5)
    connected = sln[base["streamlines"].values > 0]
    names, counts = np.unique(direction(connected, Parameters()), return_counts=True)
    assert dict(zip(names, counts, strict=True)) == {"feedback": 115, "lateral": 155, "feedforward": 66}
    assert connected.min() == pytest.approx(0.0189, abs=5e-5)
    assert connected.max() == pytest.approx(0.9618, abs=5e-5)
    assert connected.mean() == pytest.approx(0.4497, abs=5e-5)


def test_weights(base):
    weight = base["weight"].sel(source="bankssts|II/III|E")
    assert float(weight.sel(target="bankssts|V|E")) == pytest.approx(16.44883659, abs=1e-8)
    assert float(weight.sel(target="bankssts|II/III|I")) == pytest.approx(7.47674391, abs=1e-8)
    local = base["weight"].sel(target="bankssts|II/III|E")
    assert float(local.sel(source="bankssts|II/III|I")) == pytest.approx(-5 * 16.44883659, abs=1e-7)
    assert float(local.sel(source="bankssts|IV|E")) == pytest.approx(2 * 16.44883659, abs=1e-7)
    external = base["weight_external"]
    assert float(external.sel(target="insula|V|E")) == pytest.approx(1.05 * 16.44883659, abs=1e-7)
    assert float(external.sel(target="insula|VI|E")) == pytest.approx(1.15 * 16.44883659, abs=1e-7)


def areas_of_pairs(network):
    """Return areas and layer-populations of target and source of every pair with synapses, four arrays."""
    targets, sources = np.nonzero(network["synapses"].values)
    return *(np.stack([targets, sources]) // N_POPULATIONS), *(np.stack([targets, sources]) % N_POPULATIONS)


def weights_of(network):
    return network["weight"].values[network["synapses"].values > 0]


EXCITATORY = np.array([population == "E" for _, population in LAYER_POPULATIONS])


@pytest.mark.parametrize(
    ("settings", "chi", "chi_I"),
    [({}, 1, 2), ({"chi": 2.5}, 2.5, 5), ({"chi": 2, "chi_I_per_chi": 1}, 2, 2), ({"chi": 1.5, "chi_I": 4}, 1.5, 4)],
)
def test_weights_between_areas(tables, settings, chi, chi_I):
    net = network.build(tables, validate(settings))
    target_area, source_area, target, source = areas_of_pairs(net)
    between = target_area != source_area
    assert EXCITATORY[source[between]].all()  # no inhibitory neuron projects to another area
    expected = np.where(EXCITATORY[target[between]], 16.44883659 * chi, 7.47674391 * chi_I)
    assert weights_of(net)[between] == pytest.approx(expected, rel=1e-9)
    assert 0 < np.count_nonzero(EXCITATORY[target[between]]) < np.count_nonzero(between)


@pytest.mark.parametrize(
    ("factor", "changed"),
    [
        ("factor_4E_23E", [("II/III|E", "IV|E")]),
        ("factor_local_E_I", [(f"{t}|I", f"{s}|E") for t in LAYERS for s in LAYERS]),
        ("factor_local_5E_I", [(f"{t}|I", "V|E") for t in LAYERS]),
    ],
)
def test_local_factors_scale_their_projections_within_areas_alone(tables, base, factor, changed):
    before = Parameters().model_dump()[factor]
    net = network.build(tables, validate({factor: 3 * before}))
    target_area, source_area, target, source = areas_of_pairs(net)
    names = np.array(["|".join(pair) for pair in LAYER_POPULATIONS])
    inside = [pair in changed for pair in zip(names[target], names[source], strict=True)]
    scaled = (target_area == source_area) & np.array(inside)
    assert weights_of(net) / weights_of(base) == pytest.approx(np.where(scaled, 3.0, 1.0), rel=1e-12)
    assert scaled.any() and not scaled.all()


def test_chi_scales_only_projections_between_areas(tables, base):
    best = network.build(tables, validate({"chi": 2.5}))
    ratio = best["weight"].values[base["weight"].values != 0] / base["weight"].values[base["weight"].values != 0]
    targets, sources = np.nonzero(base["weight"].values)
    same_area = targets // N_POPULATIONS == sources // N_POPULATIONS
    assert np.all(ratio[same_area] == 1.0)
    assert ratio[~same_area] == pytest.approx(2.5)


def test_delays(base):
    lengths = base["fibre_length"].values / 3.5
    all_pairs = lengths[~np.eye(34, dtype=bool)]
    assert all_pairs.min() == pytest.approx(2.43, abs=5e-3)
    assert all_pairs.max() == pytest.approx(43.37, abs=5e-3)
    assert np.median(all_pairs) == pytest.approx(17.97, abs=5e-3)
    connected = base["streamlines"].values > 0
    assert lengths[connected].min() == pytest.approx(2.43, abs=5e-3)
    assert lengths[connected].max() == pytest.approx(38.34, abs=5e-3)
    assert np.median(lengths[connected]) == pytest.approx(11.84, abs=5e-3)
    synapses = base["synapses_area"].values[connected]
    assert np.average(lengths[connected], weights=synapses) == pytest.approx(9.72, abs=5e-3)
    delay = base["delay"]
    assert float(delay.sel(target="insula|V|E", source="insula|V|E")) == 1.5
    assert float(delay.sel(target="insula|V|E", source="insula|V|I")) == 0.75


def test_delays_between_areas(tables):
    for speed in (3.5, 7.0):
        net = network.build(tables, validate({"conduction_speed": speed}))
        delay = net["delay"].values[net["synapses"].values > 0]
        target_area, source_area, _, source = areas_of_pairs(net)
        expected = net["fibre_length"].values[target_area, source_area] / speed
        inside = target_area == source_area
        expected[inside] = np.where(EXCITATORY[source[inside]], 1.5, 0.75)
        assert np.array_equal(delay, expected)
    assert delay[~inside].min() == pytest.approx(2.43 / 2, abs=5e-3)


def test_external_drive(base):
    rate = base["rate_external"]
    expected = {"II/III|E": 4.92368431, "II/III|I": 5.2519299, "IV|E": 3.75137854, "VI|E": 2.71651548}
    for name, value in expected.items():
        assert float(rate.sel(target=f"bankssts|{name}")) == pytest.approx(value, rel=3e-5)
    pcal = "pericalcarine|IV|E"
    in_degree = float(base["synapses_external"].sel(target=pcal) / base["neurons"].sel(target=pcal))
    assert in_degree == pytest.approx(1929.179, rel=2e-5)


def test_in_degrees(base):
    neurons = base["neurons"].values
    full = neurons > 0
    internal = base["synapses"].values.sum(axis=1)[full] / neurons[full]
    external = base["synapses_external"].values[full] / neurons[full]
    assert internal.mean() == pytest.approx(12_533, abs=1)
    assert external.mean() == pytest.approx(5_746, abs=1)
    total = (int(base["synapses"].sum()) + int(base["synapses_external"].sum())) / neurons.sum()
    assert total == pytest.approx(17_528.5, abs=0.1)


@pytest.mark.parametrize(("unit", "low", "high"), [("published", 0.65528, 0.65530), ("corrected", 0.602, 0.608)])
def test_share_inside_column(tables, unit, low, high):
    share = network.build(tables, validate({"column_height_unit": unit}))["share_inside_column"].values
    assert low <= share.min().round(5) <= share.max().round(5) <= high


def test_distance_rule_against_random_points():
    """Monte Carlo of the four-dimensional definition for a small geometry."""
    rng = np.random.default_rng(1)
    n, small, large, height, scale = 400_000, 100.0, 250.0, 80.0, 60.0

    def disk(radius):
        r, phi = radius * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
        return np.stack([r * np.cos(phi), r * np.sin(phi)])

    for source in (small, large):
        r = np.hypot(*(disk(small) - disk(source)))
        h = height * rng.random(n)
        sample = (height - h) * np.exp(-np.hypot(r, h) / scale)
        volume = np.pi * small**2 * np.pi * source**2 * height
        exact = disk_integral(small, source, height, scale)
        assert sample.mean() * volume == pytest.approx(exact, abs=4 * sample.std() / np.sqrt(n) * volume)


def test_lens_area_integrates_to_product_of_disks():
    r, w = np.polynomial.legendre.leggauss(400)
    r, w = (r + 1) * 2.5, w * 2.5
    total = float((2 * np.pi * r * lens_area(1.0, 4.0, r)) @ w)
    assert total == pytest.approx(np.pi * np.pi * 16, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(surface=st.floats(2, 2e4), thickness=st.floats(0.5, 5), factor=st.floats(1.1, 3))
def test_share_falls_with_surface(surface, thickness, factor):
    small, large = (
        share_inside_column(np.array([s]), np.array([thickness]), 1.0, 160.0)[0] for s in (surface, surface * factor)
    )
    assert 0 < large <= small * (1 + 1e-9) and small <= 1  # to the tolerance of the numerical integration


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fraction=st.floats(0.1, 0.95),
    density=st.floats(1e8, 1e9),
    z=st.floats(0.5, 1),
    chi=st.floats(0, 5),
)
def test_totals_are_conserved(tables, fraction, density, z, chi):
    """Every synapse of an area's volume is found again, within rounding, whatever the parameters."""
    p = validate({"fraction_within": fraction, "synapse_density": density, "excitatory_target_share": z, "chi": chi})
    net = network.build(tables, p)
    per_area = net["synapses"].values.reshape(34, 8, 272).sum(axis=(1, 2))
    per_area = per_area + net["synapses_external"].values.reshape(34, 8).sum(axis=1)
    expected = density * net["thickness"].values.sum(axis=1)
    assert per_area == pytest.approx(expected, abs=272 * 8)
    assert (net["synapses"].values >= 0).all()
    empty = net["neurons"].values == 0
    assert net["synapses"].values[empty].sum() == 0
    assert net["synapses"].values[:, empty].sum() == 0


def test_feedback_targets_follow_z(base):
    connected = base["streamlines"].values > 0
    feedback = connected & (base["sln"].values < 0.35)
    excitatory = np.array([p == "E" for _, p in LAYER_POPULATIONS])
    blocks = base["synapses"].values.reshape(34, 8, 34, 8).sum(axis=3)
    for a, b in np.argwhere(feedback):
        assert blocks[a, excitatory, b].sum() / blocks[a, :, b].sum() == pytest.approx(0.93, abs=1e-4)


def test_round_trip_and_reproducible_bytes(base, tables, tmp_path):
    network.write(base, tmp_path / "a.nc")
    network.write(network.build(tables, Parameters()), tmp_path / "b.nc")
    xr.testing.assert_identical(network.read(tmp_path / "a.nc"), base)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    assert network.parameters(base) == Parameters()


def test_file_changed_by_hand_is_no_network_of_its_parameters(base, tmp_path):
    network.write(base, tmp_path / "base.nc")
    found = []
    for edit in ("synapses", "weight", "parameters"):
        changed = xr.load_dataset(tmp_path / "base.nc", engine="h5netcdf")
        if edit == "parameters":  # weights of 220 pF stay
            changed.attrs["parameters"] = Parameters(C_m_E=250.0).model_dump_json()
        else:
            changed[edit].loc[{"target": "insula|V|E"}] //= 2
        changed.to_netcdf(tmp_path / "mine.nc", engine="h5netcdf")
        read = network.read(tmp_path / "mine.nc")
        assert read[edit].equals(changed[edit]) if edit != "parameters" else network.parameters(read).C_m_E == 250
        network.write(read, tmp_path / "again.nc")
        assert network.parameters(network.read(tmp_path / "again.nc")) == network.parameters(read)
        found.append(network.parameters(read).edited)
    assert len(set(found)) == 3 and all(len(digest) == 12 for digest in found)


def test_network_of_other_tables_is_none_of_the_published_model(tables, tmp_path, capsys):
    other = tables.streamlines.assign(streamlines=tables.streamlines["streamlines"] * (1 + 1e-12))
    anatomy_tables.write(replace(tables, streamlines=other.iloc[::-1]), tmp_path / "rounded")
    less = other.assign(streamlines=other["streamlines"].where(other["source"] != "insula", 5.0))
    anatomy_tables.write(replace(tables, streamlines=less), tmp_path / "mine")
    found = {}
    for name in ("rounded", "mine"):
        out = tmp_path / f"{name}.nc"
        main(["network", "--experiment", "base", "--tables", str(tmp_path / name), "--out", str(out)])
        found[name] = network.parameters(network.read(out)).edited
    assert found["rounded"] == "" and len(found["mine"]) == 12
    with pytest.raises(SystemExit):
        main(["network", "--experiment", "base", "--set", "edited=mine", "--out", str(tmp_path / "a.nc")])
    assert "edited = 'mine': is set by the archive alone" in capsys.readouterr().err


def test_bad_network_files(base, tmp_path):
    with pytest.raises(HumamError, match="does not exist"):
        network.read(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("no network")
    with pytest.raises(HumamError, match=r"text\.nc.*cannot be read"):
        network.read(tmp_path / "text.nc")
    network.write(base.assign_attrs(format_version=99), tmp_path / "old.nc")
    with pytest.raises(HumamError, match="format version 99; this version of humam reads 1"):
        network.read(tmp_path / "old.nc")
    network.write(base.drop_vars("delay"), tmp_path / "less.nc")
    with pytest.raises(HumamError, match="lacks delay"):
        network.read(tmp_path / "less.nc")
    data = (tmp_path / "old.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(data[: len(data) // 2])
    with pytest.raises(HumamError, match=r"cut\.nc.*cannot be read"):
        network.read(tmp_path / "cut.nc")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n.assign_attrs(parameters="{chi"), "attribute 'parameters' is no JSON"),
        (lambda n: n.assign_attrs(parameters=3), "attribute 'parameters' is no JSON"),
        (lambda n: n.assign_attrs(parameters="[]"), r"attribute 'parameters' must be an object in JSON, not \[\]"),
        (lambda n: n.assign_attrs(origin="5"), "attribute 'origin' must be an object in JSON, not 5"),
        (lambda n: n.assign(neurons=n.neurons / 2), "neurons must be integers, >= 0"),
        (lambda n: n.assign(synapses=-n.synapses), "synapses must be integers, >= 0"),
        (lambda n: n.assign(weight=n.weight.where(n.weight != 0)), "weight is not finite everywhere"),
        (lambda n: n.assign(delay=n.delay.where(n.synapses < 10**6)), "delay is not finite where there are synapses"),
        (lambda n: n.assign(weight=n.weight[0]), "weight has the dimensions source, not target, source"),
        (lambda n: n.isel(target=slice(9)), "coordinate 'target' is not in canonical order"),
    ],
)
def test_network_files_with_wrong_content(change, message, base, tmp_path):
    network.write(change(base), tmp_path / "a.nc")
    with pytest.raises(HumamError, match=message):
        network.read(tmp_path / "a.nc")


def test_a_file_cut_off_anywhere_is_one_line(base, tmp_path, capsys):
    network.write(base, tmp_path / "a.nc")
    data = (tmp_path / "a.nc").read_bytes()
    for length in range(0, len(data), len(data) // 12):
        (tmp_path / "b.nc").write_bytes(data[:length])
        with pytest.raises(HumamError, match=r"b\.nc.*cannot be read"):
            network.read(tmp_path / "b.nc")
    assert capsys.readouterr().err == ""  # libraries print nothing on their own


def test_columns_too_small_for_their_projections_are_refused(tables):
    with pytest.raises(HumamError, match=r"column_surface = 0\.6 mm2: no excitatory neurons are left in V and VI of"):
        network.build(tables, Parameters(name="small", column_surface=0.6))
    smaller = network.build(tables, Parameters(name="small", column_surface=0.6, min_layer_neurons=3000))
    assert (smaller["synapses"] >= 0).all()
    assert not smaller["synapses"].sum("target").values[smaller["neurons"].values == 0].any()
