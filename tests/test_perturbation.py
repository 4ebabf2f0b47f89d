import json

import numpy as np
import pytest
import xarray as xr

from humam.analysis import perturbation
from humam.analysis.statistics import Statistics
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS, population_labels
from humam.plotting import propagation, style

NEURONS = np.where(np.arange(N_LABELS) % 8 == 2, 0, 100)


def run(counts, seed=2903, unavailable="", areas=None, **parameters):
    """A run with given spike counts around the perturbation."""
    data = xr.Dataset(
        {
            "neurons": ("target", NEURONS),
            "perturbation_count": (("target", "perturbation_time"), counts, {"unavailable": unavailable}),
        },
        {"target": population_labels(), "perturbation_time": np.arange(20_000, 21_001) * 0.1},
        {
            "engine": "procedural", "seed": seed, "scale": 1.0, "in_degree_scale": 1.0, "dt_ms": 0.1,
            "scheme": "variance", "manifest": json.dumps({"areas": areas}),
            "parameters": json.dumps({"name": "x", "chi": 1.0, "perturbation_time": None} | parameters),
        },
    )  # fmt: skip
    return Statistics(None, data)


@pytest.fixture
def counts():
    return np.random.default_rng(1).integers(0, 4, (N_LABELS, 1001))


def test_first_times_are_those_of_the_first_difference(counts):
    changed = counts.copy()
    changed[0, [105, 300]] += 1  # 10.5 ms
    changed[1, 1000] += 1  # 100.0 ms
    changed[9, 0] += 1  # 0.0 ms, another area
    perturbed = run(changed, name="p", perturbation_time=2000.0)
    times = perturbation.first_times(perturbed, run(counts))
    assert times.iloc[[0, 1, 9]].tolist() == [10.5, 100.0, 0.0]
    assert np.isnan(times.iloc[2])  # no neurons
    assert times.iloc[3] == perturbation.NEVER_MS
    there = perturbation.differs(perturbed, run(counts))
    assert int(there.sum()) == 4
    assert bool(there.sel(target=population_labels()[0], time=10.5))

    by_area = perturbation.area_first_times(times)
    assert by_area.loc[[AREAS[0], AREAS[1], AREAS[2]]].tolist() == [10.5, 0.0, perturbation.NEVER_MS]
    numbers = perturbation.published_numbers(times)
    rows = [10.5] * 7 + [0.0] * 7 + [100.1] * 7 * 32  # seven populations with neurons in each area
    assert numbers == {"mean": pytest.approx(np.mean(rows)), "sd": pytest.approx(np.std(rows, ddof=1))}


def test_what_is_no_pair_is_refused(counts):
    plain, perturbed = run(counts), run(counts, perturbation_time=2000.0)
    with pytest.raises(HumamError, match="must have an extra spike"):
        perturbation.differs(plain, plain)
    with pytest.raises(HumamError, match=r"different networks: chi = 2.5 and 1.0"):
        perturbation.differs(run(counts, perturbation_time=2000.0, chi=2.5), plain)
    with pytest.raises(HumamError, match="no pair: seed = 2903 and 7"):
        perturbation.differs(perturbed, run(counts, seed=7))
    with pytest.raises(HumamError, match="no pair: areas = all and insula"):
        perturbation.differs(perturbed, run(counts, areas=["insula"]))
    for time in (1000.0, 2050.0):
        with pytest.raises(HumamError, match=rf"perturbation_time = {time:g} ms: must be 2000 ms, .* 2000 to 2100 ms"):
            perturbation.first_times(run(counts, name="p", perturbation_time=time), plain)
        with pytest.raises(HumamError, match="must be 2000 ms"):
            perturbation.counted_spikes(run(counts, perturbation_time=time), plain, population_labels()[0])
    with pytest.raises(HumamError, match="ends before 2100 ms"):
        perturbation.differs(perturbed, run(counts, unavailable="the run of 800 ms ends before 2100 ms"))


@pytest.mark.parametrize("latest", [40.0, 90.0])
@pytest.mark.filterwarnings("error:constrained_layout not applied")
def test_first_times_leave_room_for_their_axes(latest):
    fig = style.figure(2.8, 3.0)
    top, bottom = fig.subplots(2, 1)
    propagation.draw_first_times(top, {"base": np.linspace(1, latest, 34)}, np.linspace(0, 30, 34), np.arange(34))
    bottom.set_xlabel("below")
    fig.draw_without_rendering()  # warns where the layout cannot be made
    assert top.get_position().width > 0.6
