"""The list of public raw files, ``datasets/sources.tsv``: where each is, and how its content is verified."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from humam.errors import HumamError
from humam.files import sha256

ROLES: Final = ("required", "optional")
GROUPS: Final = ("anatomy", "fmri", "published")
"""What a source is for: the network, the human fMRI comparison, the published results."""


@dataclass(frozen=True)
class Source:
    """One public raw file.

    Attributes
    ----------
    path : str
        Path within the dataset.
    url : str
        Address of the content, pinned to a commit.
    size : int or None
        Bytes; None where the content could not be had when the list was made.
    sha256 : str
        64 hexadecimal digits, empty where unknown.
    gitblob : str
        First digits (8 or more) of git's blob id of the content, used where the SHA-256 is unknown.
    role : str
        ``required`` or ``optional``.
    group : str
        One of :data:`GROUPS`.
    licence, citation, description : str
        Facts for people. An unknown licence says so.
    """

    path: str
    url: str
    size: int | None
    sha256: str
    gitblob: str
    role: str
    group: str
    licence: str
    citation: str
    description: str

    def mismatch(self, file: Path) -> str:
        """Return why the content of a file is not this source, or an empty string."""
        size = file.stat().st_size
        if self.size is not None and size != self.size:
            return f"has {size} bytes, expected {self.size}"
        if self.sha256:
            found = sha256(file)
            return "" if found == self.sha256 else f"has SHA-256 {found}, expected {self.sha256}"
        found = git_blob_id(file)
        return "" if found.startswith(self.gitblob) else f"has git blob id {found}, expected {self.gitblob}..."

    def as_dict(self) -> dict[str, object]:
        """Return the fields by name."""
        return asdict(self)


def git_blob_id(file: Path) -> str:
    """Return the id under which git stores a file's content (the output of ``git hash-object``)."""
    content = file.read_bytes()
    # Not for security: git's object format defines SHA-1.
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def read(path: Path | str) -> list[Source]:
    """Read ``sources.tsv``.

    Raises
    ------
    HumamError
        If the file is unreadable, a column or cell is missing, or a row has a wrong role, group, size, digest or path.
    """
    path = Path(path)
    names = list(Source.__dataclass_fields__)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, delimiter="\t")
            rows = list(reader)
            missing = [name for name in names if name not in (reader.fieldnames or [])]
    except FileNotFoundError:
        raise HumamError(f"list of sources {str(path)!r} does not exist") from None
    except (OSError, ValueError, csv.Error) as error:
        raise HumamError(f"list of sources {str(path)!r} cannot be read: {error}") from None
    if missing:
        raise HumamError(f"{path.name}: missing column {missing[0]!r} (needed: {', '.join(names)})")
    sources = [_parse(row, f"{path.name}: row {number}") for number, row in enumerate(rows, start=2)]
    repeated = {s.path for s in sources if [t.path for t in sources].count(s.path) > 1}
    if repeated:
        raise HumamError(f"{path.name}: path {min(repeated)!r} is listed twice")
    return sources


def _parse(row: Mapping[str, str], where: str) -> Source:
    lacking = [name for name in Source.__dataclass_fields__ if row[name] is None]
    if lacking:
        raise HumamError(f"{where} ends before the column {lacking[0]!r}")
    path = PurePosixPath(row["path"])
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise HumamError(f"{where}: path = {row['path']!r} must be relative and stay inside the dataset")
    for name, allowed in (("role", ROLES), ("group", GROUPS)):
        if row[name] not in allowed:
            raise HumamError(f"{where}: {name} = {row[name]!r} must be one of {', '.join(allowed)}")
    if not row["url"].startswith("https://"):
        raise HumamError(f"{where}: url = {row['url']!r} must start with https://")
    if row["size"] and not row["size"].isdecimal():
        raise HumamError(f"{where}: size = {row['size']!r} must be a whole number of bytes")
    for name, lengths in (("sha256", {0, 64}), ("gitblob", {0, *range(8, 41)})):
        if len(row[name]) not in lengths or set(row[name]) - set("0123456789abcdef"):
            raise HumamError(f"{where}: {name} = {row[name]!r} is no such digest")
    if not row["sha256"] and not row["gitblob"]:
        raise HumamError(f"{where}: {row['path']!r} has neither sha256 nor gitblob")
    values = {name: row[name] for name in Source.__dataclass_fields__ if name != "size"}
    return Source(**values, size=int(row["size"]) if row["size"] else None)
