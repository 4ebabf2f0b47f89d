"""Whether the network of a run made again is the archived one, up to rounding."""

from types import SimpleNamespace

import pytest

from humam import archive, reproduction
from humam import network as network_file
from humam.anatomy import tables
from humam.parameters import load_experiment, validate
from humam.resources import shipped


@pytest.fixture(scope="module")
def network():
    return network_file.build(tables.read(shipped("datasets", "tables")), validate({}))


def record_of(network):
    return {
        "network_sha256": network_file.digest(network), "n_synapses": archive.n_synapses(network),
        "network_sums": archive.network_sums(network), "scale": 1,
    }  # fmt: skip


def test_another_network_is_no_rounding(network):
    record, archived = record_of(network), SimpleNamespace(data=network)
    assert reproduction.network_check(record, archived, network).verdict == reproduction.IDENTICAL
    rounded = network.assign(weight=network["weight"] * (1 + 1e-15))
    assert reproduction.network_check(record, archived, rounded).verdict == reproduction.WITHIN
    anatomy = tables.read(shipped("datasets", "tables"))
    other = network_file.build(anatomy, load_experiment(shipped("experiments", "corrected_distance.yml")))
    assert reproduction.network_check(record, archived, other).verdict == reproduction.DIFFERS


@pytest.mark.parametrize(
    ("name", "factor"),
    [("weight", 1.5), ("weight", 1 + 1e-6), ("delay", 2.0), ("rate_external", 1.1), ("weight_external", 0.9)],
)
def test_other_weights_delays_or_drive_are_no_rounding(network, name, factor):
    record, archived = record_of(network), SimpleNamespace(data=network)
    other = network.assign({name: network[name] * factor})
    assert reproduction.network_check(record, archived, other).verdict == reproduction.DIFFERS
    # Records of earlier versions have the number of synapses alone, the first ones not even that.
    del record["network_sums"]
    assert reproduction.network_check(record, archived, other).verdict == reproduction.WITHIN
    del record["n_synapses"]
    assert reproduction.network_check(record, archived, other).verdict == reproduction.WITHIN


def test_archived_runs_hold_the_sums_of_their_networks():
    anatomy, built = tables.read(shipped("datasets", "tables")), {}
    for record in archive.summaries().values():
        digest = record["network_sha256"]
        if digest not in built:
            network = network_file.build(anatomy, validate(record["parameters"]))
            built[digest] = archive.n_synapses(network), archive.network_sums(network)
        n_synapses, sums = built[digest]
        assert record["n_synapses"] == n_synapses
        assert record["network_sums"] == pytest.approx(sums, rel=1e-12)
