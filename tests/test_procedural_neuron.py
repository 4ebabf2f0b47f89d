"""The neuron model and the drive of the procedural engine; spike for spike against NEST."""

import numpy as np
import pytest

from humam.engines.procedural.neurons import count_drive
from humam.engines.procedural.tables import poisson_thresholds
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


@pytest.mark.parametrize("mean", [0.0, 0.02, 0.5, 8.0])
def test_drive_counts_all_thresholds_that_a_word_exceeds(mean):
    found = poisson_thresholds(mean)
    thresholds = np.full((1, -(-max(len(found), 1) // 4) * 4), 32767, np.int16)
    thresholds[0, : len(found)] = found
    words, counts = np.zeros(512, np.uint32), np.zeros(1024, np.int16)
    total = 0
    for key in range(50):
        count_drive(words, counts, 70, thresholds, 0, thresholds.shape[1], np.uint32(key), np.uint32(7))
        halves = words.view(np.int16)[:70]
        np.testing.assert_array_equal(counts[:70], (halves[:, None] > thresholds[0]).sum(axis=1))
        total += int(counts[:70].sum())
    assert total == pytest.approx(mean * 3500, abs=5 * np.sqrt(mean * 3500))
