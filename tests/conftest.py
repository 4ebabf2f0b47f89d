"""Fixtures for all tests; under ``CI=true`` a test that is skipped counts as failed."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from humam_setup.places import Places

# What a continuous integration may lack; everything else `bin/humam test` sets up.
MAY_BE_MISSING = ("mirror of the raw data",)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the root of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def places(checkout: Path, tmp_path: Path) -> Places:
    """Return where set-up finds and keeps things: this checkout, an empty cache."""
    return Places(checkout, tmp_path / "a cache")


@pytest.fixture(scope="session")
def mirror(checkout: Path) -> Path:
    """Return the folder with a copy of the raw data, or skip the test.

    It is ``$HUMAM_DATA_MIRROR``, else ``../shared/data`` beside the checkout.
    """
    given = os.environ.get("HUMAM_DATA_MIRROR")
    folder = Path(given) if given else checkout.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"there is no mirror of the raw data at {folder} (HUMAM_DATA_MIRROR)")
    return folder


@pytest.fixture(scope="session")
def require() -> Callable[..., None]:
    """Return ``require(component, reason="")``: skips the test unless a program or a Python module is there.

    Examples
    --------
    ``require("git", "DataLad needs it")``, ``require("nnmt")``
    """

    def check(component: str, reason: str = "") -> None:
        if shutil.which(component) is None and importlib.util.find_spec(component) is None:
            pytest.skip(f"{component} is not there{': ' if reason else ''}{reason}")

    return check


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure under ``CI=true``: there, nothing may be left out silently."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(text in reason for text in MAY_BE_MISSING):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true does not allow: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
