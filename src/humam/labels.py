"""The index space of the model: 34 areas x 4 layers x 2 populations in canonical order.

Every array with 272 entries in this package runs over :func:`population_labels`, every array with 34 entries
over :data:`AREAS`; nothing else defines an order.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

AREAS: Final[tuple[str, ...]] = (
    "bankssts", "caudalanteriorcingulate", "caudalmiddlefrontal", "cuneus", "entorhinal", "fusiform",
    "inferiorparietal", "inferiortemporal", "isthmuscingulate", "lateraloccipital", "lateralorbitofrontal",
    "lingual", "medialorbitofrontal", "middletemporal", "parahippocampal", "paracentral", "parsopercularis",
    "parsorbitalis", "parstriangularis", "pericalcarine", "postcentral", "posteriorcingulate", "precentral",
    "precuneus", "rostralanteriorcingulate", "rostralmiddlefrontal", "superiorfrontal", "superiorparietal",
    "superiortemporal", "supramarginal", "frontalpole", "temporalpole", "transversetemporal", "insula",
)  # fmt: skip
"""Areas of one hemisphere in the Desikan-Killiany parcellation, in canonical order."""

SHORT_NAMES: Final[tuple[str, ...]] = (
    "BSTS", "CAC", "CMF", "CUN", "ENT", "FUS", "INFP", "IT", "ISTC", "LOCC", "LORB", "LIN", "MORB", "MT", "PARH",
    "PARC", "POPE", "PORB", "PTRI", "PCAL", "PSTS", "PC", "PREC", "PCUN", "RAC", "RMF", "SF", "SP", "ST", "SMAR",
    "FP", "TP", "TT", "INS",
)  # fmt: skip
"""Abbreviations of :data:`AREAS`, same order."""

CORTICAL_LAYERS: Final[tuple[str, ...]] = ("I", "II/III", "IV", "V", "VI")
"""Layers that hold synapses."""

LAYERS: Final[tuple[str, ...]] = ("II/III", "IV", "V", "VI")
"""Layers that hold neurons."""

POPULATIONS: Final[tuple[str, ...]] = ("E", "I")

LAYER_POPULATIONS: Final[tuple[tuple[str, str], ...]] = tuple((la, p) for la in LAYERS for p in POPULATIONS)
"""The eight populations of an area, in order: II/III E, II/III I, IV E, ... VI I."""

EXCITATORY: Final[tuple[bool, ...]] = tuple(population == "E" for _, population in LAYER_POPULATIONS)
"""Which of the eight populations of an area are excitatory."""

N_AREAS: Final = len(AREAS)
N_POPULATIONS: Final = len(LAYER_POPULATIONS)
N_LABELS: Final = N_AREAS * N_POPULATIONS

EXCITATORY_LABELS: Final[tuple[bool, ...]] = EXCITATORY * N_AREAS
"""Which of the 272 populations are excitatory."""


def population_label(area: str, layer: str, population: str) -> str:
    """Return the label ``area|layer|population`` of one population.

    Examples
    --------
    >>> population_label("pericalcarine", "IV", "E")
    'pericalcarine|IV|E'
    """
    return f"{area}|{layer}|{population}"


def population_labels() -> list[str]:
    """Return the 272 labels in canonical order.

    Examples
    --------
    >>> population_labels()[0], len(population_labels())
    ('bankssts|II/III|E', 272)
    """
    return [population_label(a, la, p) for a in AREAS for la, p in LAYER_POPULATIONS]


def coordinates() -> dict[str, list[str]]:
    """Return the coordinates that files share: populations as target and source, areas alone and in pairs.

    Examples
    --------
    >>> {name: len(values) for name, values in coordinates().items()}
    {'target': 272, 'source': 272, 'area': 34, 'target_area': 34, 'source_area': 34}
    """
    labels, areas = population_labels(), list(AREAS)
    return {"target": labels, "source": labels, "area": areas, "target_area": areas, "source_area": areas}


def area_slice(area: str) -> slice:
    """Return the slice of an area's eight populations in a 272-entry array.

    Examples
    --------
    >>> area_slice("caudalanteriorcingulate")
    slice(8, 16, None)
    """
    start = AREAS.index(area) * N_POPULATIONS
    return slice(start, start + N_POPULATIONS)


def within_areas() -> npt.NDArray[np.bool_]:
    """Return which pairs of populations belong to one area, (272, 272) array of bool.

    Examples
    --------
    >>> within_areas()[0, [0, 7, 8]].tolist()
    [True, True, False]
    """
    area = np.arange(N_LABELS) // N_POPULATIONS
    return area[:, None] == area
