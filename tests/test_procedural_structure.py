"""The synapses that the procedural engine regenerates, against the definitions of the model."""

import numpy as np
import pytest

from humam.parameters import Parameters
from humam.validation import mutations, structure
from humam.validation.checks import failed
from humam.validation.networks import PD_NEURONS, microcircuit


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
def test_wrong_models_are_found(name):
    assert failed(mutations.MUTATIONS[name]()), "no check found it"


def test_probability_of_delays():
    p = Parameters()
    probability = structure.delay_probability(1.5, p, 2000)
    assert probability.sum() == pytest.approx(1, abs=1e-9)
    assert probability @ np.arange(2001) == pytest.approx(15, rel=1e-3)
    cut = structure.delay_probability(1.5, p, 2000, quantile=0.9)
    assert cut.sum() == pytest.approx(1) and np.flatnonzero(cut).max() == 25


def test_microcircuit():
    network = microcircuit(areas=(3,))
    # Potjans & Diesmann (2014): 77 169 neurons, 0.3e9 synapses.
    assert int(network.neurons.sum()) == sum(PD_NEURONS) == 77_169
    assert int(network.synapses.sum()) == pytest.approx(2.99e8, rel=0.01)
    assert network.weight.values.max() == pytest.approx(2 * 87.8, rel=1e-3)
