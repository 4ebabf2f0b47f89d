"""Every published number of every figure as one table: what the comparison is made with.

Numbers that the authors' data files hold are computed here from these files, with the definitions of the figures;
numbers recomputed from the published network, or printed in the paper only, stand in ``datasets/reference_values.csv``.
Nothing of :mod:`humam.analysis` is used: reports compute the same numbers of the same arrays with it, and were its
definitions wrong, a comparison of it with itself would not show that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from humam.datasets.published_names import RESTING_STATE_NETWORKS, SERIES, STATES, UNIT_STATISTICS
from humam.labels import AREAS
from humam.resources import shipped

COLUMNS: Final = ["figure", "panel", "quantity", "unit", "value", "tolerance", "tolerance_from", "kind", "note"]
_UNITS: Final = {"rate": "1/s", "cv": "1", "lvr": "1"}
_PANELS: Final = {"rate": "B", "cv": "C", "lvr": "D"}
_DIGITS: Final = (5e-5, "four decimals")
_THREE_DIGITS: Final = (5e-4, "three decimals")
_EXACT: Final = (0.0, "exact number")
_POINT: Final = (0.0, "exact: a point of the series")
_EDGE: Final = (1e-4, "whether values on the last edge of the histogram count")
"""Tolerances and where they come from."""

_STEP: Final = 0.15
"""A change of the LvR similarity from one chi to the next above this is the transition of a series."""

_SEEDS: Final = ("scaling", "scaling_preprint")
"""Series that differ in the seed alone."""

_AREA: Final = "caudalanteriorcingulate"
_AREA_RATES: Final = ("scaling_preprint", "tau_syn_in")
"""Series whose rate of all neurons of the area is printed nowhere."""
_WINDOWS: Final = 5
"""Windows of 2 s behind the stored rates."""

Row = tuple[str, str, str, str, float, float, str, str, str]


def figure_of(series: str) -> str:
    """Return the figure of a series: ``figure5`` for the main one, else ``figure5_SERIES``.

    Examples
    --------
    >>> figure_of("scaling"), figure_of("smaller_g")
    ('figure5', 'figure5_smaller_g')
    """
    return "figure5" if series == "scaling" else f"figure5_{series}"


def off_diagonal(matrix: np.ndarray) -> np.ndarray:
    """Return the entries outside the diagonal of a square matrix, both triangles, row by row."""
    return matrix[~np.eye(len(matrix), dtype=bool)]


def rmse_similarity(model: np.ndarray, human: np.ndarray) -> float:
    """Return exp(-RMSE / RMS) over off-diagonal entries; RMS is that of the human matrix."""
    difference, reference = off_diagonal(model - human), off_diagonal(human)
    return float(np.exp(-np.sqrt(np.mean(difference**2) / np.mean(reference**2))))


def _matrix(table: pd.DataFrame) -> np.ndarray:
    return table["correlation"].to_numpy().reshape(len(AREAS), len(AREAS))


def _similarity_rows(table: pd.DataFrame) -> Iterator[Row]:
    for series, chi, measure, hemisphere, value in zip(*(table[name] for name in table.columns), strict=True):
        side = f";hemisphere={hemisphere}" if hemisphere else ""
        quantity = f"similarity_{measure}[chi={chi:g}{side}]"
        yield (figure_of(series), "A", quantity, "1", value, *_DIGITS, "D", "")


def _transition_rows(table: pd.DataFrame) -> Iterator[Row]:
    """Yield chi after the first step of the LvR similarity of each series that has one."""
    note = f"first χ whose LvR similarity is more than {_STEP:g} from that of the χ before"
    lvr = table[table["measure"] == "lvr"]
    for series in SERIES:
        curve = lvr[lvr["series"] == series].sort_values("chi")
        above = curve.loc[curve["similarity"].diff().abs() > _STEP, "chi"]
        if len(above):
            yield (figure_of(series), "A", "transition_chi", "1", float(above.iloc[0]), *_POINT, "D", note)


def _unit_rows(units: pd.DataFrame) -> Iterator[Row]:
    places = [("human", "human"), *((series, state) for series in SERIES for state in STATES)]
    for quantity in UNIT_STATISTICS:
        table = units[units["quantity"] == quantity]
        human = table.loc[table["series"] == "human", "value"].to_numpy()
        for series, state in places:
            figure = "figure5" if series == "human" else figure_of(series)
            values = table.loc[(table["series"] == series) & (table["state"] == state), "value"].to_numpy()
            yield from _distribution_rows(figure, state, quantity, values)
            if quantity != "rate" and series != "human":
                found = 1 - stats.ks_2samp(values, human, method="asymp").statistic
                name = f"similarity_{quantity}[state={state};min_spikes=10]"
                note = "at least 10 spikes; the curves use 11"
                yield (figure, "A", name, "1", found, *_DIGITS, "D", note)


def _distribution_rows(figure: str, state: str, quantity: str, values: np.ndarray) -> Iterator[Row]:
    """Yield number, mean, sd and median of a distribution, and the first bins of the histogram of rates."""
    unit, panel = _UNITS[quantity], _PANELS[quantity]
    yield (figure, panel, f"{quantity}_n[state={state}]", "1", len(values), *_EXACT, "D", "")
    statistics = (("mean", np.mean(values), ""), ("sd", np.std(values), "ddof 0"), ("median", np.median(values), ""))
    for statistic, value, note in statistics:
        name = f"{quantity}_{statistic}[state={state}]"
        yield (figure, panel, name, unit, float(value), *_DIGITS, "D", note)
    if quantity == "rate":
        # Relative frequencies in bins of 0.5 spikes/s from 0.5 to 20 spikes/s; the digits at hand leave it open
        # whether the 45 human values of exactly 20 are counted.
        counts, edges = np.histogram(values, np.arange(0.5, 20.25, 0.5))
        for left, share in zip(edges[:4], counts[:4] / counts.sum(), strict=True):
            name = f"rate_fraction[state={state};bin={left:g}]"
            yield (figure, panel, name, "1", share, *_EDGE, "D", "bins of 0.5 spikes/s by their left edge")


def _area_rate_rows(units: pd.DataFrame, neurons: int) -> Iterator[Row]:
    """Yield the mean rate of all neurons of the area; windows without a spike are not stored, but count."""
    rates = units[units["quantity"] == "rate"]
    for series in _AREA_RATES:
        for state in STATES:
            values = rates.loc[(rates["series"] == series) & (rates["state"] == state), "value"].to_numpy()
            name = f"rate_mean[area={_AREA};state={state}]"
            found = float(values.sum() / (neurons * _WINDOWS))
            yield (figure_of(series), "B", name, "1/s", found, *_DIGITS, "D", "all neurons; 2.5-12.5 s")


def _fc_rows(connectivity: pd.DataFrame) -> Iterator[Row]:
    for series in SERIES:
        matrices = {}
        for state, panel in zip(STATES, "FG", strict=True):
            part = connectivity[(connectivity["series"] == series) & (connectivity["state"] == state)]
            matrices[state] = _matrix(part)
            entries = off_diagonal(matrices[state])
            for statistic, function in (("mean", np.mean), ("sd", np.std), ("min", np.min), ("max", np.max)):
                name = f"fc_{statistic}[state={state}]"
                yield (figure_of(series), panel, name, "1", function(entries), *_DIGITS, "D", "off-diagonal")
            for first, second, mean in _block_means(matrices[state]):
                name = f"fc_block_mean[state={state};networks={first}-{second}]"
                yield (figure_of(series), panel, name, "1", mean, *_THREE_DIGITS, "D", "off-diagonal")
        together = np.corrcoef(off_diagonal(matrices["base"]), off_diagonal(matrices["best_fit"]))[0, 1]
        yield (figure_of(series), "G", "fc_correlation[states=base-best_fit]", "1", together, *_THREE_DIGITS, "D", "")


def _seed_rows(connectivity: pd.DataFrame) -> Iterator[Row]:
    """Yield how the functional connectivity of a state correlates between the two published seeds.

    This is what a run of ours is held against that is correlated with a published one. There is one pair of seeds, so
    the tolerance is the uncertainty of the correlation itself, by the jackknife over areas, of two such numbers.
    """
    for state, panel in zip(STATES, "FG", strict=True):
        chosen = connectivity[connectivity["state"] == state]
        first, second = (_matrix(chosen[chosen["series"] == series]) for series in _SEEDS)
        together = np.corrcoef(off_diagonal(first), off_diagonal(second))[0, 1]
        tolerance = float(stats.t.ppf(0.975, len(first) - 1) * np.sqrt(2) * _jackknife_error(first, second))
        source = "jackknife over areas: one published pair of seeds"
        for series in _SEEDS:
            quantity = f"fc_correlation[states={state}-published]"
            yield (figure_of(series), panel, quantity, "1", together, tolerance, source, "D", "between published seeds")


def _jackknife_error(first: np.ndarray, second: np.ndarray) -> float:
    """Return the standard error of the correlation of two matrices when their areas are left out one by one."""
    n, found = len(first), []
    for i in range(n):
        kept = np.delete(np.arange(n), i)
        block = np.ix_(kept, kept)
        found.append(np.corrcoef(off_diagonal(first[block]), off_diagonal(second[block]))[0, 1])
    return float(np.sqrt((n - 1) * np.var(found)))


def _block_means(matrix: np.ndarray) -> Iterator[tuple[str, str, float]]:
    """Yield mean correlations within and between resting-state networks; networks of one area have no own block."""
    names = [name for name in RESTING_STATE_NETWORKS if name != "other"]
    free = np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix)
    for i, first in enumerate(names):
        for second in names[i:]:
            rows, columns = ([AREAS.index(a) for a in RESTING_STATE_NETWORKS[n]] for n in (first, second))
            block = free[np.ix_(rows, columns)]
            if not np.isnan(block).all():
                yield first, second, float(np.nanmean(block))


def _enigma_rows(connectivity: pd.DataFrame, enigma: pd.DataFrame) -> Iterator[Row]:
    note = "against ENIGMA (HCP, 3 T): a plausibility check, not the subjects of the paper"
    human = {side: _matrix(enigma[enigma["hemisphere"] == side]) for side in ("left", "right")}
    for series in SERIES:
        for state in STATES:
            chosen = (connectivity["series"] == series) & (connectivity["state"] == state)
            model = _matrix(connectivity[chosen])
            for side, reference in human.items():
                place = f"[series={series};state={state};hemisphere={side}]"
                pearson = np.corrcoef(off_diagonal(model), off_diagonal(reference))[0, 1]
                rmse = rmse_similarity(model, reference)
                yield ("enigma", "", f"similarity_fmri_pearson{place}", "1", pearson, *_THREE_DIGITS, "D", note)
                yield ("enigma", "", f"similarity_fmri_rmse{place}", "1", rmse, *_THREE_DIGITS, "D", note)


def figures(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return all published numbers.

    Parameters
    ----------
    tables : dict
        The tables of :mod:`humam.datasets.published_extract` by name.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; one row per number, sorted by figure. Empty value where the number was printed only where it
        could not be had. Values are text with all their digits.
    """
    connectivity = tables["functional_connectivity"]
    written = pd.read_csv(shipped("datasets", "reference_values.csv"), dtype=str, keep_default_na=False)
    neurons = int(written.set_index("quantity")["value"][f"area_neurons[area={_AREA}]"])
    rows = [
        *_similarity_rows(tables["similarity"]),
        *_transition_rows(tables["similarity"]),
        *_unit_rows(tables["single_units"]),
        *_area_rate_rows(tables["single_units"], neurons),
        *_fc_rows(connectivity),
        *_seed_rows(connectivity),
        *_enigma_rows(connectivity, tables["enigma_fc"]),
    ]
    computed = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("value", "tolerance"):
        computed[name] = [repr(int(x)) if x == int(x) else repr(float(x)) for x in computed[name]]
    table = pd.concat([written, computed], ignore_index=True)
    return table.sort_values("figure", kind="stable", ignore_index=True)[COLUMNS]
