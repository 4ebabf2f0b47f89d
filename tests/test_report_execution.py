"""Execution of a notebook: what is written, what a page may hold, what happens when a cell fails."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from humam import codepack
from humam.cli import main
from humam.commands.report import parse_inputs
from humam.errors import HumamError
from humam.page import Markup, number, page, table
from humam.provenance import task
from humam.reports import reporting
from humam.resources import shipped

NOTEBOOK = """
# %% [markdown]
# # A & B
#
# Text.

# %% tags=["parameters"]
network: dict[str, str] = {}
published = ""

# %%
from humam.analysis import degrees
from humam.plotting import style
from humam.reports.report import Report

report = Report("small", {"network": network, "published": published})
path = report.input("network", "base")
report.parameters("base", {"chi": 1.0})
report.origin("base", "tables")

# %%
fig = style.figure(2, 1)
fig.subplots().plot([1, 2])
report.save_figure(fig, "A line.")
report.save_panel(fig, "A", "A line.", code=[degrees, degrees.autapses])
report.value("A", "slope", 1.0, "1/s", note="a note")
__CELL__

# %%
report.sources()
"""


def write_notebook(folder: Path, cell: str = "") -> Path:
    path = folder / "small.py"
    path.write_text(NOTEBOOK.replace("__CELL__", cell))
    return path


@pytest.fixture
def given(tmp_path: Path) -> dict[str, dict[str, str] | str]:
    path = tmp_path / "a network.nc"
    path.write_text("content")
    return {"network": {"base": str(path)}, "published": "unused", "theory": {"base": "not asked for"}}


def test_a_task_records_what_the_notebook_used(tmp_path: Path, given: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    (network,) = given["network"].values()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUMAM_VERSIONS", "HUMAM:REPORTS:REPORT")
    monkeypatch.setattr(task, "_elsewhere", {})
    notebook = write_notebook(tmp_path)
    main(["report", "--notebook", str(notebook), "--out", "small", "--network", f"base={network}"])
    used = yaml.safe_load((tmp_path / "versions.yml").read_text())["HUMAM:REPORTS:REPORT"]
    noted = json.loads((tmp_path / "small" / "versions.json").read_text())
    assert {"matplotlib", "scipy", "xarray", "papermill"} <= set(noted)
    assert noted.items() <= used.items()


def test_a_report(tmp_path: Path, given: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    # A home with a kernel of the same name that cannot run: it must not be used, nothing must be written there.
    home = tmp_path / "home"
    kernel = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    before = dict(os.environ)
    out = tmp_path / "results of today" / "small"
    reporting.execute(write_notebook(tmp_path), given, out)

    assert dict(os.environ) == before
    assert [p for p in home.rglob("*") if p.is_file()] == [kernel / "kernel.json"]
    names = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert names == {
        "index.html", "small.py", "small.svg", "small.png", "small_A.svg", "small_A.png", "thumbnail.png",
        "values.csv", "parameters.yml", "versions.json", "panels.json", "code/humam.analysis.degrees.html",
        "code/small.html",
    }  # fmt: skip
    values = pd.read_csv(out / "values.csv", keep_default_na=False)
    assert values.to_dict("records") == [
        {
            "figure": "small",
            "panel": "A",
            "quantity": "slope",
            "unit": "1/s",
            "value": 1.0,
            "status": "",
            "note": "a note",
            "seed_difference": "",
            "run": "",
        }
    ]
    record = yaml.safe_load((out / "parameters.yml").read_text())
    assert record["parameters"] == {"base": {"chi": 1.0}}
    assert record["data_origin"] == {"base": "tables"}
    assert [(i["kind"], i["id"], i["file"]) for i in record["inputs"]] == [("network", "base", "a network.nc")]
    assert json.loads((out / "versions.json").read_text())["humam"]
    made = json.loads((out / "panels.json").read_text())
    assert made["command"].startswith("bin/humam report --notebook reports/small.py")
    assert "--network 'base=results/network/a network.nc'" in made["command"]
    assert [panel["panel"] for panel in made["panels"]] == ["A"]
    addresses = [made["script"], *made["panels"][0]["files"].values(), *made["panels"][0]["code"].values()]
    assert all((out / address.partition("#")[0]).is_file() for address in addresses)

    html = (out / "index.html").read_text()
    assert "<title>A &amp; B</title>" in html
    assert html.count('<details class="code">') == 3
    assert "data:image/svg+xml;base64," in html
    for text in (html, (out / "code" / "humam.analysis.degrees.html").read_text()):
        assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text)
        assert "<script" not in text
        assert "@import" not in text
    # Paths of this machine do not get into the page.
    assert str(tmp_path) not in html
    for address in re.findall(r'href="([^"#]+)', html):
        assert address == reporting.HOME or (out / address).is_file()


def test_the_same_inputs_give_the_same_page(tmp_path: Path, given: dict) -> None:
    for name in ("one", "two"):
        reporting.execute(write_notebook(tmp_path), given, tmp_path / name)
    one, two = tmp_path / "one", tmp_path / "two"
    for path in sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file()):
        assert (one / path).read_bytes() == (two / path).read_bytes(), path


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1 / 0", r"report 'small', cell 3: ZeroDivisionError: division by zero"),
        ("report.input('theory', 'x')", r"report 'small': needs the input --theory x=PATH \(given: none\)"),
        ("report.input('network', 'x')", r"needs the input --network x=PATH \(given: base\)"),
        ("import os; os._exit(3)", r"report 'small': its kernel died"),
    ],
)
def test_a_cell_that_fails(tmp_path: Path, given: dict, cell: str, message: str) -> None:
    out = tmp_path / "out" / "small"
    with pytest.raises(HumamError, match=message) as caught:
        reporting.execute(write_notebook(tmp_path, cell), given, out)
    assert "\n" not in str(caught.value)
    assert list(out.parent.iterdir()) == []


def test_files_that_are_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(HumamError, match="no such Python file"):
        reporting.execute(tmp_path / "none.py", {}, tmp_path / "out")
    (tmp_path / "plain.py").write_text("x = 1\n")
    with pytest.raises(HumamError, match="no cell tagged 'parameters'"):
        reporting.execute(tmp_path / "plain.py", {}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_from_packed_code(tmp_path: Path, given: dict) -> None:
    notebook = write_notebook(tmp_path)
    source = shipped("src")
    start = codepack.command_modules("report") + codepack.notebook_modules(notebook, source)
    codepack.pack(start, source, tmp_path / "code.zip")
    arguments = [
        "report",
        "--notebook",
        notebook,
        "--out",
        tmp_path / "out",
        "--network",
        f"base={given['network']['base']}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "code.zip"), "HUMAM_ROOT": str(shipped())}
    subprocess.run([sys.executable, "-m", "humam", *map(str, arguments)], check=True, cwd=tmp_path, env=environment)
    assert (tmp_path / "out" / "code" / "humam.analysis.degrees.html").is_file()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["base"], "must have the form ID=PATH"),
        (["=x"], "must have the form ID=PATH"),
        (["base=nowhere"], "'nowhere' does not exist"),
        (["base=/", "base=/"], "'base' is given twice"),
    ],
)
def test_inputs_of_another_form(values: list[str], message: str) -> None:
    with pytest.raises(HumamError, match=message):
        parse_inputs("network", values)


@pytest.mark.parametrize("given", [None, "published", "corrected"])
def test_conventions_published_and_tables_are_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(reporting, "execute", lambda notebook, inputs, out: asked.append(inputs))
    command = ["report", "--notebook", "a.py", "--out", str(tmp_path / "out")]
    places = {"published": tmp_path / "numbers", "tables": tmp_path / "anatomy"}
    main([*command, *(["--conventions", given] if given else [])])
    main([*command, "--published", str(places["published"]), "--tables", str(places["tables"])])
    # Without the option the notebook decides.
    assert [inputs.get("conventions") for inputs in asked] == [given, None]
    assert {name: asked[0][name] for name in places} == {name: str(shipped("datasets", name)) for name in places}
    assert {name: asked[1][name] for name in places} == {name: str(place) for name, place in places.items()}


def test_unknown_conventions_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["report", "--notebook", "a.py", "--out", str(tmp_path / "out"), "--conventions", "correct"])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert '"correct" for --conventions' in line and '"published", "corrected"' in line


def test_inputs(tmp_path: Path) -> None:
    (tmp_path / "a=b").mkdir()
    assert parse_inputs("theory", [f"base={tmp_path}/a=b"]) == {"base": f"{tmp_path}/a=b"}


def test_tables_escape_text_and_format_numbers() -> None:
    html = table(["Name", "Value"], [["<b>", 1234567], [Markup("<i>x</i>"), float("nan")]], ["good"])
    assert "&lt;b&gt;" in html
    assert "<i>x</i>" in html
    assert '<tr class="good">' in html
    assert '<td class="number">1,234,567</td>' in html
    assert number(float("inf")) == "∞"


def test_pages_have_a_way_home_only_if_told() -> None:
    assert "<nav>" not in page("x", "")
    assert '<a href="../index.html">' in page("x", "", home="../index.html")
