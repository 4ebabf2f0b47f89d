"""Human functional connectivity from resting-state fMRI (Senden et al., 7 T): from the recordings to a table.

The only writer and reader of ``human_fc.csv``, which stands beside the anatomical tables where the recordings are at
hand. They are optional: without them the archive falls back to another data set (:mod:`humam.analysis.human_fc`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from humam.errors import HumamError
from humam.labels import AREAS, N_AREAS

RECORDINGS: Final = "experimental_data/senden/rsData_7T_DKparcel/rsDATA_7T_DKparcel.npy"
"""Raw file, as a path within the dataset."""

FILE: Final = "human_fc.csv"
COLUMNS: Final = ["hemisphere", "area_1", "area_2", "correlation"]

FIRST_REGION: Final = {"left": 14, "right": 48}
"""First of the 34 cortical regions of each hemisphere, which stand in canonical order (``ROIs.txt``)."""

N_REGIONS: Final = 85

Array = NDArray[np.float64]


def mean_connectivity(signals: NDArray[np.floating]) -> dict[str, Array]:
    """Return the mean over subjects of the correlations between areas, by hemisphere.

    Parameters
    ----------
    signals : (volumes, 85, subjects) array
        BOLD signals.

    Returns
    -------
    dict
        ``left`` and ``right``: (34, 34) arrays; the plain mean of correlations, without Fisher's transformation.
    """
    result = {}
    for hemisphere, first in FIRST_REGION.items():
        cortex = np.moveaxis(signals[:, first : first + N_AREAS], -1, 0)
        result[hemisphere] = np.mean([np.corrcoef(subject, rowvar=False) for subject in cortex], axis=0)
    return result


def extract(path: Path) -> dict[str, Array]:
    """Return human functional connectivity of the recordings in a file.

    Raises
    ------
    HumamError
        If the file holds no array of the expected shape, or a region without a signal.
    """
    try:
        signals = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise HumamError(f"raw file {str(path)!r} is corrupt or truncated ({type(error).__name__}: {error})") from None
    if signals.ndim != 3 or signals.shape[1] != N_REGIONS or signals.dtype.kind != "f":
        raise HumamError(
            f"raw file {str(path)!r} holds {signals.dtype} values of shape {signals.shape}: "
            f"expected volumes x {N_REGIONS} regions x subjects"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        matrices = mean_connectivity(signals)
    if not all(np.isfinite(matrix).all() for matrix in matrices.values()):
        raise HumamError(f"raw file {str(path)!r}: the signal of a cortical region does not vary or is not finite")
    return matrices


def from_dataset(dataset: Path, status: Mapping[str, Any], folder: Path) -> None:
    """Write ``human_fc.csv`` into a folder if the dataset holds the recordings.

    Parameters
    ----------
    dataset : Path
        The dataset; its files were verified when it was made.
    status : mapping
        What :func:`humam.datasets.fetch.read_status` says of it.
    folder : Path
        Folder of the anatomical tables.
    """
    listed = {entry["path"]: entry.get("status") for entry in status["sources"]}
    if listed.get(RECORDINGS) not in ("web", "mirror"):
        return
    tables = [
        pd.DataFrame(
            {
                "hemisphere": hemisphere,
                "area_1": np.repeat(AREAS, N_AREAS),
                "area_2": np.tile(AREAS, N_AREAS),
                "correlation": matrix.ravel(),
            }
        )
        for hemisphere, matrix in extract(dataset / RECORDINGS).items()
    ]
    pd.concat(tables)[COLUMNS].to_csv(folder / FILE, index=False, lineterminator="\n")


def read(folder: Path | str) -> dict[str, Array] | None:
    """Return the matrices by hemisphere, or None where a folder of tables has none.

    Raises
    ------
    HumamError
        If the file is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path).set_index(COLUMNS[:3])["correlation"]
        keys = [[(side, one, two) for one in AREAS for two in AREAS] for side in FIRST_REGION]
        matrices = [table.loc[key].to_numpy(dtype=float).reshape(N_AREAS, N_AREAS) for key in keys]
    except (OSError, ValueError, KeyError) as error:
        raise HumamError(f"table {str(path)!r} is damaged: {error}") from None
    return dict(zip(FIRST_REGION, matrices, strict=True))
