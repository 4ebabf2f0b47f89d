"""How far two runs in the active state lie apart by chance: intervals that hold, and archived runs inside them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_up_run import write_run

from humam import archive
from humam.analysis import active_error, experiments, scaling_table, series
from humam.reports.active_panel import PANEL, ActivePanel
from humam.resources import shipped


def test_intervals_from_few_runs_hold_in_as_many_cases_as_they_say():
    rng, inside = np.random.default_rng(1), []
    for _ in range(3000):
        width = active_error.half_width(pd.DataFrame({"a": rng.normal(7, 2.0, 4)}), 0.95)["a"]
        inside.append(abs(rng.normal(0, 2.0) - rng.normal(0, 2.0)) <= width)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_a_copy_of_a_run_is_no_other_seed(tmp_path):
    for name, seed, t_sim in (("a", 1, 6500.0), ("earlier/a", 1, 6500.0), ("b", 2, 12500.0), ("short", 3, 2000.0)):
        write_run(tmp_path / name, "best_fit", 1.0, t_sim, seed=seed)
    runs = series.Runs({name: tmp_path / name for name in ("a", "earlier/a", "b", "short")})
    assert sorted(runs.seeds_of("best_fit")) == ["b", "earlier/a"]


def test_best_fit_versions_of_variants_lie_where_chance_puts_them():
    runs = series.Runs({name: shipped("datasets", "runs", name) for name in archive.names()})
    used = []
    report = SimpleNamespace(input=lambda _, name: used.append(name))
    stored = {name: scaling_table.read_published(name) for name in series.SEEDS}
    panel = ActivePanel(report, runs, shipped("datasets", "published"), stored)
    table = panel.data[PANEL]
    assert experiments.within(table).groupby(table["run"]).mean().min() > 0.9
    assert panel.n_seeds == 4 and {"best_fit", "best_fit_seed6", "smaller_g@1.75", "lower_e_to_i@2"} <= set(used)
