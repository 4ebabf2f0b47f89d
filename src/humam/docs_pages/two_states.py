"""Which of its two states of activity the model enters, by factor chi and seed.

From chi = 2.5 on the model has an active state beside the low one of the base version. Many short runs that differ in
the seed alone tell how often each is entered; their rates over time are kept in ``benchmarks/states/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from humam import archive
from humam.analysis import experiments
from humam.analysis.comparable import ACTIVE_RATE
from humam.analysis.rates import in_bins
from humam.analysis.statistics import Statistics
from humam.resources import shipped

BIN_MS: Final = 10
"""Bins of the rates that are kept."""

END_MS: Final = 200
"""Time at the end of a run whose mean rate tells its state."""

RUNS, RATES = "runs.csv", "rates.csv"
CONFIDENCE: Final = 0.95


def rate_over_time(run: Statistics, bin_ms: int = BIN_MS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the begin of time bins [ms] and the mean rate of all neurons in each [spikes/s]."""
    counts = run.data["area_spike_count"].sum("area").to_numpy().astype(float)  # in bins of 1 ms
    binned = in_bins(counts, bin_ms).sum(axis=-1)
    return np.arange(len(binned), dtype=float) * bin_ms, binned / float(run.data["neurons"].sum()) / bin_ms * 1e3


def collect(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the runs and their rates of a folder of archived runs.

    Parameters
    ----------
    root : path
        Where ``humam campaign --input assets/states.csv --archive ROOT`` has put them.

    Returns
    -------
    runs : DataFrame
        ``run, chi, seed, t_sim_ms, n_spikes, rate_end`` (mean of the last 200 ms) ``, area_rate_end``
        (the same of the excitatory neurons of :data:`humam.analysis.experiments.SILENT`) ``, sha256, commit``.
    rates : DataFrame
        ``chi, seed, time_ms, rate``.
    """
    rows, parts = [], []
    for name in archive.names(root):
        run = archive.read(name, root)
        record = archive.record(root / name)
        chi, seed = float(run.parameters["chi"]), int(run.data.attrs["seed"])
        time, rate = rate_over_time(run)
        end = float(rate[-(END_MS // BIN_MS) :].mean())
        area_end = experiments.excitatory_rate(run, experiments.SILENT, time[-1] + BIN_MS - END_MS)
        parts.append(pd.DataFrame({"chi": chi, "seed": seed, "time_ms": time.astype(int), "rate": rate.round(3)}))
        rows.append(
            (name, chi, seed, float(run.data.attrs["t_sim_ms"]), int(run.data.attrs["n_spikes"]), round(end, 3),
             round(area_end, 3), record["spikes_sha256"], record["commit"])
        )  # fmt: skip
    columns = ["run", "chi", "seed", "t_sim_ms", "n_spikes", "rate_end", "area_rate_end", "sha256", "commit"]
    runs = pd.DataFrame(rows, columns=columns).sort_values(["chi", "seed"], ignore_index=True)
    return runs, pd.concat(parts).sort_values(["chi", "seed", "time_ms"], ignore_index=True)


def read() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what :func:`collect` found, as kept."""
    folder = shipped("benchmarks", "states")
    return pd.read_csv(folder / RUNS), pd.read_csv(folder / RATES)


def shares(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how many runs end in the active state for each chi, with Wilson's interval of the probability.

    Parameters
    ----------
    runs : DataFrame
        ``chi, rate_end``.

    Returns
    -------
    DataFrame
        ``chi, runs, active, share, low, high``.

    Examples
    --------
    >>> shares(pd.DataFrame({"chi": [2.5] * 4, "rate_end": [0.6, 4.0, 5.0, 4.5]})).round(2).values.tolist()
    [[2.5, 4.0, 3.0, 0.75, 0.3, 0.95]]
    """
    return pd.DataFrame(_share(chi, mine["rate_end"]) for chi, mine in runs.groupby("chi"))


def _share(chi: object, rates: Iterable[float]) -> dict[str, object]:
    active = np.asarray(rates) > ACTIVE_RATE
    found = binomtest(int(active.sum()), active.size)
    low, high = found.proportion_ci(CONFIDENCE, "wilson")
    share = found.statistic
    return {"chi": chi, "runs": active.size, "active": int(active.sum()), "share": share, "low": low, "high": high}
