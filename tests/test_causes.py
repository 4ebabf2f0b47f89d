"""Why numbers differ: the table of causes, what it explains, and how numbers are counted."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from archived_runs import panel_inputs
from scipy.stats import norm

from humam import archive, causes, comparison, published, tally
from humam.analysis import experiments, human_fc, scaling_table, series
from humam.analysis.similarity import fmri_similarities
from humam.analysis.value import Value
from humam.cli import main
from humam.labels import AREAS
from humam.reports.active_panel import ActivePanel
from humam.reports.neuron_panels import NeuronPanels
from humam.resources import shipped
from humam.seed_spread import Tolerances

ARCHIVE = {f"archive/{name}": shipped("datasets", "runs", name) for name in archive.names()}
OTHER_VERSION = "J"
"""The panel that shows runs of another version: nothing is settled by it."""

CAUSE = causes.Cause("figure5", r"rate_.*", "a", causes.CHANCE, "A few neurons.", "docs/model.md")


def table_of(*rows):
    """Return a comparison of rows of (figure, quantity, published, here, run) with a tolerance of 0.1."""
    here = pd.DataFrame(rows, columns=["figure", "quantity", "_", "value", "run"]).drop(columns="_")
    paper = pd.DataFrame(rows, columns=["figure", "quantity", "value", "_", "run"]).drop(columns=["_", "run"])
    same = {"panel": "B", "unit": "1/s", "note": ""}
    paper = paper.assign(**same, tolerance=0.1, tolerance_from="printed digits", kind="D")
    return comparison.compare(here.assign(**same, status=""), paper, known=[CAUSE])


def test_every_cause_has_rows_and_an_experiment():
    table = published.figures()
    for cause in causes.read():
        rows = table[["figure", "quantity"]].itertuples(index=False)
        archived = [f"archive/{name}" for name in archive.names() if re.fullmatch(cause.run, f"archive/{name}")]
        assert archived and cause.kind in causes.KINDS, cause
        assert any(causes.of(figure, quantity, archived[0], [cause]) is cause for figure, quantity in rows), cause
        place, _, anchor = cause.shown_by.partition("#")
        if place.startswith("reports/"):
            assert f'figure.show("{anchor.rpartition("_")[2]}")' in shipped(f"{place}.py").read_text(encoding="utf-8")
            assert anchor.startswith(place.removeprefix("reports/"))
        else:
            titles = re.findall(r"^#+ (.*)$", shipped(*place.split("/")).read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_only_what_differs_has_a_cause_and_what_has_none_comes_first():
    table = table_of(
        ("figure5", "rate_sd", 1.0, 2.0, "a"), ("figure5", "rate_mean", 1.0, 1.0, "a"), ("figure5", "n", 1.0, 2.0, "a")
    )
    assert table["cause"].tolist() == ["A few neurons.", "", ""]
    assert comparison.urgent_first(table)["quantity"].tolist() == ["n", "rate_sd", "rate_mean"]


def test_a_cause_is_that_of_its_run_alone():
    table = table_of(("figure5", "rate_sd", 1.0, 2.0, "another run"))
    assert table["cause"].tolist() == [""]


def test_a_cause_that_explains_nothing_any_more_is_found():
    compared = (comparison.REPRODUCED, comparison.DIFFERS)
    same, other = table_of(("figure5", "rate_sd", 1.0, 1.0, "a")), table_of(("figure5", "rate_sd", 1.0, 2.0, "a"))
    assert causes.idle(same, [CAUSE], compared) == [CAUSE]
    assert causes.idle(other, [CAUSE], compared) == []
    assert causes.idle(table_of(("figure5", "n", 1.0, 1.0, "a")), [CAUSE], compared) == []  # it was not compared


def test_no_cause_is_idle_beside_the_archived_runs():
    runs = series.Runs(ARCHIVE)
    human, rows = human_fc.choose(shipped("datasets", "tables")), []
    for name, figure in (("scaling", "figure5"), ("scaling_preprint", "figure5_scaling_preprint")):
        found = scaling_table.rows(scaling_table.read_published(name), runs, human)
        rows += [(figure, *value) for value in found]
    here, known = pd.DataFrame(rows, columns=["figure", *Value._fields]), causes.read()
    paper = comparison.read_published(shipped("datasets", "published"))
    own = paper[paper["figure"].isin(here["figure"])]
    table = comparison.compare(here, own, comparison.Tolerances(paper), known)
    assert causes.idle(table, known, (comparison.REPRODUCED, comparison.DIFFERS)) == []
    assert tally.of(table).from_seeds > 100


@pytest.fixture(scope="module")
def shown():
    """What panels F, G, J and K show: by panel, run and quantity the difference in units of its interval."""
    given, found = panel_inputs("archive/"), {}
    runs, other = given.runs, human_fc.substitute().matrices
    for paper, state, run in experiments.stored_runs(runs, active=False):
        table = experiments.fc_in_time(runs[run], paper.fc[state], state, other)
        found |= {("F", run, row.quantity): row for row in table.itertuples()}
    neurons = NeuronPanels(given.report, runs, given.folder, given.stored["scaling"].human).data
    for row in neurons["G"].itertuples():
        state = "best_fit" if row.run.endswith("@2.5") else "base"
        _, bin_text, left = row.statistic.rpartition(" of ")
        name = f"fraction[state={state};bin={left}]" if bin_text else f"{row.statistic}[state={state}]"
        found["G", row.run, f"{row.measure}_{name}"] = row
        if row.statistic == "similarity":
            found["G", row.run, f"similarity_{row.measure}[state={state};min_spikes=10]"] = row
    for row in ActivePanel(given.report, runs, given.folder, given.stored).data["J"].itertuples():
        found["J", row.run, re.sub(r"similarity_(rate|cv|lvr)$", r"similarity_\1[chi=1.75]", row.quantity)] = row
    for row in neurons["K"].itertuples():
        found["K", row.run, f"similarity_{row.measure}[chi={row.chi:g}]"] = row
    return {key: abs(row.here - row.published) / row.interval for key, row in found.items()}


def test_what_chance_explains_lies_where_chance_puts_it(shown):
    runs, human, rows = series.Runs(ARCHIVE), human_fc.choose(shipped("datasets", "tables")), []
    for name in experiments.VARIANTS:
        stored, own = scaling_table.read_published(name), series.members(name, runs)
        rows += [(f"figure5_{name}", *value) for value in scaling_table.rows(stored, runs, human)]
        for state, run in ((state, own[chi]) for state, chi in stored.chi.items() if chi in own):
            place = f"series={name};state={state};hemisphere"
            rows += [
                ("enigma", *Value("", f"similarity_{measure}[{place}={side}]", value)._replace(run=run))
                for measure, side, value in fmri_similarities(runs[run].functional_connectivity(), human.matrices)
            ]
    here = pd.DataFrame(rows, columns=["figure", *Value._fields])
    paper = comparison.read_published(shipped("datasets", "published"))
    table = comparison.compare(
        here, paper[paper["figure"].isin(here["figure"])], comparison.Tolerances(paper), causes.read()
    )
    explained = table[table["shown_by"].str.startswith("reports/")]
    assert len(explained) > 10 and "enigma" in set(explained["figure"])
    for row in explained.itertuples():
        quantity, panel = row.quantity.replace("fc_max", "fc_strongest_pair"), row.shown_by[-1]
        quantity = re.sub(r"series=\w+;state=\w+;", "", quantity)  # of similarities to human connectivity
        own = shown[panel, row.run, quantity]
        if panel == OTHER_VERSION:
            assert own <= 1 and row.cause_kind == causes.OPEN, (row.run, quantity)
            continue
        if row.cause_kind != causes.OPEN:
            assert own <= 1, (row.run, quantity)
            continue
        others = np.array([value for key, value in shown.items() if key[0] == panel])
        assert own > 1 and (others > 1).mean() <= 0.05, (row.run, quantity)
        assert others.max() < norm.isf(0.05 / 2 / len(others)) / norm.isf(0.05 / 2), panel  # Bonferroni


def test_the_command_warns_of_it(tmp_path, monkeypatch, capsys):
    (tmp_path / "values.csv").write_text("figure,panel,quantity,unit,value,run\nfigure5,B,rate_sd,1/s,1,a\n")
    (tmp_path / "figures.csv").write_text("figure,panel,quantity,unit,value,tolerance\nfigure5,B,rate_sd,1/s,1,0.1\n")
    states = published.states()  # the folder has figures alone
    monkeypatch.setattr(published, "states", lambda folder=None: states)
    monkeypatch.setattr(causes, "read", lambda: [CAUSE])
    command = ["verdicts", "--values", str(tmp_path / "values.csv"), "--published", str(tmp_path)]
    main([*command, "--out", str(tmp_path / "comparison.csv")])
    assert "'rate_.*' differs any more: A few neurons." in capsys.readouterr().err


def test_a_number_held_against_both_published_seeds_counts_once_by_its_worst_verdict():
    table = table_of(
        ("figure5", "rate_mean", 1.0, 1.0, "best_fit"),
        ("figure5_scaling_preprint", "rate_mean", 2.0, 1.0, "best_fit"),
        ("figure5", "rate_median", 1.0, 1.0, "base"),
        ("figure5_scaling_preprint", "rate_median", 1.0, 1.0, "base_seed2106"),  # equal by chance: two runs
    )
    found = tally.of(table)
    assert (found.reproduced, found.differ, found.unexplained) == (2, 1, 1)
    assert tally.remarks(found) == []  # no tolerance comes from seeds here


def test_a_number_under_two_names_counts_once_unless_it_has_few_digits():
    table = table_of(
        ("figure5", "cv_n", 2403.0, 2403.0, "base"),
        ("figure5", "lvr_n", 2403.0, 2403.0, "base"),
        ("figure5", "cv_n", 2403.0, 2403.0, "another"),
        ("figure4", "whisker", 0.0, 0.0, "base"),
        ("figure4", "minimum", 0.0, 0.0, "base"),
    )
    assert tally.once(table)[["quantity", "run"]].to_numpy().tolist() == [
        ["whisker", "base"], ["minimum", "base"], ["cv_n", "base"], ["cv_n", "another"]
    ]  # fmt: skip


def test_what_only_our_own_pair_holds_and_what_stands_in_no_file_of_the_authors_is_counted():
    published_numbers = pd.DataFrame(
        {"figure": "figure5", "panel": "B", "quantity": ["fc_mean[state=base]", "fc_sd[state=base]"], "unit": "1",
         "value": [0.01, 0.02], "tolerance": 0.0, "tolerance_from": "exact number", "kind": ["D", "R"], "note": ""}
    )  # fmt: skip
    here = published_numbers[["figure", "panel", "quantity", "unit"]].assign(
        value=[0.011, 0.02], status="", note="", seed_difference=[0.01, np.nan], run="base"
    )
    spread = Tolerances(published.figures())
    alone = spread.of("figure5", "fc_mean[state=base]", 0.01).size
    table = comparison.compare(here, published_numbers, spread)
    assert alone < 0.001 and table["tolerance_published_pairs"].tolist()[0] == pytest.approx(alone)
    assert comparison.by_own_pair(table).tolist() == [True, False]
    found = tally.of(table)
    assert (found.by_own_pair, found.from_network, found.reproduced) == (1, 1, 2)
    where, _, own, *_ = tally.remarks(found)
    assert own.startswith("1 of the reproduced would differ")
    assert "of 1 of them is data or text of the authors, of 1 it was computed" in where
    assert where not in tally.remarks(found._replace(from_network=0))


def test_numbers_that_zero_would_reproduce_are_counted():
    table = table_of(
        ("figure5", "fc_mean", 0.05, 0.1, "a"), ("figure5", "fc_sd", 0.5, 0.45, "a"), ("figure5", "n", 0.0, 0.0, "a")
    )
    assert tally.of(table).wide == 1
    (text,) = tally.remarks(tally.of(table))
    assert text.startswith("1 of the reproduced have")


def test_a_number_of_an_unpublished_program_is_told_but_not_compared(tmp_path):
    (tmp_path / "figures.csv").write_text(
        "figure,panel,quantity,unit,value,tolerance,kind,note\ntheory,B,rate,1/s,0.585,,U,another program\n"
    )
    row = comparison.read_published(tmp_path).iloc[0]
    assert np.isnan(row["value"]) and row["note"] == "another program: 0.585"


def test_where_the_silent_area_fires_functional_connectivity_is_as_published():
    seeds = {name: scaling_table.read_published(name).fc["best_fit"] for name in series.SEED_SERIES}
    blocks = ("DAN-AUD", "SAN-SAN", "DMN-SAN", "DMN-VIS")
    found, rates = {}, {}
    for name in ("best_fit", "best_fit_seed6"):
        run = archive.read(name)
        rate = experiments.rates_in_time(run, experiments.SILENT, 50)
        rates[name] = rate[rate["time"] >= 2000]["E"].mean()
        found[name] = experiments.connectivity(run.functional_connectivity(), seeds, blocks, ())
    assert rates["best_fit"] < experiments.FIRING < rates["best_fit_seed6"]
    correlations = [f"fc_correlation[with={name}]" for name in seeds]
    assert max(found["best_fit"][key] for key in correlations) < 0.95
    assert min(found["best_fit_seed6"][key] for key in correlations) > 0.965  # 0.972 between the published ones
    published_blocks = [experiments.connectivity(matrix, {}, blocks, ()) for matrix in seeds.values()]
    for key in published_blocks[0]:
        published_mean = np.mean([each[key] for each in published_blocks])
        off, on = (abs(found[name][key] - published_mean) for name in ("best_fit", "best_fit_seed6"))
        assert on < 0.03 < 0.07 < off, key


def test_without_areas_means_without_their_rows_and_columns():
    matrix = np.ones((34, 34))
    matrix[3] = matrix[:, 3] = 0
    noise = np.random.default_rng(1).normal(size=(34, 34))
    found = experiments.connectivity(matrix + noise, {"self": noise}, ["DMN-VIS"], [AREAS[3]])
    assert found["fc_correlation[with=self]"] == pytest.approx(1)
    assert experiments.deviation(matrix, [np.ones((34, 34)), np.ones((34, 34))])["here"].idxmax() == 3


def test_a_run_of_the_same_model_deviates_from_the_published_ones_as_they_do_from_each_other():
    rng = np.random.default_rng(6)
    own, first, second = (noise + noise.T for noise in rng.normal(size=(3, 34, 34)))
    for matrix in (own, first, second):
        np.fill_diagonal(matrix, 1)
    found = experiments.deviation(own, [first, second])
    assert found["here"].mean() / found["seeds"].mean() == pytest.approx(1, abs=0.05)
    assert found["seeds"][3] == pytest.approx(np.abs(first[3] - second[3]).sum() / 33)
    assert (experiments.deviation(first, [first, second])["here"] == found["seeds"] / 2).all()


def run_with(currents):
    """Return what stands in for a run: its currents from 0 ms on and their functional connectivity from 2500 ms on."""
    coordinates = {"kernel": ["published"], "time": np.arange(currents.shape[1])}
    data = xr.Dataset({"current": (("kernel", "area", "time"), currents[None])}, coordinates)
    return SimpleNamespace(data=data, functional_connectivity=lambda: np.corrcoef(currents[:, 2500:]))


def test_the_interval_of_functional_connectivity_holds_for_independent_currents():
    rng, inside = np.random.default_rng(4), []
    for _ in range(20):
        first, second = (run_with(rng.normal(size=(34, 12500))) for _ in range(2))
        table = experiments.fc_in_time(first, second.functional_connectivity(), "base")
        inside += ((table["here"] - table["published"]).abs() <= table["interval"]).tolist()
    assert table["quantity"].tolist()[:2] == ["fc_mean[state=base]", "fc_sd[state=base]"] and len(table) == 17
    assert 0.9 < np.mean(inside) < 0.99


def test_no_interval_without_two_blocks_of_functional_connectivity():
    run = run_with(np.random.default_rng(1).normal(size=(34, 5000)))
    assert experiments.fc_in_time(run, run.functional_connectivity(), "base")["interval"].isna().all()
