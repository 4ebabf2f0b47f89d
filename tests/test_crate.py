"""The Workflow Run RO-Crate of a results folder: complete, true, valid."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from crate_issues import issues

from humam import archive
from humam.analysis import series
from humam.cli import main
from humam.files import sha256
from humam.provenance import bundle, crate, runs

SHOWN = ("scaling@1.5", "perturbed@2.5")
"""Archived runs that a report of the made-up results shows."""


def entities(folder: Path) -> dict[str, dict]:
    document = json.loads((folder / crate.NAME).read_text(encoding="utf-8"))
    return {entity["@id"]: entity for entity in document["@graph"]}


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def show_runs(results, root, names):
    """Write what a report says about the runs that it shows: archived ones, and one that was made with it."""
    inputs = [{"kind": "statistics", "id": f"archive/{name}", "file": name, "sha256": ""} for name in names]
    facts = {f"archive/{name}": runs.facts(f"archive/{name}", root / name) for name in names}
    inputs += [{"kind": "statistics", "id": "base", "file": "base", "sha256": ""}]
    inputs += [{"kind": "published", "id": "", "file": "published", "sha256": ""}]
    inputs += [{"kind": "statistics", "id": "earlier/mine", "file": "mine", "sha256": ""}]
    facts["earlier/mine"] = runs.facts("earlier/mine", root / names[0]) | {"spikes_sha256": "5" * 64}
    content = {"inputs": inputs, "runs": facts | {"base": {"archived": False, "spikes_sha256": "0"}}}
    path = results / "reports" / "figure7" / "parameters.yml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(content))


@pytest.fixture
def results(tmp_path, checkout):
    folder = tmp_path / "results"  # the validator fails on a path with a space
    files = {
        "index.html": "<h1>x</h1>", "comparison.csv": "a,b\n", "network/base.nc": "net", "theory/base.nc": "theory",
        "spikes/base/manifest.json": "{}", "spikes/base/spikes.parquet": "spikes", "reports/figure 1/a b.csv": "1",
        "dataset/.git/config": "private", "dataset/raw/thickness.xls": "raw", "dataset/README.md": "read",
        "pipeline_info/trace.txt": "grows until the end",
        "pipeline_info/software_versions.yml":
            '"HUMAM:NETWORK":\n    humam: "0.1.0"\n    numpy: "2.4.6"\n"HUMAM:SIMULATE":\n'
            '    nest-simulator: "3.10.0"\n    numpy: ["2.4.5", "2.4.6"]\n    image: "sha256:abc"\n',
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    source = {"path": "raw/thickness.xls", "url": "https://example.org/t.xls", "licence": "unknown",
              "citation": "Somebody (1925)", "description": "thickness", "status": "web"}  # fmt: skip
    (folder / "dataset" / "sources.json").write_text(json.dumps({"origin": "web", "sources": [source]}))
    show_runs(folder, checkout / "datasets" / "runs", SHOWN)
    return folder


@pytest.fixture
def run(checkout):
    experiment = {"id": "base", "file": str(checkout / "experiments" / "base.yml"), "choice": None}
    return {
        "name": "happy_hodgkin", "session": "0b0b", "start": "2026-01-02T03:04:05.678+01:00",
        "end": "2026-01-02T03:14:05Z", "command": f"nextflow run {checkout}/main.nf --data_mirror /home/ada/raw",
        "nextflow": "25.04.4", "profile": "test", "commit": None,
        "parameters": {"input": str(checkout / "assets" / "samplesheet_test.csv"), "outdir": "/home/ada/out",
                       "data_mirror": "/home/ada/raw", "data_origin": "auto", "help": False, "reports": None,
                       "archive": str(checkout / "datasets" / "runs")},
        "plan": {"runs": [], "experiments": [experiment], "reports": []},
    }  # fmt: skip


def unpack(packed, folder, others=0, time=None):
    """Unpack as `unzip` does, with its rights; ``others`` are added, and all files get one time."""
    packed.extractall(folder)
    for entry in packed.infolist():
        (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777 | others)
        os.utime(folder / entry.filename, time and (time, time))


def record(results, checkout, run, *more):
    main(["crate", "--results", str(results), "--project", str(checkout), "--run", json.dumps(run), *more])
    return entities(results)


def test_the_crate_is_valid(results, checkout, run):
    record(results, checkout, run)
    assert issues(results) == []


def test_the_validator_finds_what_is_missing(results, checkout, run):
    record(results, checkout, run)
    (results / "network" / "base.nc").unlink()
    document = json.loads((results / crate.NAME).read_text())
    for entity in document["@graph"]:
        entity.pop("instrument", None)
    (results / crate.NAME).write_text(json.dumps(document))
    found = " ".join(issues(results))
    assert "base.nc" in found and "instrument" in found


def test_every_file_has_its_digest_and_what_git_keeps_is_left_out(results, checkout, run):
    found = record(results, checkout, run)
    files = {name: entity for name, entity in found.items() if "File" in as_list(entity["@type"])}
    described = {"index.html", "network/base.nc", "spikes/base/spikes.parquet", "dataset/raw/thickness.xls",
                 "reports/figure%201/a%20b.csv", "provenance/code.zip", "provenance/runtime.lock"}  # fmt: skip
    assert described <= set(files)
    for name, entity in files.items():
        path = results / unquote(name)
        assert entity["sha256"] == sha256(path)
        assert int(entity["contentSize"]) == path.stat().st_size
    assert not any(".git/" in name or "trace" in name for name in found)


def test_action_names_inputs_outputs_times_agent_and_image(results, checkout, run):
    found = record(results, checkout, run, "--agent", "Ada Lovelace <https://orcid.org/0000-0001-2345-6789>")
    action = found["#run-0b0b"]
    assert action["startTime"] == "2026-01-02T03:04:05+01:00" and action["endTime"] == "2026-01-02T03:14:05+00:00"
    assert found[action["agent"]["@id"]]["name"] == "Ada Lovelace"
    objects = {item["@id"] for item in action["object"]}
    assert {"provenance/samplesheet.csv", "provenance/experiments/base.yml", "dataset/raw/thickness.xls"} <= objects
    assert {"network/", "spikes/", "index.html"} <= {item["@id"] for item in action["result"]}
    image = found[action["containerImage"]["@id"]]
    assert image["identifier"] == "sha256:abc" and "sha256" not in image  # its file is not known
    raw = found["dataset/raw/thickness.xls"]
    assert raw["license"] == "unknown" and raw["url"] == "https://example.org/t.xls"
    workflow = found["provenance/main.nf"]
    software = {found[item["@id"]]["name"] for item in as_list(workflow["softwareRequirements"])}
    assert software == {"humam", "numpy", "nest-simulator"}
    assert {"pkg:pypi/numpy@2.4.5", "pkg:pypi/numpy@2.4.6"} <= set(found)


@pytest.mark.parametrize("built_here", [True, False])
def test_the_digest_of_the_image_is_that_of_its_file(results, checkout, run, tmp_path, built_here):
    file = tmp_path / "humam.sif"
    file.write_bytes(b"image")
    if built_here:  # then its digest is known, and need not be computed again
        known = {"inputs": "abc", "sha256": "1" * 64, "bytes": 5}
        (tmp_path / "image.json").write_text(json.dumps(known))
    image = record(results, checkout, run | {"image": str(file)})["#image-abc"]
    assert image["sha256"] == ("1" * 64 if built_here else sha256(file))
    assert image["identifier"] == "sha256:abc"
    assert str(tmp_path) not in (results / bundle.FOLDER / bundle.RUN).read_text()


def test_the_digest_of_an_image_goes_to_no_other(results, checkout, run, tmp_path):
    (tmp_path / "humam.sif").write_bytes(b"image")
    path = results / "pipeline_info" / "software_versions.yml"
    path.write_text(path.read_text() + '"HUMAM:ANALYSE":\n    image: "sha256:def"\n')
    found = record(results, checkout, run | {"image": str(tmp_path / "humam.sif")})
    assert not any("sha256" in found[f"#image-{digest}"] for digest in ("abc", "def"))
    (tmp_path / "image.json").write_text(json.dumps({"inputs": "def", "sha256": "1" * 64, "bytes": 5}))
    found = record(results, checkout, run | {"image": str(tmp_path / "humam.sif")})
    assert ["sha256" in found[f"#image-{digest}"] for digest in ("abc", "def")] == [False, True]


def test_the_licence_of_the_packed_code_names_what_is_under_another(results, checkout, run):
    found = record(results, checkout, run)
    text = found[found["provenance/code.zip"]["license"]["@id"]]["description"]
    with zipfile.ZipFile(results / bundle.FOLDER / bundle.CODE) as packed:
        names = packed.namelist()
        readme = packed.read("datasets/README.md").decode()
    for name in ("datasets/published/macaque_sln.csv", "src/humam/plotting/desikan_killiany.json"):
        assert name in text and name in names and name.removeprefix("datasets/") in readme
    assert "CC BY-NC-SA 4.0" in text and "FreeSurfer Software License Agreement" in text
    assert found["provenance/main.nf"]["license"]["@id"] == crate.CODE_LICENCE


def test_runs_of_earlier_results_are_inputs_that_are_not_kept(results, checkout, run):
    found = record(results, checkout, run)
    assert {"@id": "#earlier-run-mine"} in found["#run-0b0b"]["object"]
    entity = found["#earlier-run-mine"]
    assert "engine procedural" in entity["description"] and entity["description"].endswith("not kept in this crate")
    assert (entity["propertyID"], entity["value"]) == ("spikes_sha256", "5" * 64)
    assert not (results / bundle.FOLDER / bundle.ARCHIVED / "mine").exists()


def test_a_samplesheet_that_is_gone_is_named(results, checkout, run, tmp_path, capsys):
    run["parameters"]["input"] = str(tmp_path / "gone.csv")
    with pytest.raises(SystemExit):
        record(results, checkout, run)
    assert f"'{tmp_path}/gone.csv' cannot be kept with the results: No such file" in capsys.readouterr().err


def test_without_an_agent_none_is_made_up(results, checkout, run):
    found = record(results, checkout, run)
    assert found["#agent"]["name"].startswith("unnamed")
    assert "containerImage" in found["#run-0b0b"]


def test_places_of_the_machine_are_not_told(results, checkout, run):
    record(results, checkout, run)
    for name in (crate.NAME, f"{bundle.FOLDER}/{bundle.RUN}"):
        text = (results / name).read_text()
        assert str(checkout) not in text and "/home/ada" not in text
    assert "nextflow run main.nf --data_mirror raw" in (results / crate.NAME).read_text()


def test_the_code_is_kept_and_its_digest_depends_on_it_alone(results, checkout, run, tmp_path):
    record(results, checkout, run)
    kept = results / bundle.FOLDER / bundle.CODE
    with zipfile.ZipFile(kept) as archive:
        names = set(archive.namelist())
        assert archive.getinfo("bin/humam").external_attr >> 16 & 0o100
        unpack(archive, tmp_path / "copy", others=0o070, time=1e9)
    assert {"main.nf", "bin/humam", "src/humam/network.py", "requirements/runtime.lock", "reports/figure1.py"} <= names
    assert not any("__pycache__" in name or name.startswith(("tests/", "datasets/runs/")) for name in names)
    bundle.pack_code(tmp_path / "copy", tmp_path / "again.zip")
    assert sha256(kept) == sha256(tmp_path / "again.zip")


def test_archived_runs_that_reports_show_are_inputs_with_what_makes_them_again(results, checkout, run):
    found = record(results, checkout, run)
    objects = {unquote(item["@id"]) for item in found["#run-0b0b"]["object"]}
    shown = {f"provenance/runs/{name}/" for name in SHOWN}
    assert {name for name in objects if name.startswith("provenance/runs/")} == shown
    entity = next(item for name, item in found.items() if unquote(name) == "provenance/runs/perturbed@2.5/")
    files = {unquote(item["@id"]).split("/")[-1] for item in entity["hasPart"]}
    assert files == {"run.json", "statistics.nc", "windows.parquet", "rasters.parquet"}
    assert entity["license"]["@id"] == crate.CODE_LICENCE and found[entity["citation"]["@id"]]["name"]
    settings = {found[item["@id"]]["name"]: found[item["@id"]]["value"] for item in entity["additionalProperty"]}
    kept = archive.record(checkout / "datasets" / "runs" / "perturbed@2.5")
    assert settings["command"] == "bin/humam reproduce perturbed@2.5"
    assert settings["spikes_sha256"] == kept["spikes_sha256"]
    assert (settings["seed"], settings["chi"], settings["perturbation_time"]) == (kept["seed"], 2.5, 2000.0)
    assert "tau_m" not in settings  # that of the base version
    slot = found["#input-archived_runs"]
    assert {unquote(item["@id"]) for item in slot["workExample"]} == shown


def test_an_archived_run_that_is_not_the_one_shown_is_refused(results, checkout, run, capsys):
    path = results / "reports" / "figure7" / "parameters.yml"
    path.write_text(path.read_text().replace(archive.record(checkout / "datasets/runs/scaling@1.5")["spikes_sha256"],
                                             "0" * 64))  # fmt: skip
    with pytest.raises(SystemExit):
        record(results, checkout, run)
    assert "'scaling@1.5'" in capsys.readouterr().err and not (results / bundle.FOLDER).exists()


def test_what_is_kept_makes_the_results_again_without_the_checkout(results, checkout, run, tmp_path):
    """As docs/outputs.md says: unpack the code, run it on the samplesheet and the archived runs beside it."""
    mine = tmp_path / "my sheet.csv"
    text = (checkout / "assets" / "samplesheet_test.csv").read_text().splitlines()
    text.append(",".join("own" if i == 0 else "my files/mine.yml" if i == 1 else cell
                         for i, cell in enumerate(text[1].split(","))))  # fmt: skip
    mine.write_text("\n".join(text) + "\n")
    own = tmp_path / "my files" / "mine.yml"
    own.parent.mkdir()
    own.write_text("description: Mine\ng: -4\n")
    run["parameters"]["input"] = str(mine)
    run["plan"]["experiments"].append({"id": "mine", "file": str(own), "choice": None})
    record(results, checkout, run)

    kept = results / bundle.FOLDER
    code = tmp_path / "elsewhere" / "code"
    with zipfile.ZipFile(kept / bundle.CODE) as packed:
        unpack(packed, code)
    given = {"input": str(kept / bundle.SAMPLESHEET), "archive": str(kept / bundle.ARCHIVED)}
    given |= {"outdir": str(tmp_path / "again"), "data_origin": "tables", "publish_dir_mode": "copy", "help": False}
    command = [sys.executable, "-P", "-m", "humam", "validate", "--project", str(code), "--parameters"]
    variables = {name: text for name, text in os.environ.items() if name not in ("HUMAM_ROOT", "HUMAM_CODE")}
    done = subprocess.run([*command, json.dumps(given)], env=variables | {"PYTHONPATH": str(code / "src")},
                          cwd=code, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert {Path(item["file"]).parent for item in plan["experiments"]} == {code / "experiments", kept / "experiments"}
    assert all(Path(report["file"]).is_relative_to(code) for report in plan["reports"])

    root = kept / bundle.ARCHIVED
    assert archive.names(root) == sorted(SHOWN)
    for name in SHOWN:  # each file verified by its digest
        assert archive.read(name, root).data.attrs["archived"] == 1
    again = series.Runs({name: root / name for name in SHOWN})
    assert series.members("scaling", again) == {1.5: "scaling@1.5"}
    assert "citation" in (root / bundle.LICENCE).read_text().lower()


@pytest.mark.parametrize("agent", ["Ada <mailto:ada>", "<https://example.org/ada>"])
def test_an_agent_is_a_name_with_an_orcid_or_without(results, checkout, run, agent, capsys):
    with pytest.raises(SystemExit) as stop:
        record(results, checkout, run, "--agent", agent)
    assert stop.value.code == 2 and "orcid.org" in capsys.readouterr().err


def test_an_unfinished_run_is_refused(tmp_path, checkout, run, capsys):
    with pytest.raises(SystemExit):
        record(tmp_path, checkout, run)
    assert "has no index.html" in capsys.readouterr().err


def without(facts, *names):
    """Return facts of which the innermost of nested names is left out."""
    first, *rest = names
    if not rest:
        return {name: value for name, value in facts.items() if name != first}
    return facts | {first: without(facts[first], *rest)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *[(lambda run, name=name: without(run, name), f"--run: {name}: Field required") for name in
          ("name", "session", "start", "end", "command", "nextflow", "commit", "parameters", "plan")],
        (lambda run: without(run, "parameters", "input"), "--run: parameters.input: Field required"),
        (lambda run: without(run, "plan", "experiments"), "--run: plan.experiments: Field required"),
        (lambda run: run | {"plan": {"experiments": [{}]}}, "--run: plan.experiments.0.file: Field required"),
        (lambda run: run | {"start": "today"}, "--run: start = 'today': Invalid isoformat string"),
        (lambda run: run | {"plan": []}, "--run: plan = []: Input should be a valid dictionary\n"),
        (lambda run: [], "--run must be an object, not []"),
    ],
)  # fmt: skip
def test_incomplete_facts_of_a_run_are_named_and_nothing_is_written(results, checkout, run, change, message, capsys):
    with pytest.raises(SystemExit) as stop:
        record(results, checkout, change(run))
    error = capsys.readouterr().err
    assert stop.value.code == 2 and message in error and error.count("\n") == 1
    assert not (results / bundle.FOLDER).exists() and not (results / crate.NAME).exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{[", "of a report cannot be read"),
        ("[1]", "of a report must be an object"),
        ("runs: {base: {archived: true}}", "of a report: 'base' lacks spikes_sha256"),
        ("runs: {base: {archived: true, spikes_sha256: a}}", "of a report: run 'base' is none of its inputs"),
        ("inputs: [{id: base}]", "of a report: inputs.0.kind: Field required"),
    ],
)
def test_a_damaged_record_of_a_report_is_named(results, checkout, run, text, message, capsys):
    (results / "reports" / "figure7" / "parameters.yml").write_text(text)
    with pytest.raises(SystemExit) as stop:
        record(results, checkout, run)
    error = capsys.readouterr().err
    assert stop.value.code == 2 and f"parameters.yml' {message}" in error and error.count("\n") == 1
    assert not (results / bundle.FOLDER).exists()
