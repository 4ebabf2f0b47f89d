"""Published results to compare with; the only reader of ``datasets/published``.

Series and states are named as in :mod:`humam.datasets.published_names`. Every function takes the folder to read from;
by default it is the one shipped with the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pandas as pd
import xarray as xr

from humam.datasets.published_names import RESTING_STATE_NETWORKS, SERIES, STATES
from humam.errors import HumamError, nearest
from humam.files import sha256
from humam.labels import AREAS, LAYERS, POPULATIONS, population_label
from humam.resources import shipped

__all__ = [
    "RESTING_STATE_NETWORKS",
    "SERIES",
    "STATES",
    "enigma_fc",
    "figures",
    "functional_connectivity",
    "macaque_sln",
    "similarity",
    "single_units",
    "states",
    "theory_rates",
]

Folder = Path | str | None


@lru_cache(maxsize=16)
def _read(name: str, folder: Path) -> pd.DataFrame:
    """Return one table, its file checked against ``datapackage.json``."""
    package_file = folder / "datapackage.json"
    try:
        package = json.loads(package_file.read_text(encoding="utf-8"))
        resource = next(r for r in package["resources"] if r["name"] == name)
        path, digest = folder / resource["path"], resource["hash"].removeprefix("sha256:")
        types = {f["name"]: f["type"] for f in resource["schema"]["fields"]}
    except FileNotFoundError:
        raise HumamError(f"{str(folder)!r} holds no published results: 'datapackage.json' is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        raise HumamError(f"{str(package_file)!r} cannot be read or does not describe {name!r}") from None
    if not path.is_file():
        raise HumamError(f"published table {str(path)!r} does not exist")
    found = sha256(path)
    if found != digest:
        raise HumamError(f"published table {str(path)!r} has SHA-256 {found}, expected {digest}")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    text = {field: str for field, kind in types.items() if kind == "string"}
    missing = {field: [""] for field in types if field not in text}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=missing)


def _table(name: str, folder: Folder) -> pd.DataFrame:
    return _read(name, Path(folder) if folder is not None else shipped("datasets", "published"))


def _allowed(what: str, value: str, allowed: Iterable[str]) -> None:
    allowed = list(allowed)
    if value not in allowed:
        hint = nearest(value, allowed)
        raise HumamError(f"unknown {what} {value!r}{hint}; published are {', '.join(allowed)}")


def single_units(series: str = "scaling", state: str = "base", folder: Folder = None) -> pd.DataFrame:
    """Return single-unit statistics: one row per neuron and 2-s window.

    Parameters
    ----------
    series : str
        Series of simulations, for example ``scaling``; ignored for the state ``human``.
    state : str
        ``human`` (medial frontal cortex, Minxha et al. 2020), ``base`` or ``best_fit`` (caudalanteriorcingulate).
    folder : path, optional
        A ``published`` folder.

    Returns
    -------
    DataFrame
        ``quantity`` (``rate`` in spikes/s, ``cv``, ``lvr``) and ``value``.

    Raises
    ------
    HumamError
        If series or state is unknown or the table is damaged.

    Examples
    --------
    >>> units = single_units(state="human")
    >>> units.groupby("quantity", observed=True)["value"].mean().round(4).to_dict()
    {'cv': 0.9849, 'lvr': 0.909, 'rate': 2.5948}
    """
    _allowed("state", state, ["human", *STATES])
    if state == "human":
        series = "human"
    else:
        _allowed("series", series, SERIES)
    table = _table("single_units", folder)
    chosen = table[(table["series"] == series) & (table["state"] == state)]
    return chosen[["quantity", "value"]].astype({"quantity": str}).reset_index(drop=True)


def similarity(series: str | None = None, folder: Folder = None) -> pd.DataFrame:
    """Return the similarity of simulated and human activity against chi.

    Returns
    -------
    DataFrame
        ``series, chi, measure, hemisphere, similarity``; measures ``rate, cv, lvr`` (hemisphere empty),
        ``fmri_pearson, fmri_rmse`` (``left``, ``right``). All series if none is given.

    Examples
    --------
    >>> table = similarity("scaling")
    >>> table[(table["chi"] == 2.5) & (table["measure"] == "rate")]["similarity"].round(4).item()
    0.9298
    """
    table = _table("similarity", folder)
    if series is not None:
        _allowed("series", series, SERIES)
        table = table[table["series"] == series]
    return table.reset_index(drop=True)


def states(folder: Folder = None) -> pd.DataFrame:
    """Return ``series, state, chi``: chi of the stored states (note: ``distributed_parameters`` base is 0)."""
    return _table("states", folder).copy()


def functional_connectivity(series: str = "scaling", state: str = "base", folder: Folder = None) -> xr.DataArray:
    """Return the functional connectivity of a simulated state.

    Returns
    -------
    DataArray
        Pearson correlation of synaptic currents, 34 x 34, dimensions ``area_1, area_2`` in canonical order.

    Examples
    --------
    >>> functional_connectivity(state="best_fit").shape
    (34, 34)
    """
    _allowed("series", series, SERIES)
    _allowed("state", state, STATES)
    table = _table("functional_connectivity", folder)
    return _matrix(table[(table["series"] == series) & (table["state"] == state)], f"{series} {state}")


def enigma_fc(hemisphere: str = "right", folder: Folder = None) -> xr.DataArray:
    """Return human functional connectivity of the ENIGMA toolbox (HCP young adults, 3 T; not the paper's subjects).

    Returns
    -------
    DataArray
        Correlation, 34 x 34 in canonical order; negative values and the diagonal are 0 in the source.
    """
    _allowed("hemisphere", hemisphere, ["left", "right"])
    table = _table("enigma_fc", folder)
    return _matrix(table[table["hemisphere"] == hemisphere], f"ENIGMA {hemisphere}")


def _matrix(table: pd.DataFrame, name: str) -> xr.DataArray:
    by_pair = table.astype({"area_1": str, "area_2": str}).set_index(["area_1", "area_2"])["correlation"]
    matrix = by_pair.loc[[(a, b) for a in AREAS for b in AREAS]].to_numpy().reshape(len(AREAS), len(AREAS))
    coordinates = {"area_1": list(AREAS), "area_2": list(AREAS)}
    attributes = {"units": "1", "long_name": "Pearson correlation"}
    return xr.DataArray(matrix, coords=coordinates, dims=("area_1", "area_2"), name=name, attrs=attributes)


def macaque_sln(folder: Folder = None) -> pd.DataFrame:
    """Return 188 macaque projections: ``target, source, neurons_supragranular, neurons_infragranular,
    log_density_ratio, sln, fln, case``.

    Examples
    --------
    >>> len(macaque_sln())
    188
    """
    return _table("macaque_sln", folder).copy()


def theory_rates(folder: Folder = None) -> pd.Series:
    """Return the authors' mean-field rates [spikes/s] of the base version by population label (254 entries).

    Examples
    --------
    >>> f"{theory_rates().sum():.4f}"
    '191.6547'
    """
    table = _table("theory_rates", folder)
    labels = [population_label(*key) for key in table[["area", "layer", "population"]].itertuples(index=False)]
    rates = pd.Series(table["rate"].to_numpy(), index=pd.Index(labels, name="target"), name="rate")
    order = [population_label(a, la, p) for a in AREAS for la in LAYERS for p in POPULATIONS]
    return rates.loc[[label for label in order if label in rates.index]]


def figures(folder: Folder = None) -> pd.DataFrame:
    """Return every published number.

    Returns
    -------
    DataFrame
        ``figure, panel, quantity, unit, value, tolerance, tolerance_from, kind, note``; identifiers as in
        ``datasets/README.md``; value and tolerance are NaN where the number could not be had (kind ``X``).
    """
    return _table("figures", folder).copy()
