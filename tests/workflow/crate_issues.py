"""RO-Crates, validated by roc-validator in its own environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROFILE = "workflow-run-crate-0.5"


def issues(folder: Path) -> list[str]:
    """Return what roc-validator finds at the level REQUIRED."""
    program = shutil.which("rocrate-validator")
    if program is None:
        pytest.skip("rocrate-validator is not on PATH (bin/humam test sets it up)")
    python = Path(program).with_name("python")
    script = Path(__file__).with_name("validate_crate.py")
    # What the tests themselves import must not stand in for the validator's packages.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, script, str(folder), PROFILE], capture_output=True, text=True, check=True, env=variables
    )  # fmt: skip
    return json.loads(done.stdout)
