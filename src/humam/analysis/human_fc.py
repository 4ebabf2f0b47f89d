"""Which human functional connectivity the model is compared with: that of the paper, or its substitute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from humam import published
from humam.datasets import human_fc


@dataclass(frozen=True)
class HumanConnectivity:
    """Human functional connectivity.

    Attributes
    ----------
    matrices : mapping
        (34, 34) arrays of correlations by hemisphere (``left``, ``right``), canonical order.
    of_the_paper : bool
        Whether these are the subjects of the paper; similarities to others cannot be compared with published ones.
    label : str
        The data set, for figures.
    """

    matrices: Mapping[str, NDArray[np.float64]]
    of_the_paper: bool
    label: str


def choose(tables: Path | str, folder: Path | str | None = None) -> HumanConnectivity:
    """Return the human functional connectivity of the paper if a folder of tables has it, else the substitute.

    Parameters
    ----------
    tables : path
        Folder of tables; has ``human_fc.csv`` where the recordings could be had.
    folder : path, optional
        A ``published`` folder.
    """
    found = human_fc.read(tables)
    if found is not None:
        return HumanConnectivity(found, True, "7 T, 19 subjects (Senden et al.)")
    return substitute(folder)


def substitute(folder: Path | str | None = None) -> HumanConnectivity:
    """Return that of other subjects, of a ``published`` folder."""
    matrices = {side: published.enigma_fc(side, folder).to_numpy() for side in human_fc.FIRST_REGION}
    return HumanConnectivity(matrices, False, "HCP, 3 T (ENIGMA toolbox): not the subjects of the paper")
