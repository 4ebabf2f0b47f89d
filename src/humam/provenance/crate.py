"""A Workflow Run RO-Crate over a results folder: what was run, with what, by whom, and what came out.

Profile: Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5) on RO-Crate 1.1.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import yaml
from rocrate.model import ContextEntity, Entity
from rocrate.rocrate import ROCrate

from humam import __version__, archive
from humam.errors import HumamError
from humam.files import atomic_path, sha256
from humam.parameters import Parameters
from humam.provenance import bundle
from humam.provenance.commit import identifier

NAME: Final = "ro-crate-metadata.json"
PROFILES: Final = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_TERMS: Final = "https://w3id.org/ro/terms/workflow-run#"
CODE_LICENCE: Final = "https://spdx.org/licenses/GPL-3.0-or-later"
LICENCES: Final = "#licences"
"""What says which part is under which licence."""
PAPER: Final = "https://doi.org/10.1093/cercor/bhae409"
PAPER_TITLE: Final = "Multi-Scale Spiking Network Model of Human Cerebral Cortex"

RESULTS: Final = {
    "index.html": "front page: figures and the comparison with the published values",
    "comparison.csv": "every published quantity: published, here, difference, tolerance, verdict",
    "dataset": "raw anatomical data (DataLad dataset)",
    "tables": "anatomical data as tidy tables",
    "network": "networks: neurons, synapses, weights, delays, external drive",
    "theory": "mean-field rates",
    "structure": "path lengths, delays, degrees",
    "spikes": "spikes and the manifest of each simulation",
    "statistics": "statistics of the spikes, currents, functional connectivity",
    "reports": "one report for each figure: page, pictures, numbers drawn, code",
}
"""Results in the order of the data, with what they are."""

_MEDIA_TYPES: Final = {
    ".nc": "application/x-netcdf", ".parquet": "application/vnd.apache.parquet", ".yml": "application/yaml",
    ".lock": "text/plain", ".nf": "text/x-nextflow", ".md": "text/markdown", ".csv": "text/csv", ".py": "text/x-python",
    ".tsv": "text/tab-separated-values",
}  # fmt: skip


def write(results: Path, project: Path, run: Mapping[str, Any], agent: str | None = None) -> Path:
    """Write ``results/provenance`` and the RO-Crate over the whole folder.

    Parameters
    ----------
    results : path
        The results folder of a finished run.
    project : path
        The checkout that the workflow ran from.
    run : mapping
        Facts of the run: ``name``, ``session``, ``start`` and ``end`` (ISO 8601), ``command``, ``nextflow`` (version),
        ``profile``, ``commit``, ``parameters``, ``plan``, ``image`` (file of the container image, where steps ran in
        one).
    agent : str, optional
        Who ran it: ``NAME`` or ``NAME <https://orcid.org/...>``.

    Returns
    -------
    path
        The crate's metadata file.

    Raises
    ------
    HumamError
        If ``results`` is no results folder, or a file of it cannot be read.
    """
    if not (results / "index.html").is_file():
        raise HumamError(f"results folder {str(results)!r} has no index.html: it is not of a finished run")
    bundle.write(results, project, {**run, "image": _image_facts(run.get("image"))})
    document = describe(results, agent).metadata.generate()
    for entity in document["@graph"]:  # a list of one is written as the one, as the specification recommends
        entity.update({key: value[0] for key, value in entity.items() if isinstance(value, list) and len(value) == 1})
    with atomic_path(results / NAME) as temporary:
        temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return results / NAME


def describe(results: Path, agent: str | None = None) -> ROCrate:
    """Return the crate of a results folder that has its ``provenance`` already."""
    run = json.loads((results / bundle.FOLDER / bundle.RUN).read_text(encoding="utf-8"))
    end = _time(run["end"])
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(
        {term: f"{_TERMS}{term}" for term in ("sha256", "ContainerImage", "containerImage", "registry", "tag")}
    )
    crate.name = f"HuMAM archive: results of the run {run['name']}"
    crate.description = (
        "Results of the human multi-area spiking model of cerebral cortex (Pronold et al. 2024), "
        f"made by the HuMAM archive {__version__} from raw anatomical data."
    )
    crate.datePublished = end
    crate.license = _licences(crate)
    person = _agent(crate, agent)
    crate.root_dataset["author"] = person
    crate.root_dataset["conformsTo"] = [
        _context(crate, identifier, "CreativeWork", name=name, version=version)
        for identifier, (name, version) in PROFILES.items()
    ]

    workflow = _workflow(crate, results, run)
    action = crate.add_action(
        workflow,
        identifier=f"#run-{run['session']}",
        object=[*_files_given(crate, results, workflow), *_parameters(crate, run, workflow)],
        result=list(_results(crate, results)),
        properties={
            "name": f"Run {run['name']} of the HuMAM archive",
            "description": run["command"],
            "startTime": _time(run["start"]),
            "endTime": end,
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    action["agent"] = person
    versions = software(results / "pipeline_info" / "software_versions.yml")
    workflow["softwareRequirements"] = [
        _context(
            crate, f"pkg:{'pypi' if name not in ('python', 'humam') else 'generic'}/{name}@{version}",
            "SoftwareApplication", name=name, version=version,
        )
        for name, version in versions if name != "image"
    ]  # fmt: skip
    digests = [text.removeprefix("sha256:") for name, text in versions if name == "image"]
    images = [_image(crate, digest, _digest_of(run.get("image"), digest, digests)) for digest in digests]
    if images:
        action["containerImage"] = images
    crate.root_dataset["mentions"] = [action]
    return crate


def software(path: Path) -> list[tuple[str, str]]:
    """Return name and version of all software that a step of the workflow used, each pair once."""
    if not path.is_file():
        return []
    steps = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return sorted({
        (name, str(version))
        for used in steps.values() for name, found in used.items()
        for version in (found if isinstance(found, list) else [found])
    })  # fmt: skip


def _image_facts(file: str | None) -> dict[str, str] | None:
    """Return name and SHA-256 of an image's file, and of what it was made from where that is known."""
    if file is None or not Path(file).is_file():
        return None
    beside = Path(file).with_name("image.json")  # written by `bin/humam image`
    known = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    if known.get("bytes") != Path(file).stat().st_size:
        known = {"sha256": sha256(file)}
    return {"file": Path(file).name, **{key: known[key] for key in ("sha256", "inputs") if key in known}}


