"""The versions of the software that a workflow task used (``versions.yml``, the nf-core convention)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from humam.provenance.software import versions

DISTRIBUTIONS: Final[dict[str, str]] = {
    "datalad": "humam.datasets.dataset", "git-annex": "humam.datasets.dataset", "h5netcdf": "h5netcdf", "h5py": "h5py",
    "jupytext": "jupytext", "matplotlib": "matplotlib", "nbconvert": "nbconvert", "nest-simulator": "nest",
    "numba": "numba", "numpy": "numpy", "pandas": "pandas", "papermill": "papermill", "pyarrow": "pyarrow",
    "pydantic": "pydantic", "scipy": "scipy", "xarray": "xarray", "xlrd": "xlrd",
}  # fmt: skip
"""Distributions worth naming, and the module whose import means that one is used."""


_elsewhere: dict[str, str] = {}


def used_elsewhere(software: Mapping[str, str]) -> None:
    """Note the versions of what other processes used on behalf of this one: ranks of a simulation, a notebook."""
    _elsewhere.update(software)


def used() -> dict[str, str]:
    """Return the versions of this package, Python, and the libraries that this process and its helpers have used."""
    own = versions(distribution for distribution, module in DISTRIBUTIONS.items() if module in sys.modules)
    return own | _elsewhere


def write(process: str, folder: Path | str = ".") -> None:
    """Write ``versions.yml`` for a workflow process into a folder (the task's own: the current one)."""
    # A JSON string is a YAML string: names with colons need quotes.
    lines = [f"{json.dumps(process)}:", *(f"    {name}: {json.dumps(text)}" for name, text in used().items())]
    (Path(folder) / "versions.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
