"""Names of the published series of simulations, and where the raw files of each are."""

from __future__ import annotations

from typing import Final

SERIES: Final[dict[str, str]] = {
    "scaling": "simulated_data/scaling_experiment_lichtman_chii2_different_seed",
    "smaller_g": "simulated_data/scaling_experiment_lichtman_chii2_smaller_g",
    "distributed_parameters": "simulated_data/scaling_experiment_lichtman_chii2_distributed_params",
    "lower_e_to_i": "simulated_data/scaling_experiment_lower_e_to_i",
    "factor_10_per_7": "simulated_data/scaling_experiment_lichtman_chii2_different_seed_factor10per7",
    "scaling_preprint": "simulated_data_v0.1.0/scaling_experiment_lichtman_chii2_different_seed",
    "tau_syn_in": "simulated_data_v0.1.0/scaling_experiment_lichtman_chii2_different_time_consts",
}
"""Series by the name of its experiment file; the folder of its raw files."""

STATES: Final = {"base": "groundstate", "best_fit": "bestfit"}
"""The two stored states of each series, and how the raw files call them."""

UNIT_STATISTICS: Final = {"rate": "rates", "cv": "cv", "lvr": "lvr"}
"""Single-unit statistics, and how the raw files call them."""

RESTING_STATE_NETWORKS: Final[dict[str, tuple[str, ...]]] = {
    "DMN": (
        "isthmuscingulate", "medialorbitofrontal", "posteriorcingulate", "precuneus", "rostralanteriorcingulate",
        "lateralorbitofrontal", "parahippocampal", "caudalanteriorcingulate",
    ),
    "DAN": ("inferiortemporal", "middletemporal", "parsopercularis", "parsorbitalis", "parstriangularis"),
    "SAN": ("insula", "rostralmiddlefrontal", "supramarginal", "caudalmiddlefrontal"),
    "AUD": ("superiortemporal",),
    "VIS": ("cuneus", "lateraloccipital", "fusiform", "lingual"),
    "other": (
        "bankssts", "entorhinal", "frontalpole", "inferiorparietal", "superiorfrontal", "paracentral",
        "pericalcarine", "postcentral", "precentral", "superiorparietal", "temporalpole", "transversetemporal",
    ),
}  # fmt: skip
"""Resting-state networks of the right hemisphere (Kabbara et al. 2017), in the order of the published figures."""

LOBES: Final[dict[str, tuple[str, ...]]] = {
    "occipital": ("cuneus", "lateraloccipital", "lingual", "pericalcarine"),
    "temporal": (
        "superiortemporal", "middletemporal", "inferiortemporal", "entorhinal", "parahippocampal", "temporalpole",
        "transversetemporal", "bankssts", "fusiform", "insula",
    ),
    "parietal": (
        "precuneus", "supramarginal", "inferiorparietal", "superiorparietal", "postcentral", "posteriorcingulate",
        "isthmuscingulate",
    ),
    "frontal": (
        "caudalanteriorcingulate", "caudalmiddlefrontal", "lateralorbitofrontal", "medialorbitofrontal", "paracentral",
        "parsopercularis", "parsorbitalis", "parstriangularis", "precentral", "rostralanteriorcingulate",
        "rostralmiddlefrontal", "superiorfrontal", "frontalpole",
    ),
}  # fmt: skip
"""Areas of each lobe of the cortex, for Figure 8."""

SERIES_LABELS: Final = {
    "scaling": "main series",
    "scaling_preprint": "main series, seed 2106",
    "smaller_g": "g = −2",
    "distributed_parameters": "distributed parameters",
    "lower_e_to_i": "weaker E to I",
    "factor_10_per_7": "factor 10 per 7",
    "tau_syn_in": "slow inhibition",
}
"""Short name of each published series of simulations."""
