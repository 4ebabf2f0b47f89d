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
    neurons : (34, 4, 2) integer array
        Neurons of layers II/III, IV, V, VI and populations E, I.
    removed : tuple of (area, layer, neurons)
        The layers that were removed.
    """

    thickness: Array
    density: Array
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

    Parameters
    ----------
    sublayers : DataFrame
        Columns ``area_symbol, sublayer, thickness_mm, density_per_mm3``.
    """
    group = {sub: layer for layer, subs in SUBLAYERS.items() for sub in subs}
    rows = sublayers.assign(
        layer=sublayers["sublayer"].map(group),
        cells=sublayers["thickness_mm"] * sublayers["density_per_mm3"],
    ).dropna(subset="layer")
    sums = rows.groupby(["area_symbol", "layer"])[["thickness_mm", "cells"]].sum()
    thickness, cells = (
        sums[column].unstack(fill_value=0).reindex(columns=list(CORTICAL_LAYERS), fill_value=0.0)
        for column in ("thickness_mm", "cells")
    )
    return thickness, (cells / thickness.where(thickness > 0)).fillna(0.0)


def layers_of_areas(tables: AnatomyTables) -> tuple[Array, Array]:
    """Return thickness [mm] and density [1/mm^3] of the 34 areas x 5 layers, shapes (34, 5).

    Thickness is the plain mean over the mapped von Economo areas (an absent layer counts as 0), density the mean
    weighted by layer thickness.

    Raises
    ------
    HumamError
        If the tables lack a von Economo area.
    """
    thickness, density = layers_of_voneconomo(tables.voneconomo_layers)
    missing = sorted({v for mapped in VONECONOMO_AREAS.values() for v in mapped} - set(thickness.index))
    if missing:
        raise HumamError(f"voneconomo_layers lacks the von Economo areas {', '.join(missing)}")
    out_thickness, out_density = np.zeros((2, N_AREAS, len(CORTICAL_LAYERS)))
    for i, area in enumerate(AREAS):
        t = thickness.loc[list(VONECONOMO_AREAS[area])].to_numpy()
        d = density.loc[list(VONECONOMO_AREAS[area])].to_numpy()
        total = t.sum(axis=0)
        out_thickness[i] = t.mean(axis=0)
        out_density[i] = (t * d).sum(axis=0) / np.where(total > 0, total, 1.0)
    return out_thickness, out_density


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
    thickness, density = layers_of_areas(tables)
    excitatory = excitatory_fractions(tables, parameters.excitatory_fractions)
    fractions = np.stack([excitatory, 1.0 - excitatory], axis=-1)
    volume = thickness[:, 1:, None] * parameters.column_surface
    neurons = np.rint(density[:, 1:, None] * fractions * volume).astype(np.int64)
    per_layer = neurons.sum(axis=2)
    small = (per_layer > 0) & (per_layer < parameters.min_layer_neurons)
    removed = tuple((AREAS[a], LAYERS[la], int(per_layer[a, la])) for a, la in np.argwhere(small))
    # A removed layer leaves the column: its thickness no longer counts as volume for synapses either.
    thickness[:, 1:][small] = 0.0
    density[:, 1:][small] = 0.0
    neurons[small] = 0
    return Columns(thickness, density, neurons, removed, parameters.column_surface)
