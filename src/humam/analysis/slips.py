"""The known slips of the published analysis: as published, corrected, and what it changes.

Each is a switch somewhere in this archive; none of them is decided silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from humam import network as networks
from humam import published
from humam.analysis import figure_values, sln_fit
from humam.analysis.scaling_table import read_published
from humam.analysis.series import STATE_CHI
from humam.analysis.similarity import ks_similarity, off_diagonal, pearson_similarity
from humam.analysis.statistics import Statistics
from humam.anatomy.tables import AnatomyTables
from humam.labels import N_AREAS

Array = NDArray[np.float64]


class Effect(NamedTuple):
    """One number under a published slip and without it."""

    slip: str
    quantity: str
    published: float
    corrected: float
    unit: str = "1"


def _effect(slip: str, quantity: str, both: Iterable[float]) -> Effect:
    before, after = both
    return Effect(slip, quantity, float(before), float(after))


SWITCHES: Final = {
    "kernel": (
        "Synaptic currents are filtered with a kernel that was sampled at 0.1 ms but applied to bins of 1 ms: its time "
        "constant is 20 ms instead of 2 ms.",
        "coordinate kernel = published, corrected of every statistics.nc",
    ),
    "distance": (
        "The share of synapses from within a column compares its height in mm with radii in µm, so that the vertical "
        "distance hardly counts.",
        "parameter column_height_unit = published, corrected",
    ),
    "sln axis": (
        "The axis of the SLN fit is labelled log10, the fit and the model use the natural logarithm.",
        "label of Figure 2 D; the constants are those of the natural logarithm",
    ),
    "base of the variant": (
        "In the figure of distributed neuron parameters the curves named base are those of χ = 0, not of χ = 1.",
        "state base (published) or chi=1 (corrected) of the series distributed_parameters",
    ),
    "spikes in a window": (
        "The similarity curves of CV and LvR ask for more than 10 spikes in a window, the distributions beside them, "
        "and the human side, for at least 10.",
        "similarity_cv[chi=...] (published) or similarity_cv[state=...;min_spikes=10] (corrected)",
    ),
    "own area": (
        "The numbers of lateral target areas include the own area, whose SLN counts as lateral.",
        "variable target_areas (published) or target_areas_other (corrected) of structure.nc",
    ),
    "autapses": (
        "Bars of autapses show synapses divided by the squared number of source neurons, averaged over all pairs of "
        "populations: not the number of autapses.",
        "variable autapses_as_coded (published) or autapses (corrected) of structure.nc",
    ),
    "silent populations": (
        "The CV of a population without any neuron of 10 spikes counts as 0 instead of being left out.",
        "neurons_10_spikes of statistics.nc tells them apart",
    ),
}
"""What each slip is, and where the switch is."""


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
    built = {
        unit: networks.build(tables, parameters.model_copy(update={"column_height_unit": unit}))
        for unit in ("published", "corrected")
    }
    shares = {unit: net["share_inside_column"].to_numpy() for unit, net in built.items()}
    block = np.kron(np.eye(N_AREAS), np.ones((8, 8))) > 0

    def effects() -> Iterator[Effect]:
        yield _effect("distance", "mean share from the column", (share.mean() for share in shares.values()))
        within = (float(net["synapses"].to_numpy()[block].sum()) for net in built.values())
        yield _effect("distance", "synapses within areas", within)
        external = (float(net["synapses_external"].sum()) for net in built.values())
        yield _effect("distance", "external synapses", external)

    return shares, effects()


def structural(structure: xr.Dataset, folder: Path | str | None = None) -> Iterator[Effect]:
    """Yield the effects that follow from the structure of the network and published tables."""
    macaque = published.macaque_sln(folder)
    supra, infra = (macaque[f"neurons_{part}granular"] for part in ("supra", "infra"))
    slope = sln_fit.fit(supra, infra, macaque["log_density_ratio"]).a1
    yield Effect("sln axis", "slope of the probit per unit of the axis", slope * np.log(10), slope)
    areas = [figure_values.target_areas_by_direction(structure, own)["lateral"] for own in (True, False)]
    yield _effect("own area", "lateral target areas, mean", (float(values.mean()) for values in areas))
    yield _effect("own area", "populations with lateral targets", (float(len(values)) for values in areas))
    names = ("autapses_as_coded", "autapses")
    yield _effect("autapses", "autapses per neuron, mean over areas", (float(structure[n].mean()) for n in names))


def of_published_arrays(folder: Path | str | None = None) -> Iterator[Effect]:
    """Yield the effects that the authors' stored arrays show."""
    stored, curve = read_published("scaling", folder), published.similarity("scaling", folder)
    for state, chi in STATE_CHI.items():
        for quantity in ("cv", "lvr"):
            drawn = curve[(curve["chi"] == chi) & (curve["measure"] == quantity)]["similarity"].item()
            again = ks_similarity(stored.units[state][quantity], stored.human[quantity])
            name = f"similarity of {quantity.upper() if quantity == 'cv' else 'LvR'}, {state.replace('_', ' ')}"
            yield Effect("spikes in a window", name, drawn, again)
    curve = published.similarity("distributed_parameters", folder)
    for measure, name in (("rate", "rates"), ("cv", "CV"), ("lvr", "LvR"), ("fmri_pearson", "fMRI, Pearson, right")):
        rows = curve[(curve["measure"] == measure) & curve["hemisphere"].isin(["", "right"])].set_index("chi")
        yield _effect("base of the variant", f"similarity of {name}", rows.loc[[0.0, 1.0], "similarity"])


def of_run(run: Statistics, state: str, human_fc: Mapping[str, Array]) -> Iterator[Effect]:
    """Yield the effects that a run shows: those of the kernel and of silent populations.

    Parameters
    ----------
    run : Statistics
        A run of the state.
    state : str
        Its name, for the rows.
    human_fc : mapping
        Human functional connectivity by hemisphere.
    """
    name = state.replace("_", " ")
    if not run.unavailable("fc"):
        both = [run.data["fc"].sel(kernel=kernel).to_numpy() for kernel in ("published", "corrected")]
        for what, function in (("mean", np.mean), ("sd", np.std)):
            yield _effect("kernel", f"FC, {what}, {name}", (float(function(off_diagonal(fc))) for fc in both))
        similarity = (pearson_similarity(fc, human_fc["right"]) for fc in both)
        yield _effect("kernel", f"similarity to human FC, Pearson, right, {name}", similarity)
    if not run.unavailable("cv"):
        there = run.data["neurons"].to_numpy() > 0
        many = there & (run.data["neurons_10_spikes"].to_numpy() > 0)
        cv = run.data["cv"].to_numpy()
        yield Effect("silent populations", f"mean CV of populations, {name}", cv[there].mean(), cv[many].mean())
