"""Fixtures for all tests; under ``CI=true`` a test that is skipped counts as failed."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings
from raw_data import may_be_left_out

from humam_setup.places import Places

# No deadline: a loaded machine is slow. In a continuous integration the same examples each time.
settings.register_profile("humam", deadline=None, derandomize=os.environ.get("CI") == "true", print_blob=True)
settings.load_profile("humam")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the root of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def places(checkout: Path, tmp_path: Path) -> Places:
    """Return where set-up finds and keeps things: this checkout, an empty cache."""
    return Places(checkout, tmp_path / "a cache")


@pytest.fixture
def free_space(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return ``free_space(n_bytes)``: from then on this much is free on every disk, however much the machine has."""

    def set_to(n_bytes: float) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=n_bytes, used=0, free=n_bytes))

    return set_to


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
    if not may_be_left_out(reason):
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
