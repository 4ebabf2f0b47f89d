"""Beginnings of archived runs, made again with the kernels of this checkout to see whether each spike is the same.

``python -m humam.bench.remade`` makes those that were archived with other kernels and keeps what it finds.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pandas as pd

from humam import errors
from humam.bench import long_runs
from humam.engines.procedural import kernels
from humam.files import atomic_path
from humam.resources import shipped

PLACE: Final = ("benchmarks", "engine", "remade.csv")
COLUMNS: Final = ["run", "t_sim_ms", "kernels", "identical"]
T_SIM_MS: Final = 500.0
"""Biological time that is made again: a mark at which digests of archived spikes are kept."""


def read() -> pd.DataFrame:
    """Return what is kept: ``run, t_sim_ms, kernels`` (digest) ``, identical``."""
    path = shipped(*PLACE, missing_ok=True)
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)


def identical(here: str) -> dict[str, bool]:
    """Return whether each run that was made again with some kernels is the same."""
    table = read()
    return dict(table.loc[table["kernels"] == here, ["run", "identical"]].itertuples(index=False))


def main() -> None:
    """Make the beginnings of all runs of other kernels again, unless these kernels already have."""
    here, of_commits = kernels.digest(), long_runs.known()
    done = identical(here)
    others = [name for name, record in long_runs.runs().items() if of_commits.get(record["commit"]) != here]
    for name in (name for name in others if name not in done):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "humam", "reproduce", name, "--t-sim", f"{T_SIM_MS:g}", "--out"]
            found = subprocess.run([*command, str(Path(folder) / name)], stdout=subprocess.PIPE, text=True, check=False)
        if found.returncode not in (0, 1):
            raise errors.HumamError(f"'humam reproduce {name}' ended with exit code {found.returncode}")
        same = found.stdout.rstrip().endswith(": identical")
        print(f"{name}: {'identical' if same else 'not the same spikes'}", flush=True)
        kept = read()
        row = pd.DataFrame([(name, T_SIM_MS, here, same)], columns=COLUMNS)
        table = pd.concat([kept[(kept["run"] != name) & (kept["kernels"] == here)], row]) if len(kept) else row
        with atomic_path(shipped(*PLACE, missing_ok=True)) as temporary:
            table.sort_values("run").to_csv(temporary, index=False)


if __name__ == "__main__":
    main()
