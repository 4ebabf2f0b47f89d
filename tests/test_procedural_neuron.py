"""The neuron model and the drive of the procedural engine; spike for spike against NEST."""

import pytest

from humam.parameters import Parameters
from humam.validation import neuron
from humam.validation.checks import failed


@pytest.mark.parametrize("name", neuron.VARIANTS)
def test_spikes_are_those_of_nest_for_given_input(name):
    check = neuron.check_variant(name, Parameters(**neuron.VARIANTS[name]), t_sim_ms=300.0, seed=3)
    assert failed([check]) == []


@pytest.mark.parametrize("window", [1, 4])
def test_spikes_of_a_network_are_those_of_nest_with_the_same_synapses(window):
    assert failed([neuron.check_network(window)]) == []


def test_distributed_parameters():
    assert failed(neuron.check_spread()) == []


@pytest.mark.parametrize("mean", neuron.RATES)
def test_drive(mean):
    checks = neuron.check_drive_at(mean, n_neurons=2500, n_steps=400, seed=4)
    assert len(checks) == 9 and failed(checks) == []
