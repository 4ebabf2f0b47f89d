"""Extraction of the raw anatomical files: what it reads, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from raw_data import MIRROR, with_mirror

from humam.anatomy import tables as anatomy_tables
from humam.cli import main
from humam.datasets import extract as module
from humam.errors import HumamError
from humam.labels import AREAS
from humam.resources import shipped


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A copy of the raw anatomical files that a test may damage."""
    folder = tmp_path / "raw"
    for path in module.RAW_FILES:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MIRROR / path, folder / path)
    return folder


@with_mirror
def test_shipped_tables_are_what_extraction_gives(tmp_path: Path) -> None:
    """The committed tables, byte by byte."""
    anatomy_tables.write(module.extract(MIRROR, "mirror"), tmp_path / "made")
    kept = shipped("datasets", "tables")
    for name in anatomy_tables.SCHEMA:
        assert (tmp_path / "made" / f"{name}.csv").read_bytes() == (kept / f"{name}.csv").read_bytes(), name
    made, shipped_tables = anatomy_tables.read(tmp_path / "made"), anatomy_tables.read(kept)
    assert made.origin["sources"] == shipped_tables.origin["sources"]
    assert (made.origin["origin"], shipped_tables.origin["origin"]) == ("mirror", "tables")


@with_mirror
def test_published_checks_of_the_raw_matrices() -> None:
    tables = module.extract(MIRROR, "mirror")
    streamlines, lengths = tables.matrix("streamlines"), tables.matrix("fibre_lengths")
    connected = streamlines > 0
    assert connected.sum() == 336
    assert np.array_equal(streamlines, streamlines.T)
    assert not np.diag(streamlines).any()
    log10 = np.log10(streamlines[connected])
    assert np.round([log10.min(), log10.max()], 3).tolist() == [0.951, 2.879]
    assert round(float(np.median(streamlines[connected])), 1) == 70.9
    described = [lengths[connected].min(), lengths[connected].max(), np.median(lengths[connected])]
    assert np.round(described, 1).tolist() == [8.5, 134.2, 41.4]


@with_mirror
def test_right_hemisphere_in_canonical_order() -> None:
    content = scipy.io.loadmat(MIRROR / module.DTI)
    names = [str(cell.item()).removeprefix("ctx-lh-") for cell in content["DK_Names"].ravel()]
    tables = module.extract(MIRROR, "mirror")
    assert tuple(names) == AREAS
    assert np.array_equal(tables.matrix("streamlines"), content["C_R"])
    assert not np.array_equal(tables.matrix("streamlines"), content["C_L"])


@with_mirror
def test_merged_cells_and_marks_of_the_atlas() -> None:
    layers = module.extract(MIRROR, "mirror").voneconomo_layers.set_index(["area_symbol", "sublayer"])
    # FA has thickness and density of its third layer in the first of four merged rows.
    assert layers.loc[("FA", "III(II)")].tolist() == [1.43, 26700]
    assert layers.loc[("FA", "IIIb")].tolist() == [0, 0]
    assert layers.loc[("FL", "Vb")].tolist() == [0, 40000]  # thickness "-"
    assert layers.loc[("FN", "I"), "density_per_mm3"] == 0  # density "-"
    assert layers.loc[("IA", "I"), "density_per_mm3"] == 8000  # a number typed as text


def replace_mat(path: Path, drop: str = "", **changes: object) -> None:
    content = {k: v for k, v in scipy.io.loadmat(path).items() if not k.startswith("__") and k != drop}
    scipy.io.savemat(path, {**content, **changes})


@with_mirror
def test_area_order_of_the_file_does_not_matter(raw: Path) -> None:
    before = module.extract(raw, "mirror")
    file = raw / module.DTI
    content = scipy.io.loadmat(file)
    order = np.random.default_rng(1).permutation(len(AREAS))
    matrices = {n: content[n][np.ix_(order, order)] for n in ("C_R", "LowResDK_EstimatedDist_RHem")}
    replace_mat(file, DK_Names=content["DK_Names"][order], **matrices)
    after = module.extract(raw, "mirror")
    assert after.streamlines.equals(before.streamlines)
    assert after.fibre_lengths.equals(before.fibre_lengths)


@with_mirror
@pytest.mark.parametrize("path", module.RAW_FILES)
def test_missing_file(raw: Path, path: str) -> None:
    (raw / path).unlink()
    with pytest.raises(HumamError, match="does not exist") as caught:
        module.extract(raw, "mirror")
    assert Path(path).name in str(caught.value)


