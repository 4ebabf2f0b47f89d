"""The index space and atomic files."""

import errno
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from humam.errors import HumamError
from humam.files import atomic_path, locked, sha256
from humam.labels import AREAS, SHORT_NAMES


def test_names_are_unique():
    assert len(set(AREAS)) == len(set(SHORT_NAMES)) == 34


def test_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_text("new")
        1 / 0  # noqa: B018
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_folders_are_replaced_as_a_whole(tmp_path):
    for content in ("one", "two"):
        with atomic_path(tmp_path / "out") as temporary:
            temporary.mkdir()
            (temporary / content).write_text(content)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["two"]


def test_what_is_not_ours_is_not_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text").write_text("mine")
    with (
        pytest.raises(HumamError, match="holds something else \\(no 'mark'\\)"),
        atomic_path(tmp_path / "thesis", "mark"),
    ):
        raise AssertionError("refused before anything is done")
    with pytest.raises(HumamError, match="it is a folder"), atomic_path(tmp_path / "thesis") as temporary:
        temporary.write_text("a file")
    with pytest.raises(HumamError, match="cannot write"), atomic_path(tmp_path / "thesis"):
        pass  # nothing was written
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HumamError, match="neither a file nor a folder"), atomic_path(tmp_path / "pipe"):
        raise AssertionError
    assert (tmp_path / "thesis" / "text").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"thesis", "pipe"}


def test_a_link_to_a_folder_stays(tmp_path):
    (tmp_path / "disk" / "out").mkdir(parents=True)
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    with atomic_path(tmp_path / "out", "mark") as temporary:
        temporary.mkdir()
        (temporary / "mark").write_text("")
    assert (tmp_path / "out").is_symlink() and (tmp_path / "disk" / "out" / "mark").exists()


def test_unwritable_place_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HumamError, match="cannot write"), atomic_path(tmp_path / "file" / "out.nc"):
        pass


@pytest.mark.parametrize("given", [".", "", "/"])
def test_what_has_no_name_cannot_be_written(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HumamError, match=r"cannot write '[./]': it has no name of its own"), atomic_path(given):
        raise AssertionError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", ["", "out"])
def test_an_error_of_the_body_is_not_blamed_on_what_is_written(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = Path(folder, "a.txt")
    with pytest.raises(FileNotFoundError) as caught, atomic_path(out) as temporary:
        shutil.copyfile("gone.csv", temporary)
    assert caught.value.filename == "gone.csv"
    with pytest.raises(HumamError, match=r"cannot write '.*a\.txt': No such file"), atomic_path(out) as temporary:
        (temporary / "no folder").write_text("x")
    with pytest.raises(HumamError, match=r"cannot write '.*a\.txt': No space left on device"), atomic_path(out):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(HumamError, match=r"cannot write '.*a\.txt': No space"), atomic_path(out) as temporary:
        # So shutil.copyfile tells of a full disk: the name of what was read first.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "source.csv", None, str(temporary))
    assert not out.exists() and not list(out.parent.glob(".*"))


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    folder = tmp_path / "a" / "b"
    with locked(folder) as first, locked(folder) as second:
        assert (first, second) == (True, False)
    with locked(folder) as again:
        assert again


def test_who_waits_for_a_folder_gets_what_is_there_then(tmp_path):
    folder, got = tmp_path / "a", []

    def wait():
        with locked(folder, wait_s=20) as held:
            got.append((held, folder.is_dir()))

    other = threading.Thread(target=wait)
    with locked(folder):
        other.start()
        time.sleep(0.3)
        folder.rmdir()  # as a run does that has come to its end
    other.join()
    assert got == [(True, True)]


def test_sha256(tmp_path):
    (tmp_path / "empty").write_text("")
    assert sha256(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
