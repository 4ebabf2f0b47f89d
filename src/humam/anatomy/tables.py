"""The anatomical tables that the model is built from; the only reader and writer of a ``tables/`` folder.

Files and columns are listed in :data:`SCHEMA`; ``docs/architecture.md`` says what they hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import Field

from humam import form
from humam.errors import HumamError
from humam.files import atomic_path, read_json, sha256
from humam.labels import AREAS, LAYERS
from humam.resources import shipped

VON_ECONOMO_AREAS: Final[tuple[str, ...]] = (
    "FA", "FB", "FC", "FCBm", "FD", "FDΔ", "FDt", "FE", "FF", "FG", "FH", "FJ", "FK", "FL", "FM", "FN",
    "LA1", "LA2", "LC1", "LC2", "LC3", "LD", "LE1", "LE2", "IA", "IB", "OA", "OB", "OC",
    "PA", "PB1", "PB2", "PC", "PD", "PE", "PF", "PG", "PH", "HA", "HB", "HC", "HD", "HE", "HF",
    "TA", "TB", "TC", "TD", "TE", "TF", "TG",
)  # fmt: skip
"""Areas of the atlas of von Economo & Koskinas (1925), in the order of the source."""

FRACTION_DATASETS: Final[tuple[str, ...]] = ("lichtman", "binzegger")
"""Sources of the excitatory fractions: Shapson-Coe et al. (2021) and Binzegger et al. (2004)."""

ORIGIN_NAME: Final = "origin.json"
ORIGINS: Final[tuple[str, ...]] = ("web", "mirror", "tables")
"""Where raw files came from; ``tables`` are the extracted numbers shipped with the archive."""


@dataclass(frozen=True)
class _Table:
    """Columns of one table: keys (text), numbers with their upper bounds, and the keys that must be there."""

    keys: tuple[str, ...]
    numbers: Mapping[str, float]
    required: Callable[[], list[tuple[str, ...]]]

    @property
    def columns(self) -> list[str]:
        return [*self.keys, *self.numbers]


class _Digests(form.Form):
    tables: dict[str, str] = Field({})


def _pairs() -> list[tuple[str, ...]]:
    return [(target, source) for target in AREAS for source in AREAS]


SCHEMA: Final[dict[str, _Table]] = {
    "voneconomo_layers": _Table(
        ("area_symbol", "sublayer"),
        {"thickness_mm": 10.0, "density_per_mm3": 1e6},
        lambda: [(symbol,) for symbol in VON_ECONOMO_AREAS],
    ),
    "streamlines": _Table(("target", "source"), {"streamlines": np.inf}, _pairs),
    "fibre_lengths": _Table(("target", "source"), {"length_mm": 1000.0}, _pairs),
    "area_volumes": _Table(("area",), {"volume_mm3": 1e6}, lambda: [(area,) for area in AREAS]),
    "excitatory_fractions": _Table(
        ("dataset", "layer"),
        {"fraction": 1.0},
        lambda: [(dataset, layer) for dataset in FRACTION_DATASETS for layer in LAYERS],
    ),
}
"""Tables of a folder; each is ``NAME.csv``. All values are finite and not negative."""


@dataclass(frozen=True)
class AnatomyTables:
    """Raw anatomical data as tidy tables.

    Attributes
    ----------
    voneconomo_layers : DataFrame
        ``area_symbol, sublayer, thickness_mm, density_per_mm3``: sub-layers as printed in the atlas
        (von Economo & Koskinas 1925), 0 where the source has a blank or ``-``.
    streamlines : DataFrame
        ``target, source, streamlines``: 34 x 34 rows, right hemisphere, diffusion tractography.
    fibre_lengths : DataFrame
        ``target, source, length_mm``: 34 x 34 rows, right hemisphere.
    area_volumes : DataFrame
        ``area, volume_mm3``: 34 rows.
    excitatory_fractions : DataFrame
        ``dataset, layer, fraction``: fraction of excitatory neurons.
    origin : dict
        ``origin`` (``web``, ``mirror`` or ``tables``) and ``sources`` (list of ``path`` and ``sha256``).
    """

    voneconomo_layers: pd.DataFrame
    streamlines: pd.DataFrame
    fibre_lengths: pd.DataFrame
    area_volumes: pd.DataFrame
    excitatory_fractions: pd.DataFrame
    origin: dict[str, Any]

    def matrix(self, name: str) -> np.ndarray:
        """Return ``streamlines`` or ``fibre_lengths`` as a 34 x 34 array, target x source in label order."""
        table: pd.DataFrame = getattr(self, name)
        by_pair = table.set_index(["target", "source"])[table.columns[-1]]
        return by_pair.loc[_pairs()].to_numpy(dtype=float).reshape(len(AREAS), len(AREAS))


def _check_table(table: pd.DataFrame, name: str, where: str) -> pd.DataFrame:
    """Return the table with its columns in order and typed.

    ``where`` names the file in errors.
    """
    schema = SCHEMA[name]
    missing = [column for column in schema.columns if column not in table.columns]
    if missing:
        raise HumamError(f"{where}: missing column {missing[0]!r} (needed: {', '.join(schema.columns)})")
    table = table[schema.columns].reset_index(drop=True)
    for column, upper in schema.numbers.items():
        numbers = pd.to_numeric(table[column], errors="coerce").astype(float)
        bad = ~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= upper))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            key = "|".join(str(table.loc[row, k]) for k in schema.keys)
            bound = "a number >= 0" + (f" and <= {upper:g}" if np.isfinite(upper) else "")
            raise HumamError(
                f"{where}: row {row + 2} ({key}): {column} = {str(table.loc[row, column])!r} must be {bound}"
            )
        table[column] = numbers
    repeated = table.duplicated(list(schema.keys))
    if repeated.any():
        row = int(np.flatnonzero(repeated)[0])
        key = "|".join(str(table.loc[row, k]) for k in schema.keys)
        raise HumamError(f"{where}: row {row + 2} repeats {key!r}")
    required = schema.required()
    present = list(table[list(schema.keys)[: len(required[0])]].itertuples(index=False, name=None))
    for wanted, given, text in ((required, set(present), "missing"), (present, set(required), "unknown")):
        lacking = [key for key in wanted if key not in given]
        if lacking:
            label = ", ".join(schema.keys[: len(lacking[0])])
            raise HumamError(f"{where}: {text} {label} {'|'.join(map(str, lacking[0]))!r}")
    return table


def check(tables: AnatomyTables, where: str = "tables") -> AnatomyTables:
    """Return the tables with typed columns in the order of :data:`SCHEMA`.

    Parameters
    ----------
    tables : AnatomyTables
        Tables to check.
    where : str
        Named in errors, for example the folder.

    Raises
    ------
    HumamError
        If a column, area or layer is missing, a value is negative, too large or no number, or the origin is
        unknown.
    """
    checked = {name: _check_table(getattr(tables, name), name, f"{where}/{name}.csv") for name in SCHEMA}
    origin = tables.origin
    if origin.get("origin") not in ORIGINS or not isinstance(origin.get("sources"), list):
        raise HumamError(
            f"{where}/origin.json: 'origin' = {origin.get('origin')!r} must be one of {', '.join(ORIGINS)}, "
            "with a list 'sources'"
        )
    return AnatomyTables(**checked, origin=origin)


def agree(a: AnatomyTables, b: AnatomyTables) -> bool:
    """Return whether two sets of tables hold the same numbers, but for rounding; the order of rows may differ."""
    for name, schema in SCHEMA.items():
        first, second = (getattr(x, name).set_index(list(schema.keys)).sort_index() for x in (a, b))
        if not first.index.equals(second.index):
            return False
        if not np.allclose(first[list(schema.numbers)], second[list(schema.numbers)], rtol=1e-9, atol=0):
            return False
    return True


def digest(tables: AnatomyTables) -> str:
    """Return the SHA-256 of the content of all tables."""
    texts = (getattr(tables, name).to_csv(index=False, lineterminator="\n") for name in SCHEMA)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def read(folder: Path | str | None = None) -> AnatomyTables:
    """Read a ``tables/`` folder.

    Parameters
    ----------
    folder : path, optional
        The folder; default: the shipped tables.

    Raises
    ------
    HumamError
        If a file is missing or unreadable, its content fails :func:`check`, or it differs from its checksum in
        ``origin.json``.
    """
    folder = Path(folder or shipped("datasets", "tables"))
    tables: dict[str, pd.DataFrame] = {}
    for name in SCHEMA:
        path = folder / f"{name}.csv"
        try:
            # All as text: no key becomes a missing value, and `check` names what is no number.
            tables[name] = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        except FileNotFoundError:
            raise HumamError(f"{str(folder)!r} lacks the table {path.name!r}") from None
        except (OSError, ValueError) as error:
            raise HumamError(f"{str(path)!r} cannot be read: {error}") from None
    origin = read_json(folder / ORIGIN_NAME, "origin of the tables")
    form.check(origin, _Digests, f"origin of the tables {str(folder / ORIGIN_NAME)!r}")
    digests = origin.pop("tables", {})
    checked = check(AnatomyTables(**tables, origin=origin), str(folder))
    for name in SCHEMA:
        found, expected = sha256(folder / f"{name}.csv"), digests.get(f"{name}.csv")
        if found != expected:
            raise HumamError(
                f"table {folder / name!s}.csv has SHA-256 {found}, but origin.json says {expected}: it was changed"
            )
    return checked


def write(tables: AnatomyTables, folder: Path | str) -> None:
    """Write a ``tables/`` folder, the same bytes for the same tables.

    Numbers are written with the fewest digits that give the same double back.

    Raises
    ------
    HumamError
        If the tables fail :func:`check` or the folder cannot be written.
    """
    tables = check(tables, str(folder))
    with atomic_path(folder) as temporary:
        write_files(tables, temporary)


def write_files(tables: AnatomyTables, folder: Path) -> None:
    """Write checked tables into a new folder, file by file."""
    folder.mkdir()
    for name in SCHEMA:
        getattr(tables, name).to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    digests = {f"{name}.csv": sha256(folder / f"{name}.csv") for name in SCHEMA}
    origin = {**tables.origin, "tables": digests}
    text = json.dumps(origin, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / ORIGIN_NAME).write_text(text + "\n", encoding="utf-8")
