"""The known slips of the published analysis: as published, corrected, and what it changes.

Each is a switch of the function that computes the number, :class:`humam.conventions.Conventions`, or of the network
or its down-scaling; every effect is the difference of two calls of one function. None is decided silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from humam import downscaling, published, theory
from humam import network as networks
from humam.analysis import figure_values, perturbation, series, sln_fit, summary, unit_similarity, windows
from humam.analysis.comparable import STATE_CHI
from humam.analysis.degrees import DIRECTIONS
from humam.analysis.human_fc import HumanConnectivity
from humam.analysis.rates import mean_over_neurons
from humam.analysis.scaling_table import read_published
from humam.analysis.series import Runs
from humam.analysis.similarity import ks_similarity, off_diagonal, pearson_similarity, rmse_similarity
from humam.analysis.statistics import Statistics
from humam.anatomy.tables import AnatomyTables
from humam.connectivity import area_level
from humam.conventions import CORRECTED, Conventions
from humam.labels import N_AREAS, within_areas

Array = NDArray[np.float64]

DISTANCE_EXPERIMENT: Final = "corrected_distance"
"""The base version with heights in um in the distance rule."""

VARIANT: Final = "distributed_parameters"
"""The series whose published base state is not the base version."""

TUTORIAL_SCALE: Final = 0.004
"""Share of neurons and of synapses per neuron in the tutorial of the published code."""

UNITS: Final = {"cv": "CV", "lvr": "LvR"}
"""Measures of single units whose windows need spikes."""


class Effect(NamedTuple):
    """One number under a published slip and without it."""

    slip: str
    quantity: str
    published: float
    corrected: float
    unit: str = "1"
    note: str = ""


def _effect(slip: str, quantity: str, both: Iterable[Any], unit: str = "1", note: str = "") -> Effect:
    before, after = both  # in the order of the members of Conventions
    return Effect(slip, quantity, float(before), float(after), unit, note)


SWITCHES: Final = {
    "kernel": (
        "Synaptic currents are filtered with a kernel that was sampled at 0.1 ms but applied to bins of 1 ms: its time "
        "constant is 20 ms instead of 2 ms.",
        "<code>--conventions</code> of Figure 5, its variants and the fMRI comparison",
    ),
    "distance": (
        "The share of synapses from within a column compares its height in mm with radii in µm, so that the vertical "
        "distance hardly counts.",
        f"parameter <code>column_height_unit</code> of a network; experiment <code>{DISTANCE_EXPERIMENT}</code>",
    ),
    "sln axis": (
        "The axis of the SLN fit is labelled log10, the fit and the model use the natural logarithm. The numbers below "
        "as published are what a reader of that label takes from the figure.",
        "<code>--conventions</code> of Figure 2 (D); the model itself has always used the natural logarithm",
    ),
    "base of the variant": (
        "In the figure of distributed neuron parameters the curves named base are those of χ = 0, not of χ = 1.",
        "<code>--conventions</code> of the scaling figure of distributed parameters and of the fMRI comparison",
    ),
    "spikes in a window": (
        "The similarity curves of CV and LvR ask for more than 10 spikes in a window, the distributions beside them, "
        "and the human side, for at least 10.",
        "<code>--conventions</code> of Figure 5 and its variants (A)",
    ),
    "own area": (
        "The numbers of lateral target areas include the own area, whose SLN counts as lateral.",
        "<code>--conventions</code> of Figure 3 (D)",
    ),
    "autapses": (
        "Bars of autapses show synapses divided by the squared number of source neurons, averaged over all pairs of "
        "populations: not the number of autapses.",
        "<code>--conventions</code> of the figure of autapses and multapses (A)",
    ),
    "silent populations": (
        "The CV of a population without any neuron of 10 spikes counts as 0 instead of being left out.",
        "<code>--conventions</code> of Figures 4 and 6 (E)",
    ),
    "argmax": (
        "The script of Figure 7 takes the argmax of a pandas series for the number of a bin. Since pandas 1.0 it is a "
        "position within the 100 ms that are compared, and all first times lie about 2 s too early. The published "
        "figure was made with an older pandas and shows the corrected times.",
        "<code>--conventions</code> of Figure 7 (C), there corrected by default",
    ),
    "down-scaling": (
        "The tutorial divides weights by k, which keeps the mean input, and adds a constant current for it on top. The "
        "code's other choice, weights divided by √k, takes that current from weights and in-degrees that are scaled "
        "already: too small by √k. Both take the peak of a potential for its charge.",
        "<code>humam simulate --scheme</code> published-tutorial, published-variance or variance (default)",
    ),
}
"""What each slip is, and where the switch is, as HTML."""


def distance(tables: AnatomyTables, network: xr.Dataset) -> tuple[dict[str, Array], Iterator[Effect]]:
    """Return the share of within-area synapses from the column by area, and the effects on the network.

    Parameters
    ----------
    tables : AnatomyTables
        Anatomical data.
    network : Dataset
        The network whose other parameters are kept.
    """
    parameters = networks.parameters(network)
    built = [
        networks.build(tables, parameters.model_copy(update={"column_height_unit": each.value})) for each in Conventions
    ]
    shares = [net["share_inside_column"].to_numpy() for net in built]
    inside = within_areas()

    def effects() -> Iterator[Effect]:
        yield _effect("distance", "mean share from the column", (share.mean() for share in shares))
        within = (net["synapses"].to_numpy()[inside].sum() for net in built)
        yield _effect("distance", "synapses within areas", within)
        yield _effect("distance", "external synapses", (net["synapses_external"].sum() for net in built))
        rates = (mean_over_neurons(theory.fixed_point(net), net["neurons"].to_numpy()) for net in built)
        yield _effect("distance", "mean rate, theory", rates, "1/s")

    return dict(zip(map(str, Conventions), shares, strict=True)), effects()


def simulated_distance(
    as_published: Statistics, as_corrected: Statistics, twin: Statistics | None = None
) -> Iterator[Effect]:
    """Yield what the slip of the distance rule changes in simulated activity.

    CV, correlation and functional connectivity depend on the length of a run, too: they are left out where the two
    are not of one length.

    Parameters
    ----------
    as_published, as_corrected : Statistics
        Runs of the base version with either distance rule.
    twin : Statistics, optional
        A run of the published base version with another seed, to compare the effect with.
    """
    pair = as_published, as_corrected
    lengths = [run.data.attrs["t_sim_ms"] / 1000 for run in pair]
    for quantity, (compute, unit, any_length) in _ACTIVITY.items():
        if not any_length and lengths[0] != lengths[1]:
            continue
        note = f"runs of {lengths[0]:g} and {lengths[1]:g} s"
        if twin is not None:
            note += f"; two seeds as published differ by {abs(compute(twin) - compute(as_published)):.2g}"
        yield _effect("distance", f"{quantity}, simulated", map(compute, pair), unit, note)


def _mean_rate(run: Statistics) -> float:
    return mean_over_neurons(run.data["rate"].to_numpy(), run.data["neurons"].to_numpy())


def _mean_over_populations(variable: str) -> Callable[[Statistics], float]:
    return lambda run: float(np.nanmean(summary.population_values(run, variable, CORRECTED)))


_ACTIVITY: Final[dict[str, tuple[Callable[[Statistics], float], str, bool]]] = {
    "mean rate": (_mean_rate, "1/s", True),
    f"mean rate of {windows.AREA}": (lambda run: summary.area_rate(run, windows.AREA)[0], "1/s", True),
    "mean CV of populations": (_mean_over_populations("cv"), "1", False),
    "mean correlation of populations": (_mean_over_populations("correlation"), "1", False),
    "mean FC": (lambda run: float(off_diagonal(run.functional_connectivity()).mean()), "1", False),
}
"""How a quantity is computed, its unit, and whether runs of different lengths can be compared in it."""


def structural(network: xr.Dataset, structure: xr.Dataset, folder: Path | str | None = None) -> Iterator[Effect]:
    """Yield the effects that follow from the structure of the network and published tables."""
    macaque = published.macaque_sln(folder)
    supra, infra = (macaque[f"neurons_{part}granular"] for part in ("supra", "infra"))
    fit = sln_fit.fit(supra, infra, macaque["log_density_ratio"])
    twice = (fit.predict_ratio(2.0, c) for c in Conventions)
    yield _effect("sln axis", "SLN where the target is twice as dense", twice)
    parameters, connected = networks.parameters(network), network["streamlines"].to_numpy() > 0
    density = network["neurons"].to_numpy().reshape(N_AREAS, -1).sum(axis=1) / network["thickness"].to_numpy().sum(1)
    ratio = (density[:, None] / density)[connected]
    classes = [area_level.direction(fit.predict_ratio(ratio, c), parameters) for c in Conventions]
    for name in DIRECTIONS:
        yield _effect("sln axis", f"{name} pairs of areas", ((found == name).sum() for found in classes))
    lateral = [figure_values.target_areas_by_direction(structure, c)["lateral"] for c in Conventions]
    yield _effect("own area", "lateral target areas, mean", (values.mean() for values in lateral))
    yield _effect("own area", "populations with lateral targets", map(len, lateral))
    autapses = (figure_values.autapses_by_area(structure, c).mean() for c in Conventions)
    yield _effect("autapses", "autapses per neuron, mean over areas", autapses)


def down_scaling(network: xr.Dataset, rates: downscaling.Rates) -> Iterator[Effect]:
    """Yield the effects of the tutorial's down-scaling: input of the neurons, and the rate with which they answer it.

    Parameters
    ----------
    network : Dataset
        A network at full scale.
    rates : Rates
        Its rates.
    """
    neurons = network["neurons"].to_numpy()
    note = f"s = k = {TUTORIAL_SCALE:g}, sources at the rates of the full model"
    there = neurons > 0
    sources = np.asarray(rates.values)[there]

    def mean(values: Array) -> float:
        return float(np.average(values, weights=neurons[there]))

    for slip in ("published-tutorial", "published-variance"):
        scaled = [
            downscaling.scale(network, TUTORIAL_SCALE, rates=rates, scheme=scheme).network
            for scheme in (slip, "variance")
        ]
        fields, name = [theory.of_network(net) for net in scaled], slip.replace("-", " ")
        yield _effect("down-scaling", f"mean input, {name}", (mean(f.mean(sources)) for f in fields), "mV", note)
        sd = (mean(np.sqrt(f.variance(sources))) for f in fields)
        yield _effect("down-scaling", f"sd of the input, {name}", sd, "mV", note)
        answer = (mean(f.response(sources)) for f in fields)
        yield _effect("down-scaling", f"rate in answer, {name}", answer, "1/s", note)
    p = networks.parameters(network)
    peak = downscaling.peak_time(p, p.tau_syn_ex)
    potentials = (p.psp / peak * time for time in (peak, p.tau_syn_ex))
    yield _effect("down-scaling", "potential that stands for a spike", potentials, "mV")


def of_published_arrays(folder: Path | str | None = None) -> Iterator[Effect]:
    """Yield the effects that the authors' stored arrays show."""
    stored, curve = read_published("scaling", folder), published.similarity("scaling", folder)
    for state, chi in STATE_CHI.items():
        for quantity, label in UNITS.items():
            drawn = curve[(curve["chi"] == chi) & (curve["measure"] == quantity)]["similarity"].item()
            again = ks_similarity(stored.units[state][quantity], stored.human[quantity])
            name = f"similarity of {label}, {state.replace('_', ' ')}, published arrays"
            yield Effect("spikes in a window", name, drawn, again)
    yield from _of_variant(published.similarity(VARIANT, folder), folder, "published curve")


