"""The command of an archived run as a DataLad run record, so that ``datalad rerun`` makes the run again.

The record is the message of the commit that adds ``datasets/runs/NAME``:

    git add datasets/runs/NAME
    python -m humam.provenance.run_record NAME | git commit -F -

``datalad rerun COMMIT`` then repeats ``bin/humam reproduce NAME`` in the checkout (a DataLad dataset without annex,
``.datalad/config``) and fails unless the run is reproduced.
"""

from __future__ import annotations

import configparser
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from humam.errors import HumamError
from humam.resources import shipped


def message(record: Mapping[str, Any], dataset_id: str) -> str:
    """Return the commit message with the run record.

    Parameters
    ----------
    record : mapping
        ``run.json`` of an archived run: its ``name``, ``command`` and ``inputs`` are used.
    dataset_id : str
        DataLad's id of the checkout.

    Examples
    --------
    >>> text = message({"name": "base", "command": ["bin/humam", "reproduce", "base"], "inputs": []}, "1234")
    >>> text.splitlines()[0]
    '[DATALAD RUNCMD] Archive the run base'
    """
    content = {
        "chain": [], "cmd": record["command"], "dsid": dataset_id, "exit": 0, "extra_inputs": [],
        "inputs": list(record["inputs"]), "outputs": [], "pwd": ".",
    }  # fmt: skip
    return (
        f"[DATALAD RUNCMD] Archive the run {record['name']}\n\n=== Do not change lines below ===\n"
        f"{json.dumps(content, indent=1, sort_keys=True)}\n^^^ Do not change lines above ^^^\n"
    )


def dataset_id(checkout: Path) -> str:
    """Return DataLad's id of a checkout.

    Raises
    ------
    HumamError
        If it has none.
    """
    settings = configparser.ConfigParser()
    settings.read(checkout / ".datalad" / "config", encoding="utf-8")
    try:
        return settings['datalad "dataset"']["id"]
    except KeyError:
        raise HumamError(f"{str(checkout)!r} is no DataLad dataset: .datalad/config has no id") from None


def main(name: str) -> None:
    """Print the message of the commit that adds an archived run."""
    record = json.loads(shipped("datasets", "runs", name, "run.json").read_text(encoding="utf-8"))
    print(message(record, dataset_id(shipped())), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
