"""Extraction of the published results into tidy tables: ``datasets/published``.

Run ``python -m humam.datasets.published_extract RAW OUT``, where RAW is a mirror of the public files or a dataset
built with ``--groups published``. This is the only place where the pickled files of the authors are opened, and only
after their content was verified against ``sources.tsv``.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from humam import errors
from humam.datasets import published_package, published_values
from humam.datasets import sources as source_list
from humam.datasets.published_names import SERIES, STATES, UNIT_STATISTICS
from humam.errors import HumamError
from humam.files import atomic_path
from humam.labels import AREAS
from humam.resources import shipped

ENIGMA_MATRIX = "external/funcMatrix_ctx.csv"
ENIGMA_LABELS = "external/funcLabels_ctx.csv"
MACAQUE = "external/RData_prepared_logdensities.txt"
THEORY = "simulated_data/base_theory_rates.pkl"


def verify(raw: Path) -> list[source_list.Source]:
    """Check every source of the published results in a folder and return the list.

    Raises
    ------
    HumamError
        If a file is missing or differs, named with the reason.
    """
    listed = [s for s in source_list.read(shipped("datasets", "sources.tsv")) if s.group == "published"]
    for source in listed:
        file = raw / source.path
        if not file.is_file():
            raise HumamError(f"raw file {str(file)!r} does not exist")
        reason = source.mismatch(file)
        if reason:
            raise HumamError(f"raw file {str(file)!r} {reason}")
    return listed


def _array(path: Path) -> np.ndarray:
    return np.asarray(np.load(path, allow_pickle=True), dtype=float)


def single_units(raw: Path) -> pd.DataFrame:
    """Return single-unit statistics: ``series, state, quantity, value``.

    The human values (series and state ``human``) are stored once; they are checked to be equal in every series.
    """
    parts = []

    def append(series: str, state: str, quantity: str, values: np.ndarray) -> None:
        part = {"series": series, "state": state, "quantity": quantity, "value": values}
        parts.append(pd.DataFrame(part))

    for quantity, name in UNIT_STATISTICS.items():
        human = _array(raw / SERIES["scaling"] / f"exp_{name}.npy")
        for folder in SERIES.values():
            if not np.array_equal(human, _array(raw / folder / f"exp_{name}.npy")):
                raise HumamError(f"the human values of {folder} differ from those of {SERIES['scaling']}")
        append("human", "human", quantity, human)
    for series, folder in SERIES.items():
        for state, stem in STATES.items():
            for quantity, name in UNIT_STATISTICS.items():
                append(series, state, quantity, _array(raw / folder / f"sim_{name}_{stem}.npy"))
    return pd.concat(parts, ignore_index=True)


def similarity(raw: Path) -> pd.DataFrame:
    """Return similarities with human data: ``series, chi, measure, hemisphere, similarity``.

    Single-unit measures (rate, cv, lvr: 1 - Kolmogorov-Smirnov distance) have no hemisphere.
    """
    rows: list[tuple[str, float, str, str, float]] = []
    for series, folder in SERIES.items():
        for measure, name in UNIT_STATISTICS.items():
            content = json.loads((raw / folder / f"ks_{name}_arr.json").read_text(encoding="utf-8"))
            rows += [(series, float(chi), measure, "", float(value)) for chi, value in content.items()]
        for measure, flag in (("fmri_pearson", True), ("fmri_rmse", False)):
            for hemisphere in ("left", "right"):
                file = raw / folder / f"df_corr_{hemisphere[0]}h_use_corrcoeff_{flag}.csv"
                # Rows "chi,similarity"; the newer files begin with a line ",0", those of v0.1.0 do not.
                table = pd.read_csv(file, header=None, names=["chi", "similarity"]).dropna(subset="chi")
                values = zip(table["chi"], table["similarity"], strict=True)
                rows += [(series, float(chi), measure, hemisphere, float(value)) for chi, value in values]
    table = pd.DataFrame(rows, columns=["series", "chi", "measure", "hemisphere", "similarity"])
    order = table["series"].map({name: i for i, name in enumerate(SERIES)})
    measures = table["measure"].map({m: i for i, m in enumerate([*UNIT_STATISTICS, "fmri_pearson", "fmri_rmse"])})
    position = np.lexsort((table["hemisphere"], measures, table["chi"], order))
    return table.iloc[position].reset_index(drop=True)


def states(units: pd.DataFrame, similarities: pd.DataFrame) -> pd.DataFrame:
    """Return chi of the two stored states of each series: ``series, state, chi``.

    It is recovered from the data: the similarity of the stored rates equals the published one at exactly one chi.
    (The stored "base" state of the series with distributed parameters is thus found to be chi = 0, not 1.)
    """
    rates = units[units["quantity"] == "rate"]
    human = rates.loc[rates["series"] == "human", "value"].to_numpy()
    rows = []
    for series in SERIES:
        published = similarities[(similarities["series"] == series) & (similarities["measure"] == "rate")]
        for state in STATES:
            model = rates.loc[(rates["series"] == series) & (rates["state"] == state), "value"].to_numpy()
            found = 1 - stats.ks_2samp(model, human, method="asymp").statistic
            chi = published.loc[np.isclose(published["similarity"], found, rtol=0, atol=1e-9), "chi"].to_numpy()
            if chi.size != 1:
                raise HumamError(f"{series} {state}: {chi.size} values of chi have the similarity {found}")
            rows.append((series, state, float(chi[0])))
    return pd.DataFrame(rows, columns=["series", "state", "chi"])


def functional_connectivity(raw: Path) -> pd.DataFrame:
    """Return simulated functional connectivity: ``series, state, area_1, area_2, correlation``, canonical order."""
    parts = []
    for series, folder in SERIES.items():
        for state, stem in STATES.items():
            file = raw / folder / f"simulated_fc_{stem}.csv"
            matrix = pd.read_csv(file, index_col=0).loc[list(AREAS), list(AREAS)]
            parts.append(_pairs(matrix.to_numpy(), "correlation", {"series": series, "state": state}))
    return pd.concat(parts, ignore_index=True)


def _pairs(matrix: np.ndarray, value: str, constant: dict[str, str]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([AREAS, AREAS], names=["area_1", "area_2"])
    table = pd.DataFrame({value: matrix.ravel()}, index=index).reset_index()
    for position, (name, text) in enumerate(constant.items()):
        table.insert(position, name, text)
    return table


def enigma_fc(raw: Path) -> pd.DataFrame:
    """Return human functional connectivity of ENIGMA (HCP, 3 T): ``hemisphere, area_1, area_2, correlation``.

    The source holds Fisher z with negative values set to 0 and a zero diagonal; here tanh is applied.
    """
    labels = (raw / ENIGMA_LABELS).read_text(encoding="utf-8").strip().split(",")
    values = np.tanh(np.loadtxt(raw / ENIGMA_MATRIX, delimiter=","))
    matrix = pd.DataFrame(values, index=labels, columns=labels)
    parts = []
    for hemisphere in ("left", "right"):
        names = [f"{hemisphere[0].upper()}_{area}" for area in AREAS]
        block = matrix.loc[names, names].to_numpy()
        parts.append(_pairs(block, "correlation", {"hemisphere": hemisphere}))
    return pd.concat(parts, ignore_index=True)


def macaque_sln(raw: Path) -> pd.DataFrame:
    """Return macaque projections with their laminar origin and the density ratio of their areas."""
    table = pd.read_csv(raw / MACAQUE, sep=r"\s+")
    names = {
        "TO": "target",
        "FROM": "source",
        "S": "neurons_supragranular",
        "I": "neurons_infragranular",
        "DENS": "log_density_ratio",
        "SLN": "sln",
        "FLN": "fln",
        "Monkey": "case",
    }
    return table[list(names)].rename(columns=names).reset_index(drop=True)


def theory_rates(raw: Path) -> pd.DataFrame:
    """Return the authors' mean-field rates of the base version: ``area, layer, population, rate``."""
    with (raw / THEORY).open("rb") as stream:
        rates = pickle.load(stream)  # noqa: S301 (verified content, extraction only)
    table = rates.rename("rate").reset_index()
    order = table["area"].map({area: i for i, area in enumerate(AREAS)})
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def extract(raw: Path | str) -> dict[str, pd.DataFrame]:
    """Return every published table by its name.

    Raises
    ------
    HumamError
        If a raw file is missing or differs from ``sources.tsv``.
    """
    raw = Path(raw)
    verify(raw)
    units, similarities = single_units(raw), similarity(raw)
    tables = {
        "single_units": units,
        "similarity": similarities,
        "states": states(units, similarities),
        "functional_connectivity": functional_connectivity(raw),
        "enigma_fc": enigma_fc(raw),
        "macaque_sln": macaque_sln(raw),
        "theory_rates": theory_rates(raw),
    }
    tables["figures"] = published_values.figures(tables)
    return tables


def write(tables: dict[str, pd.DataFrame], folder: Path | str) -> None:
    """Write the tables and their ``datapackage.json``."""
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        for name, table in tables.items():
            path = temporary / published_package.file_name(name)
            if path.suffix == ".csv":
                table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
            else:
                _write_parquet(table, path)
        published_package.write(tables, temporary)


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    keys = [name for name in table.columns if table[name].dtype.kind not in "fiu"]
    arrow = pa.Table.from_pandas(table.astype({name: "category" for name in keys}), preserve_index=False)
    # The pandas metadata would name its version; the columns say all that is needed.
    arrow = arrow.replace_schema_metadata(None)
    pq.write_table(arrow, path, compression="zstd", compression_level=19, write_statistics=False)


def main(raw: str, out: str) -> None:
    """Write the published tables."""
    write(extract(raw), out)


if __name__ == "__main__":
    errors.run(main)
