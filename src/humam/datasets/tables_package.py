"""Description of the anatomical tables: a Frictionless data package (units, sources, licence, citation)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from humam.anatomy.tables import AnatomyTables
from humam.datasets import extract, package
from humam.datasets.sources import Source
from humam.errors import HumamError

_AREA: Final = "area of the Desikan-Killiany parcellation"

# name: (title, raw files, fields)
TABLES: Final[dict[str, tuple[str, tuple[str, ...], tuple[package.Field, ...]]]] = {
    "voneconomo_layers": (
        "Layers of the areas of von Economo & Koskinas (1925)",
        (extract.VON_ECONOMO,),
        (
            ("area_symbol", "", "area of the atlas"),
            ("sublayer", "", "sub-layer as printed in the atlas"),
            ("thickness_mm", "mm", "thickness, 0 where the atlas has none"),
            ("density_per_mm3", "1/mm^3", "cell density, 0 where the atlas has none"),
        ),
    ),
    "streamlines": (
        "Streamlines between areas, right hemisphere, from diffusion imaging",
        (extract.DTI,),
        (("target", "", _AREA), ("source", "", _AREA), ("streamlines", "1", "number of streamlines")),
    ),
    "fibre_lengths": (
        "Lengths of fibres between areas, right hemisphere, from diffusion imaging",
        (extract.DTI,),
        (("target", "", _AREA), ("source", "", _AREA), ("length_mm", "mm", "fibre length")),
    ),
    "area_volumes": (
        "Volumes of areas",
        (extract.VOLUMES,),
        (("area", "", _AREA), ("volume_mm3", "mm^3", "volume")),
    ),
    "excitatory_fractions": (
        "Fractions of excitatory neurons per layer",
        tuple(extract.FRACTIONS.values()),
        (
            ("dataset", "", "lichtman (human temporal cortex) or binzegger (cat visual cortex)"),
            ("layer", "", "cortical layer"),
            ("fraction", "1", "fraction of excitatory neurons"),
        ),
    ),
}


def write(tables: AnatomyTables, folder: Path, sources: Iterable[Source]) -> None:
    """Describe tables that are already written to a folder and were made from some of the sources.

    Raises
    ------
    HumamError
        If the list of sources lacks one of these.
    """
    listed = {source.path: source for source in sources}
    lacking = [path for _, paths, _ in TABLES.values() for path in paths if path not in listed]
    if lacking:
        raise HumamError(f"the list of sources lacks {lacking[0]!r}, of which tables are made")
    package.write(
        folder,
        "humam-tables",
        "Anatomical data of the human multi-area model",
        "Extracted from public raw files by humam.datasets.extract; origin.json says where these came from.",
        [
            package.resource(
                folder / f"{name}.csv", title, getattr(tables, name), fields, [listed[path] for path in paths]
            )
            for name, (title, paths, fields) in TABLES.items()
        ],
    )
