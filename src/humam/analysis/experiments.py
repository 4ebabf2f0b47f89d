"""Experiments that show why numbers of our runs differ from the published ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import stdtrit

from humam.analysis import unit_similarity, windows
from humam.analysis.fc import functional_connectivity
from humam.analysis.rates import in_bins
from humam.analysis.run import COMPARED
from humam.analysis.scaling_table import Published, read_published
from humam.analysis.scaling_values import fc_block_values, fc_values, rate_frequencies
from humam.analysis.series import STATES, Runs, members
from humam.analysis.similarity import fmri_similarities, ks_similarity, pearson_similarity
from humam.analysis.statistics import Statistics
from humam.datasets.published_names import RESTING_STATE_NETWORKS
from humam.labels import AREAS, LAYER_POPULATIONS, N_AREAS, N_POPULATIONS, area_slice

Array = NDArray[np.float64]

SILENT: Final = "precentral"
"""Area whose excitatory neurons fall silent in our long run of the best-fit version."""

FIRING: Final = 0.5
"""Mean rate [spikes/s] above which the excitatory neurons of an area count as firing."""

SILENT_BIN_MS: Final = 500
"""Bins in which it is looked for how long the excitatory neurons of an area are silent."""

VARIANTS: Final = ("smaller_g", "distributed_parameters", "lower_e_to_i", "tau_syn_in")
"""Series of which no second seed is published: their stored states are held against their own fluctuations."""

CONFIDENCE: Final = 0.95


def rates_in_time(run: Statistics, area: str, bin_ms: int) -> pd.DataFrame:
    """Return the mean rates of the excitatory and inhibitory neurons of an area in bins.

    Returns
    -------
    DataFrame
        ``time`` (ms, left edge), ``E``, ``I`` (spikes/s).
    """
    chosen = area_slice(area)
    counts = run.data["spike_count"].to_numpy()[chosen]
    neurons = run.data["neurons"].to_numpy()[chosen]
    binned = in_bins(counts, bin_ms).sum(axis=-1)
    kinds = np.array([population for _, population in LAYER_POPULATIONS])
    rates = {k: binned[kinds == k].sum(axis=0) / neurons[kinds == k].sum() / bin_ms * 1e3 for k in "EI"}
    return pd.DataFrame({"time": np.arange(binned.shape[1]) * bin_ms, **rates})


def excitatory_rate(run: Statistics, area: str, start_ms: float) -> float:
    """Return the mean rate of the excitatory neurons of an area from a time on [spikes/s].

    NaN where spike counts of populations are not kept.
    """
    if run.unavailable("spike_count"):
        return float("nan")
    rates = rates_in_time(run, area, 1)
    return float(rates["E"][rates["time"] >= start_ms].mean())


def silent_from(run: Statistics, area: str = SILENT) -> float:
    """Return from when on the excitatory neurons of an area are silent until the end of a run [ms].

    NaN where they fire at the end, where spike counts of populations are not kept, and where the run is shorter than
    a bin of :data:`SILENT_BIN_MS`: they may pause for less.
    """
    if run.unavailable("spike_count"):
        return float("nan")
    firing = rates_in_time(run, area, SILENT_BIN_MS)["E"].to_numpy() > FIRING
    if not len(firing) or firing[-1]:
        return float("nan")
    return float(SILENT_BIN_MS * (np.flatnonzero(firing)[-1] + 1 if firing.any() else 0))


def shares_from(network: xr.Dataset, area: str) -> Array:
    """Return which share of each area's synapses from other areas comes from one of them, (34,)."""
    synapses = network["synapses"].to_numpy().reshape(N_AREAS, N_POPULATIONS, N_AREAS, N_POPULATIONS).sum(axis=(1, 3))
    other = np.where(np.eye(N_AREAS, dtype=bool), 0.0, synapses)
    return other[:, AREAS.index(area)] / other.sum(axis=1)