def of_variant_runs(
    runs: Runs, human: Mapping[str, Array], human_fc: Mapping[str, Array], folder: Path | str | None = None
) -> Iterator[Effect]:
    """Yield the effects of the base state of the variant that runs of this archive show, NaN where one is missing."""
    yield from _of_variant(series.curve(runs, VARIANT, human, human_fc), folder, "runs of this archive")


def _of_variant(curve: pd.DataFrame, folder: Path | str | None, source: str) -> Iterator[Effect]:
    """Yield the similarities of the base state of the variant by a curve over chi."""
    chi = [read_published(VARIANT, folder, c).chi["base"] for c in Conventions]
    for measure, name in (("rate", "rates"), ("cv", "CV"), ("lvr", "LvR"), ("fmri_pearson", "fMRI, Pearson, right")):
        rows = curve[(curve["measure"] == measure) & curve["hemisphere"].isin(["", "right"])]
        points = rows.set_index("chi")["similarity"].reindex(chi)
        yield _effect("base of the variant", f"similarity of {name}, {source}", points)


def of_pair(state: str, perturbed: Statistics, unperturbed: Statistics) -> Iterator[Effect]:
    """Yield the effect on the first times of Figure 7."""
    times = (perturbation.first_times(perturbed, unperturbed, c) for c in Conventions)
    means = (perturbation.published_numbers(each)["mean"] for each in times)
    yield _effect("argmax", f"mean first perturbation, {state.replace('_', ' ')}", means, "ms")


