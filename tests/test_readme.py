"""The commands of README.md and docs/usage.md run as they are written, one after the other, in an empty folder."""

import os
import re
import shlex
import subprocess

import pytest

from humam.resources import shipped

WHOLE = ("bin/humam run", "bin/humam test")
"""What starts the whole workflow or all tests: tested in tests/workflow and by running the tests."""

SHORTER = {"--t-sim 1000": "--t-sim 600"}
"""The test simulates less of the whole model than the page."""


def commands(page):
    """Return the lines of all shell blocks of a page, without remarks."""
    blocks = re.findall(r"^```bash\n(.*?)^```", shipped(*page.split("/")).read_text(encoding="utf-8"), re.M | re.S)
    lines = [shlex.join(shlex.split(line, comments=True)) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize(
    ("page", "results"),
    [
        ("README.md", {"my.nc", "statistics/statistics.nc", "spikes/spikes.parquet", "comparison/index.html"}),
        ("docs/usage.md", {"best_fit.nc", "changed.nc", "theory.nc", "structure.nc", "statistics/statistics.nc"}),
    ],
)
def test_commands_run_as_written(page, results, tmp_path):
    if "HUMAM_ROOT" not in os.environ:
        pytest.skip("needs the environment that bin/humam sets up: run by bin/humam test")
    for name in ("bin", "datasets"):
        (tmp_path / name).symlink_to(shipped(name))
    steps = [line for line in commands(page) if not line.startswith(WHOLE)]
    if page == "README.md":
        steps = [line.replace(words, fewer) for line in steps for words, fewer in SHORTER.items()]
    assert len(steps) >= 3
    for step in steps:
        assert step.startswith("bin/humam "), step
        done = subprocess.run(shlex.split(step), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{step}\n{done.stderr}"
    assert all((tmp_path / name).exists() for name in results)


def test_the_two_commands_come_first():
    assert commands("README.md")[:2] == list(WHOLE)
