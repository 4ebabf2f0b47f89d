"""nf-core's linter, offline; .nf-core.yml has the reason for every check that is switched off."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import commit_all, copy_checkout

pytestmark = pytest.mark.workflow

# Lint has no switch for this one alone; the reason stands in .nf-core.yml.
ALLOWED = {("nextflow_config", "Config ``dag.file`` did not end with ``.html``")}


def test_nf_core_lint_finds_no_failure(nextflow: str, tmp_path: Path) -> None:
    nf_core = Path(sys.executable).with_name("nf-core")
    program = str(nf_core) if nf_core.exists() else shutil.which("nf-core")
    if program is None:
        pytest.skip("nf-core is not installed")
    # The linter itself does not work in a path with spaces.
    checkout = copy_checkout(tmp_path / "archive")
    commit_all(checkout)
    result = tmp_path / "lint.json"
    done = subprocess.run(
        [program, "--hide-progress", "pipelines", "lint", "--dir", str(checkout), "--json", str(result)],
        env=os.environ | {
            "PATH": f"{Path(nextflow).parent}{os.pathsep}{os.environ['PATH']}",
            "NXF_OFFLINE": "true",
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.exists(), done.stdout + done.stderr
    found = json.loads(result.read_text())
    failures = {tuple(item) for item in found["tests_failed"]}
    assert failures <= ALLOWED, failures
    assert found["num_tests_pass"] > 80