def _digest_of(image: Mapping[str, str] | None, inputs: str, all_inputs: list[str]) -> str:
    """Return the SHA-256 of the image that was made from some inputs, empty where it is not known.

    Steps of an earlier run, which this one took over, may have run in another image.
    """
    if image is None or (image["inputs"] != inputs if "inputs" in image else all_inputs != [inputs]):
        return ""
    return image["sha256"]


def _image(crate: ROCrate, inputs: str, digest: str) -> Entity:
    facts = {"sha256": digest} if digest else {}
    return _context(
        crate, f"#image-{inputs}", "ContainerImage", name="image of the HuMAM archive", identifier=f"sha256:{inputs}",
        additionalType={"@id": f"{_TERMS}SIFImage"}, **facts,
        description="Built from the definition in containers/; the identifier is the digest of what it was made from"
        + (", sha256 that of its file." if digest else "; its file is not known any more."),
    )  # fmt: skip


def _time(text: str) -> str:
    """Return an ISO 8601 time to the second, with its offset."""
    return datetime.fromisoformat(text).isoformat(timespec="seconds")


def _context(crate: ROCrate, identifier: str, kind: str | list[str], /, **properties: Any) -> Entity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _file(crate: ROCrate, results: Path, path: Path, **properties: Any) -> Entity:
    """Add a file of the results with size, digest and media type."""
    suffix = path.suffix.lower()
    media = _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    facts = {
        "name": path.name, "contentSize": str(path.stat().st_size), "sha256": sha256(path), "encodingFormat": media,
    }  # fmt: skip
    return crate.add_file(path, path.relative_to(results).as_posix(), properties=facts | properties)


def _licences(crate: ROCrate) -> Entity:
    return _context(
        crate, LICENCES, "CreativeWork", name="Licences of the parts",
        description="Code and pages: GPL-3.0-or-later. Raw data: the licence beside each file, where one is known; "
        "what was computed from them may depend on these. In provenance/code.zip not all is code: "
        "datasets/published/macaque_sln.csv is under CC BY-NC-SA 4.0, src/humam/plotting/desikan_killiany.json under "
        "the FreeSurfer Software License Agreement, other tables of datasets/ rest on data some of which state no "
        "licence; datasets/README.md and the datapackage.json beside the tables there name the licence of each.",
    )  # fmt: skip