def of_run(run: Statistics, state: str, human: Mapping[str, Array], human_fc: HumanConnectivity) -> Iterator[Effect]:
    """Yield the effects that a run shows: those of the kernel, of the spikes in a window and of silent populations.

    Parameters
    ----------
    run : Statistics
        A run of the state.
    state : str
        Its name, for the rows.
    human : mapping
        Values of human neurons by ``rate``, ``cv``, ``lvr``.
    human_fc : HumanConnectivity
        That of the paper or its substitute, which the rows name.
    """
    name = state.replace("_", " ")
    if not run.unavailable("fc"):
        both = [run.functional_connectivity(c) for c in Conventions]
        for what, function in (("mean", np.mean), ("sd", np.std)):
            yield _effect("kernel", f"FC, {what}, {name}", (function(off_diagonal(fc)) for fc in both))
        for what, similarity in (("Pearson", pearson_similarity), ("RMSE", rmse_similarity)):
            values = (similarity(fc, human_fc.matrices["right"]) for fc in both)
            yield _effect("kernel", f"similarity to human FC, {what}, right, {name}", values, note=human_fc.label)
    if run.data.attrs["n_windows"]:
        found = [{unit.measure: unit.value for unit in unit_similarity.of_run(run, human, c)} for c in Conventions]
        for quantity, label in UNITS.items():
            values = (by_measure[quantity] for by_measure in found)
            yield _effect("spikes in a window", f"similarity of {label}, {name}", values)
    if not run.unavailable("cv"):
        means = (np.nanmean(summary.population_values(run, "cv", c)) for c in Conventions)
        yield _effect("silent populations", f"mean CV of populations, {name}", means)
