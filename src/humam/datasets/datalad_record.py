"""The run record of DataLad: a commit message that ``datalad rerun`` understands."""

from __future__ import annotations

import json
from collections.abc import Sequence


def message(
    title: str, command: Sequence[str], dataset_id: str, inputs: Sequence[str], outputs: Sequence[str] = ()
) -> str:
    """Return a commit message with a run record.

    Parameters
    ----------
    title : str
        What was done.
    command : sequence of str
        The words of the command, run in the dataset's folder.
    dataset_id : str
        DataLad's id of the dataset.
    inputs, outputs : sequence of str
        Files that the command reads and writes.

    Examples
    --------
    >>> text = message("Archive the run base", ["bin/humam", "reproduce", "base"], "1234", [])
    >>> text.splitlines()[0]
    '[DATALAD RUNCMD] Archive the run base'
    """
    record = {
        "chain": [], "cmd": list(command), "dsid": dataset_id, "exit": 0, "extra_inputs": [], "inputs": list(inputs),
        "outputs": list(outputs), "pwd": ".",
    }  # fmt: skip
    return (
        f"[DATALAD RUNCMD] {title}\n\n=== Do not change lines below ===\n"
        f"{json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)}\n^^^ Do not change lines above ^^^\n"
    )
