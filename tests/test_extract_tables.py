"""The tables/ folder: round trip, and refusal of damaged tables."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from humam.anatomy import tables as module
from humam.anatomy.mapping import VONECONOMO_AREAS
from humam.datasets import extract, sources, tables_package
from humam.errors import HumamError
from humam.resources import shipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(shipped("datasets", "tables"), tmp_path / "my tables")
    return tmp_path / "my tables"


def test_round_trip_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    tables = module.read(folder)
    module.write(tables, tmp_path / "again")
    for file in sorted(set(folder.iterdir()) - {folder / "datapackage.json"}):
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_every_mapped_area_is_in_the_atlas() -> None:
    mapped = {symbol for symbols in VONECONOMO_AREAS.values() for symbol in symbols}
    assert mapped <= set(module.VON_ECONOMO_AREAS)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("area_volumes", "cuneus,4227.0", "cuneus,-1", "row 5 (cuneus): volume_mm3 = '-1' must be a number >= 0"),
        ("area_volumes", "cuneus,4227.0", "cuneus,big", "volume_mm3 = 'big' must be"),
        ("area_volumes", "cuneus,4227.0", "cuneus,", "volume_mm3 = '' must be"),
        ("area_volumes", "cuneus,4227.0", "cuneus,inf", "volume_mm3 = 'inf' must be"),
        ("area_volumes", "cuneus,4227.0\n", "", "missing area 'cuneus'"),
        ("area_volumes", "cuneus,", "cuneous,", "missing area 'cuneus'"),
        ("area_volumes", "insula,", "cuneus,", "repeats 'cuneus'"),
        ("area_volumes", "volume_mm3", "volume", "missing column 'volume_mm3'"),
        ("fibre_lengths", "bankssts,cuneus,", "bankssts,cuneus,-", "(bankssts|cuneus): length_mm = '-59"),
        ("streamlines", "insula,insula,0.0", "insula,insula,nan", "(insula|insula): streamlines = 'nan'"),
        ("excitatory_fractions", "lichtman,IV,0.79", "lichtman,IV,1.79", "fraction = '1.79' must be"),
        ("excitatory_fractions", "lichtman,IV", "litman,IV", "missing dataset, layer 'lichtman|IV'"),
        ("voneconomo_layers", "FA,I,0.18,", "FA,I,thin,", "(FA|I): thickness_mm = 'thin' must be"),
    ],
)
def test_damaged_table(folder: Path, name: str, old: str, new: str, message: str) -> None:
    file = folder / f"{name}.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(HumamError) as caught:
        module.read(folder)
    assert message in str(caught.value)
    assert file.name in str(caught.value)


def test_unknown_area(folder: Path) -> None:
    with (folder / "area_volumes.csv").open("a") as stream:
        stream.write("V1,100\n")
    with pytest.raises(HumamError, match="unknown area 'V1'"):
        module.read(folder)


def test_one_changed_digit_is_noticed(folder: Path) -> None:
    file = folder / "area_volumes.csv"
    file.write_text(file.read_text().replace("4227.0", "4228.0"))
    with pytest.raises(HumamError, match=r"area_volumes.csv has SHA-256 .* origin.json says"):
        module.read(folder)


@pytest.mark.parametrize("name", [*(f"{n}.csv" for n in module.SCHEMA), "origin.json"])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(HumamError) as caught:
        module.read(folder)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["streamlines.csv", "origin.json"])
def test_binary_rubbish(folder: Path, name: str) -> None:
    (folder / name).write_bytes(bytes(range(256)))
    with pytest.raises(HumamError) as caught:
        module.read(folder)
    assert name in str(caught.value)


def test_empty_file(folder: Path) -> None:
    (folder / "streamlines.csv").write_text("")
    with pytest.raises(HumamError, match=r"streamlines.csv' cannot be read"):
        module.read(folder)


@pytest.mark.parametrize("digests", [[], "x", {"streamlines.csv": 1}])
def test_checksums_of_another_form_are_named(folder: Path, digests: object) -> None:
    path = folder / "origin.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tables": digests}))
    with pytest.raises(HumamError, match=r"origin\.json': tables"):
        module.read(folder)


def test_a_list_that_lacks_a_source_of_the_tables_is_refused(folder: Path) -> None:
    listed = [source for source in sources.read(shipped("datasets", "sources.tsv")) if source.path != extract.DTI]
    before = (folder / "datapackage.json").read_bytes()
    with pytest.raises(HumamError, match=f"the list of sources lacks '{extract.DTI}', of which tables are made"):
        tables_package.write(module.read(folder), folder, listed)
    assert (folder / "datapackage.json").read_bytes() == before


@pytest.mark.parametrize("content", ["[]", "{}", '{"origin": "moon", "sources": []}', '{"origin": "web"}'])
def test_bad_origin(folder: Path, content: str) -> None:
    (folder / "origin.json").write_text(content)
    with pytest.raises(HumamError, match=r"origin.json"):
        module.read(folder)


def test_nothing_is_written_when_tables_are_wrong(folder: Path, tmp_path: Path) -> None:
    tables = module.read(folder)
    wrong = dataclasses.replace(tables, area_volumes=tables.area_volumes.iloc[1:])
    with pytest.raises(HumamError, match="missing area 'bankssts'"):
        module.write(wrong, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_checksums_are_written(folder: Path) -> None:
    digests = json.loads((folder / "origin.json").read_text())["tables"]
    assert set(digests) == {f"{name}.csv" for name in module.SCHEMA}
