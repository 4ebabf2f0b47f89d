"""Files on disk: writing that never leaves half a file, and digests."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from humam.errors import HumamError


@contextmanager
def atomic_path(destination: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``destination``; on success rename it to ``destination``.

    The caller may create a file or a folder at the yielded path. If the body raises, whatever was written is removed
    and an existing ``destination`` stays as it was.

    Raises
    ------
    HumamError
        If the folder cannot be written to or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "a.txt") as path:
    ...     _ = path.write_text("x")
    >>> [p.name for p in folder.iterdir()]
    ['a.txt']
    """
    destination = Path(destination)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    except OSError as error:
        raise HumamError(f"cannot write {str(destination)!r}: {error.strerror or error}") from error
    # The suffix stays: writers that look at it (netCDF, Parquet, matplotlib) work on the temporary name too.
    temporary = holder / destination.name
    try:
        yield temporary
        if destination.is_dir() and not destination.is_symlink():
            destination.replace(holder / "replaced")
        temporary.replace(destination)
    except OSError as error:
        raise HumamError(f"cannot write {str(destination)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            shutil.rmtree(holder)


def copy_into(folder: Path, names: Iterable[str], source: Path) -> None:
    """Copy files of a folder into another one, each as a whole or not at all.

    Raises
    ------
    HumamError
        If one is missing or cannot be written.
    """
    for name in names:
        if not (source / name).is_file():
            raise HumamError(f"folder {str(source)!r} lacks {name!r}")
        with atomic_path(folder / name) as temporary:
            shutil.copyfile(source / name, temporary)


def sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's content as 64 hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
