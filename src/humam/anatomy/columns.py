"""The cortical column of each area: layer thicknesses, cell densities and neuron numbers.

Source: von Economo & Koskinas (1925), mapped to the Desikan-Killiany parcellation by Goulas et al. (2016);
excitatory fractions of Shapson-Coe et al. (2021) or Binzegger et al. (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from humam.anatomy.mapping import SUBLAYERS, VONECONOMO_AREAS
from humam.anatomy.tables import AnatomyTables
from humam.errors import HumamError
from humam.labels import AREAS, CORTICAL_LAYERS, LAYERS, N_AREAS
from humam.parameters import Parameters

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """The columns of all areas, after removal of layers with too few neurons.

    Attributes
    ----------
    thickness : (34, 5) array
        Thickness [mm] of layers I, II/III, IV, V, VI.
    density : (34, 5) array
        Cells [1/mm^3] of the same layers.
    population_density : (34, 4, 2) array
        Neurons [1/mm^3] of layers II/III, IV, V, VI and populations E, I.
    neurons : (34, 4, 2) integer array
        Neurons of layers II/III, IV, V, VI and populations E, I.
    removed : tuple of (area, layer, neurons)
        The layers that were removed.
    column_surface : float
        Surface of each column [mm^2].
    """

    thickness: Array
    density: Array
    population_density: Array
    neurons: npt.NDArray[np.int64]
    removed: tuple[tuple[str, str, int], ...]
    column_surface: float

    @property
    def total_thickness(self) -> Array:
        """Thickness of the cortex [mm], shape (34,)."""
        return self.thickness.sum(axis=1)

    @property
    def mean_density(self) -> Array:
        """Neurons per volume [1/mm^3], layer I included in the volume, shape (34,)."""
        return self.neurons.sum(axis=(1, 2)) / (self.total_thickness * self.column_surface)


def layers_of_voneconomo(sublayers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return thickness [mm] and density [1/mm^3] per von Economo area (rows) and layer (columns).

    Thickness is the sum over sub-layers, density the mean over them weighted by relative thickness; both are 0 where
    a layer is absent.

    Parameters
    ----------
    sublayers : DataFrame
        Columns ``area_symbol, sublayer, thickness_mm, density_per_mm3``.
    """
    group = {sub: layer for layer, subs in SUBLAYERS.items() for sub in subs}
    rows = sublayers.assign(layer=sublayers["sublayer"].map(group)).dropna(subset="layer")
    areas = pd.unique(rows["area_symbol"])
    cell = pd.MultiIndex.from_product([areas, CORTICAL_LAYERS]).get_indexer(
        pd.MultiIndex.from_frame(rows[["area_symbol", "layer"]])
    )

    def total(values: Array) -> Array:
        return np.bincount(cell, values, len(areas) * len(CORTICAL_LAYERS)).astype(np.float64)

    height = rows["thickness_mm"].to_numpy()
    thickness = total(height)
    relative = height / np.where(thickness > 0, thickness, 1.0)[cell]
    density = total(rows["density_per_mm3"].to_numpy() * relative)
    thickness_table, density_table = (
        pd.DataFrame(values.reshape(len(areas), -1), index=areas, columns=list(CORTICAL_LAYERS))
        for values in (thickness, density)
    )
    return thickness_table, density_table


def layers_of_areas(tables: AnatomyTables, fractions: Array) -> tuple[Array, Array, Array]:
    """Return layer thickness, density of cells and density of each population of the 34 areas.

    Thickness is the plain mean over the mapped von Economo areas (an absent layer counts as 0), density the mean
    weighted by relative layer thickness.

    Parameters
    ----------
    tables : AnatomyTables
        Anatomical data.
    fractions : (4, 2) array
        Fractions of E and I neurons in layers II/III to VI.

    Returns
    -------
    thickness : (34, 5) array
        Of layers I to VI [mm].
    density : (34, 5) array
        Of layers I to VI [1/mm^3].
    population_density : (34, 4, 2) array
        Of E and I neurons of layers II/III to VI [1/mm^3].

    Raises
    ------
    HumamError
        If the tables lack a von Economo area.

    Notes
    -----
    Fifty-one neuron numbers are half-integers in exact arithmetic (for example 70000 / mm^3 x 0.79 x 0.075 mm =
    4147.5), so floating-point noise decides how they are rounded. The published numbers follow when populations are
    separated before averaging over areas and weights are relative thicknesses; this order is kept here.
    """
    thickness, density = layers_of_voneconomo(tables.voneconomo_layers)
    missing = sorted({v for mapped in VONECONOMO_AREAS.values() for v in mapped} - set(thickness.index))
    if missing:
        raise HumamError(f"voneconomo_layers lacks the von Economo areas {', '.join(missing)}")
    out_thickness, out_density = np.zeros((2, N_AREAS, len(CORTICAL_LAYERS)))
    population_density = np.zeros((N_AREAS, *fractions.shape))
    for i, area in enumerate(AREAS):
        t = thickness.loc[list(VONECONOMO_AREAS[area])].to_numpy()
        d = density.loc[list(VONECONOMO_AREAS[area])].to_numpy()
        total = t.sum(axis=0)
        weight = t / np.where(total > 0, total, 1.0)
        out_thickness[i] = t.mean(axis=0)
        out_density[i] = (d * weight).sum(axis=0)
        population_density[i] = ((fractions * d[:, 1:, None]) * weight[:, 1:, None]).sum(axis=0)
    return out_thickness, out_density, population_density


def excitatory_fractions(tables: AnatomyTables, dataset: str) -> Array:
    """Return the fraction of excitatory neurons of layers II/III, IV, V, VI, shape (4,)."""
    table = tables.excitatory_fractions
    fractions = table[table["dataset"] == dataset].set_index("layer")["fraction"]
    missing = [layer for layer in LAYERS if layer not in fractions.index]
    if missing:
        raise HumamError(f"excitatory_fractions lacks layer {', '.join(missing)} of data set {dataset!r}")
    return fractions.loc[list(LAYERS)].to_numpy()


def build_columns(tables: AnatomyTables, parameters: Parameters) -> Columns:
    """Return the columns of all areas under ``parameters.column_surface`` of cortex."""
    excitatory = excitatory_fractions(tables, parameters.excitatory_fractions)
    fractions = np.stack([excitatory, 1.0 - excitatory], axis=-1)
    thickness, density, population_density = layers_of_areas(tables, fractions)
    neurons = np.rint(population_density * thickness[:, 1:, None] * parameters.column_surface).astype(np.int64)
    per_layer = neurons.sum(axis=2)
    small = (per_layer > 0) & (per_layer < parameters.min_layer_neurons)
    removed = tuple((AREAS[a], LAYERS[la], int(per_layer[a, la])) for a, la in np.argwhere(small))
    # A removed layer leaves the column: its thickness no longer counts as volume for synapses either.
    thickness[:, 1:][small] = 0.0
    density[:, 1:][small] = 0.0
    population_density[small] = 0.0
    neurons[small] = 0
    return Columns(thickness, density, population_density, neurons, removed, parameters.column_surface)
