"""How far a number may lie from the published one because its random numbers differ: the spread from seed to seed.

The authors published the main series of simulations twice, with the seeds 2903 and 2106 (the preprint). Differences
between the two, pooled over quantities of one kind, give the standard deviation of one run. If quantities of one pair
of runs were independent, a run of the same model with other random numbers would lie within the tolerance in 95 of 100
cases (Student's t, one degree of freedom for each quantity).

They are not, so that tolerances are too narrow and more than 5 in 100 lie outside: a pair of runs counts as often as
it has quantities of the kind. Runs shorter than the published 12.5 s are held to the spread of those, too. Where a
tolerance comes from names the number of quantities and of pairs of runs.

Quantities that are nearly one, as the similarities of a matrix to both hemispheres of other subjects, are the extreme
case of the former; what is the same number under another name is not pooled (:data:`NOT_POOLED`).

Where this archive has two runs that differ in the seed alone, their difference counts as one pair more. One of the two
is the run that is held against the published one, so a rare run widens its own tolerance, but a model that is wrong
does not: both runs are of it. :class:`Tolerance` has both, with and without this pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from humam import published as results
from humam.datasets.published_names import RESTING_STATE_NETWORKS

MAIN, PREPRINT = "figure5", "figure5_scaling_preprint"

PROBABILITY: Final = 0.95
"""Share of runs of the same model within the tolerance, if quantities of one pair of runs were independent."""

JUMP: Final = 0.15
"""A step of the LvR similarity between neighbouring chi above this is the transition of a series."""


class Step(NamedTuple):
    """A change of the similarity by more than :data:`JUMP` from one chi to the next.

    Attributes
    ----------
    below, chi : float
        Factor before and after it.
    before, after : float
        Similarity at both.
    """

    below: float
    chi: float
    before: float
    after: float

    @property
    def size(self) -> float:
        """How much the similarity changes."""
        return abs(self.after - self.before)


def first_step(similarity: Mapping[float, float], points: Sequence[float]) -> Step | None:
    """Return the first step between neighbouring points of a series, None if there is none.

    Parameters
    ----------
    similarity : mapping
        By chi; points may be missing.
    points : sequence of float
        All chi of the series, ascending.

    Examples
    --------
    >>> first_step({1.0: 0.45, 2.0: 0.46, 2.5: 0.9, 3.0: 0.5}, [1.0, 2.0, 2.5, 3.0])
    Step(below=2.0, chi=2.5, before=0.46, after=0.9)
    >>> first_step({1.0: 0.45, 2.5: 0.9}, [1.0, 2.0, 2.5])  # it may lie on either side of 2
    """
    for below, chi in pairwise(points):
        before, after = similarity.get(below, np.nan), similarity.get(chi, np.nan)
        if abs(after - before) > JUMP:
            return Step(below, chi, float(before), float(after))
    return None


class Kind(NamedTuple):
    """A kind of quantities whose seed-to-seed differences are pooled."""

    name: str
    side: str
    relative: bool


STEPS: Final = {"rate_median": 0.5}
"""What a quantity is a multiple of: rates in windows of 2 s, of 0.5 spikes/s. No tolerance is smaller."""

NOT_POOLED: Final = re.compile(r"rate_median\[.*|lvr_n\[.*|similarity_.*;min_spikes=10\]")
"""Quantities that say nothing of a spread of their own: a multiple of 0.5, so mostly the same; ``cv_n`` under another
name; nearly the similarity of the curve at the chi of the state."""

SINGLE: Final = {name for name, areas in RESTING_STATE_NETWORKS.items() if len(areas) == 1}
"""Networks of one area: means over their blocks are over few correlations and scatter more."""


class Tolerance(NamedTuple):
    """A tolerance and where it comes from.

    Attributes
    ----------
    size : float
        How far a number may lie from the published one; NaN if no spread is known.
    source : str
        In words.
    published_pairs : float
        The same from published runs alone where a pair of this archive's own runs counts in ``size``, else NaN.
    """

    size: float
    source: str
    published_pairs: float = np.nan


@dataclass(frozen=True)
class Sides:
    """On which side of the transition of its series a simulation is, ``below`` or ``above``.

    Attributes
    ----------
    jumps : mapping
        Factor chi from which on a series is above its transition, by figure (:func:`transitions_of`).
    chi : mapping
        Factor of the stored states, by series and state.
    """

    jumps: Mapping[str, float]
    chi: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, published: pd.DataFrame, states: pd.DataFrame) -> Sides:
        """Return those of the published numbers (``figure, quantity, value``) and states (``series, state, chi``)."""
        stored = states[["series", "state", "chi"]].itertuples(index=False)
        return cls(transitions_of(published), {(series, state): float(chi) for series, state, chi in stored})

    def at(self, figure: str, chi: float) -> str:
        """Return the side of a factor chi in the series of a figure."""
        return "above" if chi >= self.jumps.get(figure, np.inf) else "below"

    def of_state(self, series: str, state: str) -> str:
        """Return the side of a stored state of a series."""
        return self.at(MAIN if series == "scaling" else f"{MAIN}_{series}", self.chi[series, state])


class Spread(NamedTuple):
    """Sum of squared differences between two seeds, absolute or relative to the mean, and their number.

    ``runs`` tells which pairs of runs they are from: factors chi or states.
    """

    squares: float
    pairs: int
    runs: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        """What the spread is from, in words."""
        runs = len(self.runs)
        return f"{self.pairs} {_plural('quantity', self.pairs)} of {runs} {_plural('pair', runs)} of published runs"

    def tolerance(self) -> float:
        """Return how far two runs may lie apart: t of the number of quantities, times the sd of a difference.

        The degrees of freedom are fewer, down to the number of :attr:`runs`, where quantities go with each other.
        """
        return float(stdtrit(self.pairs, (1 + PROBABILITY) / 2) * np.sqrt(self.squares / self.pairs))


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word.removesuffix('y')}ies" if word.endswith("y") else f"{word}s"


_KEY: Final = re.compile(r"(?P<name>\w+)\[(?P<keys>[^\]]*)\]")


def kind_of(figure: str, quantity: str, sides: Sides) -> Kind | None:
    """Return the kind of a quantity of a simulation, None if it is no such quantity.

    Parameters
    ----------
    figure, quantity : str
        Identifiers as in ``datasets/published/figures.csv``.
    sides : Sides
        On which side of its transition a simulation is.

    Examples
    --------
    >>> sides = Sides({"figure5": 2.5}, {("scaling", "best_fit"): 2.5, ("tau_syn_in", "best_fit"): 2.5})
    >>> kind_of("figure5", "similarity_cv[chi=1.5]", sides)
    Kind(name='similarity_cv', side='below', relative=False)
    >>> kind_of("figure5", "rate_median[state=best_fit]", sides)
    Kind(name='rate', side='above', relative=True)
    >>> kind_of("figure5_tau_syn_in", "rate_median[state=best_fit]", sides)  # no transition there
    Kind(name='rate', side='below', relative=True)
    """
    match = _KEY.fullmatch(quantity)
    if match is None:
        return None
    name, keys = match["name"], dict(key.split("=", 1) for key in match["keys"].split(";") if "=" in key)
    if (keys.get("series"), keys.get("state")) in sides.chi:  # similarity to other subjects, one figure of all series
        return Kind(f"{name} of other subjects", sides.of_state(keys["series"], keys["state"]), False)
    if figure in ("figure4", "figure6"):
        side = "below" if figure == "figure4" else "above"
        return Kind("windows", side, True) if "area" in keys else None
    if not figure.startswith(MAIN) or keys.get("state") == "human":
        return None
    series = figure.removeprefix(MAIN).removeprefix("_") or "scaling"
    if name.startswith("similarity_"):
        side = sides.of_state(series, keys["state"]) if "state" in keys else sides.at(figure, float(keys["chi"]))
        return Kind(name, side, False)
    if name == "fc_correlation":
        return Kind(name, "both", False) if keys.get("states") == "base-best_fit" else None
    if "state" not in keys or "kernel" in keys:
        return None
    side = sides.of_state(series, keys["state"])
    first, _, last = name.partition("_")
    if "area" in keys:
        return Kind("windows", side, True)
    if name == "fc_block_mean":
        single = not SINGLE.isdisjoint(keys["networks"].split("-"))
        return Kind(f"{name} of a single area" if single else name, side, False)
    if name.startswith("fc_"):
        return Kind("fc_extreme" if last in ("min", "max") else "fc", side, False)
    if last == "n":
        return Kind("n", side, True)
    if last == "fraction":
        return Kind(name, side, False)
    return Kind(first, side, True)


def transitions_of(published: pd.DataFrame) -> dict[str, float]:
    """Return the chi at which the published LvR similarity of each series jumps; series without a jump are absent.

    Parameters
    ----------
    published : DataFrame
        ``figure, quantity, value``.
    """
    found = {}
    curve = published[published["quantity"].str.startswith("similarity_lvr[chi=")]
    for figure, rows in curve.groupby("figure"):
        chi = rows["quantity"].str.extract(r"chi=([\d.]+)")[0].astype(float)
        if step := first_step(dict(zip(chi, rows["value"], strict=True)), sorted(chi)):
            found[str(figure)] = step.chi
    return found


def of_seeds(first: pd.DataFrame, second: pd.DataFrame, sides: Sides) -> dict[Kind, Spread]:
    """Return the spread of each kind of quantity from two series of runs that differ in the seed alone.

    Parameters
    ----------
    first, second : DataFrame
        ``quantity, value`` of the main series with each seed.
    sides : Sides
        On which side of the transition each is.
    """
    pairs = first.set_index("quantity")["value"].to_frame("a").join(second.set_index("quantity")["value"].rename("b"))
    pairs = pairs.dropna()
    found: dict[Kind, Spread] = {}
    for quantity, a, b in (*pairs.itertuples(name=None), *_products(pairs)):
        kind = kind_of(MAIN, quantity, sides)
        if kind is None or NOT_POOLED.fullmatch(quantity):
            continue
        difference = relative_difference(a, b) if kind.relative else a - b
        before = found.get(kind, Spread(0.0, 0))
        keys = re.findall(r"(chi|state)=([^;\]]+)", quantity)
        runs = [_run(key, named, sides) for key, named in keys] or ["both"]
        found[kind] = Spread(before.squares + difference**2, before.pairs + 1, before.runs | set(runs))
    return found


def _run(key: str, value: str, sides: Sides) -> str:
    """Return which run of the main series a quantity is of: its factor chi, also where its state is named."""
    return value if key == "chi" else f"{sides.chi['scaling', value]:g}"


def _of_both_seeds(published: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is published of the main series with each seed, under the same names of quantities."""
    return _of_series(published, MAIN, "scaling"), _of_series(published, PREPRINT, "scaling_preprint")


