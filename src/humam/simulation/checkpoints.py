"""Checkpoints of many runs in one folder that outlives where the runs are made: the tasks of a workflow.

Each run has a folder ``NAME-DIGEST`` there (:mod:`humam.simulation.partial_run` says what is in it), whose digest is
that of all that its spikes depend on. So a run finds its own checkpoints wherever it is started again, and never those
of another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from humam.simulation.partial_record import progress_in


def folder_of(checkpoints: Path, name: str, identity: Mapping[str, Any]) -> Path:
    """Return the folder of a run.

    Parameters
    ----------
    checkpoints : path
        The folder of all runs.
    name : str
        Name of the run.
    identity : mapping
        All that its spikes depend on, its engine and duration, by name.

    Examples
    --------
    >>> folder_of(Path("checkpoints"), "base", {"seed": 1}).as_posix()
    'checkpoints/base-a4bbadc1c789'
    """
    content = json.dumps(identity, sort_keys=True)
    return checkpoints / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def reached_ms(checkpoints: Path, name: str, about: Mapping[str, Any]) -> float:
    """Return the biological time in ms that the checkpoints of a run have reached, 0 without any.

    Parameters
    ----------
    checkpoints : path
        The folder of all runs.
    name : str
        Name of the run.
    about : mapping
        What :func:`humam.simulation.partial_run.open_run` was told about it; checkpoints that tell something else do
        not count.
    """
    found = (progress_in(folder) for folder in checkpoints.glob(f"{name}-*"))
    return max((reached for reached, run in found if run == about), default=0.0)
