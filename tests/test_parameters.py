"""Parameters, experiments and their errors."""

import re

import pytest
from experiment_files import members

from humam.errors import HumamError
from humam.parameters import (
    Parameters,
    find_experiment,
    load_experiment,
    parse_setting,
    validate,
)
from humam.resources import shipped

EXPERIMENTS = shipped("experiments")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"chi": -1}, r"chi = -1 is not allowed \(float, >= 0, <= 100\)"),
        ({"chy": 1}, r"unknown parameter 'chy' \(did you mean 'chi'\?\)"),
        ({"chi": True}, r"chi = True is not allowed \(float, >= 0, <= 100\)"),
        ({"chi": "much"}, r"chi = 'much' is not allowed \(float"),
        ({"t_ref": 2.04}, "t_ref = 2.04 ms must be a multiple of the time step dt = 0.1 ms"),
        ({"seed": 1.5}, r"seed = 1.5 is not allowed \(int"),
        ({"excitatory_fractions": "cat"}, r"'cat' is not allowed \('lichtman' or 'binzegger'\)"),
        ({"V_th": -80}, "V_th = -80.0 mV must lie above"),
        ({"tau_m": 2}, "must differ from tau_m"),
        ({"dt": 0.2}, "dt = 0.2 is not allowed"),
        ({"psp": float("nan")}, "psp = nan is not allowed"),
        ({"sln_feedback": 0.9}, "must not exceed"),
    ],
)
def test_refusal_names_value_and_range(values, message):
    with pytest.raises(HumamError, match=message) as info:
        validate(values, "here")
    assert "\n" not in str(info.value)


def test_chi_i_follows_chi():
    assert validate({"chi": 2.5}).chi_I == 5
    assert validate({"chi": 2, "chi_I_per_chi": 1}).chi_I == 2
    assert validate({"chi": 2, "chi_I": 3}).chi_I == 3
    assert validate({"chi": "25e-1"}).chi_I == validate(dict([parse_setting("chi=25e-1")])).chi_I == 5  # text in YAML


def test_every_parameter_has_a_unit_and_a_text():
    for name, field in Parameters.model_fields.items():
        assert field.description, name
        assert "unit" in field.json_schema_extra, name


def test_stored_parameters_are_complete():
    best = load_experiment(EXPERIMENTS / "best_fit.yml")
    assert validate(best.model_dump()) == best
    assert set(best.model_dump()) == set(Parameters.model_fields)


@pytest.mark.parametrize(
    ("name", "count", "seed", "t_sim"),
    [
        ("base", 1, 2903, 12500),
        ("best_fit", 1, 2903, 12500),
        ("scaling", 19, 2903, 12500),
        ("scaling_preprint", 18, 2106, 12500),
        ("perturbed", 2, 2903, 2500),
        ("unperturbed", 2, 2903, 2500),
        ("smaller_g", 6, 2903, 12500),
        ("distributed_parameters", 11, 2903, 12500),
        ("lower_e_to_i", 13, 2903, 12500),
        ("tau_syn_in", 10, 2106, 12500),
    ],
)
def test_experiments_of_the_paper(name, count, seed, t_sim):
    runs = members(EXPERIMENTS / f"{name}.yml")
    assert len(runs) == count
    assert {(r.seed, r.t_sim) for r in runs} == {(seed, t_sim)}
    assert len({r.name for r in runs}) == count


def test_the_experiment_of_the_distance_rule_is_the_base_version_but_for_the_slip():
    corrected, base = (load_experiment(EXPERIMENTS / f"{name}.yml") for name in ("corrected_distance", "base"))
    differ = {name for name in Parameters.model_fields if getattr(corrected, name) != getattr(base, name)}
    assert differ == {"name", "description", "column_height_unit"}


def test_no_experiment_is_untested():
    assert len(list(EXPERIMENTS.glob("*.yml"))) == 11


def test_what_the_name_says_cannot_be_set_to_something_else():
    path = shipped("experiments", "scaling.yml")
    with pytest.raises(HumamError, match=r"'scaling': @2.5 chooses chi, which cannot be set to 1.0 as well"):
        load_experiment(path, {"chi": 1.0}, "2.5")
    assert load_experiment(path, {"g": -4.0}, "2.5").name == "scaling@2.5"


