"""The mirror of the raw data, and which tests a continuous integration may leave out for want of it."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

VARIABLE = "HUMAM_DATA_MIRROR"
MIRROR = Path(os.environ.get(VARIABLE) or Path(__file__).resolve().parents[2] / "shared" / "data")
MISSING = f"no mirror of the raw data ({VARIABLE})"


def with_mirror(test):
    """Mark a test that needs the mirror."""
    return pytest.mark.mirror(pytest.mark.skipif(not MIRROR.is_dir(), reason=MISSING)(test))


def may_be_left_out(reason: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a test may be skipped: for want of a mirror that nobody said is there.

    Everything else `bin/humam test` sets up.
    """
    return MISSING in reason and not environment.get(VARIABLE)
