"""Build the NEST wheel with MPI from its source package: ``build_nest.py SOURCES OUT``.

Run by a Python that has the tools of ``requirements/nest.lock``; on a machine or inside the image. Needs a C++ compiler
and ``mpicxx``. ``SOURCES`` is the list of what may be fetched (a lock file), ``OUT`` the folder that gets the wheel.

A unity build, of what the model needs, takes a fifth of the compiler's time of the whole.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "nest-simulator"

MODELS: Final = (
    "iaf_psc_exp", "parrot_neuron", "poisson_generator", "dc_generator", "spike_generator", "spike_recorder",
    "multimeter", "weight_recorder", "static_synapse",
)  # fmt: skip

# Not of this one processor, so that a cached wheel serves others too; no fused operations, so that all of them round
# alike and give the spikes of the wheel from PyPI.
_MACHINE: Final = {"x86_64": ["-march=x86-64-v3"]}.get(platform.machine(), [])
FLAGS: Final = ["-O3", *_MACHINE, "-ffp-contract=off"]

OPTIONS: Final = {
    "with-mpi": "ON",
    "with-ltdl": "OFF",
    "with-gsl": "OFF",
    "with-boost": "OFF",
    "with-models": ";".join(MODELS),
    "with-optimize": ";".join(FLAGS),
    "CMAKE_UNITY_BUILD": "ON",
    "CMAKE_UNITY_BUILD_BATCH_SIZE": "12",
}


def requirement(lock: str) -> str:
    """Return the entry of NEST, version and digests, in the text of a lock file."""
    match = re.search(rf"^{PACKAGE}==.*(?:\n .*)*", lock, re.MULTILINE)
    if match is None:
        raise SystemExit(f"error: the lock file does not name {PACKAGE}")
    return match[0] + "\n"


def fetch(lock: Path, folder: Path) -> Path:
    """Fetch and unpack the source package; return its folder."""
    only = folder / "nest.lock"
    only.write_text(requirement(lock.read_text(encoding="utf-8")), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-build-isolation", "--require-hashes"]
    subprocess.run([*pip, "--no-binary", ":all:", "--dest", str(folder), "--requirement", str(only)], check=True)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder)
    return folder / archive.name.removesuffix(".tar.gz")


def guard_headers(source: Path) -> None:
    """Make headers safe to include twice in one unit: a few of NEST's are not."""
    for header in source.rglob("*.h"):
        text = header.read_text(encoding="utf-8")
        if not re.search(r"^#(ifndef|pragma once)", text, re.MULTILINE):
            header.write_text("#pragma once\n" + text, encoding="utf-8")


def build(source: Path, out: Path) -> None:
    """Build the wheel."""
    options = [f"--config-settings=cmake.define.{name}={value}" for name, value in OPTIONS.items()]
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out)]
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    variables = {**os.environ, "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs)}
    subprocess.run([*pip, *options, str(source)], check=True, env=variables)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sources = fetch(Path(sys.argv[1]).absolute(), Path(temporary))
        guard_headers(sources)
        build(sources, Path(sys.argv[2]).absolute())
