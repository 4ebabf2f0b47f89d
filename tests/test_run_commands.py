"""The commands of an archived run make it again, from files of the checkout alone."""

import inspect
import shlex

import pytest
from regular_spikes import base_network, write_spikes

from humam import archive, engines, run_commands, spikes_manifest
from humam.analysis import statistics
from humam.commands import simulate
from humam.engines.base import DELAY_QUANTILE
from humam.engines.procedural.engine import WINDOW
from humam.errors import HumamError
from humam.parameters import load_experiment, parse_setting, validate
from humam.resources import shipped


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return write_spikes(tmp_path_factory.mktemp("run") / "spikes", base_network(), most=1).manifest


def test_the_commands_of_a_run_name_what_is_not_the_default(manifest):
    def commands(**changes):
        found, inputs = run_commands.of(manifest.model_copy(update=changes), "a b")
        return found[0].removeprefix("bin/humam network --experiment ").removesuffix(" --out network.nc"), found, inputs

    own = {"name": "mine", "description": "It's mine = ours", "chi": 1.23456789, "weight_rel_sd": 1e-05}
    own = validate(own).model_dump(mode="json")
    words, found, inputs = commands(network_parameters=own, t_sim_ms=1234567.5)
    assert inputs == ["experiments/base.yml", "datasets/tables"]
    name, *options = shlex.split(words)
    assert options[::2] == ["--set"] * 5  # chi_I, which follows from chi, too
    made = load_experiment(shipped("experiments", f"{name}.yml"), dict(map(parse_setting, options[1::2])))
    assert made.model_dump(mode="json") == own
    assert "--t-sim 1234567.5 --scale 1 --in-degree-scale 1 --out spikes" in found[1]
    assert found[-1].endswith("--out 'datasets/runs/a b'")
    series = load_experiment(shipped("experiments", "scaling.yml"), choice="2.5").model_dump(mode="json")
    assert commands(network_parameters=series | {"g": -4.0})[0] == "scaling@2.5 --set g=-4.0"
    # What the name says and what was simulated must not differ: then it is no setting of that series.
    assert commands(network_parameters=series | {"chi": 1.0})[0].startswith("base --set name=")
    options = {"engine_options": {"window_steps": 1, "delay_quantile": 0.99, "threads": 7}, "scheme": "working_point"}
    assert commands(**options)[1][1].endswith("--scheme working_point --delay-quantile 0.99 --window 1 --out spikes")
    options = {"engine": "nest", "engine_options": {"threads": 2, "ranks": 3, "delay_quantile": 0.9999}}
    assert commands(**options)[1][1].endswith("--in-degree-scale 1 --ranks 3 --threads 2 --out spikes")
    for source in ("table rates.csv", "run of base at s = 1, k = 1, seed 1, not needed"):
        with pytest.raises(HumamError, match="the run could not be made again; simulate it with rates of theory"):
            commands(rates_source=source)
    assert commands(rates_source="mean-field theory at chi = 1")[1] == commands()[1]


def test_commands_know_the_defaults_of_simulations():
    usual = run_commands.DEFAULTS
    assert usual["procedural"]["window_steps"] == WINDOW and usual["nest"]["delay_quantile"] == DELAY_QUANTILE
    given = inspect.signature(simulate.main).parameters
    assert (given["scheme"].default, given["n_ranks"].default) == (run_commands.SCHEME, usual["nest"]["ranks"])
    assert engines.get("nest").default_threads == usual["nest"]["threads"]


def test_the_commands_of_shipped_runs_stay_what_they_are():
    for name, record in archive.summaries().items():
        manifest = spikes_manifest.Manifest.model_validate(statistics.read(archive.folder_of(name)).manifest)
        assert run_commands.of(manifest, name) == (record["commands"], record["inputs"])