def _agent(crate: ROCrate, agent: str | None) -> Entity:
    """Add who ran the workflow; a name is never taken from the machine."""
    name, _, rest = (agent or "").partition("<")
    address = rest.strip().rstrip(">")
    if rest and not address.startswith("https://orcid.org/"):
        raise HumamError(f"agent {agent!r}: must be NAME or NAME <https://orcid.org/...>")
    name = name.strip() or "unnamed: whoever started the run did not give a name (--agent)"
    return _context(crate, address or "#agent", "Person", name=name)


def _workflow(crate: ROCrate, results: Path, run: Mapping[str, Any]) -> Entity:
    """Add the workflow: its main file, the archive of all code, the environment it asks for."""
    folder = results / bundle.FOLDER
    workflow = crate.add_workflow(
        folder / bundle.WORKFLOW, f"{bundle.FOLDER}/{bundle.WORKFLOW}", main=True, lang="nextflow",
        lang_version=run["nextflow"],
        properties={
            "name": "HuMAM archive", "version": __version__, "license": {"@id": CODE_LICENCE},
            "sha256": sha256(folder / bundle.WORKFLOW), "encodingFormat": "text/x-nextflow",
            "contentSize": str((folder / bundle.WORKFLOW).stat().st_size), "input": [], "output": [],
        },
    )  # fmt: skip
    if of_commit := identifier(run["commit"]):
        workflow["identifier"] = of_commit
    _context(crate, CODE_LICENCE, "CreativeWork", name="GNU General Public License v3.0 or later")
    code = _file(crate, results, folder / bundle.CODE, description="code, experiments and shipped tables of the run")
    code["license"] = {"@id": LICENCES}
    lock = _file(crate, results, folder / bundle.LOCK, description="versions and digests of all Python packages")
    workflow["hasPart"] = [code, lock]
    return workflow


def _slot(crate: ROCrate, workflow: Entity, name: str, kind: str, examples: list[Entity], text: str) -> None:
    """Add an input of the workflow and say which entities filled it in this run."""
    slot = crate.add_formal_parameter(name, kind, identifier=f"#input-{name}", description=text)
    slot["workExample"] = examples
    workflow.append_to("input", slot)
    for example in examples:
        example.append_to("exampleOfWork", slot)


def _files_given(crate: ROCrate, results: Path, workflow: Entity) -> list[Entity]:
    """Add samplesheet, experiments, raw data and archived runs: the files that went in."""
    folder = results / bundle.FOLDER
    samplesheet = _file(crate, results, folder / bundle.SAMPLESHEET, description="one row for each simulation")
    _slot(crate, workflow, "samplesheet", "File", [samplesheet], "the runs")
    experiments = [_file(crate, results, path) for path in sorted((folder / "experiments").glob("*"))]
    _slot(crate, workflow, "experiments", "File", experiments, "what differs from the default parameters")
    raw = list(_raw_files(crate, results))
    if raw:
        _slot(crate, workflow, "raw_data", "File", raw, "anatomical data")
    runs = list(_archived_runs(crate, results))
    if runs:
        _slot(crate, workflow, "archived_runs", "Dataset", runs, "archived runs that the reports show")
    earlier = list(_earlier_runs(crate, results))
    if earlier:
        _slot(crate, workflow, "earlier_runs", "PropertyValue", earlier, "runs of earlier results (--runs)")
    return [samplesheet, *experiments, *raw, *runs, *earlier]


def _earlier_runs(crate: ROCrate, results: Path) -> Iterable[Entity]:
    """Yield the runs of earlier results that the reports show: what they are and the digest of their spikes."""
    for name, facts in bundle.earlier(results).items():
        text = (
            f"{facts['experiment']}, {facts['t_sim_ms'] / 1000:g} s, seed {facts['seed']}, engine {facts['engine']},"
            f" s = {facts['scale']:g}, k = {facts['in_degree_scale']:g}; not kept in this crate"
        )
        yield _context(
            crate, f"#earlier-run-{quote(name)}", "PropertyValue", name=f"run {name} of earlier results",
            propertyID="spikes_sha256", value=facts["spikes_sha256"], description=text,
        )  # fmt: skip