def _of_series(published: pd.DataFrame, figure: str, series: str) -> pd.DataFrame:
    rows = published[
        (published["figure"] == figure) | published["quantity"].str.contains(f"[series={series};", regex=False)
    ]
    return rows.assign(quantity=rows["quantity"].str.replace(f"[series={series};", "[series=scaling;", regex=False))


def relative_difference(a: float, b: float) -> float:
    """Return the difference of two numbers relative to their mean, 0 if both are 0."""
    middle = (abs(a) + abs(b)) / 2
    return (a - b) / middle if middle else 0.0


def _products(pairs: pd.DataFrame) -> Iterator[tuple[str, float, float]]:
    """Yield what Figures 4 and 6 print of the same windows: spikes of the area, windows with one and with ten."""
    area = "area=caudalanteriorcingulate"
    for state in results.STATES:
        names = [f"rate_n[state={state}]", f"rate_mean[state={state}]", f"cv_n[state={state}]"]
        if not set(names) <= set(pairs.index):
            continue
        number, mean, many = (pairs.loc[name].to_numpy() for name in names)
        for quantity, (a, b) in (
            ("rate_mean", number * mean),
            ("windows_spiking_fraction", number),
            ("windows_10_spikes", many),
        ):
            yield f"{quantity}[{area};state={state}]", float(a), float(b)


