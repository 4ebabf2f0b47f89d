"""How well the tolerances of the comparison tell versions of the model apart.

Runs of any version are held against what is published of a state of the main series (Figure 5), by the same tolerances
as a run of that state: those of the published pairs of runs, without pairs of our own. A tolerance that holds a run of
another version, too, says little about the version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam import comparison
from humam.analysis import saturation, summary, unit_similarity, windows
from humam.analysis.comparable import STATE_CHI
from humam.analysis.scaling_values import fc_block_values, fc_values, similarity_values, unit_values
from humam.analysis.series import SEEDS, STATES, Facts, Runs
from humam.analysis.statistics import Statistics
from humam.analysis.value import Value
from humam.seed_spread import MAIN, Tolerances

Human = Mapping[str, NDArray[np.float64]]

RIGHT: Final = "right"
OTHER: Final = "other"
OTHER_STATE: Final = "other state"
VERSIONS: Final = {
    RIGHT: "the version that is published, with any seed",
    OTHER: "another one, in the same state of activity",
    OTHER_STATE: "the published version of the other state, in that state",
}
"""Which version a run is of, beside the one whose numbers it is held against."""

ALL: Final = "all"
NEURONS: Final = "single neurons"
CONNECTIVITY: Final = "functional connectivity"
GROUPS: Final = (ALL, NEURONS, CONNECTIVITY)
"""Numbers by what they are of: neurons of caudalanteriorcingulate in windows of 2 s, or correlations of all areas."""

MAIN_SERIES: Final = (*STATES, *SEEDS, "unperturbed")
"""Experiments of the published model that differ in chi alone."""


def numbers(run: Statistics, state: str, human: Human) -> Iterator[Value]:
    """Yield what Figure 5 has of a state from a run of any version, under the identifiers of that state.

    Parameters
    ----------
    run : Statistics
        A run with a window of 2 s.
    state : str
        ``base`` or ``best_fit``.
    human : mapping
        Values of human neurons by ``rate`` (spikes/s), ``cv``, ``lvr``, shape (n,) each.

    Yields
    ------
    Value
        Distributions and similarities of rate, CV and LvR in windows, and functional connectivity. A number of windows
        only of runs that have all of them.
    """
    units, chi, matrix = summary.units(run), STATE_CHI[state], run.functional_connectivity()
    whole = run.data.attrs["n_windows"] == windows.MAX_WINDOWS
    yield from (value for value in unit_values(units, state) if whole or "_n[" not in value.quantity)
    yield from similarity_values(units, human, state, chi)
    for measure in ("cv", "lvr"):  # of more spikes, as in the published curves; rates count all
        yield Value("A", f"similarity_{measure}[chi={chi:g}]", unit_similarity.whole(run, measure, human))
    yield from fc_values(matrix, state)
    yield from fc_block_values(matrix, state)


def state_of(facts: Facts) -> str:
    """Return the state whose published simulation has the activity that a run has."""
    return "best_fit" if facts.active else "base"


def version_of(facts: Facts, state: str) -> str:
    """Return which of :data:`VERSIONS` a run is of, beside a state; empty if it is not held against this state."""
    own = state_of(facts)
    published = facts.experiment in MAIN_SERIES and facts.chi == STATE_CHI[own] and not facts.other_model
    if own == state:
        return RIGHT if published else OTHER
    return OTHER_STATE if published else ""


def _can_be_held(run: Statistics, facts: Facts) -> bool:
    """Return whether nothing but its version keeps a run from the comparison: full density, length, no saturation."""
    return not (run.down_scaled or run.short) and not (facts.active and saturation.of_run(run))


def hold(runs: Runs, human: Human, published: pd.DataFrame, tolerances: Tolerances) -> pd.DataFrame:
    """Hold runs against what is published of the state that they are in; those of a published state against both.

    Parameters
    ----------
    runs : Runs
        What there is. Runs of a part of the model, short ones and those that saturate are left out.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    published : DataFrame
        As from :func:`humam.comparison.read_published`.
    tolerances : Tolerances
        Those of simulated quantities.

    Returns
    -------
    DataFrame
        One row for each number of each run: ``run, version`` (one of :data:`VERSIONS`), ``state, group`` (one of
        :data:`GROUPS`), ``quantity, here, published, tolerance, within``. A number that a run does not have is left
        out.
    """
    rows: list[dict[str, object]] = []
    versions: dict[tuple[str, str], str] = {}
    for name, facts in runs.facts.items():
        run = runs[name]
        if not _can_be_held(run, facts):
            continue
        for state in STATES:
            if version := version_of(facts, state):
                versions[name, state] = version
                found = (value._replace(run=name) for value in numbers(run, state, human))
                rows += [{"figure": MAIN, "state": state, **value._asdict()} for value in found]
    tables = []
    values = pd.DataFrame(rows, columns=["figure", "state", *Value._fields])
    for state in values["state"].unique():
        own = values[values["state"] == state]
        paper = published[(published["figure"] == MAIN) & published["quantity"].isin(own["quantity"])]
        compared = comparison.compare(own.drop(columns="state"), paper, tolerances)
        compared = compared[compared["here"].notna() & compared["published"].notna()]
        tables.append(compared.assign(state=state, within=compared["verdict"] == comparison.REPRODUCED))
    columns = ["run", "version", "state", "group", "quantity", "here", "published", "tolerance", "within"]
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables, ignore_index=True)
    table["version"] = [versions[key] for key in zip(table["run"], table["state"], strict=True)]
    table["group"] = np.where(table["quantity"].str.startswith("fc_"), CONNECTIVITY, NEURONS)
    return table[columns]


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many numbers of each run lie within the tolerance.

    Parameters
    ----------
    table : DataFrame
        As from :func:`hold`.

    Returns
    -------
    DataFrame
        ``run, version, state, group, within, numbers, share``: one row for each run, state and group of numbers, those
        of the largest share of all numbers first.

    Examples
    --------
    >>> one = {"run": "a", "version": "right", "state": "base"}
    >>> rows = [one | {"group": NEURONS, "within": True}, one | {"group": CONNECTIVITY, "within": False}]
    >>> shares(pd.DataFrame(rows))[["group", "within", "numbers", "share"]].to_numpy().tolist()
    [['all', 1, 2, 0.5], ['functional connectivity', 0, 1, 0.0], ['single neurons', 1, 1, 1.0]]
    """
    both = pd.concat([table.assign(group=ALL), table], ignore_index=True)
    found = both.groupby(["run", "version", "state", "group"])["within"].agg(["sum", "size"]).reset_index()
    found = found.rename(columns={"sum": "within", "size": "numbers"})
    found = found.assign(share=found["within"] / found["numbers"])
    whole = found[found["group"] == ALL].set_index(["run", "state"])[["share", "numbers"]]
    key = found[["run", "state"]].merge(whole, left_on=["run", "state"], right_index=True)
    order = np.lexsort((found["group"], found["run"], -key["numbers"], -key["share"], found["state"]))
    return found.iloc[order].reset_index(drop=True)


def confused(found: pd.DataFrame, state: str) -> list[str]:
    """Return the runs of other versions that have as large a share within as a right one has.

    Parameters
    ----------
    found : DataFrame
        As from :func:`shares`.
    state : str
        The state.
    """
    rows = found[(found["state"] == state) & (found["group"] == ALL)]
    least = rows[rows["version"] == RIGHT]["share"].min()
    return list(rows[(rows["version"] == OTHER) & (rows["share"] >= least)]["run"])