def _archived_runs(crate: ROCrate, results: Path) -> Iterable[Entity]:
    """Yield the archived runs: what was simulated, what makes it again, the files.

    Of the parameters only what differs from the base version is told, each value once for all runs; ``run.json`` has
    them all.
    """
    root = results / bundle.FOLDER / bundle.ARCHIVED
    names = archive.names(root)
    if names:
        _context(crate, PAPER, "ScholarlyArticle", name=PAPER_TITLE)
    if (root / bundle.LICENCE).is_file():
        _file(crate, results, root / bundle.LICENCE, description="archived runs: what they are, licence, citation")
    for name in names:
        record = archive.record(root / name)
        parameters = record["parameters"]
        settings = {key: record[key] for key in ("engine", "seed", "t_sim_ms", "spikes_sha256", "commit")}
        settings |= {
            key: value for key, value in parameters.items()
            if key not in ("name", "description", *settings) and value != Parameters.model_fields[key].default
        }  # fmt: skip
        settings["command"] = " ".join(record["command"])
        text = f"{parameters['description']}; {record['t_sim_ms'] / 1000:g} s, seed {record['seed']}"
        facts = {
            "name": f"archived run {name}", "description": text, "license": {"@id": CODE_LICENCE},
            "citation": {"@id": PAPER},
        }  # fmt: skip
        folder = root / name
        run = crate.add_dataset(folder, folder.relative_to(results).as_posix() + "/", properties=facts)
        run["hasPart"] = [_file(crate, results, path) for path in _walk(folder)]
        run["additionalProperty"] = [_setting(crate, key, value) for key, value in settings.items() if value != ""]
        yield run


def _setting(crate: ROCrate, name: str, value: Any) -> Entity:
    identifier = f"#setting-{name}-{quote(str(value), safe='')}"
    return crate.dereference(identifier) or _context(crate, identifier, "PropertyValue", name=name, value=value)


def _raw_files(crate: ROCrate, results: Path) -> Iterable[Entity]:
    """Yield the raw files of the dataset, or the shipped tables where the run had no raw files."""
    record = results / "dataset" / "sources.json"
    if not record.is_file() or not record.stat().st_size:  # a stub run
        return
    content = json.loads(record.read_text(encoding="utf-8"))
    known = {source["path"]: source for source in content["sources"]}
    for path in _walk(results / "dataset"):
        source = known.get(path.relative_to(results / "dataset").as_posix())
        if source:
            text = f"{source['description']}; cite {source['citation']}"
            yield _file(crate, results, path, description=text, license=source["licence"], url=source["url"])
        elif "tables" in path.relative_to(results / "dataset").parts[:-1]:
            yield _file(crate, results, path, description="table shipped with the archive")


def _parameters(crate: ROCrate, run: Mapping[str, Any], workflow: Entity) -> list[Entity]:
    """Add the workflow's parameters and their values."""
    values = []
    for name, value in run["parameters"].items():
        if value is None or name in ("help", "input", "outdir", "agent"):
            continue
        entity = _context(crate, f"#value-{name}", "PropertyValue", name=name, value=value)
        kind = "Boolean" if isinstance(value, bool) else "Number" if isinstance(value, (int, float)) else "Text"
        _slot(crate, workflow, name, kind, [entity], f"parameter --{name}")
        values.append(entity)
    return values


def _results(crate: ROCrate, results: Path) -> Iterable[Entity]:
    """Add what came out: a dataset for each kind of result, and every file with its digest."""
    for name, text in RESULTS.items():
        path = results / name
        if path.is_file():
            yield _file(crate, results, path, description=text)
        elif path.is_dir():
            folder = crate.add_dataset(path, f"{name}/", properties={"name": name, "description": text})
            for file in _walk(path):
                identifier = file.relative_to(results).as_posix()
                folder.append_to("hasPart", crate.dereference(identifier) or _file(crate, results, file))
            yield folder
    for name, text in {"run.json": "facts of the run", "software_versions.yml": "software of each step"}.items():
        path = results / (bundle.FOLDER if name == bundle.RUN else "pipeline_info") / name
        if path.is_file():
            _file(crate, results, path, description=text)


def _walk(folder: Path) -> list[Path]:
    """Return the files of a folder in order, without what git and DataLad keep for themselves."""
    return [
        path for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]  # fmt: skip