class Tolerances:
    """Tolerances of simulated quantities.

    Parameters
    ----------
    published : DataFrame
        ``figure, quantity, value`` of all published numbers.
    states : DataFrame, optional
        ``series, state, chi`` of the stored states; default: the shipped ones.
    """

    def __init__(self, published: pd.DataFrame, states: pd.DataFrame | None = None) -> None:
        self._sides = Sides.of(published, results.states() if states is None else states)
        self._spread = of_seeds(*_of_both_seeds(published), self._sides)

    def of(self, figure: str, quantity: str, value: float, seed_difference: float = np.nan) -> Tolerance:
        """Return the tolerance of a published number.

        Parameters
        ----------
        figure, quantity : str
            Identifiers.
        value : float
            The published number.
        seed_difference : float, optional
            Difference between two seeds of this archive's own runs.
        """
        kind = kind_of(figure, quantity, self._sides)
        spread = self._spread.get(kind) if kind is not None else None
        if kind is None or spread is None:
            return Tolerance(np.nan, "")
        scale = abs(value) if kind.relative else 1.0
        step = STEPS.get(quantity.partition("[")[0], 0.0)
        size, source, alone = spread.tolerance() * scale, spread.source, np.nan
        if np.isfinite(seed_difference):
            alone = max(size, step)
            own = seed_difference / scale if scale else 0.0
            size = Spread(spread.squares + own**2, spread.pairs + 1).tolerance() * scale
            source += " and our own pair"
        if size < step:
            return Tolerance(step, f"a step of the quantity, above the spread of seeds: {source}", alone)
        return Tolerance(size, f"seeds: {source}", alone)
