"""Which runs can be held against the published simulations: parameters, states of activity, without a checkout."""

import os
import subprocess
import sys

import numpy as np
import pytest
from experiment_files import members
from made_up_run import write_run

from humam import archive, published, seed_spread
from humam.analysis import comparable, series
from humam.parameters import Parameters
from humam.resources import shipped
from humam.sameness import NOT_SIMULATED


def test_what_is_published_is_what_the_experiments_say():
    files = {path.stem: members(path) for path in shipped("experiments").glob("*.yml")}
    assert comparable.SERIES.keys() == files.keys() - {"corrected_distance"}  # that one is not published
    for name, published_series in comparable.SERIES.items():
        for parameters in files[name]:
            expected = Parameters(**{"chi": parameters.chi, **published_series.settings})
            simulated = {key for key in Parameters.model_fields if key not in NOT_SIMULATED}
            assert parameters.model_dump(include=simulated) == expected.model_dump(include=simulated), name


def test_states_change_where_the_published_curves_jump():
    jumps = seed_spread.transitions_of(published.figures())
    for name in published.SERIES:
        if name in comparable.SERIES:
            figure = seed_spread.MAIN if name == "scaling" else f"{seed_spread.MAIN}_{name}"
            assert comparable.SERIES[name].active_from_chi == jumps.get(figure, np.inf), name


def test_archived_runs_are_of_the_published_model_but_those_in_the_other_state():
    found = {name: archive.read(name) for name in archive.names()}
    assert [name for name, run in found.items() if run.other_model] == ["best_fit_seed2903", "lower_e_to_i@1.9"]


def test_a_run_with_other_parameters_is_not_the_experiment_of_its_name(tmp_path):
    write_run(tmp_path / "paper", "base", 1.0, 12500.0)
    write_run(tmp_path / "mine", "base", 1.0, 12500.0, g=-2.0)
    runs = series.Runs({name: tmp_path / name for name in ("mine", "paper")})
    assert runs["mine"].incomparable == "with other parameters: g = -2.0 (-5.0 as published)"
    assert runs.closest("base") == "paper" and runs["paper"].status == ""
    by_hand = write_run(tmp_path / "by_hand", "base", 1.0, 12500.0, edited="0123456789ab")
    assert by_hand.incomparable == "with other parameters: network changed by hand (0123456789ab)"
    for name, chi in (("smaller_g", 1.75), ("smaller_g@1.75", 1.75), ("scaling", 2.0)):
        run = write_run(tmp_path / "other", name, 1.0, 12500.0, chi=chi, mean_rate=4.0, g=-3.0)
        assert "g = -3.0" in run.incomparable


@pytest.mark.parametrize(("name", "chi", "rate", "same"), [
    ("lower_e_to_i@2", 2.0, 0.6, False),
    ("lower_e_to_i@2", 2.0, 8.0, True),
    ("smaller_g@1.5", 1.5, 1.7, True),
    ("scaling_preprint@2.5", 2.5, 0.6, False),
    ("distributed_parameters@4", 4.0, 0.9, True),
    ("mine", 2.5, 0.6, True),
])  # fmt: skip
def test_every_series_has_its_own_states(tmp_path, name, chi, rate, same):
    found = comparable.SERIES.get(comparable.series_of(name))
    run = write_run(tmp_path / "run", name, 1.0, 6500.0, chi=chi, mean_rate=rate, **(found.settings if found else {}))
    assert (run.incomparable == "") is same


def test_a_run_of_a_burst_has_no_state_yet(tmp_path):
    assert write_run(tmp_path / "run", "best_fit", 1.0, 100.0, mean_rate=1.1).other_model == ""


def test_reports_without_a_checkout_read_runs_and_hold_them_against_what_they_are_given(tmp_path):
    write_run(tmp_path / "run", "base", 1.0, 12500.0)
    code = (
        "import humam.resources as r\n"
        "def missing(*parts): raise AssertionError(parts)\n"
        "r.shipped = missing\n"
        "from humam import comparison, published\n"
        "from humam.analysis import series\n"
        f"runs = series.Runs({{'run': {str(tmp_path / 'run')!r}}})\n"
        "assert runs['run'].status == ''\n"
        f"folder = {str(shipped('datasets', 'published'))!r}\n"
        "paper = comparison.read_published(folder)\n"
        "comparison.Tolerances(paper, published.states(folder)).of('figure5', 'fc_mean[state=base]', 1.0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
