"""Which of its two states of activity the model enters, by factor chi and seed.

From chi = 2.5 on the model has an active state beside the low one of the base version; variants of it have their own
chi. Many short runs that differ in the seed alone tell how often each is entered; their rates over time are kept in
``benchmarks/states/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pandas as pd
from scipy.stats import binomtest

from humam import archive
from humam.analysis import experiments
from humam.analysis.comparable import is_active, series_of
from humam.analysis.series import STATES
from humam.resources import shipped

BIN_MS: Final = 10
"""Bins of the rates that are kept."""

END_MS: Final = 200
"""Time at the end of a run whose mean rate tells its state."""

RUNS, RATES = "runs.csv", "rates.csv"
MAIN: Final = "scaling"
"""The series of the main model; its base and best-fit versions belong to it."""
KEY: Final = ["series", "chi", "seed"]
"""What tells one of these runs from another."""
CONFIDENCE: Final = 0.95


def collect(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the runs and their rates of a folder of archived runs.

    Parameters
    ----------
    root : path
        Where ``humam campaign --input assets/states.csv --archive ROOT`` has put them.

    Returns
    -------
    runs : DataFrame
        ``run, series, chi, seed, t_sim_ms, n_spikes, rate_end`` (mean of the last 200 ms) ``, area_rate_end``
        (the same of the excitatory neurons of :data:`humam.analysis.experiments.SILENT`) ``, sha256, commit``.
    rates : DataFrame
        ``series, chi, seed, time_ms, rate``.
    """
    rows, parts = [], []
    for name in archive.names(root):
        run = archive.read(name, root)
        record = archive.record(root / name)
        series = series_of(str(run.parameters["name"]))
        key = (MAIN if series in STATES else series, float(run.parameters["chi"]), int(run.data.attrs["seed"]))
        time, rate = run.rate_over_time(BIN_MS)
        end = float(rate[-(END_MS // BIN_MS) :].mean())
        area_end = experiments.excitatory_rate(run, experiments.SILENT, time[-1] + BIN_MS - END_MS)
        values = {"time_ms": time.astype(int), "rate": rate.round(3)}
        parts.append(pd.DataFrame(dict(zip(KEY, key, strict=True)) | values))
        rows.append(
            (name, *key, float(run.data.attrs["t_sim_ms"]), int(run.data.attrs["n_spikes"]), round(end, 3),
             round(area_end, 3), record["spikes_sha256"], record["commit"])
        )  # fmt: skip
    columns = ["run", *KEY, "t_sim_ms", "n_spikes", "rate_end", "area_rate_end", "sha256", "commit"]
    return pd.DataFrame(rows, columns=columns), pd.concat(parts, ignore_index=True)


def read() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what :func:`collect` found, as kept."""
    folder = shipped("benchmarks", "states")
    return pd.read_csv(folder / RUNS), pd.read_csv(folder / RATES)


def merge(kept: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all runs, main series first; those found now take the place of the same runs.

    Examples
    --------
    >>> kept = pd.DataFrame({"series": ["smaller_g", "scaling"], "chi": 2.0, "seed": 1, "rate_end": [0.5, 0.6]})
    >>> merge(kept, kept.assign(rate_end=4.0)[:1])["rate_end"].tolist()
    [0.6, 4.0]
    """
    again = pd.MultiIndex.from_frame(kept[KEY]).isin(pd.MultiIndex.from_frame(found[KEY]))
    rows = pd.concat([kept[~again], found]).assign(variant=lambda table: table["series"] != MAIN)
    order = ["variant", *KEY, *({"time_ms"} & set(rows))]
    return rows.sort_values(order, ignore_index=True).drop(columns="variant")


def shares(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how many runs end in the active state for each series and chi, with Wilson's interval.

    Parameters
    ----------
    runs : DataFrame
        ``series, chi, rate_end``.

    Returns
    -------
    DataFrame
        ``series, chi, runs, active, share, low, high`` (of the probability of the active state).

    Examples
    --------
    >>> runs = pd.DataFrame({"series": "scaling", "chi": [2.5] * 4, "rate_end": [0.6, 4.0, 5.0, 4.5]})
    >>> shares(runs).round(2).values.tolist()
    [['scaling', 2.5, 4, 3, 0.75, 0.3, 0.95]]
    """
    points = runs[["series", "chi"]].drop_duplicates().itertuples(index=False, name=None)
    found = runs.set_index(["series", "chi"])["rate_end"]
    return pd.DataFrame([_share(series, chi, found.loc[[(series, chi)]]) for series, chi in points])


def _share(series: str, chi: float, rates: Iterable[float]) -> dict[str, object]:
    active = [is_active(series, rate) for rate in rates]
    found = binomtest(sum(active), len(active))
    low, high = found.proportion_ci(CONFIDENCE, "wilson")
    return {
        "series": series, "chi": chi, "runs": len(active), "active": sum(active), "share": found.statistic, "low": low,
        "high": high,
    }  # fmt: skip
