"""Files on disk: writing that never leaves half a file, folders of one process at a time, digests, zips.

Needs no packages, as the launcher must.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from humam.errors import HumamError


def check_replaceable(destination: Path, marker: str = "") -> None:
    """Refuse to write where something is that is not ours to replace.

    Parameters
    ----------
    destination : path
        File or folder to be written.
    marker : str, optional
        Of a folder: a file that every folder of its kind holds. One that has content and lacks it is not replaced.

    Raises
    ------
    HumamError
        If it has no name (``.``), is a device, a file where a folder is to be, or a folder of something else.
    """
    if not destination.name:
        raise HumamError(f"cannot write {str(destination)!r}: it has no name of its own, under which it could appear")
    if destination.exists() and not (destination.is_file() or destination.is_dir()):
        raise HumamError(f"cannot write {str(destination)!r}: it is neither a file nor a folder")
    if not marker:
        return
    if destination.is_file():
        raise HumamError(f"cannot write a folder to {str(destination)!r}: it is a file")
    if destination.is_dir() and any(destination.iterdir()) and not (destination / marker).exists():
        raise HumamError(
            f"folder {str(destination)!r} holds something else (no {marker!r}): it would be replaced, choose another"
        )


@contextmanager
def atomic_path(destination: Path | str, marker: str = "") -> Iterator[Path]:
    """Yield a temporary path beside ``destination``; on success rename it to ``destination``.

    The caller may create a file or a folder at the yielded path. If the body raises, whatever was written is removed
    and an existing ``destination`` stays as it was. A link to a folder stays, and the folder is replaced.

    Parameters
    ----------
    destination : path
        What is written.
    marker : str, optional
        As of :func:`check_replaceable`.

    Raises
    ------
    HumamError
        If what is there is not to be replaced, the folder cannot be written to or the disk is full.
    OSError
        From the body, about another file: that is not what cannot be written.

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
    check_replaceable(destination, marker)
    if destination.is_symlink() and destination.is_dir():
        destination = destination.resolve()
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    except OSError as error:
        raise HumamError(f"cannot write {str(destination)!r}: {error.strerror or error}") from error
    # The suffix stays: writers that look at it (netCDF, Parquet, matplotlib) work on the temporary name too.
    temporary = holder / destination.name
    try:
        yield temporary
        if destination.is_dir() and not temporary.is_dir():
            raise HumamError(f"cannot write a file to {str(destination)!r}: it is a folder")
        _replace(destination, temporary, holder / "replaced")
    except OSError as error:
        if not _is_about(error, holder, destination):
            raise
        raise HumamError(f"cannot write {str(destination)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            shutil.rmtree(holder)


def _is_about(error: OSError, *places: Path) -> bool:
    """Return whether an error is about something in one of some places, or names nothing, as that of a full disk."""
    given = (error.filename, error.filename2)
    names = [Path(os.fsdecode(name)).absolute() for name in given if isinstance(name, str | bytes)]
    return not names or any(name.is_relative_to(place.absolute()) for name in names for place in places)


def _replace(destination: Path, new: Path, old: Path) -> None:
    """Put a new file or folder in the place of another one, which stays where that fails."""
    if destination.is_dir():
        destination.replace(old)
    try:
        new.replace(destination)
    except OSError:
        if old.is_dir():
            old.replace(destination)
        raise


@contextmanager
def locked(folder: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Make a folder and hold it against other processes; yield whether it could be had.

    Parameters
    ----------
    folder : path
        The folder; it is made where it does not exist, and may be removed in the body.
    wait_s : float
        Seconds to wait for another process that holds it. What that one leaves of the folder is what is held then.
    """
    end = time.monotonic() + wait_s
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            held = _lock(descriptor)
            if held and not _is_same(descriptor, folder):  # the other process has removed it meanwhile
                continue
            if held or time.monotonic() >= end:
                yield held
                return
        finally:
            os.close(descriptor)
        time.sleep(0.2)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _is_same(descriptor: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def sync(path: Path) -> None:
    """Wait until a file is on the disk, so that not even a power failure takes it back."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def link(source: Path, destination: Path) -> None:
    """Give a file a second name, or copy it where that is impossible."""
    try:
        destination.hardlink_to(source)
    except OSError:  # a file system without links, or another one
        shutil.copyfile(source, destination)


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


def write_zip(paths: Iterable[Path], root: Path, destination: Path) -> None:
    """Write files as a zip; the same content in the same order gives the same bytes.

    Parameters
    ----------
    paths : iterable of path
        The files.
    root : path
        The folder that their names in the zip start from.
    destination : path
        The zip.
    """
    with zipfile.ZipFile(destination, "w") as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Of the rights, those that git keeps.
            entry.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
            archive.writestr(entry, path.read_bytes())


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Return the object in a JSON file.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What it is, for errors.

    Raises
    ------
    HumamError
        If it does not exist, cannot be read or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HumamError(f"{what} {str(path)!r}: no such file") from None
    except (OSError, ValueError) as error:
        raise HumamError(f"{what} {str(path)!r} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise HumamError(f"{what} {str(path)!r} cannot be read: it holds no object")
    return content


def sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's content as 64 hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
