"""A disk that becomes full in the middle of a file: one line, and nothing is left."""

import subprocess
import sys

import pytest

# A limit to the size of files is met like the end of a disk, and needs no rights to mount one. Compiled modules (-B)
# would be cut off too.
PROGRAM = """
import resource, sys
from humam.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
main(sys.argv[2:])
"""


@pytest.mark.parametrize("size", [0, 1_000, 100_000, 200_000])
def test_a_network_that_does_not_fit(size, tmp_path):
    out = tmp_path / "network.nc"
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM, str(size), "network", "--experiment", "base", "--out", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == f"humam: error: cannot write {str(out)!r}: File too large\n"
    assert list(tmp_path.iterdir()) == []
