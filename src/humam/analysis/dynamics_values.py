"""The numbers of the figures of propagation and hierarchy, under the keys of ``datasets/published/figures.csv``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from humam.analysis import perturbation
from humam.analysis.hierarchy import Hierarchy
from humam.analysis.statistics import Statistics
from humam.analysis.value import Value
from humam.labels import AREAS, LAYER_POPULATIONS, N_AREAS, N_POPULATIONS

Array = NDArray[np.float64]


def propagation(state: str, times: pd.Series, bound: Array, status: str) -> Iterator[Value]:
    """Yield the numbers of Figure 7 C: when the activity of areas first differs after an extra spike.

    Parameters
    ----------
    state : str
        ``base`` or ``best_fit``.
    times : Series
        First time by population, see :func:`humam.analysis.perturbation.first_times`.
    bound : (34,) array
        Smallest sum of mean delays from the perturbed population, ms.
    status : str
        Whether they are compared.
    """
    for name, value in perturbation.published_numbers(times).items():
        yield Value("C", f"first_perturbation_{name}[state={state}]", value, "ms", status)
    areas = perturbation.area_first_times(times).to_numpy()
    reached = areas < perturbation.NEVER_MS
    yield Value("C", f"first_perturbation_areas[state={state}]", reached.sum(), status=status, note="within 100 ms")
    if reached.sum() > 2:
        later = (areas - bound)[reached].mean()
        yield Value("C", f"first_perturbation_minus_bound_mean[state={state}]", later, "ms", status, "areas reached")
        together = np.corrcoef(areas[reached], bound[reached])[0, 1]
        yield Value("C", f"first_perturbation_bound_correlation[state={state}]", together, status=status)


def perturbed_neuron(state: str, counted: tuple[float, str], forced: int, status: str) -> Iterator[Value]:
    """Yield how often the perturbed neuron fires: as counted, else as computed for the neuron alone.

    Parameters
    ----------
    state : str
        ``base`` or ``best_fit``.
    counted : tuple
        As from :func:`humam.analysis.perturbation.counted_spikes`.
    forced : int
        Number of spikes of :func:`humam.analysis.perturbation.forced_spikes`.
    status : str
        Whether a counted number is compared.
    """
    number, note = counted
    if np.isnan(number):
        note, status = f"computed for the neuron alone; not counted: {note}", ""
    value = forced if np.isnan(number) else number
    yield Value("A" if state == "base" else "B", f"perturbed_neuron_spikes[state={state}]", value, "1", status, note)


LOBES_IN_ORDER: Final = (("parietal", "occipital"), ("temporal", "frontal"))
"""Lobes of which the first leads the second, as the authors report."""


def lobe_order(found: Hierarchy, lobes: Mapping[str, Sequence[str]], status: str) -> Iterator[Value]:
    """Yield for pairs of lobes whether the first comes earlier by the mean rank of its areas: 1 or 0.

    The note has the probability of such ranks by chance, as if areas were independent.

    Parameters
    ----------
    found, lobes, status
        As for :func:`temporal_hierarchy`.
    """
    ranks = pd.Series(found.position, AREAS).rank()
    for first, then in LOBES_IN_ORDER:
        early, late = (ranks[list(lobes[lobe])].dropna() for lobe in (first, then))
        quantity = f"lobe_order[first={first};then={then}]"
        if not (len(early) and len(late)):
            yield Value("A", quantity, np.nan, status=status, note="no lag places these areas")
            continue
        share = float((early.to_numpy()[:, None] < late.to_numpy()).mean())
        p = float(mannwhitneyu(early, late, alternative="less").pvalue)
        note = (
            f"mean ranks {early.mean():.1f} and {late.mean():.1f} of {int(ranks.count())}, the area of the first is "
            f"earlier in {100 * share:.0f} % of the pairs; one-sided Mann-Whitney p = {p:.2g}"
        )
        yield Value("A", quantity, float(early.mean() < late.mean()), status=status, note=note)


def temporal_hierarchy(found: Hierarchy, lobes: Mapping[str, Sequence[str]], status: str) -> Iterator[Value]:
    """Yield the numbers of Figure 8: the defined lags, the positions of areas and of lobes.

    Parameters
    ----------
    found : Hierarchy
        As from :func:`humam.analysis.hierarchy.temporal_hierarchy`.
    lobes : mapping
        Areas of each lobe.
    status : str
        Whether they are compared.
    """
    defined = np.isfinite(found.lag) & ~np.eye(N_AREAS, dtype=bool)
    yield Value("A", "hierarchy_positions", np.nan, status=status, note="ours: hierarchy_position[area=...]")
    yield Value("A", "lags_defined", defined.sum(), status=status, note=f"of {N_AREAS * (N_AREAS - 1)} ordered pairs")
    yield from lobe_order(found, lobes, status)
    largest = np.abs(found.lag[defined]).max() if defined.any() else np.nan
    yield Value("A", "lag_max", largest, "ms", status)
    position = dict(zip(AREAS, found.position, strict=True))
    for lobe, areas in lobes.items():
        placed = [position[area] for area in areas if np.isfinite(position[area])]
        mean = float(np.mean(placed)) if placed else np.nan
        yield Value("B", f"hierarchy_position_mean[lobe={lobe}]", mean, status=status)
    for area, value in position.items():
        yield Value("A", f"hierarchy_position[area={area}]", value, status=status)


def rate_distributions(run: Statistics) -> Iterator[Value]:
    """Yield the numbers of the figure of rate distributions: mean and sd of log10 rates by layer and cell type.

    Over areas: each area counts once, as in the black lines of the figure.
    """
    reason = run.unavailable("log_rate_density")
    note = reason or "ours: rate_log10_mean[population=...]"
    yield Value("", "rate_log10_histogram", np.nan, status=run.status, note=note)
    density = run.data["log_rate_density"].to_numpy().reshape(N_AREAS, N_POPULATIONS, -1)
    edges = run.data["log_rate"].to_numpy()
    middle = edges + (edges[1] - edges[0]) / 2
    for i, key in enumerate(LAYER_POPULATIONS):
        rows = density[:, i]
        rows = rows[np.isfinite(rows).all(axis=1) & (rows.sum(axis=1) > 0)]
        weights = rows.mean(axis=0) if len(rows) else np.full(len(edges), np.nan)
        mean = float((weights * middle).sum() / weights.sum())
        sd = float(np.sqrt((weights * (middle - mean) ** 2).sum() / weights.sum()))
        place = f"population={'|'.join(key)}"
        yield Value("", f"rate_log10_mean[{place}]", mean, status=run.status, note="of bins of 0.5")
        yield Value("", f"rate_log10_sd[{place}]", sd, status=run.status, note="of bins of 0.5")
