from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from humam import codepack
from humam.cli import main
from humam.engines import ENGINES
from humam.errors import HumamError
from humam.reports import notebook_inputs

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def packed(command: str, folder: Path) -> set[str]:
    codepack.pack(codepack.command_modules(command), SOURCE, folder / "x.zip")
    return names(folder / "x.zip")


def test_a_pack_is_the_same_bytes_whatever_the_time_stamps_and_what_the_group_may(tmp_path: Path) -> None:
    copies = []
    for name, time, mode in (("a", 1e9, 0o644), ("b", 1.5e9, 0o664)):
        root = tmp_path / name
        for path in codepack.closure(codepack.command_modules("network"), SOURCE).values():
            target = root / path.relative_to(SOURCE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(mode)
            os.utime(target, (time, time))
        codepack.pack(codepack.command_modules("network"), root, tmp_path / f"{name}.zip")
        copies.append((tmp_path / f"{name}.zip").read_bytes())
    assert copies[0] == copies[1]


def test_a_pack_runs_alone(tmp_path: Path) -> None:
    codepack.pack(codepack.command_modules("network"), SOURCE, tmp_path / "network.zip")
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'network.zip')!r})\n"
         "from humam.cli import main; main(['network', '--help'])"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--experiment" in done.stdout


def test_packs_hold_what_a_step_imports_and_no_more(tmp_path: Path) -> None:
    network = packed("network", tmp_path)
    assert {"humam/__main__.py", "humam/cli.py", "humam/network.py", "humam/connectivity/area_level.py"} <= network
    assert not any(name.startswith(("humam/engines", "humam/analysis", "humam/plotting")) for name in network)


def test_a_simulation_has_the_code_of_its_engine_only(tmp_path: Path) -> None:
    for engine in ENGINES:
        start, without = codepack.engine_modules(ENGINES, engine)
        codepack.pack(start, SOURCE, tmp_path / "x.zip", without)
        found = {name.split("/")[2].removesuffix(".py") for name in names(tmp_path / "x.zip") if "/engines/" in name}
        assert found == {"__init__", "base", engine} | ({"nest_size"} if engine == "nest" else set())
        # The command that `simulate --ranks` starts.
        assert ("humam/commands/rank.py" in names(tmp_path / "x.zip")) == (engine == "nest")
        assert "humam/theory.py" not in names(tmp_path / "x.zip")


def test_only_theory_depends_on_the_theory_module(tmp_path: Path) -> None:
    """Editing theory.py re-runs theory; the simulation is kept as long as the predicted rates are the same."""
    assert {command for command in codepack.STEPS if "humam/theory.py" in packed(command, tmp_path)} == {"theory"}


def test_data_files_beside_a_module_are_packed(tmp_path: Path) -> None:
    package = tmp_path / "humam" / "sub"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "code.py").write_text("import os\n")
    (package / "table.json").write_text("{}")
    codepack.pack(["humam.sub.code"], tmp_path, tmp_path / "x.zip")
    assert names(tmp_path / "x.zip") == {
        "humam/__init__.py", "humam/sub/__init__.py", "humam/sub/code.py", "humam/sub/table.json",
    }  # fmt: skip


def test_notebooks_name_their_inputs(tmp_path: Path) -> None:
    notebook = tmp_path / "figure.py"
    notebook.write_text(
        '# %% [markdown]\n# # Title\n\n# %% tags=["parameters"]\nnetwork: dict[str, str] = {}\npublished = ""\n\n'
        "# %%\nfrom humam import labels\nother = 1\n"
    )
    assert notebook_inputs.read(notebook) == ["network", "published"]
    assert codepack.notebook_modules(notebook, SOURCE) == ["humam", "humam.labels"]
    notebook.write_text("# %%\nother = 1\n")
    with pytest.raises(HumamError, match="has no cell tagged"):
        notebook_inputs.read(notebook)
    notebook.write_text('import os\n\n# %% tags=["parameters"]\nnetwork = = 3\n')
    with pytest.raises(HumamError, match=r"figure\.py' cannot be read: invalid syntax \(figure\.py, line 4\)"):
        notebook_inputs.read(notebook)


def test_the_command_packs_every_step_engine_and_report(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "mine.py").write_text("from humam import labels\n")
    main(["code", "--source", str(SOURCE), "--reports", str(reports), "--out", str(tmp_path / "packs")])
    expected = {*codepack.STEPS, *(f"simulate-{engine}" for engine in ENGINES), "report-mine"}
    assert {path.stem for path in (tmp_path / "packs").iterdir()} == expected
    assert {"humam/labels.py", "humam/commands/report.py"} <= names(tmp_path / "packs" / "report-mine.zip")


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_report_notebooks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit) as stop:
        main(["code", "--source", str(SOURCE), "--reports", str(tmp_path / folder), "--out", str(tmp_path / "packs")])
    assert stop.value.code == 2
    line = f"humam: error: folder '{tmp_path / folder}' holds no report notebook (*.py)\n"
    assert capsys.readouterr().err == line and not (tmp_path / "packs").exists()


def test_broken_code_is_named(tmp_path: Path) -> None:
    (tmp_path / "humam").mkdir()
    (tmp_path / "humam" / "__init__.py").write_text("def (:\n")
    with pytest.raises(HumamError, match=r"__init__\.py' cannot be read"):
        codepack.pack(["humam"], tmp_path, tmp_path / "x.zip")


def test_a_missing_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(HumamError, match=r"has no module 'humam\.commands\.nothing'"):
        codepack.pack(codepack.command_modules("nothing"), SOURCE, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()