def quiet_targets(network: xr.Dataset, run: Statistics, area: str) -> list[str]:
    """Return the areas below 1 spike/s that get at least 5 % of their synapses from other areas from one of them."""
    rate = run.area_rate.sel(time=slice(2500, None)).mean("time").to_numpy() * 1e3
    shares = shares_from(network, area)
    return [name for name, share, r in zip(AREAS, shares, rate, strict=True) if share >= 0.05 and r < 1]


def deviation(own: Array, paper: Sequence[Array]) -> pd.DataFrame:
    """Return by area how far functional connectivity is from the published one, and both published seeds apart.

    Both are of two single runs: a difference from the mean of the published ones would be smaller by chance alone.

    Returns
    -------
    DataFrame
        ``area``, ``here`` (mean absolute difference from one of the published matrices over the other areas, mean of
        both), ``seeds`` (the same between the two published ones).
    """
    first, second = paper
    from_first, from_second, seeds = (
        np.abs(a - b).sum(axis=1) / (len(own) - 1) for a, b in ((own, first), (own, second), (first, second))
    )
    return pd.DataFrame({"area": AREAS, "here": (from_first + from_second) / 2, "seeds": seeds})


def connectivity(matrix: Array, others: Mapping[str, Array], blocks: Iterable[str], leave: Collection[str]) -> dict:
    """Return correlations of a matrix with others, and means of blocks of networks, some areas left out.

    Parameters
    ----------
    matrix : (34, 34) array
        Functional connectivity.
    others : mapping
        Name to matrix.
    blocks : iterable of str
        Two networks each, as in ``DMN-SAN``.
    leave : collection of str
        Areas to leave out.
    """
    kept = np.array([i for i, area in enumerate(AREAS) if area not in leave])
    inside = np.ix_(kept, kept)
    found = {
        f"fc_correlation[with={name}]": pearson_similarity(matrix[inside], other[inside])
        for name, other in others.items()
    }
    free = np.where(np.eye(N_AREAS, dtype=bool), np.nan, matrix)
    for block in blocks:
        rows, columns = (
            [AREAS.index(a) for a in RESTING_STATE_NETWORKS[n] if a not in leave] for n in block.split("-")
        )
        found[f"fc_block_mean[networks={block}]"] = float(np.nanmean(free[np.ix_(rows, columns)]))
    return found


def mean_correlation(matrix: Array, area: str, others: Sequence[str]) -> float:
    """Return the mean functional connectivity of an area with others."""
    return float(matrix[AREAS.index(area), [AREAS.index(other) for other in others]].mean())


def stored_runs(runs: Runs, active: bool, folder: Path | str | None = None) -> Iterator[tuple[Published, str, str]]:
    """Yield what is published of each of :data:`VARIANTS`, one of its stored states, and our run of it.

    Only runs that can be compared, so in the state of activity that the published ones are in. Low are base versions,
    and best-fit versions of series without a transition.

    Parameters
    ----------
    runs : Runs
        What there is.
    active : bool
        Those of high activity, or those of low activity.
    folder : path, optional
        A ``published`` folder.
    """
    for name in VARIANTS:
        stored = read_published(name, folder)
        for state in STATES:
            run = members(name, runs).get(stored.chi[state], "")
            if run and runs.facts[run].active == active and not runs[run].status:
                yield stored, state, run


def within(table: pd.DataFrame) -> pd.Series:
    """Return which numbers lie within their interval around the published ones (``here, published, interval``)."""
    return (table["here"] - table["published"]).abs() <= table["interval"]


