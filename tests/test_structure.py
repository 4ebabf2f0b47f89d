"""Structure of the network: every published number, oracles, properties."""

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from humam import comparison
from humam import network as networks
from humam.analysis import degrees, figure_values, graph, sln_fit, structure
from humam.analysis.value import Value
from humam.anatomy import tables
from humam.errors import HumamError
from humam.extra_spike import PERTURBED
from humam.labels import N_AREAS, N_LABELS, N_POPULATIONS, population_labels
from humam.parameters import Parameters
from humam.published import macaque_sln
from humam.resources import shipped


@pytest.fixture(scope="module")
def net() -> xr.Dataset:
    return networks.build(tables.read(shipped("datasets", "tables")), Parameters())


@pytest.fixture(scope="module")
def found(net: xr.Dataset) -> xr.Dataset:
    return structure.analyse(net)


@pytest.fixture(scope="module")
def macaque() -> sln_fit.SlnFit:
    table = macaque_sln()
    return sln_fit.fit(table["neurons_supragranular"], table["neurons_infragranular"], table["log_density_ratio"])


def against_published(figure: str, values: list[Value]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the comparison of a figure and those of its rows that are not reproduced."""
    frame = pd.DataFrame(values, columns=Value._fields).assign(figure=figure)
    published = comparison.read_published(shipped("datasets", "published"))
    published = published[(published["figure"] == figure) & published["value"].notna()]
    table = comparison.compare(frame, published)
    wrong = table[table["published"].notna() & (table["verdict"] != comparison.REPRODUCED)]
    return table, wrong


def test_figure_2(net: xr.Dataset, found: xr.Dataset, macaque: sln_fit.SlnFit) -> None:
    table, wrong = against_published("figure2", list(figure_values.figure2(net, found, macaque)))
    assert len(wrong) == 0, wrong.to_string()
    assert (table["verdict"] == comparison.REPRODUCED).sum() == 18


def test_figure_3(net: xr.Dataset, found: xr.Dataset) -> None:
    table, wrong = against_published("figure3", list(figure_values.figure3(net, found)))
    assert len(wrong) == 0, wrong.to_string()
    assert (table["verdict"] == comparison.REPRODUCED).sum() == 48


def test_figure_7(net: xr.Dataset, found: xr.Dataset) -> None:
    table, wrong = against_published("figure7", list(figure_values.figure7(net, found)))
    # What is left needs the perturbed simulation.
    assert [q for q in wrong["quantity"] if not q.startswith(("perturbed_neuron", "first_perturbation_minus"))] == [], (
        wrong.to_string()
    )
    assert (table["verdict"] == comparison.REPRODUCED).sum() == 29


def test_autapses_and_multapses(found: xr.Dataset) -> None:
    table, wrong = against_published("autapses_multapses", list(figure_values.autapses_multapses(found)))
    assert len(wrong) == 0, wrong.to_string()
    assert len(table) == 9


def test_autapses_as_coded_are_missing_for_areas_without_a_layer(net: xr.Dataset) -> None:
    values = degrees.autapses_as_coded(net["synapses"].to_numpy(), net["neurons"].to_numpy(), skip_empty=False)
    assert np.isnan(values).sum() == 8


def test_distances_against_networkx(net: xr.Dataset, found: xr.Dataset) -> None:
    synapses, delay = net["synapses"].to_numpy(), net["delay"].to_numpy()
    edges = nx.DiGraph()
    edges.add_weighted_edges_from((s, t, delay[t, s]) for t, s in np.argwhere(synapses > 0))
    for source in (0, population_labels().index(PERTURBED), 271):
        steps = nx.single_source_shortest_path_length(edges, source)
        delays = nx.single_source_dijkstra_path_length(edges, source)
        targets = list(steps)
        np.testing.assert_array_equal(found["steps"].to_numpy()[targets, source], list(steps.values()))
        np.testing.assert_allclose(found["delay_distance"].to_numpy()[list(delays), source], list(delays.values()))


def test_distances_of_absent_populations_are_undefined(net: xr.Dataset, found: xr.Dataset) -> None:
    absent = net["neurons"].to_numpy() == 0
    assert np.isnan(found["steps"].to_numpy()[absent]).all()
    assert np.isfinite(found["delay_distance"].to_numpy()[np.ix_(~absent, ~absent)]).all()


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_delay_distance_is_a_distance(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    connected = random.random((n, n)) < 0.4
    delay = random.uniform(0.1, 10, (n, n))
    distance = graph.delay_distance(connected, delay)
    assert (np.diag(distance) == 0).all()
    assert (distance[connected] <= delay[connected] + 1e-12).all()
    via = (distance[:, :, None] + distance[None, :, :]).min(axis=1)
    assert (distance <= via + 1e-9).all()
    assert ((graph.step_distance(connected) < np.inf) == (distance < np.inf)).all()


def sampled_network(pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """One area with two populations, ``pairs`` synapses from the first onto both."""
    neurons = np.zeros(N_LABELS, dtype=np.int64)
    neurons[:2] = 40, 20
    synapses = np.zeros((N_LABELS, N_LABELS), dtype=np.int64)
    synapses[0, 0] = synapses[1, 0] = pairs
    return synapses, neurons


def test_autapses_and_multapses_against_drawn_connections() -> None:
    synapses, neurons = sampled_network(1000)
    random = np.random.default_rng(1)
    autapses: list[int] = []
    multapses: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(400):
        for target in (0, 1):
            t, s = random.integers(neurons[target], size=1000), random.integers(40, size=1000)
            if target == 0:
                autapses.append((t == s).sum())
                t, s = t[t != s], s[t != s]
            multapses[target].append(len(t) / len(set(zip(t.tolist(), s.tolist(), strict=True))))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = degrees.autapses(synapses, neurons)[0]
    assert np.mean(autapses) / 60 == pytest.approx(expected, rel=0.03)
    degree = degrees.multapse_degree(synapses, neurons)
    assert degree[0] == pytest.approx((np.mean(multapses[0]) + np.mean(multapses[1])) / 2, rel=0.01)
    assert np.isnan(degree[1:]).all()


def test_out_degree_conserves_synapses(net: xr.Dataset, found: xr.Dataset) -> None:
    total = np.nansum(found["out_degree"].to_numpy() * net["neurons"].to_numpy())
    assert total == pytest.approx(float(net["synapses"].sum()), rel=1e-12)
    assert found["out_degree"].shape == (N_AREAS, N_AREAS * N_POPULATIONS)


def test_sln_fit_recovers_known_parameters() -> None:
    random = np.random.default_rng(7)
    x = random.uniform(-2, 2, 2000)
    mean = sln_fit.SlnFit(0.3, -0.8, 0, 0).predict(x)
    k = 4.0
    s = random.binomial(500, random.beta(mean * k, (1 - mean) * k))
    fit = sln_fit.fit(s, 500 - s, x)
    assert (fit.a0, fit.a1) == pytest.approx((0.3, -0.8), abs=0.05)
    assert fit.dispersion == pytest.approx(1 / (1 + k), abs=0.02)


def test_sln_fit_maximises_the_likelihood(macaque: sln_fit.SlnFit) -> None:
    from scipy.stats import betabinom

    table = macaque_sln()
    s, i = table["neurons_supragranular"], table["neurons_infragranular"]

    def likelihood(a0: float, a1: float, dispersion: float) -> float:
        mean, k = sln_fit.SlnFit(a0, a1, 0, 0).predict(table["log_density_ratio"]), 1 / dispersion - 1
        return betabinom.logpmf(s, s + i, mean * k, (1 - mean) * k).sum()

    best = likelihood(macaque.a0, macaque.a1, macaque.dispersion)
    for step in ((1e-3, 0, 0), (-1e-3, 0, 0), (0, 1e-3, 0), (0, -1e-3, 0), (0, 0, 1e-3), (0, 0, -1e-3)):
        changed = np.add((macaque.a0, macaque.a1, macaque.dispersion), step)
        assert likelihood(*changed) < best


def test_sln_fit_needs_data() -> None:
    with pytest.raises(HumamError, match="at least 4"):
        sln_fit.fit([1, 2], [3, 4], [0.0, 0.1])


def test_write_and_read(found: xr.Dataset, tmp_path: Path) -> None:
    structure.write(found, tmp_path / "a.nc")
    structure.write(found, tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    xr.testing.assert_identical(structure.read(tmp_path / "a.nc"), found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.assign_attrs(format="x"), "is not a structure file"),
        (lambda d: d.assign_attrs(format_version=99), "format version 99"),
        (lambda d: d.drop_vars("steps"), "lacks steps"),
    ],
)
def test_files_that_are_no_structure(found: xr.Dataset, tmp_path: Path, change: Callable, message: str) -> None:
    structure.write(change(found), tmp_path / "a.nc")
    with pytest.raises(HumamError, match=message):
        structure.read(tmp_path / "a.nc")


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(HumamError, match="does not exist"):
        structure.read(tmp_path / "none.nc")
    (tmp_path / "bad.nc").write_bytes(b"no netCDF")
    with pytest.raises(HumamError, match="cannot be read"):
        structure.read(tmp_path / "bad.nc")
