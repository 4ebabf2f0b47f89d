"""Extraction of the raw anatomical files into :class:`~humam.anatomy.tables.AnatomyTables`.

No number is changed here; what the model makes of them (layer groups, mapping to areas) belongs to
:mod:`humam.anatomy`.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy.io
import xlrd

from humam.anatomy.tables import FRACTION_DATASETS, AnatomyTables, check, read
from humam.datasets.fetch import read_status
from humam.errors import HumamError
from humam.files import sha256
from humam.labels import AREAS, N_AREAS

VON_ECONOMO: Final = "experimental_data/voneconomokoskinas/StructuralData_VonEconomoKoskinas_addedvalues.xls"
DTI: Final = "experimental_data/hcp_dti/Connectivity_Distances_HCP_DesikanKilliany.mat"
VOLUMES: Final = "experimental_data/hcp_dti/DKAtlas_VolumeAndNames.mat"
FRACTIONS: Final = {name: f"experimental_data/fraction_EI/{name}.csv" for name in FRACTION_DATASETS}

RAW_FILES: Final = (VON_ECONOMO, DTI, VOLUMES, *FRACTIONS.values())
"""Raw files that the tables are made of, as paths within the dataset."""

SHEET: Final = "Sheet1"
COLUMNS: Final = {
    "area_symbol": "Area symbol",
    "sublayer": "Cortical layer",
    "thickness_mm": "Layer thickness overall [mm]",
    "density_per_mm3": "mean cell content per layer [cells/mm³]",
}
"""Columns of the sheet, by the name they get."""

# German notation with a dot for thousands and the digitisers' doubt: "60.000 (?)".
_DOUBTFUL: Final = re.compile(r"^(\d{1,3}(?:\.\d{3})+)\s*\(\?\)$")


def parse_number(cell: object) -> float:
    """Return the number in a cell of the atlas.

    A blank (merged cells) and ``-`` mean 0.

    Raises
    ------
    ValueError
        If the cell is none of these.

    Examples
    --------
    >>> [parse_number(cell) for cell in ("60.000 (?)", "-", "", "8000", 0.18)]
    [60000.0, 0.0, 0.0, 8000.0, 0.18]
    """
    if isinstance(cell, int | float):
        return float(cell)
    text = str(cell).strip()
    if text in {"", "-"}:
        return 0.0
    doubtful = _DOUBTFUL.match(text)
    return float(doubtful.group(1).replace(".", "") if doubtful else text)


def read_von_economo(path: Path) -> pd.DataFrame:
    """Return thickness and density of every sub-layer of von Economo & Koskinas (1925).

    The area symbol stands in the first row of its area only (merged cells); rows without a layer continue the
    cell sizes of the row above and carry neither thickness nor density.

    Returns
    -------
    DataFrame
        ``area_symbol, sublayer, thickness_mm, density_per_mm3``, in the order of the source.

    Raises
    ------
    HumamError
        If the file is corrupt, the sheet or a column is missing, or a value is no number.
    """
    sheet = _open_sheet(path)
    header = [str(cell).strip() for cell in sheet.row_values(0)] if sheet.nrows else []
    for title in COLUMNS.values():
        if title not in header:
            raise HumamError(f"{path.name}: sheet {SHEET!r} lacks the column {title!r}")
    positions = {name: header.index(title) for name, title in COLUMNS.items()}

    rows: list[dict[str, object]] = []
    symbol = ""
    for number in range(1, sheet.nrows):
        cells = sheet.row_values(number)
        symbol = str(cells[positions["area_symbol"]]).strip() or symbol
        sublayer = str(cells[positions["sublayer"]]).strip()
        if not sublayer:
            continue
        row: dict[str, object] = {"area_symbol": symbol, "sublayer": sublayer}
        for name in ("thickness_mm", "density_per_mm3"):
            cell = cells[positions[name]]
            try:
                row[name] = parse_number(cell)
            except ValueError:
                place = f"{path.name}: row {number + 1} ({symbol} {sublayer})"
                raise HumamError(f"{place}: {COLUMNS[name]!r} = {cell!r} is no number") from None
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _open_sheet(path: Path) -> Any:
    _require(path)
    try:
        # xlrd writes its warnings to a log file, by default to standard output.
        book = xlrd.open_workbook(path, logfile=io.StringIO())
    except Exception as error:  # a damaged file can raise anything inside the parser
        raise _corrupt(path, error) from None
    if SHEET not in book.sheet_names():
        raise HumamError(f"{path.name}: missing sheet {SHEET!r} (found: {', '.join(book.sheet_names())})")
    return book.sheet_by_name(SHEET)


def _require(path: Path) -> None:
    if not path.is_file():
        raise HumamError(f"raw file {str(path)!r} does not exist")


def _corrupt(path: Path, error: Exception) -> HumamError:
    return HumamError(f"raw file {str(path)!r} is corrupt or truncated ({type(error).__name__}: {error})")


def read_mat(path: Path, names: str, variables: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Return variables of a MATLAB file with their area axes in canonical order.

    Parameters
    ----------
    path : Path
        The file.
    names : str
        The variable with the 34 area names (an optional prefix ``ctx-lh-`` is removed; the names are those of
        the left hemisphere although the file holds both).
    variables : dict
        Shape of each wanted variable; every axis of length 34 runs over areas.

    Raises
    ------
    HumamError
        If the file is corrupt, a variable or area is missing, or a shape differs.
    """
    _require(path)
    try:
        content = scipy.io.loadmat(path, variable_names=[names, *variables])
    except Exception as error:  # a damaged file can raise anything inside the parser
        raise _corrupt(path, error) from None
    for name in (names, *variables):
        if name not in content:
            raise HumamError(f"{path.name}: missing variable {name!r}")
    try:
        found = [str(cell.item()).removeprefix("ctx-lh-") for cell in content[names].ravel()]
    except (AttributeError, ValueError):
        raise HumamError(f"{path.name}: variable {names!r} must hold {N_AREAS} area names") from None
    for area in AREAS:
        if area not in found:
            raise HumamError(f"{path.name}: missing area {area!r} in variable {names!r}")
    if len(found) != N_AREAS:
        raise HumamError(f"{path.name}: variable {names!r} has {len(found)} names, expected {N_AREAS}")

    order = [found.index(area) for area in AREAS]
    result = {}
    for name, shape in variables.items():
        values = np.asarray(content[name])
        if values.shape != shape:
            raise HumamError(f"{path.name}: variable {name!r} has shape {values.shape}, expected {shape}")
        for axis, length in enumerate(shape):
            if length == N_AREAS:
                values = values.take(order, axis=axis)
        result[name] = values.astype(float)
    return result


