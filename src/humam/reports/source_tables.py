"""The tables of what the model was built from: mapping of areas and layers, constants of the literature, data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from humam.anatomy.mapping import SUBLAYERS, VONECONOMO_AREAS
from humam.anatomy.tables import AnatomyTables
from humam.connectivity import between_areas, within_areas
from humam.datasets import human_fc
from humam.labels import AREAS, CORTICAL_LAYERS, LAYER_POPULATIONS, LAYERS, SHORT_NAMES

POPULATIONS: Final = [f"{layer} {population}" for layer, population in LAYER_POPULATIONS]

SOURCE_COLUMNS: Final = ["data", "citation", "licence", "in_the_archive", "raw_files"]

PRINTED: Final = "numbers printed in the publication"

CODE: Final = (
    ("Von Economo areas of each Desikan-Killiany area",
     "Goulas et al. (2016) bioRxiv, doi:10.1101/068254, Table 1", PRINTED, "anatomy/mapping.py"),
    ("Connection probabilities, sizes and external in-degrees of the microcircuit",
     "Potjans & Diesmann (2014) Cerebral Cortex 24:785-806, doi:10.1093/cercor/bhs358, Table 5", PRINTED,
     "connectivity/within_areas.py"),
    ("Dendrites of human E cells in each layer, by the layer of the soma",
     "Mohan et al. (2015) Cerebral Cortex 25:4839-4853, doi:10.1093/cercor/bhv188, as used in Pronold et al. (2024)",
     PRINTED, "connectivity/between_areas.py"),
    ("Synapses of each layer on E and I cells, cat",
     "Binzegger et al. (2004) Journal of Neuroscience 24:8441-8453, doi:10.1523/JNEUROSCI.1400-04.2004", PRINTED,
     "connectivity/between_areas.py"),
    ("Outlines of the areas, for brain maps",
     "Fischl (2012) NeuroImage 62:774-781; Desikan et al. (2006) NeuroImage 31:968-980",
     "FreeSurfer Software License Agreement", "plotting/desikan_killiany.json"),
)  # fmt: skip
"""What is part of the package: data, citation, licence, file in ``src/humam``."""

RECORDINGS: Final = (
    "BOLD signals of the paper's subjects, 7 T",
    "Senden et al., 7 T resting-state fMRI of 19 subjects, as used in Pronold et al. (2024) Cerebral Cortex "
    "34(10):bhae409, doi:10.1093/cercor/bhae409",
    "unknown (no statement on the data found; the repository's code is GPL)",
)
"""What is not shipped, but fetched where it can be had: facts as in ``datasets/sources.tsv``."""


def areas(network: xr.Dataset) -> pd.DataFrame:
    """Return what each area is made of: von Economo areas, layers without neurons, and which of these were removed."""
    thickness = network["thickness"].to_numpy()
    removed = {(area, layer): number for area, layer, number in json.loads(network.attrs["removed_layers"])}
    rows = []
    for area, short, values in zip(AREAS, SHORT_NAMES, thickness, strict=True):
        absent = [layer for layer in LAYERS if values[CORTICAL_LAYERS.index(layer)] == 0]
        texts = [
            f"{layer} (removed: {removed[area, layer]:,} neurons)" if (area, layer) in removed else layer
            for layer in absent
        ]
        rows.append((area, short, " ".join(VONECONOMO_AREAS[area]), ", ".join(texts)))
    return pd.DataFrame(rows, columns=["area", "short", "von_economo_areas", "layers_without_neurons"])


def layers(tables: AnatomyTables) -> pd.DataFrame:
    """Return the sub-layers of the atlas that make up each layer, and its fractions of excitatory neurons."""
    fractions = tables.excitatory_fractions.pivot(index="layer", columns="dataset", values="fraction")
    found = pd.DataFrame(
        {"layer": list(SUBLAYERS), "sublayers_of_the_atlas": [", ".join(names) for names in SUBLAYERS.values()]}
    )
    for name in fractions.columns:
        found[f"E_fraction_{name}"] = fractions[name].reindex(list(SUBLAYERS)).to_numpy()
    return found


def microcircuit() -> pd.DataFrame:
    """Return the connection probabilities of the microcircuit, target by source, its sizes and external in-degrees."""
    columns = [f"from_{layer}_{population}" for layer, population in LAYER_POPULATIONS]
    found = pd.DataFrame(within_areas.CONNECTION_PROBABILITIES, columns=columns)
    found.insert(0, "target", POPULATIONS)
    found["neurons"] = within_areas.MICROCIRCUIT_NEURONS
    found["external_in_degree"] = within_areas.EXTERNAL_IN_DEGREES.astype(int)
    return found


def synapse_to_soma() -> pd.DataFrame:
    """Return to which population a synapse of a layer belongs, with the two tables that this comes from."""
    parts = {
        "used": (POPULATIONS, between_areas.target_probability_table()),
        "E cells only (Mohan et al. 2015)": ([f"{layer} E" for layer in LAYERS], between_areas.MORPHOLOGY),
        "cat (Binzegger et al. 2004)": (POPULATIONS, between_areas.CAT),
    }
    found = [
        pd.DataFrame(np.asarray(values), columns=[f"synapse_in_{layer}" for layer in CORTICAL_LAYERS])
        .assign(population=names, table=name)
        for name, (names, values) in parts.items()
    ]  # fmt: skip
    columns = ["table", "population", *(f"synapse_in_{layer}" for layer in CORTICAL_LAYERS)]
    return pd.concat(found, ignore_index=True)[columns]


def data_sets(tables: Path, published: Path) -> pd.DataFrame:
    """Return every data set with citation, licence and place.

    Parameters
    ----------
    tables, published : path
        Folders of tables with their data packages.
    """
    rows: list[tuple[object, ...]] = []
    for folder, place in ((tables, "datasets/tables"), (published, "datasets/published")):
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        for item in package["resources"]:
            licence = "; ".join(entry["title"] for entry in item.get("licenses", [])) or PRINTED
            raw = sum("sha256" in source for source in item["sources"])
            rows.append((item["title"], "; ".join(item["citations"]), licence, f"{place}/{item['path']}", raw))
    rows += [(*facts, f"src/humam/{place}", 0) for *facts, place in CODE]
    rows.append((*RECORDINGS, "not shipped; " + ("had by this run" if human_fc.read(tables) else "not had"), 1))
    return pd.DataFrame(rows, columns=SOURCE_COLUMNS)
