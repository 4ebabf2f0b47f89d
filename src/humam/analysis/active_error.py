"""How far numbers of two runs in the active state lie apart by chance: what runs of one version scatter by.

In the active state the activity of areas fluctuates over seconds, and which areas fall silent depends on the random
numbers of the network, so that even numbers of thousands of neurons differ from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from humam import published
from humam.analysis import summary, unit_similarity
from humam.analysis.scaling_table import Published
from humam.analysis.scaling_values import fc_block_values, fc_values, unit_values
from humam.analysis.similarity import fmri_similarities
from humam.analysis.statistics import Statistics

Array = NDArray[np.float64]
Human = Mapping[str, Array]

STATE: Final = "best_fit"
"""Numbers have the names that those of this state have."""

LEFT_OUT: Final = ("_n[", "_median[", "fc_min", "fc_max")
"""Numbers that are no means: they grow with time, move in steps, or are extremes."""


def of_run(run: Statistics, human: Human, human_fc: Human) -> dict[str, float]:
    """Return numbers of single neurons in 2-s windows and of functional connectivity of a run, by quantity.

    Parameters
    ----------
    run : Statistics
        A run with a window.
    human : mapping
        Values of human neurons by ``rate`` (spikes/s), ``cv``, ``lvr``, shape (n,) each.
    human_fc : mapping
        Human functional connectivity by hemisphere, shape (34, 34) each.
    """
    similarities = {unit.measure: unit.value for unit in unit_similarity.of_run(run, human)}
    return _numbers(summary.units(run), similarities, run.functional_connectivity(), human_fc)


def of_published(stored: Published, folder: Path | str | None, human_fc: Human) -> dict[str, float]:
    """Return the same of what the authors stored of the best-fit version of a series, from a ``published`` folder."""
    curve = published.similarity(stored.name, folder)
    curve = curve[(curve["chi"] == stored.chi[STATE]) & (curve["hemisphere"] == "")]
    similarities = dict(zip(curve["measure"], curve["similarity"], strict=True))
    return _numbers(stored.units[STATE], similarities, stored.fc[STATE], human_fc)


def _numbers(
    units: Mapping[str, Array], similarities: Mapping[str, float], matrix: Array, human_fc: Human
) -> dict[str, float]:
    values = (*unit_values(units, STATE), *fc_values(matrix, STATE), *fc_block_values(matrix, STATE))
    found = {each.quantity: each.value for each in values if not any(part in each.quantity for part in LEFT_OUT)}
    found |= {f"similarity_{measure}": value for measure, value in similarities.items()}
    return found | {f"similarity_{name}[hemisphere={side}]": v for name, side, v in fmri_similarities(matrix, human_fc)}


def half_width(runs: pd.DataFrame, confidence: float) -> pd.Series:
    """Return half the width of the interval of the difference of two runs, by quantity (Student's t).

    Parameters
    ----------
    runs : DataFrame
        Numbers of runs of one version with different random numbers, one row each, one column per quantity.
    confidence : float
        Share of pairs of runs inside.

    Examples
    --------
    >>> half_width(pd.DataFrame({"a": [1.0, 2.0, 3.0]}), 0.95).round(2)["a"].item()
    6.08
    """
    return runs.std(ddof=1) * float(stdtrit(len(runs) - 1, (1 + confidence) / 2)) * np.sqrt(2)
