"""Where a series goes from the low to the active state: the first step of its LvR similarity, published and here.

Other numbers of the scaling figure are of one run each, in the state of the published one. This one is of several runs
of one seed, in whichever state they are: which of the states they enter is the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis import series, statistics, unit_similarity
from humam.analysis.series import Facts, Runs
from humam.analysis.value import Value
from humam.conventions import PUBLISHED, Conventions
from humam.seed_spread import JUMP, Step, first_step

Array = NDArray[np.floating]

MEASURE: Final = "lvr"
QUANTITY: Final = "transition_chi"


@dataclass(frozen=True)
class Transition:
    """The transition of a series, published and here.

    Attributes
    ----------
    published : Step or None
        That of the published curve.
    seed : int
        Seed of our runs.
    runs : mapping
        Name of our run by chi.
    own : Step or None
        The transition of our runs, where they tell it.
    reason : str
        Why they do not, empty where they do or where there are none.
    active_from : float
        Lowest chi at which our run is in the state of high activity by its mean rate; infinite if at none.
    """

    published: Step | None
    seed: int = 0
    runs: Mapping[float, str] = field(default_factory=dict)
    own: Step | None = None
    reason: str = ""
    active_from: float = np.inf

    @property
    def _remark(self) -> str:
        if self.own is None or self.active_from >= self.own.chi:
            return ""
        return f", though by its mean rate our run at χ = {self.active_from:g} is active already"

    def caption(self) -> str:
        """Return in one sentence where the transition is."""
        if self.published is None and self.own is None:
            both = f"neither as published nor here (seed {self.seed})" if self.runs else "as published"
            return f"No step of the LvR curve from one χ to the next is above {JUMP:g}, {both}."
        parts = ["published none" if self.published is None else f"published {_between(self.published)}"]
        if self.own is not None:
            parts.append(f"here, with seed {self.seed} at each χ, {_between(self.own)}{self._remark}")
        elif self.reason:
            parts.append(self.reason)
        return f"The first step of the LvR curve by more than {JUMP:g}: {'; '.join(parts)}."

    def values(self) -> Iterator[Value]:
        """Yield chi of the transition, to be compared with the published one; no number where runs do not tell it."""
        if self.published is None or not self.runs:
            return
        if self.own is None:
            yield Value("A", QUANTITY, np.nan, note=self.reason)
            return
        own = self.own
        note = (
            f"our runs of seed {self.seed}, in whichever state: {own.before:.3f} at χ = {own.below:g}, "
            f"{own.after:.3f} at {own.chi:g}{self._remark}"
        )
        yield Value("A", QUANTITY, own.chi, note=note, run=self.runs[own.chi])


def _between(step: Step) -> str:
    return f"between χ = {step.below:g} and {step.chi:g} (by {step.size:.2f})"


def of_series(
    name: str, runs: Runs, human: Mapping[str, Array], published: pd.DataFrame, conventions: Conventions = PUBLISHED
) -> Transition:
    """Return the transition of a series.

    Ours is told only by runs at the published one, at the chi before it, and at all points between these and ours.

    Parameters
    ----------
    name : str
        The series.
    runs : Runs
        What there is.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    published : DataFrame
        The published curves of the series (``chi, measure, similarity``).
    conventions : Conventions
        Those of our curve.
    """
    curve = published[published["measure"] == MEASURE].sort_values("chi")
    points = curve["chi"].astype(float).tolist()
    paper = first_step(dict(zip(points, curve["similarity"].astype(float), strict=True)), points)
    chosen = of_one_seed(name, runs, points)
    if not chosen:
        return Transition(paper)
    facts = {chi: runs.facts[run] for chi, run in chosen.items()}
    seed = next(iter(facts.values())).seed
    similarity = {chi: unit_similarity.whole(runs[run], MEASURE, human, conventions) for chi, run in chosen.items()}
    there = {chi: value for chi, value in similarity.items() if np.isfinite(value)}
    own = first_step(there, points)
    reason = _not_told(paper, own, there, points, seed)
    active = min((chi for chi, fact in facts.items() if fact.active), default=np.inf)
    return Transition(paper, seed, chosen, None if reason else own, reason, active)


def _not_told(
    paper: Step | None, own: Step | None, there: Mapping[float, float], points: Sequence[float], seed: int
) -> str:
    """Return why our runs do not tell where the transition is, empty where they do."""
    ours = f"our runs of seed {seed}"
    if paper is None:
        return "" if own is not None else f"{ours} have none"
    if own is None and max(there, default=0.0) < paper.chi:
        return f"{ours} end before it" + (f", at χ = {max(there):g}" if there else "")
    first, last = min(step.below for step in (paper, own or paper)), max(step.chi for step in (paper, own or paper))
    missing = [f"{chi:g}" for chi in points if first <= chi <= last and chi not in there]
    if missing:
        return f"{ours} lack χ = {', '.join(missing)}"
    return "" if own is not None else f"{ours} have none up to χ = {max(there):g}"


def of_one_seed(name: str, runs: Runs, points: Sequence[float]) -> dict[float, str]:
    """Return the runs of one seed at points of a series by chi, in whichever state: of the seed that has most.

    Parameters
    ----------
    name : str
        The series.
    runs : Runs
        What there is; only runs of the published model count that are long enough to be compared.
    points : sequence of float
        The published chi.
    """
    alike: dict[tuple[Any, ...], dict[str, Facts]] = {}
    for run, facts in runs.facts.items():
        if series.belongs(facts, name) and facts.chi in points and _counts(facts):
            alike.setdefault(facts.random_numbers, {})[run] = facts
    found = [series.closest_by_chi(each) for each in alike.values()]

    def key(chosen: Mapping[float, str]) -> tuple[int, bool]:
        return len(chosen), runs.facts[next(iter(chosen.values()))].seed == series.seed_of(name)

    return max(found, key=key, default={})


def _counts(facts: Facts) -> bool:
    whole = facts.whole and facts.scale == facts.in_degree_scale == 1
    return whole and not facts.changed and facts.t_sim_ms >= statistics.SHORTEST_MS
