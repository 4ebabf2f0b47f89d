"""The synapses that the procedural engine regenerates, against the definitions of the model."""

import hashlib

import numpy as np
import pytest

from humam.connectivity.within_areas import MICROCIRCUIT_NEURONS
from humam.parameters import Parameters
from humam.validation import mutations, structure
from humam.validation.cases import two_columns
from humam.validation.checks import by_p, failed
from humam.validation.networks import microcircuit
from humam.validation.probe import Probe, counting_unit


@pytest.mark.parametrize("source", structure.NAMES, ids=structure.NAMES.values())
def test_numbers_and_targets(source):
    network = structure.structure_network()
    checks = structure.check_numbers(network, network, Parameters(), 11, source, structure.QUICK.sources)
    assert len(checks) >= 12 and failed(checks) == []


@pytest.mark.parametrize("source", structure.NAMES, ids=structure.NAMES.values())
def test_weights_delays_and_independence(source):
    network = structure.structure_network()
    checks = structure.check_synapses(network, network, Parameters(), 11, source, structure.QUICK.listed)
    assert len(checks) >= 16 and failed(checks) == []


def test_wide_distributions_are_clipped_as_defined():
    assert failed(structure.check_clipping()) == []


def test_levels_of_delays_are_fine_enough():
    assert failed([c for mean in (1.5, 5.0, 50.0) for c in structure.check_resolution(mean)]) == []


def test_synapses_are_the_same_at_each_spike():
    assert failed(structure.check_same_at_each_spike()) == []


def test_target_and_weight_of_the_kernel_are_independent():
    assert failed(mutations.target_and_weight()) == []


@pytest.mark.parametrize("name", mutations.MUTATIONS)
def test_wrong_models_are_found_by_the_check_of_what_is_wrong(name):
    wrong = mutations.MUTATIONS[name]
    check = wrong.found()
    assert check.passed and check.note.startswith(f"red: {wrong.quantity}"), check.note


def test_a_wrong_model_that_another_check_finds_is_missed():
    red = by_p("A", "mean delay [steps]", 0, 1, 1e-9)
    check = mutations.Mutation(lambda: [red], "mean weight [pA]").found()
    assert not check.passed and check.note == "not red: mean weight [pA]; 1 other check red"


def test_probability_of_delays():
    p = Parameters()
    probability = structure.delay_probability(1.5, p, 2000)
    assert probability.sum() == pytest.approx(1, abs=1e-9)
    assert probability @ np.arange(2001) == pytest.approx(15, rel=1e-3)
    cut = structure.delay_probability(1.5, p, 2000, quantile=0.9)
    assert cut.sum() == pytest.approx(1) and np.flatnonzero(cut).max() == 25


@pytest.mark.parametrize("seed", [3, 4])
def test_pair_totals_are_exact(seed):
    """All synapses of some populations of two columns, within and between areas."""
    case = two_columns(0.02, 0.1, 100.0, 0.0, 3)
    probe = Probe(case.network, case.parameters, seed, 400, 0.0)
    for source in (1, 4, 5, 12):
        received = probe.totals(source, np.arange(int(case.network.neurons[source])))
        unit = counting_unit(probe, case.network, source)
        for target in np.flatnonzero(case.network.synapses[:, source].values):
            found = np.rint(received[:, probe.label == target] / unit[target]).sum()
            total = int(case.network.synapses[target, source])
            # Between areas, small numbers of synapses are exact only over all populations of an area.
            tolerance = 0.1 if source // 8 == target // 8 else 1.5
            assert abs(found - total) <= max(5.0, tolerance * np.sqrt(total)), (target, source, total)
        away = slice(8, 16) if source < 8 else slice(0, 8)
        between = case.network.synapses[away, source].values.sum()
        here = (probe.label >= away.start) & (probe.label < away.stop)
        if between:
            found = np.rint((received / unit[probe.label])[:, here]).sum()
            assert abs(found - between) <= max(5.0, 0.1 * np.sqrt(between)), source


@pytest.mark.parametrize(
    ("source", "digest"),
    [(structure.EXC, "b550cd82bbe44390"), (structure.FAR_E, "f557a0628d7ea2e8")],
    ids=["A.E", "B.E"],
)
def test_synapses_are_those_of_all_runs_so_far(source, digest):
    """Target, delay and weight of every synapse of three neurons, within and between areas, dense and late.

    Red here means that no archived run can be made again. All of it are integers; the only rounding errors that could
    tell processors apart are those of a mean number of synapses, which decide once in about 10^6 groups.
    """
    network, p = structure.structure_network(), Parameters()
    probe = Probe(network, p, 11, structure.LONGEST, p.weight_rel_sd)
    content = hashlib.sha256()
    for neuron in (0, 7, 199):
        target, delay, weight = probe.events(source, neuron)
        assert len(target) > 500
        units = weight / probe.simulation.constants.quantum_pa
        assert (units == np.rint(units)).all()
        content.update(np.stack([target, delay, units]).astype("<i8").tobytes())
    assert content.hexdigest()[:16] == digest


def test_microcircuit():
    network = microcircuit(areas=(3,))
    # Potjans & Diesmann (2014): 77 169 neurons, 0.3e9 synapses.
    assert int(network.neurons.sum()) == MICROCIRCUIT_NEURONS.sum() == 77_169
    assert int(network.synapses.sum()) == pytest.approx(2.99e8, rel=0.01)
    assert network.weight.values.max() == pytest.approx(2 * 87.8, rel=1e-3)
