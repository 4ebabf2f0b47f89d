"""How many numbers of ours agree with the published ones, each counted once, and how many would not by chance."""

from __future__ import annotations

from typing import Final, NamedTuple

import pandas as pd

from humam import causes, comparison
from humam.page import number
from humam.seed_spread import PROBABILITY

RULE: Final = (
    "A number of ours counts once: where it is held against several published ones, as the best-fit run against both "
    "published seeds, by its worst verdict."
)
"""How numbers are counted, for readers."""

DIGITS: Final = 4
"""Two quantities of one run that agree in at least so many digits are the same number."""


class Tally(NamedTuple):
    """Counts of a comparison.

    Attributes
    ----------
    reproduced, differ : int
        Numbers of our own model within and outside the tolerance, each once (:data:`RULE`).
    unexplained, open, mechanism, chance : int
        Those of ``differ`` without a cause, and with one of each kind (:data:`humam.causes.KINDS`).
    from_seeds, outside : int
        Rows whose tolerance is the spread from seed to seed, and those of them outside.
    wide : int
        Those of ``reproduced`` that a zero would have reproduced, too: the tolerance is as large as the value.
    by_own_pair : int
        Those of ``reproduced`` that the spread of the published runs alone would not hold.
    from_network : int
        Numbers, reproduced or not, whose published value stands in no file of the authors but was computed from their
        network.
    set_aside : int
        Rows that are not compared, for their run is of another kind (:data:`humam.comparison.NOT_COMPARED`).
    """

    reproduced: int
    differ: int
    unexplained: int
    open: int
    mechanism: int
    chance: int
    from_seeds: int
    outside: int
    wide: int = 0
    by_own_pair: int = 0
    from_network: int = 0
    set_aside: int = 0

    @property
    def expected(self) -> float:
        """Rows that would lie outside by chance if they were independent and the model exactly the published one.

        Rows of one run are not (:mod:`humam.seed_spread`): more are to be expected.
        """
        return (1 - PROBABILITY) * self.from_seeds


def once(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which a number of our model is compared, each number once, with its worst verdict.

    The same quantity of the same run (of the network, where there is no run) with the same value is one number; so is
    the same value of at least :data:`DIGITS` digits in one run whatever its name, as ``cv_n`` and ``lvr_n``.

    Parameters
    ----------
    table : DataFrame
        As from :func:`humam.comparison.compare`.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"figure": ["5", "5b"], "quantity": ["rate", "rate"], "unit": ["1/s"] * 2, "run": ["a"] * 2,
    ...         "here": [1.0] * 2, "verdict": [comparison.REPRODUCED, comparison.DIFFERS], "cause_kind": [""] * 2}
    >>> once(pd.DataFrame(rows))["verdict"].tolist()
    ['differs']
    """
    own = comparison.urgent_first(table[table["verdict"].isin([comparison.REPRODUCED, comparison.DIFFERS])])
    telling = (own["run"] != "") & (own["here"].map(_digits) >= DIGITS)
    name = own["quantity"].where(~telling, "")
    return own[~own.assign(name=name).duplicated(["run", "name", "unit", "here"])]


def _digits(value: float) -> int:
    """Return how many significant digits a number has.

    Examples
    --------
    >>> _digits(2403.0), _digits(0.25), _digits(0.0), _digits(1 / 3)
    (4, 2, 0, 12)
    """
    return len(f"{abs(value):.11e}".partition("e")[0].replace(".", "").rstrip("0"))


def of(table: pd.DataFrame) -> Tally:
    """Return the counts of a comparison."""
    own = once(table)
    differ = own[own["verdict"] == comparison.DIFFERS]
    compared = table[table["verdict"].isin([comparison.REPRODUCED, comparison.DIFFERS])]
    seeds = compared[compared["tolerance_from"].str.startswith("seeds")]
    return Tally(
        reproduced=len(own) - len(differ),
        differ=len(differ),
        unexplained=int((differ["cause_kind"] == "").sum()),
        **{kind: int((differ["cause_kind"] == kind).sum()) for kind in causes.KINDS},
        from_seeds=len(seeds),
        outside=int((seeds["verdict"] == comparison.DIFFERS).sum()),
        wide=int(((own["verdict"] == comparison.REPRODUCED) & _holds_zero(own)).sum()),
        by_own_pair=int(comparison.by_own_pair(own).sum()),
        from_network=int((own["published_from"] == comparison.FROM_NETWORK).sum()),
        set_aside=int((table["verdict"] == comparison.NOT_COMPARED).sum()),
    )


def _holds_zero(table: pd.DataFrame) -> pd.Series:
    """Return which rows have a published value that is not zero but no farther from zero than their tolerance."""
    size = table["published"].abs()
    return (size > 0) & (table["tolerance"] >= size)


def headline(tally: Tally) -> str:
    """Return the counts in words.

    Examples
    --------
    >>> headline(Tally(90, 6, unexplained=0, open=1, mechanism=2, chance=3, from_seeds=60, outside=3))
    '96 numbers of our own model: 90 reproduced, 6 differ (2 by a mechanism, 3 by chance, 1 not settled, 0 unexplained)'
    """
    total = tally.reproduced + tally.differ
    text = f"{number(total)} numbers of our own model: {number(tally.reproduced)} reproduced, {tally.differ} differ"
    if not tally.differ:
        return text
    return (
        f"{text} ({tally.mechanism} by a mechanism, {tally.chance} by chance, {tally.open} not settled, "
        f"{tally.unexplained} unexplained)"
    )


def remarks(tally: Tally) -> list[str]:
    """Return what readers need to judge the counts: sources of published numbers, chance, wide tolerances, the rest.

    Examples
    --------
    >>> remarks(Tally(90, 6, 0, 1, 2, 3, from_seeds=0, outside=0, wide=8))
    ['8 of the reproduced have a tolerance as large as the published value: alone they say little.']
    """
    stored = tally.reproduced + tally.differ - tally.from_network
    said = {
        f"The published value of {number(stored)} of them is data or text of the authors, of "
        f"{number(tally.from_network)} it was computed from the network that they published.": tally.from_network,
        f"Of {number(tally.from_seeds)} comparisons whose tolerance is the spread from seed to seed, {tally.outside} "
        f"lie outside; by chance alone {tally.expected:.0f} would ({100 * (1 - PROBABILITY):.0f} %) if quantities of "
        "one run were independent. They are not, so more are to be expected.": tally.from_seeds,
        f"{number(tally.by_own_pair)} of the reproduced would differ by the spread of published runs alone: two runs "
        "of ours that differ in the seed widen it.": tally.by_own_pair,
        f"{number(tally.wide)} of the reproduced have a tolerance as large as the published value: alone they say "
        "little.": tally.wide,
        f"{number(tally.set_aside)} more are not compared: their runs are in the other state of activity than the "
        "published ones, shorter than 6.5 s, down-scaled or of other parameters.": tally.set_aside,
    }
    return [sentence for sentence, count in said.items() if count]
