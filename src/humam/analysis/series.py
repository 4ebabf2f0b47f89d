"""The runs that a figure is given, and which of them are the points of a published series of simulations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam import extra_spike, run_names
from humam.analysis import comparable, saturation, similarity, statistics, unit_similarity
from humam.analysis.comparable import STATE_CHI, is_active, series_of
from humam.analysis.statistics import Statistics
from humam.conventions import PUBLISHED, Conventions

PREPRINT_SEED: Final = 2106
"""Seed of the preprint's simulations, the only other published ones of the main series."""

PUBLISHED_SEED: Final = 2903

PREPRINT_ONLY: Final = ("tau_syn_in",)
"""Series that were published with the preprint alone, so with its seed."""

STATES: Final = tuple(STATE_CHI)
"""Their names."""

SEEDS: Final = {"scaling": PUBLISHED_SEED, "scaling_preprint": PREPRINT_SEED}
"""Seed of each published series of the main model."""


def seed_of(series: str) -> int:
    """Return the seed of a published series."""
    return SEEDS.get(series, PREPRINT_SEED if series in PREPRINT_ONLY else PUBLISHED_SEED)


COLUMNS: Final = [
    "series", "chi", "measure", "hemisphere", "similarity", "run", "t_sim_ms", "status", "lowest", "highest", "active",
]  # fmt: skip

CACHED: Final = 24
"""Runs kept in memory, about 15 MB each: reports of a series ask for each of its members several times."""

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Facts:
    """What identifies a run.

    Attributes
    ----------
    name : str
        Name of the experiment.
    experiment : str
        The same; of a series without the member (``scaling``).
    chi, scale, in_degree_scale, t_sim_ms : float
        Parameters of the run.
    seed : int
        Seed of its random numbers.
    n_windows : int
        Number of 2-s windows, which similarities need.
    engine : str
        The simulator.
    whole : bool
        Whether all areas were simulated.
    random_numbers : tuple
        What two runs of a network share that draw the same random numbers
        (:func:`humam.analysis.comparable.random_numbers`).
    rate : float
        Mean over all neurons and the whole time [spikes/s].
    other_model : str
        Why it is no run of the published model (:func:`humam.analysis.comparable.other_model`), else empty.
    changed : str
        In which parameters it differs from the published experiment of its name.
    archived, earlier : bool
        Whether it is an archived run, or one from an earlier results folder (:mod:`humam.run_names`).
    """

    name: str
    experiment: str
    chi: float
    seed: int
    scale: float
    in_degree_scale: float
    t_sim_ms: float
    n_windows: int
    engine: str
    whole: bool
    random_numbers: tuple[Any, ...]
    rate: float
    other_model: str
    changed: str
    archived: bool
    earlier: bool

    @property
    def active(self) -> bool:
        """Whether the run is in the state of high activity."""
        return is_active(self.name, self.rate)

    @property
    def closeness(self) -> tuple[float, ...]:
        """What sorts runs by how close they are to the published one: areas, scales, parameters, state, time, seed.

        What the user asked for comes first: a run from an earlier results folder.
        """
        ours = self.seed == seed_of(self.experiment)
        size = self.whole, self.scale, self.in_degree_scale
        return self.earlier, *size, not self.changed, not self.other_model, self.t_sim_ms, ours

    @property
    def fresh(self) -> bool:
        """Whether it was simulated for these reports."""
        return not (self.archived or self.earlier)


