"""All numbers of the scaling figure of a series: ours where a run allows, else those of the published arrays again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam import published
from humam.analysis import scaling_values, series, summary, unit_similarity, windows
from humam.analysis.comparable import STATE_CHI
from humam.analysis.human_fc import HumanConnectivity
from humam.analysis.scaling_values import FC_PANEL
from humam.analysis.series import STATES, Runs
from humam.analysis.similarity import off_diagonal, pearson_similarity
from humam.analysis.statistics import Statistics
from humam.analysis.value import Value, with_seed_difference
from humam.conventions import CORRECTED, PUBLISHED, Conventions

Array = NDArray[np.float64]

NO_FMRI: Final = "the recordings rsDATA_7T_DKparcel.npy are not at hand; see the comparison with another data set"
NO_DEFINITION: Final = "the definition of this series is not public"
WITHOUT_DEFINITION: Final = "factor_10_per_7"


@dataclass(frozen=True)
class Published:
    """What the authors stored of a series.

    Attributes
    ----------
    name : str
        The series.
    chi : mapping
        Factor of each stored state (``base``, ``best_fit``).
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    units : mapping
        The same of each state of which they stored arrays.
    fc : mapping
        Functional connectivity of each of these states, (34, 34).
    """

    name: str
    chi: Mapping[str, float]
    human: Mapping[str, Array]
    units: Mapping[str, Mapping[str, Array]]
    fc: Mapping[str, Array]


def read_published(name: str, folder: Path | str | None = None, conventions: Conventions = PUBLISHED) -> Published:
    """Return what the authors stored of a series.

    Parameters
    ----------
    name : str
        The series.
    folder : path, optional
        A ``published`` folder.
    conventions : Conventions
        The stored base state of the variant with distributed parameters is one of chi = 0: as published, it stands
        for the base version; corrected, the base version has chi = 1 and the authors stored nothing of it.
    """
    stored = published.states(folder)
    stored = stored[stored["series"] == name]
    chi = dict(zip(stored["state"], stored["chi"].astype(float), strict=True))
    states = list(STATES)
    if conventions is CORRECTED and chi["base"] != STATE_CHI["base"]:
        chi["base"] = STATE_CHI["base"]
        states.remove("base")
    return Published(
        name,
        chi,
        _units("human", name, folder),
        {state: _units(state, name, folder) for state in states},
        {state: published.functional_connectivity(name, state, folder).to_numpy() for state in states},
    )


def _units(state: str, name: str, folder: Path | str | None) -> dict[str, Array]:
    table = published.single_units(name, state, folder)
    return {str(key): part["value"].to_numpy(dtype=float) for key, part in table.groupby("quantity")}


@dataclass
class Rows:
    """Values by panel and quantity: the first one that can be compared stays."""

    table: dict[tuple[str, str], Value] = field(default_factory=dict)

    def add(self, values: Iterator[Value], status: str | None = None, run: str | None = None) -> None:
        """Add values; one that cannot be compared (no number, or of a scaled run) gives way to one that can."""
        for value in values:
            new = value._replace(status=value.status if status is None else status)
            new = new._replace(run=value.run if run is None else run)
            old = self.table.get(new[:2])
            if old is None or _worth(new) > _worth(old):
                if old is not None and old.run and np.isnan(old.value):  # why this is no number of ours
                    new = new._replace(note="; ".join(filter(None, [new.note, f"{old.run} has none: {old.note}"])))
                self.table[new[:2]] = new


def _worth(value: Value) -> int:
    """Return how much a value says: of the model, of published arrays, not comparable, nothing."""
    return 0 if np.isnan(value.value) else {"": 3, "published": 2, "incomparable": 1}.get(value.status, 0)


def rows(stored: Published, runs: Runs, human_fc: HumanConnectivity, folder: Path | str | None = None) -> list[Value]:
    """Return the numbers of the scaling figure of a series under their published identifiers.

    Parameters
    ----------
    stored : Published
        What the authors stored.
    runs : Runs
        Runs of this archive; those that belong to the series are used.
    human_fc : HumanConnectivity
        Similarities to it are noted if it is that of the paper.
    folder : path, optional
        A ``published`` folder.
    """
    collected = Rows()
    if stored.name == "scaling":  # the same neurons in every figure
        collected.add(scaling_values.unit_values(stored.human, "human"), "published")
    own = series.members(stored.name, runs)
    for state, chi in stored.chi.items():
        if chi in own:
            name, twin = own[chi], series.other_seed(runs, own[chi])
            values = list(_of_state(runs[name], state, stored, human_fc))
            if twin:
                values = list(with_seed_difference(values, _of_state(runs[twin], state, stored, human_fc)))
            collected.add(iter(values), runs[name].status, name)
        collected.add(scaling_values.unit_values(stored.units[state], state), "published")
        collected.add(_stored_area_rate(stored, state, folder), "published")
        collected.add(scaling_values.similarity_values(stored.units[state], stored.human, state, chi), "published")
        collected.add(scaling_values.fc_values(stored.fc[state], state), "published")
        collected.add(scaling_values.fc_block_values(stored.fc[state], state), "published")
    collected.add(_curve_values(stored, runs, own, human_fc))
    between = [own[stored.chi[state]] for state in STATES if stored.chi[state] in own]
    if len(between) == len(STATES):
        matrices = [runs[name].functional_connectivity() for name in between]
        worst = max((runs[name].status for name in between), key=len)
        collected.add(iter([_between_states(*matrices)]), worst, " and ".join(between))
    collected.add(iter([_between_states(*(stored.fc[state] for state in STATES))]), "published")
    collected.add(_between_seeds(stored, folder), "published")
    collected.add(_not_to_be_had(stored, human_fc, folder))
    return list(collected.table.values())


def _of_state(run: Statistics, state: str, stored: Published, human_fc: HumanConnectivity) -> Iterator[Value]:
    """Yield what a run of a state gives: distributions, similarities, functional connectivity."""
    yield from summary.unit_rows(run, state, stored.human)
    yield from summary.fc_rows(run, state, stored.fc[state], human_fc.matrices if human_fc.of_the_paper else None)
    if stored.name != "scaling":  # there it is a number of Figures 4 and 6
        yield from _area_rate(run, state)


def _area_rate(run: Statistics, state: str) -> Iterator[Value]:
    value, note = summary.area_rate(run, windows.AREA)
    yield Value("B", f"rate_mean[area={windows.AREA};state={state}]", value, "1/s", note=note)


def _stored_area_rate(stored: Published, state: str, folder: Path | str | None) -> Iterator[Value]:
    """Yield the rate of the area from the authors' rates in windows, where it is published.

    Windows without a spike are not stored but count, so it takes the number of neurons of the area.
    """
    table = published.figures(folder).set_index(["figure", "quantity"])["value"]
    quantity = f"rate_mean[area={windows.AREA};state={state}]"
    if (f"figure5_{stored.name}", quantity) in table.index:
        neurons = int(table["tables", f"area_neurons[area={windows.AREA}]"])
        yield Value("B", quantity, windows.activity(stored.units[state]["rate"], neurons, windows.MAX_WINDOWS), "1/s")


def _between_states(base: Array, best_fit: Array) -> Value:
    return Value(FC_PANEL["best_fit"], "fc_correlation[states=base-best_fit]", pearson_similarity(base, best_fit))


def _between_seeds(stored: Published, folder: Path | str | None) -> Iterator[Value]:
    """Yield how the published matrices of a series correlate with those of the series with another seed."""
    if other := series.SEED_SERIES.get(stored.name):
        for state, matrix in stored.fc.items():
            twin = published.functional_connectivity(other, state, folder).to_numpy()
            quantity = f"fc_correlation[states={state}-published]"
            yield Value(FC_PANEL[state], quantity, pearson_similarity(matrix, twin))


def _curve_values(
    stored: Published, runs: Runs, own: Mapping[float, str], human_fc: HumanConnectivity
) -> Iterator[Value]:
    for name in own.values():
        values: Iterable[Value] = _of_curve(name, runs, stored, human_fc)
        if twin := series.other_seed(runs, name):
            values = with_seed_difference(values, _of_curve(twin, runs, stored, human_fc))
        yield from values


def _of_curve(name: str, runs: Runs, stored: Published, human_fc: HumanConnectivity) -> Iterator[Value]:
    run, chi = runs[name], runs.facts[name].chi
    note = f"{run.data.attrs['t_sim_ms'] / 1000:g} s"
    for unit in unit_similarity.of_run(run, stored.human):
        notes = ", ".join(filter(None, [note, unit.range_note, run.incomparable]))
        quantity = f"similarity_{unit.measure}[chi={chi:g}]"
        yield Value("A", quantity, unit.value, status=run.status, note=notes, run=name)
    if human_fc.of_the_paper:
        for measure, side, value in series.fmri_similarities(run, human_fc.matrices):
            quantity = f"similarity_{measure}[chi={chi:g};hemisphere={side}]"
            yield Value("A", quantity, value, status=run.status, note=note, run=name)


def _not_to_be_had(stored: Published, human_fc: HumanConnectivity, folder: Path | str | None) -> Iterator[Value]:
    """Yield what needs data that are not at hand: the published similarities, and the human matrix itself."""
    if human_fc.of_the_paper:
        yield Value("E", "fc_mean[state=human]", float(off_diagonal(human_fc.matrices["right"]).mean()))
    else:
        yield Value("E", "fc_mean[state=human]", float("nan"), status="unavailable", note=NO_FMRI)
    figure = "figure5" if stored.name == "scaling" else f"figure5_{stored.name}"
    table = published.figures(folder)
    for panel, quantity, unit in table[table["figure"] == figure][["panel", "quantity", "unit"]].itertuples(
        index=False
    ):
        if "fmri" in quantity and not human_fc.of_the_paper:
            yield Value(panel, quantity, float("nan"), unit, "unavailable", NO_FMRI)
        elif stored.name == WITHOUT_DEFINITION and quantity.startswith(("similarity", "transition")):
            yield Value(panel, quantity, float("nan"), unit, "unavailable", NO_DEFINITION)
