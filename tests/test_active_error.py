"""How far two runs in the active state lie apart by chance: intervals that hold, and archived runs inside them."""

import numpy as np
import pandas as pd
import pytest
from archived_runs import panel_inputs
from made_up_run import write_run

from humam.analysis import active_error, experiments, series
from humam.reports.active_panel import PANEL, ActivePanel


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
    given = panel_inputs()
    panel = ActivePanel(given.report, given.runs, given.folder, given.stored)
    table = panel.data[PANEL]
    assert experiments.within(table).groupby(table["run"]).mean().min() > 0.9
    assert panel.n_seeds == 4 and {"best_fit", "best_fit_seed6", "smaller_g@1.75", "lower_e_to_i@2"} <= set(given.used)
