"""The tables of the procedural engine for the full model, whose large populations are cut into several blocks."""

import numpy as np
import pytest

from humam.bench.deviations import base_job
from humam.engines.procedural import counts
from humam.engines.procedural.build import build
from humam.engines.procedural.tables import BLOCK_NEURONS, first_of_populations
from humam.labels import N_POPULATIONS


def test_populations_of_the_full_model_begin_where_the_one_before_ends():
    job = base_job()
    tables, _ = build(job, 4)
    neurons = job.network["neurons"].values.reshape(-1, N_POPULATIONS)
    assert neurons.max() > BLOCK_NEURONS
    expected = np.cumsum(neurons, axis=1) - neurons
    found = first_of_populations(tables)
    np.testing.assert_array_equal(found[neurons > 0], expected[neurons > 0])


@pytest.mark.parametrize("mean", [0.7, 1.0, 1.9, 4.0, 7.9, 25.0, 300.0])
def test_numbers_of_synapses_have_the_moments_of_poisson(mean):
    location, sd = counts.group_parameters(mean)
    p = counts.count_distribution(float(location), float(sd))
    n = np.arange(len(p))
    assert p @ n == pytest.approx(mean, rel=2e-6)
    assert p @ (n - mean) ** 2 == pytest.approx(mean, rel=1e-3)