class Runs(Mapping[str, Statistics]):
    """Statistics of several runs by name, read when asked for: many do not fit into memory together.

    Parameters
    ----------
    given : mapping
        Name of a run to the folder of its statistics.
    """

    def __init__(self, given: Mapping[str, Path | str]) -> None:
        self._paths = {name: Path(path) for name, path in sorted(given.items())}
        self._read = lru_cache(maxsize=CACHED)(lambda name: statistics.read(self._paths[name]))
        self.facts = {name: _facts(name, statistics.attributes(path)) for name, path in self._paths.items()}

    def __getitem__(self, name: str) -> Statistics:
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def closest(self, experiment: str, chi: float | None = None, seed: int | None = None) -> str:
        """Return the run of an experiment that is closest to the published one, an empty string if there is none.

        Parameters
        ----------
        experiment : str
            Name of the experiment, of a series without the member.
        chi : float, optional
            Member of the series.
        seed : int, optional
            Only runs of this seed.
        """
        fitting = [
            name
            for name, facts in self.facts.items()
            if facts.experiment == experiment
            and (chi is None or facts.chi == chi)
            and (seed is None or facts.seed == seed)
        ]
        return max(fitting, key=lambda name: self.facts[name].closeness, default="")

    def seeds_of(self, experiment: str) -> list[str]:
        """Return the comparable runs of an experiment with different random numbers, of each the closest one."""
        chosen: dict[tuple[Any, ...], str] = {}
        for name, facts in self.facts.items():
            if facts.experiment == experiment and facts.n_windows and not self[name].status:
                before = chosen.get(facts.random_numbers)
                if before is None or facts.closeness > self.facts[before].closeness:
                    chosen[facts.random_numbers] = name
        return list(chosen.values())

    def archived_twin(self, name: str) -> str:
        """Return the archived run of the same experiment, with the same random numbers if there is such a one.

        Parameters
        ----------
        name : str
            A run.

        Returns
        -------
        str
            Empty if none is archived.
        """
        own = self.facts[name]
        fitting = [other for other, facts in self.facts.items() if facts.archived and facts.name == own.name]

        def key(other: str) -> tuple[Any, ...]:
            return self.facts[other].random_numbers == own.random_numbers, *self.facts[other].closeness

        return max(fitting, key=key, default="")


def perturbed_pair(runs: Runs, chi: float) -> tuple[str, str] | None:
    """Return the names of a run with an extra spike and of its twin without, None if there is no such pair.

    The twin may be a longer run of the same state: until the extra spike both are the same. Of several the closest to
    the published ones is taken.
    """
    long_enough = {name: facts for name, facts in runs.facts.items() if facts.t_sim_ms >= extra_spike.COUNTED_MS[1]}
    perturbed = sorted(
        (name for name, facts in long_enough.items() if facts.experiment == "perturbed" and facts.chi == chi),
        key=lambda name: runs.facts[name].closeness,
        reverse=True,
    )
    for name in perturbed:
        own = runs.facts[name]
        alike = [
            other
            for other, facts in long_enough.items()
            if (facts.chi, facts.random_numbers, facts.changed) == (chi, own.random_numbers, own.changed)
            and facts.experiment in ("unperturbed", *STATES)
        ]
        if alike:
            return name, max(alike, key=lambda other: runs.facts[other].closeness)
    return None


def _facts(name: str, attributes: Mapping[str, Any]) -> Facts:
    parameters = json.loads(attributes["parameters"])
    return Facts(
        name=str(parameters["name"]),
        experiment=series_of(str(parameters["name"])),
        chi=float(parameters["chi"]),
        seed=int(attributes["seed"]),
        scale=float(attributes["scale"]),
        in_degree_scale=float(attributes["in_degree_scale"]),
        t_sim_ms=float(attributes["t_sim_ms"]),
        n_windows=int(attributes["n_windows"]),
        engine=str(attributes["engine"]),
        whole=not comparable.areas_of(attributes),
        random_numbers=tuple(comparable.random_numbers(attributes).values()),
        rate=comparable.mean_rate(attributes),
        other_model=comparable.other_model(attributes),
        changed=comparable.changed_parameters(attributes),
        archived=bool(attributes.get("archived")),
        earlier=run_names.is_earlier(name),
    )


def members(series: str, runs: Runs, active: bool | None = None) -> dict[float, str]:
    """Return the runs that are points of a series: one for each chi, the closest to the published one.

    Parameters
    ----------
    series : str
        As in :mod:`humam.datasets.published_names`; base and best fit are points of ``scaling``, and with the seed
        of the preprint also of ``scaling_preprint``.
    runs : Runs
        What there is.
    active : bool, optional
        Only runs in the state of high activity, or only others.

    Returns
    -------
    dict
        Name of the run by chi, ascending.
    """
    return closest_by_chi(
        {
            name: facts
            for name, facts in runs.facts.items()
            if belongs(facts, series) and facts.n_windows and active in (None, facts.active)
        }
    )


def closest_by_chi(found: Mapping[str, Facts]) -> dict[float, str]:
    """Return of the runs of each chi, ascending, the one that is closest to the published one, the first of equals."""
    chosen: dict[float, str] = {}
    for name, facts in found.items():
        before = chosen.get(facts.chi)
        if before is None or facts.closeness > found[before].closeness:
            chosen[facts.chi] = name
    return dict(sorted(chosen.items()))


