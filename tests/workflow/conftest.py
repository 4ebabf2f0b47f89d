"""A copy of the checkout in a folder whose name has spaces, and its workflow."""

from __future__ import annotations

import os
import shutil

import pytest
from harness import Workflow, copy_checkout


@pytest.fixture(scope="session")
def nextflow() -> str:
    path = os.environ.get("HUMAM_NEXTFLOW") or shutil.which("nextflow")
    if path is None:
        pytest.skip("Nextflow is not on PATH (bin/humam test sets it up)")
    return path


@pytest.fixture(scope="module")
def workflow(nextflow: str, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    base = tmp_path_factory.mktemp("with spaces")
    folder = base / "an empty folder"
    folder.mkdir()
    return Workflow(nextflow, copy_checkout(base / "a check out"), folder)
