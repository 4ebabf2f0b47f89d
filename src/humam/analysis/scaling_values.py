"""Numbers of the scaling figure (Figure 5) from distributions and matrices, whoever simulated them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from humam.analysis.fc import block_means
from humam.analysis.similarity import ks_similarity, off_diagonal
from humam.analysis.value import Value

Array = NDArray[np.floating]

UNIT_PANEL: Final = {"rate": "B", "cv": "C", "lvr": "D"}
"""Panel of the distribution of each single-unit quantity."""

UNIT: Final = {"rate": "1/s", "cv": "1", "lvr": "1", "correlation": "1"}

FC_PANEL: Final = {"base": "F", "best_fit": "G"}
"""Panel of the functional connectivity of each state."""

RATE_EDGES: Final = np.arange(0.5, 20.25, 0.5)
"""Bins of the distribution of rates in 2-s windows, spikes/s."""

FIRST_BINS: Final = 4
"""Bins of rates whose fractions are compared."""


def rate_frequencies(values: Array) -> NDArray[np.float64]:
    """Return the fractions of rates in the bins of :data:`RATE_EDGES`, relative to all inside these bins.

    Examples
    --------
    >>> rate_frequencies(np.array([0.5, 0.5, 1.0, 30.0]))[:2].round(3).tolist()
    [0.667, 0.333]
    """
    counts = np.histogram(values, RATE_EDGES)[0]
    return counts / max(counts.sum(), 1)


def unit_values(units: Mapping[str, Array], state: str) -> Iterator[Value]:
    """Yield number, mean, sd, median of single-unit quantities, and the fractions of the lowest rates.

    Parameters
    ----------
    units : mapping
        Values by ``rate``, ``cv``, ``lvr``, one per neuron and 2-s window.
    state : str
        ``human``, ``base`` or ``best_fit``.
    """
    for quantity, panel in UNIT_PANEL.items():
        values = units[quantity]
        yield Value(panel, f"{quantity}_n[state={state}]", len(values))
        for statistic, function in (("mean", np.mean), ("sd", np.std), ("median", np.median)):
            value = float(function(values)) if len(values) else float("nan")
            yield Value(panel, f"{quantity}_{statistic}[state={state}]", value, UNIT[quantity])
        if quantity == "rate":
            fractions = rate_frequencies(values) if len(values) else np.full(FIRST_BINS, np.nan)
            for left, share in zip(RATE_EDGES[:FIRST_BINS], fractions, strict=False):
                yield Value(panel, f"rate_fraction[state={state};bin={left:g}]", float(share))


def similarity_values(
    units: Mapping[str, Array], human: Mapping[str, Array], state: str, chi: float
) -> Iterator[Value]:
    """Yield the similarities of whole distributions (windows of at least 10 spikes for CV and LvR) to human ones."""
    for quantity in UNIT_PANEL:
        # The published curves of CV and LvR ask for 11 spikes, the distributions for 10.
        key = f"chi={chi:g}" if quantity == "rate" else f"state={state};min_spikes=10"
        value = ks_similarity(np.asarray(units[quantity], float), np.asarray(human[quantity], float))
        yield Value("A", f"similarity_{quantity}[{key}]", value)


def fc_values(matrix: Array, state: str, option: str = "") -> Iterator[Value]:
    """Yield statistics of the off-diagonal entries of a matrix of functional connectivity.

    Parameters
    ----------
    matrix : (34, 34) array
        Canonical order.
    state : str
        ``base`` or ``best_fit``.
    option : str
        What to add to the key, for example ``;kernel=corrected``.
    """
    entries, panel = off_diagonal(matrix), FC_PANEL[state]
    for statistic, function in (("mean", np.mean), ("sd", np.std), ("min", np.min), ("max", np.max)):
        yield Value(panel, f"fc_{statistic}[state={state}{option}]", float(function(entries)))


def fc_block_values(matrix: Array, state: str) -> Iterator[Value]:
    """Yield the mean correlations within and between resting-state networks."""
    for (first, second), value in block_means(matrix).items():
        yield Value(FC_PANEL[state], f"fc_block_mean[state={state};networks={first}-{second}]", value)
