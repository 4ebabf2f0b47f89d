"""Description of the published tables: a Frictionless data package (units, sources, licence, citation)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

import pandas as pd

from humam.datasets import package
from humam.datasets import sources as source_list
from humam.resources import shipped

_SERIES: Final = ("series", "", "name of the series of simulations (its experiment file), or human")
_STATE: Final = ("state", "", "base, best_fit or human; states.csv holds chi of each")
_AREA_1: Final = ("area_1", "", "Desikan-Killiany area")
_AREA_2: Final = ("area_2", "", "Desikan-Killiany area")

# name: (file ending, title, file name patterns of its sources, fields as (name, unit, description))
TABLES: Final[dict[str, tuple[str, str, tuple[str, ...], tuple[tuple[str, str, str], ...]]]] = {
    "single_units": (
        "parquet",
        "Single-unit statistics: human medial frontal cortex, model area caudalanteriorcingulate (2-s windows)",
        ("exp_*.npy", "sim_*.npy"),
        (
            _SERIES,
            _STATE,
            ("quantity", "", "rate (at least 0.5 spikes/s), cv or lvr (at least 10 spikes)"),
            ("value", "1/s for rate, else 1", "one value per neuron and window"),
        ),
    ),
    "similarity": (
        "csv",
        "Similarity of simulated and human activity against chi",
        ("ks_*_arr.json", "df_corr_*_use_corrcoeff_*.csv"),
        (
            _SERIES,
            ("chi", "1", "factor on weights between areas, excitatory to excitatory"),
            (
                "measure",
                "",
                "rate, cv, lvr: 1 - Kolmogorov-Smirnov distance; fmri_pearson: correlation; fmri_rmse: exp(-RMSE/RMS)",
            ),
            ("hemisphere", "", "left or right human hemisphere; empty for single units"),
            ("similarity", "1", "similarity"),
        ),
    ),
    "states": (
        "csv",
        "chi of the stored states of each series",
        ("exp_rates.npy", "sim_rates_*.npy", "ks_rates_arr.json"),
        (_SERIES, _STATE, ("chi", "1", "recovered by matching the similarity of rates")),
    ),
    "functional_connectivity": (
        "parquet",
        "Functional connectivity of the model: Pearson correlation of synaptic currents, 2.5-12.5 s",
        ("simulated_fc_*.csv",),
        (_SERIES, _STATE, _AREA_1, _AREA_2, ("correlation", "1", "Pearson correlation")),
    ),
    "enigma_fc": (
        "parquet",
        "Human functional connectivity of the ENIGMA toolbox (HCP young adults, 3 T)",
        ("func*_ctx.csv",),
        (
            ("hemisphere", "", "left or right"),
            _AREA_1,
            _AREA_2,
            ("correlation", "1", "tanh of the Fisher z of the source; negative values and diagonal are 0 there"),
        ),
    ),
    "macaque_sln": (
        "csv",
        "Macaque projections: laminar origin and density ratio",
        ("RData_prepared_logdensities.txt",),
        (
            ("target", "", "target area"),
            ("source", "", "source area"),
            ("neurons_supragranular", "1", "labelled neurons in supragranular layers (S)"),
            ("neurons_infragranular", "1", "labelled neurons in infragranular layers (I)"),
            ("log_density_ratio", "1", "natural logarithm of the ratio of neuron densities, target over source (DENS)"),
            ("sln", "1", "S / (S + I)"),
            ("fln", "1", "fraction of labelled neurons"),
            ("case", "", "injected animal and hemisphere"),
        ),
    ),
    "theory_rates": (
        "csv",
        "Mean-field rates of the base version by the authors' code",
        ("base_theory_rates.pkl",),
        (
            ("area", "", "Desikan-Killiany area"),
            ("layer", "", "cortical layer"),
            ("population", "", "E or I"),
            ("rate", "1/s", "stationary rate"),
        ),
    ),
    "figures": (
        "csv",
        "Published numbers by figure and panel",
        (
            # computed from the authors' results,
            "exp_*.npy",
            "sim_*.npy",
            "ks_*_arr.json",
            "df_corr_*_use_corrcoeff_*.csv",
            "simulated_fc_*.csv",
            "func*_ctx.csv",
            "RData_prepared_logdensities.txt",
            "base_theory_rates.pkl",
            # and from the network, which is made of these
            "voneconomokoskinas/*.xls",
            "hcp_dti/*.mat",
            "fraction_EI/*.csv",
        ),
        (
            ("figure", "", "figure"),
            ("panel", "", "panel"),
            ("quantity", "", "identifier, see datasets/README.md"),
            ("unit", "", "unit of value and tolerance"),
            ("value", "see column unit", "published number; empty where it could not be had"),
            ("tolerance", "see column unit", "absolute, apart from the spread over seeds"),
            ("tolerance_from", "", "where the tolerance comes from"),
            (
                "kind",
                "",
                "D from a published data file, R recomputed from the published network, A of an abstract, U of a "
                "program that is not published, X not available",
            ),
            ("note", "", "definition or origin"),
        ),
    ),
}


def file_name(name: str) -> str:
    """Return the file of a table.

    Examples
    --------
    >>> file_name("similarity")
    'similarity.csv'
    """
    return f"{name}.{TABLES[name][0]}"


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Describe tables that are already written to a folder."""
    listed = source_list.read(shipped("datasets", "sources.tsv"))
    resources = []
    for name, table in tables.items():
        _, title, patterns, fields = TABLES[name]
        used = [s for s in listed if any(PurePosixPath(s.path).match(pattern) for pattern in patterns)]
        resources.append(package.resource(folder / file_name(name), title, table, fields, used))
    package.write(
        folder,
        "humam-published",
        "Published results of the human multi-area model",
        "Extracted from the public repositories of the authors by humam.datasets.published_extract.",
        resources,
    )