def test_series_needs_a_choice():
    with pytest.raises(HumamError, match=r"series over chi: choose one of 0, 1, 1.25"):
        load_experiment(EXPERIMENTS / "scaling.yml")
    assert load_experiment(*find_experiment_args("scaling@1.25")).chi == 1.25
    assert load_experiment(EXPERIMENTS / "scaling.yml", {"chi": 1.33}).chi == 1.33
    with pytest.raises(HumamError, match=r"chi = 1.26 is not in the series"):
        load_experiment(*find_experiment_args("scaling@1.26"))
    with pytest.raises(HumamError, match="is no series"):
        load_experiment(*find_experiment_args("base@1"))


def find_experiment_args(reference):
    path, choice = find_experiment(reference, EXPERIMENTS)
    return path, None, choice


def test_unknown_experiment_names_the_nearest():
    with pytest.raises(HumamError, match=r"unknown experiment 'best-fit' \(did you mean 'best_fit'\?\)"):
        find_experiment("best-fit", EXPERIMENTS)


def test_unreadable_files(tmp_path):
    with pytest.raises(HumamError, match="does not exist"):
        load_experiment(tmp_path / "none.yml")
    (tmp_path / "list.yml").write_text("- 1\n")
    with pytest.raises(HumamError, match="must map parameter names"):
        load_experiment(tmp_path / "list.yml")
    (tmp_path / "broken.yml").write_text("chi: [1\n")
    with pytest.raises(HumamError, match="cannot be read"):
        load_experiment(tmp_path / "broken.yml")
    (tmp_path / "twice.yml").write_text("chi: 1\ng: -4\nchi: 2\n")
    with pytest.raises(HumamError, match="'chi' appears twice"):
        load_experiment(tmp_path / "twice.yml")
    (tmp_path / "series.yml").write_text("series: 3\n")
    with pytest.raises(HumamError, match="must map one parameter"):
        load_experiment(tmp_path / "series.yml")
    with pytest.raises(HumamError, match="null byte"):
        load_experiment(tmp_path / "a\0.yml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("description: 2024-02-30", "cannot be read: day is out of range for month"),
        ("chi: !!bool x", "cannot be read: a value does not fit its tag"),
        ("series: {1: [1, 2]}", "unknown parameter 1 in 'series'"),
        ("series: {on: [1]}", "unknown parameter True in 'series'"),
        ("series: {chi: [" + "9" * 400 + "]}", "is a series over chi: choose one of 999"),
        ("chi: [1\ng: 2", "cannot be read: while parsing a flow sequence in .* line 1"),
    ],
)
def test_odd_values_in_a_file_are_one_line(tmp_path, text, message):
    (tmp_path / "odd.yml").write_text(text)
    with pytest.raises(HumamError, match=message) as caught:
        load_experiment(tmp_path / "odd.yml")
    assert "\n" not in str(caught.value)


def test_settings():
    assert parse_setting("g=-2") == ("g", -2)
    with pytest.raises(HumamError, match="NAME=VALUE"):
        parse_setting("chi")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("description=2024-02-30", "setting 'description=2024-02-30' cannot be read: day is out of range for month"),
        ("chi=!!int x", "cannot be read: invalid literal for int"),
        ("chi=0x_", "cannot be read: invalid literal for int"),
        ("chi=!!timestamp x", "cannot be read: a value does not fit its tag"),
        ("chi=!!map x", "cannot be read: expected a mapping"),
        ("chi=" + "9" * 400, r"parameter chi = 9+ is not allowed \(float, >= 0, <= 100\)"),
        ("chi_I_per_chi=" + "9" * 400, "parameter chi_I_per_chi = 9+ is not allowed"),
    ],
)
def test_odd_values_of_settings_are_one_line(setting, message):
    with pytest.raises(HumamError, match=message) as caught:
        load_experiment(EXPERIMENTS / "base.yml", dict([parse_setting(setting)]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [[], [1], 5, None])
def test_parameters_that_are_no_mapping_are_not_the_base_version(values):
    with pytest.raises(HumamError, match=f"network: {re.escape(repr(values))} does not map names to values"):
        validate(values, "network")
