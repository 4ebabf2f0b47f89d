"""The state of the archive's own code, as git knows it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path


def commit(checkout: Path) -> str:
    """Return the commit of a checkout, with ``-dirty`` if files were changed; empty where git does not know."""
    arguments = ["git", "-C", str(checkout), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def identifier(commit: str) -> str:
    """Return the Software Heritage identifier of a commit; empty where the code is of no commit.

    The identifier is intrinsic: anyone with the code can compute it, and it can be resolved once the code is deposited.

    Examples
    --------
    >>> identifier("94a9ed024d3859793618152ea559a168bbcbb5e2")
    'swh:1:rev:94a9ed024d3859793618152ea559a168bbcbb5e2'
    >>> identifier("94a9ed024d3859793618152ea559a168bbcbb5e2-dirty")
    ''
    """
    return f"swh:1:rev:{commit}" if re.fullmatch("[0-9a-f]{40}", commit) else ""
