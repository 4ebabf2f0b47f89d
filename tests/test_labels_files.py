"""The index space and atomic files."""

import pytest

from humam.errors import HumamError
from humam.files import atomic_path, sha256
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


def test_unwritable_place_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HumamError, match="cannot write"), atomic_path(tmp_path / "file" / "out.nc"):
        pass


def test_sha256(tmp_path):
    (tmp_path / "empty").write_text("")
    assert sha256(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
