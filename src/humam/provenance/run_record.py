"""The command of an archived run as a DataLad run record, so that ``datalad rerun`` makes the run again.

The record is the message of the commit that adds ``datasets/runs/NAME``:

    git add datasets/runs/NAME
    python -m humam.provenance.run_record NAME | git commit -F -

``datalad rerun COMMIT`` then repeats ``bin/humam reproduce NAME`` in the checkout (a DataLad dataset without annex,
``.datalad/config``) and fails unless the run is reproduced.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from humam import archive, errors
from humam.datasets import datalad_record
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
    """
    return datalad_record.message(f"Archive the run {record['name']}", record["command"], dataset_id, record["inputs"])


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
    record = archive.record(archive.folder_of(name))
    print(message(record, dataset_id(shipped())), end="")


if __name__ == "__main__":
    errors.run(main)