def in_other_state(series: str, runs: Runs) -> dict[float, str]:
    """Return the runs at full density of a series that are in the other state than the published one, by chi."""
    in_state = (members(series, runs, active) for active in (False, True))
    return {
        chi: name
        for found in in_state
        for chi, name in found.items()
        if not runs[name].down_scaled
        and not comparable.in_published_state(runs.facts[name].name, chi, runs.facts[name].rate)
    }


SEED_SERIES: Final = {"scaling": "scaling_preprint", "scaling_preprint": "scaling"}
"""The series that differs in the seed alone, as published and here: shows the spread from seed to seed."""


def other_seed(runs: Runs, name: str) -> str:
    """Return a run of the same point with another seed, comparable too; empty if there is none.

    Of the main series it is the one that stands for the other published seed, of variants one that is as long. Both
    are in the same state: the distance between states is no spread from seed to seed.

    Parameters
    ----------
    runs : Runs
        What there is.
    name : str
        The run.
    """
    facts = runs.facts[name]
    for series, other in SEED_SERIES.items():
        if belongs(facts, series):
            twin = members(other, runs, facts.active).get(facts.chi, "")
            if twin and twin != name and not runs[name].status and not runs[twin].status:
                return twin
    if any(belongs(facts, series) for series in SEED_SERIES):
        return ""
    alike = (other for other in other_seeds(runs, name) if runs.facts[other].t_sim_ms == facts.t_sim_ms)
    return next(alike, "")


def other_seeds(runs: Runs, name: str) -> list[str]:
    """Return the runs of a run's point with other seeds, of any length, full density, in its state; closest first.

    Unlike :func:`other_seed` they widen no tolerance: a shorter run scatters more.

    Parameters
    ----------
    runs : Runs
        What there is.
    name : str
        The run.
    """
    own = runs.facts[name]
    alike = [
        other
        for other, facts in runs.facts.items()
        if (facts.name, facts.chi, facts.active) == (own.name, own.chi, own.active)
        and facts.seed != own.seed
        and not runs[other].status
    ]
    return sorted(alike, key=lambda other: runs.facts[other].closeness, reverse=True)


def belongs(facts: Facts, series: str) -> bool:
    """Return whether a run is one of a series, of whichever chi."""
    if facts.experiment in (*STATES, "scaling") and series == "scaling":
        return True  # of any seed: another engine's random numbers are others, whatever the seed
    if facts.experiment in (*STATES, "scaling") and series == "scaling_preprint":
        return facts.seed == PREPRINT_SEED
    return facts.experiment == series


def curve(
    runs: Runs,
    series: str,
    human: Mapping[str, Array],
    human_fc: Mapping[str, Array] | None = None,
    chosen: Mapping[float, str] | None = None,
    conventions: Conventions = PUBLISHED,
) -> pd.DataFrame:
    """Return the similarities of the runs of a series to human data.

    Parameters
    ----------
    runs : Runs
        What there is.
    series : str
        Which series.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    human_fc : mapping, optional
        Human functional connectivity, (34, 34), by ``left`` and ``right``.
    chosen : mapping, optional
        Name of the run by chi; :func:`members` if none are given.
    conventions : Conventions
        Those of the published curves, or the corrected ones: spikes in a window, kernel of the currents.

    Returns
    -------
    DataFrame
        ``series, chi, measure, hemisphere, similarity, run, t_sim_ms, status``, of single units the range of
        single windows, ``lowest, highest``, and whether the run is ``active``; NaN where a run has too few spikes.
    """
    rows = []
    for chi, name in (members(series, runs) if chosen is None else chosen).items():
        run, active = runs[name], runs.facts[name].active
        end = (name, float(run.data.attrs["t_sim_ms"]), run.status)
        for unit in unit_similarity.of_run(run, human, conventions):
            rows.append((series, chi, unit.measure, "", unit.value, *end, unit.lowest, unit.highest, active))
        if active and saturation.of_run(run):
            continue  # currents while it saturates are those of no state of the model
        for row in fmri_similarities(run, human_fc or {}, conventions):
            rows.append((series, chi, *row, *end, float("nan"), float("nan"), active))
    return pd.DataFrame(rows, columns=COLUMNS)


def fmri_similarities(
    run: Statistics, human_fc: Mapping[str, Array], conventions: Conventions = PUBLISHED
) -> Iterator[tuple[str, str, float]]:
    """Yield measure, hemisphere and similarity of a run's functional connectivity."""
    yield from similarity.fmri_similarities(run.functional_connectivity(conventions), human_fc)
