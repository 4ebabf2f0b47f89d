"""Published results: the committed files against the raw ones, and against the numbers printed in the specification."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from raw_data import MIRROR, with_mirror

from humam import published
from humam.datasets import published_extract, published_package
from humam.errors import HumamError
from humam.labels import AREAS
from humam.resources import shipped


@with_mirror
@pytest.mark.filterwarnings("ignore:numpy.core:DeprecationWarning")
def test_published_tables_are_what_extraction_gives(tmp_path: Path) -> None:
    made = tmp_path / "published"
    published_extract.write(published_extract.extract(MIRROR), made)
    kept = shipped("datasets", "published")
    assert sorted(p.name for p in made.iterdir()) == sorted(p.name for p in kept.iterdir())
    # Sums of products differ in the last bit between processors.
    for file in sorted(kept.glob("*.csv")):
        pd.testing.assert_frame_equal(pd.read_csv(file), pd.read_csv(made / file.name), rtol=1e-12, atol=0)
    # Parquet files name the version of their writer: compare the content.
    for file in sorted(kept.glob("*.parquet")):
        pd.testing.assert_frame_equal(pd.read_parquet(file), pd.read_parquet(made / file.name), check_exact=True)


@with_mirror
def test_one_wrong_byte_in_a_raw_file_is_refused_by_name(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(MIRROR, raw, copy_function=os.link if os.access(MIRROR, os.W_OK) else shutil.copy)
    file = raw / "simulated_data" / "base_theory_rates.pkl"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.unlink()
    file.write_bytes(content)
    with pytest.raises(HumamError, match=r"base_theory_rates.pkl' has SHA-256"):
        published_extract.extract(raw)
    file.unlink()
    with pytest.raises(HumamError, match=r"base_theory_rates.pkl' does not exist"):
        published_extract.extract(raw)


@pytest.mark.parametrize(
    ("state", "quantity", "n", "mean", "sd", "median"),
    [
        ("human", "rate", 178800, 2.5948, 2.9833, 1.5),
        ("human", "cv", 25552, 0.9849, 0.3251, 0.9277),
        ("human", "lvr", 25552, 0.9090, 0.3802, 0.8723),
        ("base", "rate", 18560, 2.1896, 3.1069, 1.0),
        ("base", "cv", 2216, 0.6579, 0.1650, 0.6367),
        ("base", "lvr", 2216, 0.5083, 0.2047, 0.4745),
        ("best_fit", "rate", 45696, 2.3811, 2.9239, 1.5),
        ("best_fit", "cv", 6145, 0.9171, 0.2930, 0.8706),
        ("best_fit", "lvr", 6145, 0.9624, 0.4205, 0.9233),
    ],
)
def test_distributions_of_figure_5(state: str, quantity: str, n: int, mean: float, sd: float, median: float) -> None:
    table = published.single_units("scaling", state)
    values = table.loc[table["quantity"] == quantity, "value"].to_numpy()
    assert len(values) == n
    assert np.round([values.mean(), values.std(), np.median(values)], 4).tolist() == [mean, sd, median]


@pytest.mark.parametrize(
    ("series", "n_base", "mean_base", "n_best", "mean_best"),
    [
        ("smaller_g", 26053, 3.540, 50901, 3.471),
        ("distributed_parameters", 6121, 8.231, 6392, 8.245),
        ("lower_e_to_i", 19145, 2.238, 64605, 2.834),
        ("factor_10_per_7", 18281, 1.802, 62751, 1.534),
    ],
)
def test_rates_of_the_variants(series: str, n_base: int, mean_base: float, n_best: int, mean_best: float) -> None:
    for state, n, mean in (("base", n_base, mean_base), ("best_fit", n_best, mean_best)):
        table = published.single_units(series, state)
        values = table.loc[table["quantity"] == "rate", "value"]
        assert (len(values), round(values.mean(), 3)) == (n, mean)


# Rows of the published tables: chi, rates, CV, LvR, Pearson left, right, RMSE left, right.
SIMILARITY = {
    "scaling": [
        (0, 0.8435, 0.4671, 0.4576, -0.0438, -0.0410, 0.3676, 0.3676),
        (1, 0.8240, 0.4566, 0.4479, 0.3201, 0.3346, 0.3779, 0.3785),
        (2.5, 0.9298, 0.8996, 0.9546, 0.3869, 0.3471, 0.4981, 0.4810),
        (3, 0.8995, 0.7448, 0.6617, 0.4022, 0.3587, 0.4659, 0.4518),
    ],
    "smaller_g": [(1.75, 0.9169, 0.6277, 0.7284, 0.4088, 0.3852, 0.5269, 0.5008)],
    "distributed_parameters": [(4, 0.7416, 0.3882, 0.4203, 0.4423, 0.4423, 0.3853, 0.3862)],
    "lower_e_to_i": [(2, 0.9282, 0.6970, 0.7593, 0.3255, 0.3497, 0.5742, 0.5663)],
    "factor_10_per_7": [(4.4, 0.7981, 0.8943, 0.9066, 0.5504, 0.5499, 0.5145, 0.4875)],
    "scaling_preprint": [
        (1, 0.8314, 0.4502, 0.4534, 0.3624, 0.3692, 0.3785, 0.3791),
        (2.5, 0.9441, 0.9556, 0.8530, 0.3761, 0.3346, 0.4765, 0.4600),
    ],
    "tau_syn_in": [(4, 0.4537, 0.8946, 0.7555, 0.4318, 0.4451, 0.5089, 0.5123)],
}
VALUES_OF_CHI = {
    "scaling": 19,
    "smaller_g": 6,
    "distributed_parameters": 11,
    "lower_e_to_i": 13,
    "factor_10_per_7": 38,
    "scaling_preprint": 18,
    "tau_syn_in": 10,
}


@pytest.mark.parametrize("series", SIMILARITY)
def test_similarity_per_chi(series: str) -> None:
    table = published.similarity(series).set_index(["chi", "measure", "hemisphere"])["similarity"]
    for chi, *expected in SIMILARITY[series]:
        keys = [("rate", ""), ("cv", ""), ("lvr", "")]
        keys += [(m, side) for m in ("fmri_pearson", "fmri_rmse") for side in ("left", "right")]
        found = [table[chi, measure, side] for measure, side in keys]
        assert np.allclose(found, expected, rtol=0, atol=5.1e-5)


def test_every_series_is_complete() -> None:
    table = published.similarity()
    per_chi = table.groupby(["series", "chi"]).size()
    assert set(per_chi) == {7}
    chi = table.groupby("series")["chi"].nunique().to_dict()
    assert chi == VALUES_OF_CHI


def test_states_are_named_by_their_chi() -> None:
    chi = published.states().set_index(["series", "state"])["chi"]
    assert chi["scaling", "base"] == 1
    assert chi["scaling", "best_fit"] == 2.5
    assert chi["smaller_g", "best_fit"] == 1.75
    assert chi["lower_e_to_i", "best_fit"] == 2
    assert chi["factor_10_per_7", "best_fit"] == 4.4
    # A slip of the authors: what is stored as "groundstate" is chi = 0.
    assert chi["distributed_parameters", "base"] == 0


@pytest.mark.parametrize(
    ("series", "base", "best"),
    [
        ("scaling", 0.0076, 0.2552),
        ("smaller_g", 0.0237, 0.3872),
        ("distributed_parameters", 0.0003, 0.0060),
        ("lower_e_to_i", 0.0121, 0.2938),
        ("factor_10_per_7", 0.0085, 0.4743),
    ],
)
def test_functional_connectivity(series: str, base: float, best: float) -> None:
    for state, mean in (("base", base), ("best_fit", best)):
        matrix = published.functional_connectivity(series, state)
        assert matrix.coords["area_1"].to_numpy().tolist() == list(AREAS)
        assert np.array_equal(matrix, matrix.T)
        assert np.allclose(np.diag(matrix), 1)
        assert round(float(matrix.to_numpy()[~np.eye(34, dtype=bool)].mean()), 4) == mean


def number(figure: str, panel: str, quantity: str) -> float:
    table = published.figures().set_index(["figure", "panel", "quantity"])["value"]
    return float(table[figure, panel, quantity])


def test_numbers_of_figure_5_agree_with_the_printed_ones() -> None:
    printed = {
        ("F", "fc_sd[state=base]"): (0.0245, 4),
        ("F", "fc_min[state=base]"): (-0.049, 3),
        ("F", "fc_max[state=base]"): (0.254, 2),
        ("G", "fc_sd[state=best_fit]"): (0.2505, 4),
        ("G", "fc_max[state=best_fit]"): (0.967, 3),
        ("G", "fc_correlation[states=base-best_fit]"): (0.397, 3),
        ("G", "fc_block_mean[state=best_fit;networks=VIS-VIS]"): (0.825, 3),
        ("G", "fc_block_mean[state=best_fit;networks=DAN-DAN]"): (0.524, 3),
        ("G", "fc_block_mean[state=best_fit;networks=SAN-SAN]"): (0.432, 3),
        ("G", "fc_block_mean[state=best_fit;networks=DMN-DMN]"): (0.396, 3),
        ("G", "fc_block_mean[state=best_fit;networks=DAN-AUD]"): (0.597, 3),
        ("G", "fc_block_mean[state=best_fit;networks=DAN-SAN]"): (0.436, 3),
        ("G", "fc_block_mean[state=best_fit;networks=DMN-VIS]"): (0.140, 3),
        ("A", "similarity_cv[state=best_fit;min_spikes=10]"): (0.9122, 4),
        ("A", "similarity_lvr[state=best_fit;min_spikes=10]"): (0.9282, 4),
        ("A", "similarity_cv[state=base;min_spikes=10]"): (0.4695, 4),
        ("A", "similarity_lvr[state=base;min_spikes=10]"): (0.4745, 4),
    }
    for (panel, quantity), (value, digits) in printed.items():
        assert abs(number("figure5", panel, quantity) - value) <= 0.6 * 10**-digits, quantity
    bins = {
        "human": [0.2488, 0.1749, 0.1258, 0.0902],
        "base": [0.4255, 0.1616, 0.0897, 0.0621],
        "best_fit": [0.3191, 0.1747, 0.1123, 0.0783],
    }
    for state, shares in bins.items():
        found = [number("figure5", "B", f"rate_fraction[state={state};bin={b:g}]") for b in (0.5, 1, 1.5, 2)]
        assert np.allclose(found, shares, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("series", "state", "expected"),
    [
        ("scaling", "base", (0.284, 0.299, 0.378, 0.378)),
        ("scaling", "best_fit", (0.197, 0.183, 0.454, 0.440)),
        ("smaller_g", "base", (0.338, 0.347, None, None)),
        ("smaller_g", "best_fit", (0.267, 0.261, None, None)),
        ("distributed_parameters", "base", (0.041, 0.033, None, None)),
        ("distributed_parameters", "best_fit", (0.360, 0.364, None, None)),
        ("lower_e_to_i", "base", (0.344, 0.340, None, None)),
        ("lower_e_to_i", "best_fit", (0.111, 0.111, None, None)),
        ("factor_10_per_7", "base", (0.257, 0.258, None, None)),
        ("factor_10_per_7", "best_fit", (0.391, 0.398, None, None)),
    ],
)
def test_enigma_reference_values(series: str, state: str, expected: tuple[float | None, ...]) -> None:
    keys = [(m, h) for m in ("pearson", "rmse") for h in ("left", "right")]
    for (measure, hemisphere), value in zip(keys, expected, strict=True):
        if value is not None:
            place = f"similarity_fmri_{measure}[series={series};state={state};hemisphere={hemisphere}]"
            assert round(number("enigma", "", place), 3) == value


def test_theory_rates_are_the_fixed_point() -> None:
    rates = published.theory_rates()
    assert len(rates) == 254
    assert rates.sum() == pytest.approx(191.65471504, abs=5e-8)
    assert "caudalanteriorcingulate|IV|E" not in rates.index


def test_macaque_projections() -> None:
    table = published.macaque_sln()
    total = table["neurons_supragranular"] + table["neurons_infragranular"]
    assert len(table) == 188
    assert np.allclose(table["sln"], table["neurons_supragranular"] / total, atol=1e-6)


def test_figures_identify_each_number_once() -> None:
    table = published.figures()
    assert not table.duplicated(["figure", "panel", "quantity"]).any()
    assert table["quantity"].str.fullmatch(r"[a-z0-9_]+(\[[^\[\],]+=[^\[\],]+\])?").all()
    assert set(table["kind"]) == {"D", "R", "A", "U", "X"}
    assert (table["value"].isna() == (table["kind"] == "X")).all()
    compared = table["kind"].isin(["D", "R", "A"])
    assert (table["tolerance"].notna() == compared).all() and (table.loc[compared, "tolerance"] >= 0).all()
    assert ((table["tolerance_from"] != "") == compared).all()
    assert ((table["tolerance"] == 0) == table["tolerance_from"].str.startswith("exact")).all()
    assert set(table["unit"]) <= {"1", "1/s", "ms", "mm", "mm^2", "1/mm", "pA"}


def test_a_tolerance_from_printed_digits_is_half_of_the_last_one() -> None:
    table = pd.read_csv(shipped("datasets", "reference_values.csv"), dtype=str, keep_default_na=False)
    digits = table[table["tolerance_from"] == "printed digits"]
    assert len(digits) > 80
    for value, tolerance in zip(digits["value"], digits["tolerance"], strict=True):
        assert Decimal(tolerance) * 2 == Decimal(1).scaleb(Decimal(value).as_tuple().exponent), value


def test_functional_connectivity_of_the_two_published_seeds_is_the_reference_for_ours() -> None:
    for state, panel, value in (("base", "F", 0.557), ("best_fit", "G", 0.972)):
        first, second = (
            published.functional_connectivity(series, state).to_numpy()[~np.eye(34, dtype=bool)]
            for series in ("scaling", "scaling_preprint")
        )
        together = np.corrcoef(first, second)[0, 1]
        assert round(together, 3) == value
        for figure in ("figure5", "figure5_scaling_preprint"):
            found = number(figure, panel, f"fc_correlation[states={state}-published]")
            assert found == pytest.approx(together, rel=1e-9)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(HumamError, match=r"unknown series 'smaler_g' \(did you mean 'smaller_g'\?\)"):
        published.similarity("smaler_g")
    with pytest.raises(HumamError, match="unknown state 'bestfit'"):
        published.functional_connectivity("scaling", "bestfit")
    with pytest.raises(HumamError, match="unknown hemisphere"):
        published.enigma_fc("lh")


def test_damaged_or_missing_tables(tmp_path: Path) -> None:
    with pytest.raises(HumamError, match=r"datapackage.json' is missing"):
        published.figures(tmp_path)
    folder = tmp_path / "published"
    shutil.copytree(shipped("datasets", "published"), folder)
    with (folder / "figures.csv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(HumamError, match=r"figures.csv' has SHA-256"):
        published.figures(folder)
    (folder / "macaque_sln.csv").unlink()
    with pytest.raises(HumamError, match=r"macaque_sln.csv' does not exist"):
        published.macaque_sln(folder)


def test_published_folder_is_small_and_described() -> None:
    folder = shipped("datasets", "published")
    assert sum(file.stat().st_size for file in folder.iterdir()) < 10e6
    described = {published_package.file_name(name) for name in published_package.TABLES}
    assert {file.name for file in folder.iterdir()} == described | {"datapackage.json"}