def _tidy(matrix: np.ndarray, value: str) -> pd.DataFrame:
    """Return a target x source matrix as rows ``target, source, value``."""
    pairs = pd.MultiIndex.from_product([AREAS, AREAS], names=["target", "source"])
    return pd.DataFrame({value: matrix.ravel()}, index=pairs).reset_index()


def read_fractions(folder: Path) -> pd.DataFrame:
    """Return the excitatory fractions ``dataset, layer, fraction`` of both published sources."""
    tables = []
    for name, relative in FRACTIONS.items():
        path = folder / relative
        _require(path)
        try:
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        except (OSError, ValueError) as error:
            raise _corrupt(path, error) from None
        for column in ("layer", "ratio"):
            if column not in table.columns:
                raise HumamError(f"{path.name}: missing column {column!r}")
        tables.append(pd.DataFrame({"dataset": name, "layer": table["layer"], "fraction": table["ratio"]}))
    return pd.concat(tables, ignore_index=True)


def extract(folder: Path | str, origin: str) -> AnatomyTables:
    """Return the anatomical tables of the raw files in a folder.

    Parameters
    ----------
    folder : path
        A dataset or mirror that holds :data:`RAW_FILES`.
    origin : str
        Where the files came from: ``web`` or ``mirror``.

    Raises
    ------
    HumamError
        If a file is missing, corrupt or truncated, or lacks a sheet, column, variable or area.
    """
    folder = Path(folder)
    square, column = (N_AREAS, N_AREAS), (N_AREAS, 1)
    dti = read_mat(folder / DTI, "DK_Names", {"C_R": square, "LowResDK_EstimatedDist_RHem": square})
    volumes = read_mat(folder / VOLUMES, "HumanDKNames", {"Volume": column})["Volume"][:, 0]
    tables = AnatomyTables(
        voneconomo_layers=read_von_economo(folder / VON_ECONOMO),
        streamlines=_tidy(dti["C_R"], "streamlines"),
        fibre_lengths=_tidy(dti["LowResDK_EstimatedDist_RHem"], "length_mm"),
        area_volumes=pd.DataFrame({"area": AREAS, "volume_mm3": volumes}),
        excitatory_fractions=read_fractions(folder),
        origin={
            "origin": origin,
            "sources": [{"path": path, "sha256": sha256(folder / path)} for path in RAW_FILES],
        },
    )
    return check(tables, str(folder))


def from_dataset(dataset: Path | str) -> AnatomyTables:
    """Return the anatomical tables of a dataset.

    Raw files are verified once more against the checksums the dataset was made with; a dataset of tables holds
    verified tables already.

    Raises
    ------
    HumamError
        If the folder is no dataset, or a file is missing, differs or cannot be extracted.
    """
    dataset = Path(dataset)
    status = read_status(dataset)
    if status["origin"] == "tables":
        return read(dataset / "tables")
    listed = {entry["path"]: entry for entry in status["sources"]}
    sources = []
    for path in RAW_FILES:
        entry = listed.get(path, {})
        if entry.get("status") not in ("web", "mirror"):
            raise HumamError(f"dataset {str(dataset)!r} does not hold the raw file {path!r}")
        _require(dataset / path)
        found = sha256(dataset / path)
        if found != entry["sha256"]:
            raise HumamError(f"raw file {str(dataset / path)!r} has SHA-256 {found}, expected {entry['sha256']}")
        sources.append({"path": path, "sha256": found, "origin": entry["status"]})
    tables = extract(dataset, status["origin"])
    return replace(tables, origin={"origin": status["origin"], "sources": sources})