def fc_in_time(run: Statistics, paper: Array, state: str, human: Mapping[str, Array] | None = None) -> pd.DataFrame:
    """Return numbers of functional connectivity beside published ones, and how far two such runs lie apart by chance.

    The standard error of a number is that of the jackknife: one block of 2 s of the currents is left out in turn.

    Parameters
    ----------
    run : Statistics
        A run with currents.
    paper : (34, 34) array
        The published matrix.
    state : str
        ``base`` or ``best_fit``.
    human : mapping, optional
        Human functional connectivity, (34, 34), by hemisphere, for similarities to it.

    Returns
    -------
    DataFrame
        ``quantity, here, published, interval``: half the width of the 95 % interval of the difference of two runs
        (Student's t). Means, standard deviation, blocks, similarity to human connectivity, and the correlation of the
        pair of areas whose published one is strongest: the jackknife fails on extremes, not on a given pair.
    """
    currents = run.data["current"].sel(kernel="published").sel(time=COMPARED).to_numpy()
    width = round(windows.LENGTH_MS)
    n = currents.shape[1] // width
    left_out = (np.delete(currents, np.s_[i * width : (i + 1) * width], axis=1) for i in range(n))
    strongest = np.unravel_index(np.where(np.eye(len(paper), dtype=bool), -np.inf, paper).argmax(), paper.shape)

    def numbers(matrix: Array) -> dict[str, float]:
        return _fc_numbers(matrix, state, human or {}) | {f"fc_strongest_pair[state={state}]": float(matrix[strongest])}

    parts = pd.DataFrame([numbers(functional_connectivity(part)) for part in left_out])
    error = np.sqrt((n - 1) ** 2 / n) * parts.std(ddof=1) if n > 1 else parts.mean() * np.nan
    here, there = (numbers(matrix) for matrix in (run.functional_connectivity(), paper))
    table = pd.DataFrame({"here": here, "published": there}).rename_axis("quantity").reset_index()
    table["interval"] = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.sqrt(2) * error.to_numpy()
    return table


def _fc_numbers(matrix: Array, state: str, human: Mapping[str, Array]) -> dict[str, float]:
    numbers = [*fc_values(matrix, state), *fc_block_values(matrix, state)]
    found = {each.quantity: each.value for each in numbers if not each.quantity.startswith(("fc_min", "fc_max"))}
    similarities = fmri_similarities(matrix, human)
    return found | {f"similarity_{measure}[hemisphere={side}]": value for measure, side, value in similarities}


def activity(rate: Array, neurons: int, human: Array, n_windows: int) -> dict[str, float]:
    """Return what the rates of neurons in 2-s windows say, with the mean rate of all neurons of the area.

    Parameters
    ----------
    rate : ndarray
        One value per neuron and window with a spike, spikes/s.
    neurons : int
        Neurons of the area.
    human : ndarray
        Rates of human neurons.
    n_windows : int
        Windows that the values are of.
    """
    return {
        "activity": windows.activity(rate, neurons, n_windows),
        "share of at most 1 spike/s": float((rate <= 1).mean()),
        "fraction of 0.5 spikes/s": float(rate_frequencies(rate)[0]),
        "similarity of rates": ks_similarity(rate, human),
    }


def of_windows(run: Statistics, human: Array) -> pd.DataFrame:
    """Return :func:`activity` of each 2-s window of a run, one row each."""
    neurons = run.neurons_of(windows.AREA)
    rows = [activity(part["rate"].to_numpy(), neurons, human, 1) for _, part in run.windows.groupby("window")]
    return pd.DataFrame(rows)


def sd_up_to(rate: Array, limits: Iterable[float]) -> Array:
    """Return the standard deviation of the rates that are not above each limit."""
    kept = [rate[rate <= limit] for limit in limits]
    return np.array([values.std() if len(values) else np.nan for values in kept])


def of_parts(run: Statistics, human: Mapping[str, Array], measure: str) -> Iterator[tuple[int, float]]:
    """Yield number of windows and similarity of every choice of windows of a run, as if it had been shorter.

    Parameters
    ----------
    run : Statistics
        The run.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    measure : str
        One of these.
    """
    units = unit_similarity.units_of(run, measure)
    values = [part[measure].to_numpy(dtype=float) for _, part in units.groupby("window")]
    for n in range(1, len(values) + 1):
        for chosen in combinations(values, n):
            yield n, ks_similarity(np.concatenate(chosen), human[measure])
