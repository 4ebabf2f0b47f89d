"""What a results folder keeps of what it was made from: ``results/provenance``.

The code as one archive, the workflow's main file, samplesheet, experiments, lock file, the archived runs that reports
show, and the facts of the run.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from humam import archive
from humam.errors import HumamError
from humam.files import atomic_path, write_zip
from humam.provenance.commit import commit
from humam.reports import report_records
from humam.reports.report_files import PARAMETERS

FOLDER: Final = "provenance"
CODE: Final = "code.zip"
WORKFLOW: Final = "main.nf"
SAMPLESHEET: Final = "samplesheet.csv"
RUN: Final = "run.json"
LOCK: Final = "runtime.lock"
ARCHIVED: Final = "runs"
LICENCE: Final = "README.md"
"""What a folder of archived runs says about itself, licence and citation included."""

CODE_PARTS: Final = (
    "main.nf", "nextflow.config", "nextflow_schema.json", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff",
    "codemeta.json", "bin", "src", "reports", "workflows", "subworkflows", "modules", "conf", "containers", "assets",
    "experiments", "requirements", "datasets/sources.tsv", "datasets/README.md", "datasets/tables",
    "datasets/published",
)  # fmt: skip
"""What is needed to run the workflow again but archived runs: of these, results keep those that they show."""


def write(results: Path, project: Path, run: Mapping[str, Any]) -> None:
    """Write ``results/provenance``; it replaces an earlier one.

    Parameters
    ----------
    results : path
        The results folder.
    project : path
        The checkout that the workflow ran from.
    run : mapping
        The facts of the run: ``parameters`` and ``plan`` (as ``humam validate`` gave it) and those about the workflow.

    Raises
    ------
    HumamError
        If one of the files is not there, or an archived run is no longer the one that a report shows.
    """
    samplesheet = Path(str(run["parameters"]["input"]))
    experiments = sorted({Path(item["file"]) for item in run["plan"]["experiments"]})
    with atomic_path(results / FOLDER) as folder:
        (folder / "experiments").mkdir(parents=True)
        _copy(project / WORKFLOW, folder / WORKFLOW)
        _copy(project / "requirements" / LOCK, folder / LOCK)
        _copy(samplesheet, folder / SAMPLESHEET)
        text = with_kept_experiments((folder / SAMPLESHEET).read_text(encoding="utf-8-sig"))
        (folder / SAMPLESHEET).write_text(text, encoding="utf-8")
        for path in experiments:
            _copy(path, folder / "experiments" / path.name)
        pack_code(project, folder / CODE)
        _keep_archived(shown(results), Path(str(run["parameters"].get("archive"))), folder / ARCHIVED)
        facts = without_places({**run, "commit": run.get("commit") or commit(project)}, project)
        text = json.dumps(facts, indent=1, ensure_ascii=False)
        (folder / RUN).write_text(text + "\n", encoding="utf-8")


def _copy(source: Path, destination: Path) -> None:
    try:
        shutil.copyfile(source, destination)
    except OSError as error:
        raise HumamError(f"{str(source)!r} cannot be kept with the results: {error.strerror or error}") from None


def with_kept_experiments(samplesheet: str) -> str:
    """Return a samplesheet whose experiments that are files are those kept beside it.

    Examples
    --------
    >>> with_kept_experiments("run,experiment\\nx,base\\ny,../my files/a.yml@1.5\\n")
    'run,experiment\\nx,base\\ny,experiments/a.yml@1.5\\n'
    """
    return re.sub(r'(?m)(^|,)("?)[^,"\n]*?([^,"/\n]+\.ya?ml)', r"\1\2experiments/\3", samplesheet)


def shown(results: Path) -> dict[str, str]:
    """Return the archived runs that the reports of a results folder show: SHA-256 of the spikes by name of the run.

    Those that were given to them as runs of earlier results are none of the archive's.
    """
    runs = _runs(results)
    return {name: facts["spikes_sha256"] for name, facts in runs if facts["archived"] and not facts.get("earlier")}


def earlier(results: Path) -> dict[str, dict[str, Any]]:
    """Return the runs of earlier results that the reports of a results folder show: their facts by name of the run."""
    return {name: facts for name, facts in _runs(results) if facts.get("earlier")}


def _runs(results: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return file and facts (:func:`humam.provenance.runs.facts`) of each run in each report, in the order of files."""
    found = []
    for path in results.glob(f"reports/*/{PARAMETERS}"):
        content = report_records.parameters(path, ("archived", "spikes_sha256"))
        files = {item["id"]: item["file"] for item in content.get("inputs", []) if item["kind"] == "statistics"}
        for name, facts in (content.get("runs") or {}).items():
            if name not in files:
                raise HumamError(f"record {str(path)!r} of a report: run {name!r} is none of its inputs")
            found.append((files[name], facts))
    return sorted(found, key=lambda item: item[0])


def _keep_archived(runs: Mapping[str, str], root: Path, folder: Path) -> None:
    """Copy archived runs, each checked to be intact and the one that was shown, with what says how to use them."""
    for name, digest in runs.items():
        record = archive.verify(root / name)
        if record["spikes_sha256"] != digest:
            raise HumamError(f"archived run {name!r} in {str(root)!r} is no longer the one that the reports show")
        (folder / name).mkdir(parents=True)
        for file in (archive.RECORD_NAME, *record["files"]):
            _copy(root / name / file, folder / name / file)
    if runs and (root / LICENCE).is_file():
        _copy(root / LICENCE, folder / LICENCE)


def pack_code(project: Path, destination: Path) -> None:
    """Write the code of the archive as a zip; the same code gives the same bytes."""
    write_zip(code_files(project), project, destination)


def code_files(project: Path) -> Iterator[Path]:
    """Yield the files of :data:`CODE_PARTS` in a fixed order, without compiled ones."""
    for part in CODE_PARTS:
        top = project / part
        if top.is_file():
            yield top
        yield from (
            path for path in sorted(top.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
        )  # fmt: skip


def without_places(value: Any, project: Path) -> Any:
    """Return facts without the places of this machine: files of the project by their path in it, others by their name.

    Examples
    --------
    >>> without_places({"file": "/a/b/experiments/x.yml", "mirror": "/home/me/raw", "n": 1}, Path("/a/b"))
    {'file': 'experiments/x.yml', 'mirror': 'raw', 'n': 1}
    >>> without_places("nextflow run /a/b/main.nf --data_mirror=/home/me/raw -resume", Path("/a/b"))
    'nextflow run main.nf --data_mirror=raw -resume'
    >>> without_places("/home/me/first,/home/me/second", Path("/a/b"))
    'first,second'
    """
    if isinstance(value, Mapping):
        return {key: without_places(item, project) for key, item in value.items()}
    if isinstance(value, list):
        return [without_places(item, project) for item in value]
    if not isinstance(value, str):
        return value
    text = value.replace(f"{project.as_posix()}/", "")
    words = []
    for word in text.split(" "):
        option, equals, places = word.rpartition("=")
        names = [Path(place).name if place.startswith("/") else place for place in places.split(",")]
        words.append(option + equals + ",".join(names))
    return " ".join(words)
