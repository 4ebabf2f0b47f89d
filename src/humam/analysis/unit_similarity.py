"""Similarity of single-neuron statistics of a run to human ones, of all windows together and of each alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.analysis import windows
from humam.analysis.similarity import ks_similarity
from humam.analysis.statistics import Statistics
from humam.conventions import PUBLISHED, Conventions

Array = NDArray[np.floating]

MEASURES: Final = ("rate", "cv", "lvr")


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
    single = by_window(run, human, conventions)
    for measure in MEASURES:
        table = units_of(run, measure, conventions)
        each = single[measure].dropna()
        lowest, highest = (each.min(), each.max()) if len(each) > 1 else (float("nan"), float("nan"))
        yield UnitSimilarity(measure, _similarity(table, measure, human), lowest, highest)


def whole(run: Statistics, measure: str, human: Mapping[str, Array], conventions: Conventions = PUBLISHED) -> float:
    """Return the similarity of one measure of all windows together; parameters as of :func:`of_run`."""
    return _similarity(units_of(run, measure, conventions), measure, human)


def by_window(run: Statistics, human: Mapping[str, Array], conventions: Conventions = PUBLISHED) -> pd.DataFrame:
    """Return the activity of the area and the similarities of each 2-s window; parameters as of :func:`of_run`.

    Returns
    -------
    DataFrame
        ``activity`` (spikes/s, mean over all neurons), ``rate, cv, lvr`` (similarities, NaN where too few neurons
        spike), by window.
    """
    neurons = run.neurons_of(windows.AREA)
    units = {measure: units_of(run, measure, conventions) for measure in MEASURES}
    rows = {}
    for window, part in run.windows.groupby("window"):
        rows[window] = {"activity": windows.activity(part["rate"].to_numpy(), neurons)}
        for measure, table in units.items():
            rows[window][measure] = _similarity(table[table["window"] == window], measure, human)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["activity", *MEASURES]).rename_axis("window")


def _similarity(table: pd.DataFrame, measure: str, human: Mapping[str, Array]) -> float:
    return ks_similarity(table[measure].to_numpy(dtype=float), np.asarray(human[measure], dtype=float))
