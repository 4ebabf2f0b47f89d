"""Similarity of single-neuron statistics of a run to human ones, of all windows together and of each alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis import windows
from humam.analysis.similarity import ks_similarity
from humam.analysis.statistics import Statistics
from humam.conventions import PUBLISHED, Conventions

Array = NDArray[np.floating]


class UnitSimilarity(NamedTuple):
    """One minus the Kolmogorov-Smirnov distance between the neurons of a run and human neurons.

    Attributes
    ----------
    measure : str
        ``rate``, ``cv`` or ``lvr``.
    value : float
        Of all windows together, as the published curves; NaN where too few neurons spike.
    lowest, highest : float
        Of single windows of 2 s: how far slow fluctuations of the activity move the value. NaN below two windows.
    """

    measure: str
    value: float
    lowest: float
    highest: float

    @property
    def range_note(self) -> str:
        """The range of single windows in words, empty where there is none."""
        return f"single windows {self.lowest:.3f} to {self.highest:.3f}" if np.isfinite(self.lowest) else ""


def units_of(run: Statistics, measure: str, conventions: Conventions = PUBLISHED) -> pd.DataFrame:
    """Return the neurons and windows of 2 s that count for a measure; for conventions see :func:`of_run`."""
    units = run.windows
    return units if measure == "rate" else units[units["n_spikes"] >= windows.CURVE_MIN_SPIKES[conventions]]


def of_run(
    run: Statistics, human: Mapping[str, Array], conventions: Conventions = PUBLISHED
) -> Iterator[UnitSimilarity]:
    """Yield the similarity of rate, CV and LvR; single units need windows of 2 s, hence a run of at least 4.5 s.

    Parameters
    ----------
    run : Statistics
        The run.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    conventions : Conventions
        Published: CV and LvR of windows with more than 10 spikes; corrected: at least 10, as on the human side.
    """
    for measure in ("rate", "cv", "lvr"):
        table = units_of(run, measure, conventions)
        reference = np.asarray(human[measure], dtype=float)
        single = [_similarity(part, measure, reference) for _, part in table.groupby("window")]
        lowest, highest = (min(single), max(single)) if len(single) > 1 else (float("nan"), float("nan"))
        yield UnitSimilarity(measure, _similarity(table, measure, reference), lowest, highest)


def _similarity(table: pd.DataFrame, measure: str, reference: Array) -> float:
    return ks_similarity(table[measure].to_numpy(dtype=float), reference)
