"""The list of sources: its content, its parsing, and the mirror it describes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from raw_data import MIRROR, with_mirror

from humam.datasets import sources
from humam.datasets.extract import RAW_FILES
from humam.errors import HumamError
from humam.resources import shipped


@pytest.fixture(scope="module")
def listed() -> list[sources.Source]:
    return sources.read(shipped("datasets", "sources.tsv"))


def test_what_the_tables_are_made_of_is_required_and_nothing_else(listed: list[sources.Source]) -> None:
    assert {s.path for s in listed if s.role == "required"} == set(RAW_FILES)


def test_every_address_is_pinned_to_a_commit(listed: list[sources.Source]) -> None:
    commits = {s.url.split("/")[5] for s in listed}
    assert commits == {
        "f9956c070feb18c265b70b6eb5e4278e04c729c5",
        "c31d10576cced95175733266253d47a06e471a65",
        "355d94042f4fe613e5602918082f5e667695932e",
        "d66a7ef320a913f9441bf1089b44f1dad11e5724",
    }


def test_only_the_fmri_data_lacks_a_checksum(listed: list[sources.Source]) -> None:
    unknown = [s for s in listed if not s.sha256]
    assert [Path(s.path).name for s in unknown] == ["rsDATA_7T_DKparcel.npy"]
    assert unknown[0].gitblob == "67b77640"
    assert unknown[0].role == "optional"


def test_licence_and_citation_stand_beside_every_source(listed: list[sources.Source]) -> None:
    assert all(s.licence and s.citation and s.description for s in listed)


@with_mirror
def test_mirror_matches_the_list(listed: list[sources.Source]) -> None:
    present = [s for s in listed if (MIRROR / s.path).is_file()]
    assert len(present) == len(listed) - 1
    assert [s.path for s in present if s.mismatch(MIRROR / s.path)] == []


def test_git_blob_id_is_that_of_git(tmp_path: Path) -> None:
    file = tmp_path / "a b"
    file.write_bytes(b"\x00some\r\ncontent\xff")
    told = subprocess.run(["git", "hash-object", str(file)], capture_output=True, text=True, check=True)
    assert sources.git_blob_id(file) == told.stdout.strip()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role": "needed"}, "role = 'needed' must be one of required, optional"),
        ({"group": "mri"}, "group = 'mri' must be one of"),
        ({"path": "../x"}, "must be relative"),
        ({"path": "/x"}, "must be relative"),
        ({"url": "file:///x"}, "must start with https://"),
        ({"size": "-1"}, "size = '-1'"),
        ({"sha256": "12"}, "sha256 = '12' is no such digest"),
        ({"sha256": ""}, "has neither sha256 nor gitblob"),
    ],
)
def test_bad_row_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    good = dict.fromkeys(sources.Source.__dataclass_fields__, "")
    good |= {"path": "a", "url": "https://x/y", "size": "1", "sha256": "0" * 64, "role": "required", "group": "fmri"}
    row = good | change
    file = tmp_path / "sources.tsv"
    file.write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n", encoding="utf-8")
    with pytest.raises(HumamError, match=r"sources.tsv: row 2: ") as caught:
        sources.read(file)
    assert message in str(caught.value)


def test_missing_column_file_and_repeated_path(tmp_path: Path) -> None:
    file = tmp_path / "sources.tsv"
    with pytest.raises(HumamError, match="does not exist"):
        sources.read(file)
    file.write_text("path\turl\na\tb\n", encoding="utf-8")
    with pytest.raises(HumamError, match="missing column 'size'"):
        sources.read(file)
    lines = shipped("datasets", "sources.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(HumamError, match="listed twice"):
        sources.read(file)


@pytest.mark.parametrize(("cells", "lacking"), [(1, "url"), (7, "licence"), (9, "description")])
def test_a_row_that_is_cut_off_is_refused(tmp_path: Path, cells: int, lacking: str) -> None:
    file = tmp_path / "sources.tsv"
    header, row = shipped("datasets", "sources.tsv").read_text(encoding="utf-8").splitlines()[:2]
    file.write_text(f"{header}\n" + "\t".join(row.split("\t")[:cells]) + "\n", encoding="utf-8")
    with pytest.raises(HumamError, match=f"sources.tsv: row 2 ends before the column '{lacking}'"):
        sources.read(file)
