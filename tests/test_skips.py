"""What becomes of a test that is skipped, on a continuous integration and elsewhere."""

from types import SimpleNamespace

import pytest
from raw_data import MISSING, VARIABLE


@pytest.mark.parametrize(
    ("ci", "mirror", "reason", "outcome"),
    [
        ("", "", "nest is not there", "skipped"),
        ("true", "", "nest is not there", "failed"),
        ("true", "", MISSING, "skipped"),
        ("true", "mistyped", MISSING, "failed"),
        ("", "mistyped", MISSING, "skipped"),
    ],
)
def test_a_skipped_test_fails_where_all_is_said_to_be_there(request, monkeypatch, ci, mirror, reason, outcome):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv(VARIABLE, mirror)
    (judge,) = (p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "_fail_if_skipped"))
    report = SimpleNamespace(skipped=True, outcome="skipped", longrepr=("test_x.py", 1, f"Skipped: {reason}"))
    judge._fail_if_skipped(report)
    assert report.outcome == outcome
    if outcome == "failed":
        assert report.longrepr == f"skipped, which CI=true does not allow: Skipped: {reason}"
