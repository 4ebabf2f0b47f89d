"""A copy of the checkout in a folder whose name has spaces, and runs of its workflow."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """One finished run of the workflow."""

    code: int
    out: str
    err: str
    results: Path

    @property
    def last_error(self) -> str:
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""

    @property
    def log(self) -> Path:
        """The log that the last line names."""
        match = re.search(r"; log: (.+); -resume goes on once this is mended$", self.last_error)
        assert match, self.last_error
        return Path(match[1])

    def tasks(self, status: str) -> Counter[str]:
        """Return how many tasks of each process ended in ``status``; names without the workflow's."""
        with (self.results / "pipeline_info" / "trace.txt").open() as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        return Counter(_process(row["name"]) for row in rows if row["status"] == status)

    def names(self, status: str) -> set[str]:
        """Return the names of the tasks that ended in ``status``: ``STEP`` or ``STEP (id)``."""
        with (self.results / "pipeline_info" / "trace.txt").open() as stream:
            return {
                row["name"].split(":")[-1] for row in csv.DictReader(stream, delimiter="\t") if row["status"] == status
            }


def _process(name: str) -> str:
    return re.sub(r" \(.*\)$", "", name).split(":")[-1]


@dataclass(frozen=True)
class Workflow:
    """The workflow of a checkout, run in a folder of its own."""

    nextflow: str
    checkout: Path
    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [self.nextflow, "run", str(self.checkout / "main.nf"), *arguments]

    def launcher(self, *arguments: str) -> list[str]:
        return [str(self.checkout / "bin" / "humam"), "run", *arguments]

    def environment(self) -> dict[str, str]:
        return os.environ | {"NXF_ANSI_LOG": "false", "NXF_OFFLINE": "true"}

    def run(self, *arguments: str, outdir: str = "the results") -> Outcome:
        done = subprocess.run(
            self.command("--outdir", outdir, *arguments),
            cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr, self.folder / outdir)

    def launch(self, *arguments: str, before: Sequence[str] = (), outdir: str = "the results") -> Outcome:
        """Run the workflow by the launcher, which ``before`` may start."""
        done = subprocess.run(
            [*before, *self.launcher("--outdir", outdir, *arguments)],
            cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=1800, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr, self.folder / outdir)


def copy_checkout(destination: Path) -> Path:
    """Copy the files of the checkout that git does not ignore."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        source, target = ROOT / name, destination / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return destination


def commit_all(checkout: Path, tag: str = "v0") -> None:
    """Make a folder a git repository with one commit and one tag."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (
        ["init", "--quiet", "--initial-branch=main"], ["add", "--all"],
        [*identity, "commit", "--quiet", "--message", "Everything"], ["tag", tag],
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(checkout), *command], check=True)
