"""The numbers of the network-only figures, under the keys of ``datasets/published/figures.csv``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from humam import extra_spike
from humam.analysis import windows
from humam.analysis.degrees import DIRECTIONS
from humam.analysis.rates import log_correlation, mean_over_neurons
from humam.analysis.value import Value
from humam.connectivity.within_areas import synapses_per_pair
from humam.conventions import CORRECTED, PUBLISHED, Conventions
from humam.extra_spike import PERTURBED
from humam.labels import LAYER_POPULATIONS, N_AREAS, N_POPULATIONS, area_slice

if TYPE_CHECKING:  # every report reads this module, few of them fit
    from humam.analysis.sln_fit import SlnFit

Array = npt.NDArray[np.float64]

OUT_DEGREE_EDGES: Final = tuple(range(0, 7001, 1000))
"""Bins of the out-degrees of Figure 3 C."""


def figure2(network: xr.Dataset, structure: xr.Dataset, fit: SlnFit) -> Iterator[Value]:
    """Yield the numbers of Figure 2, construction of the connectivity."""
    per_pair = synapses_per_pair()
    yield Value("A", "pairwise_synapses_max", per_pair.max())
    yield Value("A", "pairwise_synapses_zeros", (per_pair == 0).sum())
    streamlines = network["streamlines"].values
    connected = streamlines > 0
    yield Value("B", "connected_pairs", connected.sum())
    yield Value("B", "streamlines_log10_min", np.log10(streamlines[connected].min()))
    yield Value("B", "streamlines_log10_max", np.log10(streamlines.max()))
    yield Value("B", "streamlines_median", np.median(streamlines[connected]))
    yield Value("D", "macaque_projections", fit.n)
    yield Value("D", "sln_fit_a0", fit.a0)
    yield Value("D", "sln_fit_a1", fit.a1)
    sln = network["sln"].values[connected]
    yield Value("E", "sln_min", sln.min())
    yield Value("E", "sln_max", sln.max())
    yield Value("E", "sln_mean", sln.mean())
    for name in reversed(DIRECTIONS):
        yield Value("E", f"pairs[direction={name}]", (structure["direction"].values[connected] == name).sum())
    synapses = network["synapses"].values
    there = synapses[synapses > 0]
    yield Value("F", "population_pairs", len(there))
    yield Value("F", "synapses_log10_min", np.log10(there.min()))
    yield Value("F", "synapses_log10_max", np.log10(there.max()))


def out_degrees_by_direction(structure: xr.Dataset) -> dict[str, Array]:
    """Return the out-degrees of at least one synapse, feedforward and feedback (Figure 3 C)."""
    degree = structure["out_degree"].values
    direction = np.repeat(structure["direction"].values, N_POPULATIONS, axis=1)
    # Written so that NaN, of a population without neurons, is left out.
    return {name: degree[(direction == name) & (degree >= 1)] for name in ("feedforward", "feedback")}


def target_areas_by_direction(structure: xr.Dataset, conventions: Conventions = PUBLISHED) -> dict[str, Array]:
    """Return the numbers of target areas of the populations that have at least one (Figure 3 D).

    As published, the own area counts as a lateral target; corrected, other areas alone do.
    """
    numbers = structure["target_areas" if conventions is PUBLISHED else "target_areas_other"]
    by_name = {name: numbers.sel(direction_name=name).values for name in DIRECTIONS}
    return {name: values[values > 0] for name, values in by_name.items()}


def figure3(network: xr.Dataset, structure: xr.Dataset) -> Iterator[Value]:
    """Yield the numbers of Figure 3, validation."""
    statistics = structure["lognormality"]
    everything = statistics.sel(selection="all").to_series()
    for name in ("mean", "sd", "skewness", "excess_kurtosis"):
        yield Value("A", f"synapses_log10_{name}", everything[name])
    yield Value("A", "shapiro_wilk_w", everything["shapiro_w"])
    yield Value("A", "shapiro_wilk_p", everything["shapiro_p"])
    between = statistics.sel(selection="between_areas").to_series()
    for name in ("n", "mean", "sd"):
        yield Value("A", f"synapses_log10_{name}[projections=between_areas]", between[name])

    rule = structure["distance_rule"].to_series()
    yield Value("B", "pairs", rule["n"])
    units = {"slope": "1/mm"}
    for name in ("slope", "intercept", "r", "r_squared", "p"):
        yield Value("B", f"regression_{name}", rule[name], units.get(name, "1"))
    yield Value("B", "decay_constant", rule["decay_constant"], "mm")
    length = network["fibre_length"].values[network["streamlines"].values > 0]
    for name, number in (("min", length.min()), ("max", length.max()), ("median", np.median(length))):
        yield Value("B", f"fibre_length_{name}", number, "mm")

    degrees = out_degrees_by_direction(structure)
    for name, values in degrees.items():
        yield Value("C", f"out_degree_mean[direction={name}]", values.mean())
    for name, values in degrees.items():
        yield Value("C", f"out_degree_n[direction={name}]", len(values))
    for name, values in degrees.items():
        counts, _ = np.histogram(values, OUT_DEGREE_EDGES)
        for edge, count in zip(OUT_DEGREE_EDGES[:-1], counts, strict=True):
            yield Value("C", f"out_degree_count[direction={name};bin={edge:g}]", count)

    other = target_areas_by_direction(structure, CORRECTED)["lateral"]
    for name, values in target_areas_by_direction(structure).items():
        yield Value("D", f"target_areas_mean[direction={name}]", values.mean())
        yield Value("D", f"target_areas_n[direction={name}]", len(values))
        yield Value("D", f"target_areas_max[direction={name}]", values.max())
    yield Value("D", "target_areas_mean[direction=lateral;own_area=excluded]", other.mean())
    yield Value("D", "target_areas_n[direction=lateral;own_area=excluded]", len(other))


def figure7(network: xr.Dataset, structure: xr.Dataset) -> Iterator[Value]:
    """Yield the structural numbers of Figure 7: distances from the perturbed population and between all."""
    yield Value("A", f"external_in_degree[population={PERTURBED}]", extra_spike.in_degree(network))
    yield Value("A", "perturbation_weight", extra_spike.weight(network), "pA")

    first = structure["delay_distance_min"].to_series()
    for area, number in first.items():
        if area != PERTURBED.split("|")[0]:
            yield Value("C", f"delay_distance_min[area={area}]", number, "ms")
    rows = np.repeat(first.to_numpy(), (network["neurons"].values.reshape(N_AREAS, -1) > 0).sum(axis=1))
    yield Value("C", "delay_distance_min_mean", rows.mean(), "ms")
    yield Value("C", "delay_distance_min_sd", rows.std(ddof=1), "ms", note="ddof 1")

    steps = structure["steps"].values
    lengths, counts = np.unique(steps[np.isfinite(steps)], return_counts=True)
    for length, count in zip(lengths, counts, strict=True):
        yield Value("D", f"path_pairs[steps={length:g}]", count)
    yield Value("D", "path_steps_mean", np.average(lengths, weights=counts))
    yield Value("D", "path_steps_mean[self=excluded]", np.average(lengths[1:], weights=counts[1:]))
    lengths, counts = np.unique(structure["steps"].sel(source=PERTURBED), return_counts=True)
    for length, count in zip(lengths, counts, strict=True):
        if 0 < length < np.inf:
            yield Value("D", f"populations[steps={length:g}]", count)

    distance = structure["delay_distance"].values
    distance = distance[np.isfinite(distance)]
    yield Value("E", "delay_distance_mean", distance.mean(), "ms")
    yield Value("E", "delay_distance_median", np.median(distance), "ms")
    yield Value("E", "delay_distance_max", distance.max(), "ms")


def autapses_by_area(structure: xr.Dataset, conventions: Conventions = PUBLISHED) -> Array:
    """Return autapses per neuron of the 34 areas: as the published code computes them, or as expected."""
    return structure["autapses_as_coded" if conventions is PUBLISHED else "autapses"].to_numpy()


def autapses_multapses(structure: xr.Dataset) -> Iterator[Value]:
    """Yield the numbers of the figure of autapses and multapses: mean and range over areas."""
    for panel, name in (("A", "autapses_as_coded"), ("A", "autapses"), ("B", "multapse_degree")):
        values = structure[name].to_series()
        yield Value(panel, f"{name}_mean", values.mean())
        yield Value(panel, f"{name}_min", values.min(), note=str(values.idxmin()))
        yield Value(panel, f"{name}_max", values.max(), note=str(values.idxmax()))


def theory(network: xr.Dataset, theory: xr.Dataset) -> Iterator[Value]:
    """Yield the numbers of panel A of the theory figure, base version: rates over the populations."""
    neurons = network["neurons"].values
    there = neurons > 0
    rate = np.where(there, theory["rate"].values, 0.0)
    final = theory["rate_pseudo_time"].isel(step=-1).values
    yield Value("A", "rate_sum", rate.sum(), "1/s")
    yield Value("A", "rate_sum[procedure=pseudo_time]", final[there].sum(), "1/s")
    yield Value("A", "rate_min[procedure=pseudo_time]", final[there].min(), "1/s")
    yield Value("A", "rate_max[procedure=pseudo_time]", final[there].max(), "1/s")
    yield Value("A", "rate_distance_max[procedure=pseudo_time]", np.abs(final - rate)[there].max(), "1/s")
    yield Value("A", "rate_mean", rate[there].mean(), "1/s")
    yield Value("A", "rate_mean[weight=neurons]", mean_over_neurons(rate, neurons), "1/s")
    yield Value("A", "rate_min", rate[there].min(), "1/s")
    yield Value("A", "rate_max", rate[there].max(), "1/s")
    by_area, present = rate.reshape(N_AREAS, -1), there.reshape(N_AREAS, -1)
    for i, key in enumerate(LAYER_POPULATIONS):
        mean = by_area[present[:, i], i].mean()
        yield Value("A", f"rate_mean[population={'|'.join(key)}]", mean, "1/s")
    chosen = area_slice(windows.AREA)
    yield Value("A", f"rate_mean[area={windows.AREA}]", mean_over_neurons(rate[chosen], neurons[chosen]), "1/s")


def theory_against_published(theory: xr.Dataset, published: Mapping[str, float]) -> Iterator[Value]:
    """Yield the largest difference between our fixed point and published rates, relative to these.

    Parameters
    ----------
    theory : Dataset
        Ours, of the base version.
    published : mapping
        Published rates in spikes/s by population.
    """
    own = theory["rate"].sel(target=list(published)).to_numpy()
    relative = np.abs(own / np.array(list(published.values())) - 1)
    yield Value("A", "rate_relative_difference_max[with=published]", float(relative.max()))


def saturated_theory(theory: xr.Dataset, chi: float) -> Iterator[Value]:
    """Yield where the published procedure ends for chi >= 2: no prediction of that state."""
    final = theory["rate_pseudo_time"].isel(step=-1).values
    final = final[np.isfinite(final) & (final > 0)]
    yield Value("A", f"saturated_rate_mean[chi={chi:g}]", final.mean(), "1/s")
    yield Value("A", f"saturated_rate_max[chi={chi:g}]", final.max(), "1/s")


def theory_against_simulation(
    neurons: npt.NDArray[np.int64], predicted: Array, simulated: Array, status: str
) -> Iterator[Value]:
    """Yield the numbers of panel B of the theory figure.

    Parameters
    ----------
    neurons : (272,) array
        Neurons of the populations at full scale.
    predicted, simulated : (272,) arrays
        Rates in spikes/s.
    status : str
        Whether they are compared, see :attr:`humam.analysis.statistics.Statistics.status`.
    """
    there = neurons > 0
    both = there & (simulated > 0)
    raw = np.corrcoef(predicted[there], simulated[there])[0, 1] if both.any() else np.nan
    logarithmic = log_correlation(predicted[there], simulated[there])
    silent = int(there.sum() - both.sum())
    yield Value("B", "pearson_r", raw, status=status)
    mean = mean_over_neurons(simulated, neurons)
    yield Value("B", "simulated_rate_mean[weight=neurons]", mean, "1/s", status=status)
    note = f"without {silent} populations that fired no spike" if silent else ""
    yield Value("B", "log_rate_correlation", logarithmic, status=status, note=note)
