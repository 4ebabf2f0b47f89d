"""How far two runs in the active state lie apart by chance: intervals that hold, and archived runs inside them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from humam import archive
from humam.analysis import active_error, experiments, scaling_table, series
from humam.reports.active_panel import PANEL, ActivePanel
from humam.resources import shipped


def test_intervals_from_few_windows_hold_in_as_many_cases_as_they_say():
    rng, inside = np.random.default_rng(1), []
    for _ in range(3000):
        tables = [pd.DataFrame({"a": rng.normal(level, 2.0, n)}) for level, n in ((0, 5), (7, 2), (3, 1))]
        width = active_error.half_width(active_error.pooled_sd(tables), 2, 5, 0.95)["a"]
        inside.append(abs(rng.normal(0, 2.0, 2).mean() - rng.normal(0, 2.0, 5).mean()) <= width)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_a_quantity_that_a_window_lacks_counts_less():
    pooled = active_error.pooled_sd([pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [1.0, 2.0, 3.0]})])
    assert pooled["degrees"].to_dict() == {"a": 1, "b": 2}


def test_best_fit_versions_of_variants_lie_where_chance_puts_them():
    runs = series.Runs({name: shipped("datasets", "runs", name) for name in archive.names()})
    used = []
    report = SimpleNamespace(input=lambda _, name: used.append(name))
    stored = {name: scaling_table.read_published(name) for name in series.SEEDS}
    panel = ActivePanel(report, runs, shipped("datasets", "published"), stored)
    table = panel.data[PANEL]
    assert experiments.within(table).groupby(table["run"]).mean().min() > 0.9
    assert {"best_fit", "best_fit_seed6", "smaller_g@1.75"} <= set(used) and "base" not in used
