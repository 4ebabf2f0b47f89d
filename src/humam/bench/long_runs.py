"""Speed and memory of the archived runs: longer than what a benchmark measures, some made with older code."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from humam import archive
from humam.engines.procedural import kernels
from humam.files import atomic_path
from humam.markdown import digits, table
from humam.resources import shipped

KERNELS_OF_COMMITS: Final = ("benchmarks", "engine", "kernels.csv")
"""Digests of the kernels of the commits that archived runs were made with: git knows them, a copy of the files not."""
SOURCES: Final = "src/humam/engines/procedural"


def runs() -> dict[str, dict[str, Any]]:
    """Return the records of the archived runs at full density with the procedural engine, by name."""
    found = archive.summaries()
    return {k: r for k, r in found.items() if r["engine"] == "procedural" and r["scale"] == r["in_degree_scale"] == 1}


def kernels_at(commit: str, checkout: Path | None = None) -> str | None:
    """Return the digest of the kernels (:func:`humam.engines.procedural.kernels.digest`) of a commit.

    Parameters
    ----------
    commit : str
        As :func:`humam.provenance.commit.commit` gives it.
    checkout : path, optional
        The git checkout; default: this one.

    Returns
    -------
    str or None
        None where git does not know the commit, or files had been changed.
    """
    if not re.fullmatch("[0-9a-f]{40}", commit):
        return None
    arguments = ["git", "-C", str(checkout or shipped()), "archive", "--format=tar", commit, "--", SOURCES]
    try:
        found = subprocess.run(arguments, capture_output=True, check=False)
    except OSError:  # no git
        return None
    if found.returncode != 0:
        return None
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as tar:
        files = ((Path(member.name).name, tar.extractfile(member)) for member in tar)
        return kernels.digest_of({name: file.read() for name, file in files if file is not None})


def known() -> dict[str, str]:
    """Return the digests kept, by commit."""
    path = shipped(*KERNELS_OF_COMMITS, missing_ok=True)
    return dict(pd.read_csv(path).itertuples(index=False)) if path.exists() else {}


def keep_kernels() -> None:
    """Keep the digests of the kernels of all commits that archived runs were made with, as far as git knows them."""
    before = known()
    commits = sorted({str(r["commit"]) for r in runs().values()})
    found = {c: d for c in commits if (d := before.get(c) or kernels_at(c))}
    with atomic_path(shipped(*KERNELS_OF_COMMITS, missing_ok=True)) as temporary:
        pd.DataFrame(list(found.items()), columns=["commit", "kernels"]).to_csv(temporary, index=False)


def describe(
    records: Mapping[str, Mapping[str, Any]], of_commits: Mapping[str, str], here: str, again: Mapping[str, bool]
) -> str:
    """Return the table of runs, and how many of them are of other kernels.

    Parameters
    ----------
    records : mapping
        Records of archived runs by name.
    of_commits : mapping
        Digests of kernels by commit.
    here : str
        The digest of this checkout.
    again : mapping
        Whether the beginning of a run is the same with it (:func:`humam.bench.remade.identical`).
    """
    head = [
        "run", "biological s", "spikes/s", "threads", "s per biological s", "peak memory, GB",
        "queue at its fullest, GB", "commit", "kernels",
    ]  # fmt: skip
    rows, older = [], []
    for name, r in records.items():
        seconds, options = r["t_sim_ms"] / 1000, r["engine_options"]
        digest = of_commits.get(r["commit"])
        older += [name] * (digest != here)
        rows.append([
            name, digits(seconds), digits(archive.mean_rate(r)), str(options["threads"]),
            digits(r["wall_times_s"]["simulate"] / seconds), digits(r["peak_memory_bytes"] / 1e9),
            digits(options["peak_queue_bytes"] / 1e9, 2), f"`{r['commit'][:7]}`",
            "unknown" if digest is None else f"`{digest[:12]}`" + (" (as here)" if digest == here else ""),
        ])  # fmt: skip
    text = f"The kernels of this checkout are `{here[:12]}` (SHA-256 of their sources); "
    if older:
        made = [again[name] for name in older if name in again]
        text += (
            f"{len(older)} of the {len(records)} runs were made with others. The first 0.5 s of {len(made)} of these "
            f"were made again with the kernels of this checkout: {sum(made)} are the same, spike for spike."
        )
    else:
        text += "all runs were made with them."
    return f"{table(head, rows)}\n\n{text}"