@with_mirror
@pytest.mark.parametrize("keep", [0, 100, 700, 0.5, 0.9])
@pytest.mark.parametrize("path", [module.VON_ECONOMO, module.DTI, module.VOLUMES])
def test_truncated_file(raw: Path, path: str, keep: float) -> None:
    file = raw / path
    content = file.read_bytes()
    file.write_bytes(content[: int(keep * len(content)) if 0 < keep < 1 else int(keep)])
    with pytest.raises(HumamError) as caught:
        module.extract(raw, "mirror")
    assert file.name in str(caught.value)


@with_mirror
@pytest.mark.parametrize("path", [module.VON_ECONOMO, module.DTI, module.VOLUMES])
def test_corrupt_file(raw: Path, path: str) -> None:
    (raw / path).write_bytes(b"<html>not found</html>" * 100)
    with pytest.raises(HumamError, match=r"corrupt or truncated"):
        module.extract(raw, "mirror")


@with_mirror
@pytest.mark.parametrize("name", ["DK_Names", "C_R", "LowResDK_EstimatedDist_RHem"])
def test_missing_variable(raw: Path, name: str) -> None:
    replace_mat(raw / module.DTI, drop=name)
    with pytest.raises(HumamError, match=f"Connectivity.*mat: missing variable '{name}'"):
        module.extract(raw, "mirror")


@with_mirror
def test_missing_area_in_matrices(raw: Path) -> None:
    names = scipy.io.loadmat(raw / module.DTI)["DK_Names"]
    names[3, 0] = np.array(["ctx-lh-cuneous"])
    replace_mat(raw / module.DTI, DK_Names=names)
    with pytest.raises(HumamError, match=r"missing area 'cuneus' in variable 'DK_Names'"):
        module.extract(raw, "mirror")


@with_mirror
def test_wrong_shape_and_negative_value(raw: Path) -> None:
    content = scipy.io.loadmat(raw / module.DTI)["C_R"]
    replace_mat(raw / module.DTI, C_R=content[:, :30])
    with pytest.raises(HumamError, match=r"'C_R' has shape \(34, 30\), expected \(34, 34\)"):
        module.extract(raw, "mirror")
    content[0, 1] = -1
    replace_mat(raw / module.DTI, C_R=content)
    with pytest.raises(HumamError, match=r"bankssts\|caudalanteriorcingulate\): streamlines = '-1.0' must be"):
        module.extract(raw, "mirror")


@with_mirror
def test_fractions_without_column_layer_or_number(raw: Path) -> None:
    file = raw / module.FRACTIONS["lichtman"]
    text = file.read_text()
    for old, new, message in (
        ("ratio", "part", "lichtman.csv: missing column 'ratio'"),
        ("VI,0.86", "VII,0.86", r"missing dataset, layer 'lichtman\|VI'"),
        ("0.86", "much", r"fraction = 'much' must be"),
        ("0.86", "1.2", r"fraction = '1.2' must be"),
    ):
        file.write_text(text.replace(old, new))
        with pytest.raises(HumamError, match=message):
            module.extract(raw, "mirror")


class Sheet:
    """A stand-in for a sheet of the atlas."""

    def __init__(self, rows: list[list[object]]) -> None:
        self.rows, self.nrows = rows, len(rows)

    def row_values(self, number: int) -> list[object]:
        return self.rows[number]


HEADER = ["Area symbol", "Cortical layer", "Layer thickness overall [mm]", "mean cell content per layer [cells/mm³]"]


def test_sheet_without_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_open_sheet", lambda path: Sheet([HEADER[:3]]))
    with pytest.raises(HumamError, match=r"a.xls: sheet 'Sheet1' lacks the column 'mean cell content"):
        module.read_von_economo(Path("a.xls"))


def test_sheet_with_something_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[object]] = [HEADER, ["FA", "I", 0.2, 7000.0], ["", "II", "thick", ""]]
    monkeypatch.setattr(module, "_open_sheet", lambda path: Sheet(rows))
    with pytest.raises(HumamError, match=r"a.xls: row 3 \(FA II\): .* = 'thick' is no number"):
        module.read_von_economo(Path("a.xls"))


@with_mirror
def test_sheet_lacking_an_area(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = module.read_von_economo(raw / module.VON_ECONOMO)
    monkeypatch.setattr(module, "read_von_economo", lambda path: whole[whole["area_symbol"] != "OC"])
    with pytest.raises(HumamError, match=r"missing area_symbol 'OC'"):
        module.extract(raw, "mirror")


@with_mirror
def test_missing_sheet(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHEET", "Sheet2")
    with pytest.raises(HumamError, match=r"missing sheet 'Sheet2' \(found: Sheet1\)"):
        module.extract(raw, "mirror")


def test_command_on_a_folder_that_is_no_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["extract", "--dataset", str(tmp_path), "--out", str(tmp_path / "tables")])
    message = capsys.readouterr().err
    assert message.startswith("humam: error:")
    assert "is no dataset" in message
    assert message.count("\n") == 1
    assert not (tmp_path / "tables").exists()
