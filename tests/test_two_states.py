"""The two states of activity: how runs are told apart, and the page that says how often each is entered."""

import re

import numpy as np
import pandas as pd
from made_up_run import write_run
from matplotlib.figure import Figure
from PIL import Image

from humam import archive, two_states
from humam.analysis import experiments, saturation
from humam.analysis.comparable import ACTIVE_RATE
from humam.docs_pages import two_states_page
from humam.markdown import fill
from humam.plotting import two_states as panels
from humam.reports import chosen_run
from humam.resources import shipped

NUMBER = r"-?\d+\.\d+"


def test_rates_over_time_are_those_of_all_neurons(tmp_path):
    run = write_run(tmp_path / "run")  # an area of eight populations fires 8 spikes every 10 ms
    time, rate = run.rate_over_time(two_states.BIN_MS)
    assert time[:3].tolist() == [0.0, 10.0, 20.0] and len(time) == 200
    np.testing.assert_allclose(rate, 8 / (33 * 800) / 0.01)


def test_kept_runs_and_rates_belong_together():
    runs, rates = two_states.read()
    key = two_states.KEY
    last = rates["time_ms"] >= rates.groupby(key)["time_ms"].transform("max") + 10 - two_states.END_MS
    ends = rates[last].groupby(key)["rate"].mean()
    kept = runs.set_index(key)["rate_end"]
    np.testing.assert_allclose(ends.loc[kept.index], kept, atol=2e-3)
    assert runs["sha256"].str.fullmatch("[0-9a-f]{64}").all() and not runs.duplicated(key).any()


def test_the_list_of_runs_is_the_one_that_was_made():
    wanted = pd.read_csv(shipped("assets", "states.csv"))
    runs, _ = two_states.read()
    assert set(runs["run"]) == set(wanted["run"])


def test_a_run_in_which_areas_fire_near_their_limit_is_told():
    found = saturation.of_run(archive.read("smaller_g@2"))
    assert found is not None and list(found.areas) == ["cuneus", "lingual", "pericalcarine"]
    assert saturation.SATURATED < min(found.areas.values()) < found.limit == 500
    assert 4 < found.begin_s < 4.72 and found.end > 5 * found.median
    assert saturation.of_run(archive.read("best_fit")) is None


def test_reports_say_from_when_on_an_area_is_silent_in_an_active_run(tmp_path):
    assert "neurons of precentral are silent from 0.5 s on" in chosen_run.silent_area(archive.read("best_fit"))
    for name in ("best_fit_seed6", "base", "scaling@2.6"):  # it fires; the low state; counts in time are not kept
        assert chosen_run.silent_area(archive.read(name)) == "", name
    assert chosen_run.silent_area(None) == ""
    assert experiments.silent_from(archive.read("base")) == 0
    assert np.isnan(experiments.silent_from(write_run(tmp_path / "run", "best_fit", 1.0, 400.0)))


def test_the_picture_has_a_line_for_each_seed():
    runs, rates = (found[found["series"] == two_states.MAIN] for found in two_states.read())
    left, right = Figure().subplots(1, 2)
    at = runs["chi"] == 2.5
    panels.draw_seeds(left, rates[rates["chi"] == 2.5], runs[at])
    assert len(left.lines) == at.sum() + 2
    shares = two_states.shares(runs)
    panels.draw_shares(right, shares, [2.4, 2.5, 2.6])
    assert len(right.texts) == len(shares)
    assert (shares["low"] <= shares["share"]).all() and (shares["share"] <= shares["high"]).all()
    assert (runs["rate_end"] > ACTIVE_RATE).sum() == shares["active"].sum()


def test_the_page_is_up_to_date():
    page = shipped("docs", "states.md").read_text(encoding="utf-8")
    assert fill(page, two_states_page.parts()) == page


def test_the_picture_is_up_to_date(tmp_path):
    two_states_page.draw(tmp_path / "states")
    kept = shipped("docs", "images")
    # The last digits of coordinates, and so the names of clippings, differ between processors.
    texts = [re.sub(r"\b[mp][0-9a-f]{10}\b", "", (folder / "states.svg").read_text()) for folder in (tmp_path, kept)]
    words, numbers = zip(*((re.split(NUMBER, text), re.findall(NUMBER, text)) for text in texts), strict=True)
    assert words[0] == words[1]
    np.testing.assert_allclose(*(np.array(found, dtype=float) for found in numbers), atol=0.01)
    pictures = [np.asarray(Image.open(folder / "states.png").convert("L"), float) for folder in (tmp_path, kept)]
    assert pictures[0].shape == pictures[1].shape and np.abs(pictures[0] - pictures[1]).mean() < 1
