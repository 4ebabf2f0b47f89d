"""Fetch Maven artifacts: ``fetch_artifacts.py STORE DESTINATION GROUP:ARTIFACT:VERSION...``.

Runs on its own with jgo, a Maven client in pure Python, on PYTHONPATH. Repositories are those of jgo's own
configuration (``[repositories]`` in ~/.config/jgo.conf), else its default. What arrives is checked by the caller.
"""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def fetch(store: Path, destination: Path, coordinates: list[str]) -> None:
    """Copy the jar of every artifact to ``destination``; ``store`` takes what the client keeps."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    repositories = GlobalSettings.load().repositories
    context = MavenContext(repo_cache=store, remote_repos=repositories or None, timeout=60)

    def fetch_one(coordinate: str) -> None:
        group, artifact, version = coordinate.split(":")
        path = context.project(group, artifact).at_version(version).artifact().resolve()
        shutil.copyfile(path, destination / f"{artifact}-{version}.jar")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch_one, coordinates))


if __name__ == "__main__":
    try:
        fetch(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    except Exception as error:
        sys.exit(f"error: {error}")
