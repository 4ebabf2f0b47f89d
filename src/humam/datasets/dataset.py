"""The DataLad dataset of raw files: content in git-annex under SHA-256 keys, web addresses, a run record.

Made of raw files from the web or a mirror, or of the extracted tables shipped with the archive.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from humam.anatomy import tables as anatomy_tables
from humam.datasets import datalad_record
from humam.datasets import sources as source_list
from humam.datasets.fetch import Fetched, Report, Web, demand_required, fetch, origin_of, write_status
from humam.datasets.sources import GROUPS, Source
from humam.errors import HumamError
from humam.files import atomic_path
from humam.resources import shipped

ORIGINS: Final = ("auto", "web", "mirror", "tables")
DEFAULT_GROUPS: Final = ("anatomy", "fmri")

_IDENTITY: Final = {"user.name": "HuMAM archive", "user.email": "humam@localhost"}
_ATTRIBUTES: Final = """\
/README.md annex.largefiles=nothing
/sources.json annex.largefiles=nothing
/sources.tsv annex.largefiles=nothing
"""
_README: Final = """\
# Raw data of the human multi-area model

`sources.tsv` lists every file with its address, checksum, licence and citation; `sources.json` says where each came
from. Content is kept by git-annex under its SHA-256: `git annex fsck` verifies it, `datalad get FILE` fetches it again
from the web, `datalad rerun` repeats what made this dataset (it takes what is there from the folder
`$HUMAM_DATA_MIRROR`, where that is set). Files are write-protected: `chmod -R u+w` before deleting the folder.
"""


def build(
    out: Path | str,
    origin: str = "auto",
    mirror: Path | str | None = None,
    sources: Path | str | None = None,
    tables: Path | str | None = None,
    groups: Sequence[str] = DEFAULT_GROUPS,
    web: Web | None = None,
    report: Report = lambda text: None,
) -> str:
    """Build the dataset.

    Parameters
    ----------
    out : path
        Folder of the dataset; it appears when it is complete.
    origin : str
        ``web``; ``mirror``; ``tables`` (those shipped with the archive); ``auto``: the mirror where one is given
        and the web for what it lacks; without a mirror the web, or the tables if a required source cannot be
        reached.
    mirror : path, optional
        A folder with the raw files in the layout of the dataset.
    sources, tables : path, optional
        The list of sources and the extracted tables; default: those shipped.
    groups : sequence of str
        Groups of sources to get.
    web : Web, optional
        How to download.
    report : callable
        Told in one line what is fetched and what is missing.

    Returns
    -------
    str
        ``web``, ``mirror`` or ``tables``: what the dataset holds.

    Raises
    ------
    HumamError
        If content differs from its checksum, a required source cannot be had (all are named), ``out`` exists, or
        git or DataLad fail.
    """
    out = Path(out)
    _check_arguments(out, origin, mirror, groups)
    source_file = Path(sources) if sources is not None else shipped("datasets", "sources.tsv")
    wanted = [s for s in source_list.read(source_file) if s.group in groups]
    mirror = Path(mirror).resolve() if mirror is not None and origin in ("auto", "mirror") else None
    web = (web or Web()) if origin in ("auto", "web") else None
    with atomic_path(out) as temporary, tempfile.TemporaryDirectory(prefix="humam-home-") as home:
        try:
            repository = _Repository(temporary, Path(home))
            repository.create()
            shutil.copyfile(source_file, temporary / "sources.tsv")
            (temporary / "README.md").write_text(_README, encoding="utf-8")
            if origin != "tables":
                fetched = fetch(wanted, temporary, mirror, web, report)
                if origin == "auto" and mirror is None and _any_required_missing(fetched):
                    _remove_fetched(fetched, temporary)
                    report("warning: the web cannot be reached: using the tables shipped with the archive")
                    origin = "tables"
            if origin == "tables":
                fetched = _take_tables(
                    wanted, temporary, Path(tables) if tables else shipped("datasets", "tables"), report
                )
            else:
                demand_required(fetched)
                origin = origin_of(fetched)
            write_status(temporary, origin, fetched)
            repository.save(_run_record(repository, origin, groups, fetched))
            repository.register_urls({f.source.path: f.source.url for f in fetched if f.status in ("web", "mirror")})
        except BaseException:
            _make_writable(temporary)
            raise
    return origin


def _check_arguments(out: Path, origin: str, mirror: Path | str | None, groups: Sequence[str]) -> None:
    if origin not in ORIGINS:
        raise HumamError(f"origin = {origin!r} must be one of {', '.join(ORIGINS)}")
    if origin == "mirror" and mirror is None:
        raise HumamError("origin 'mirror' needs the folder of the mirror (--mirror DIR)")
    if mirror is not None and origin in ("auto", "mirror") and not Path(mirror).is_dir():
        raise HumamError(f"mirror {str(mirror)!r} is no folder")
    unknown = [group for group in groups if group not in GROUPS]
    if unknown or not groups:
        raise HumamError(f"group {unknown[0] if unknown else ''!r} must be one of {', '.join(GROUPS)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise HumamError(f"{str(out)!r} exists: delete it (chmod -R u+w first) or name another folder")


def _any_required_missing(fetched: Sequence[Fetched]) -> bool:
    return any(f.status == "unavailable" and f.source.role == "required" for f in fetched)


def _remove_fetched(fetched: Sequence[Fetched], folder: Path) -> None:
    for top in {Path(f.source.path).parts[0] for f in fetched}:
        shutil.rmtree(folder / top)


def _take_tables(wanted: Sequence[Source], folder: Path, tables: Path, report: Report) -> list[Fetched]:
    """Copy the verified tables; say of every source that it is there as a table or not at all."""
    anatomy_tables.write(anatomy_tables.read(tables), folder / "tables")
    report(f"tables: {', '.join(f'{name}.csv' for name in anatomy_tables.SCHEMA)} (verified) from {tables}")
    return [
        Fetched(s, "tables")
        if s.group == "anatomy"
        else Fetched(s, "unavailable", "not part of the tables shipped with the archive")
        for s in wanted
    ]


def _make_writable(folder: Path) -> None:
    """Let the folder be deleted: git-annex write-protects its content."""
    for path, _, _ in os.walk(folder):
        Path(path).chmod(stat.S_IRWXU)


def _run_record(repository: _Repository, origin: str, groups: Sequence[str], fetched: Sequence[Fetched]) -> str:
    """Return the commit message; for raw files it is a DataLad run record, which ``datalad rerun`` understands.

    It asks the web, whatever the files came from: they are the same, and a mirror is a folder of this machine.
    """
    if origin == "tables":
        return "Add the tables shipped with the archive"
    command = ["python", "-m", "humam.datasets.fetch", "--sources", "sources.tsv", "--groups", ",".join(groups)]
    outputs = [f.source.path for f in fetched if f.status != "unavailable"] + ["sources.json"]
    title = f"Fetch raw files ({origin})"
    return datalad_record.message(title, [*command, "--web"], repository.dataset_id(), ["sources.tsv"], outputs)


class _Repository:
    """git, git-annex and DataLad in one folder, without the user's settings and without changing them."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        name, email = _IDENTITY.values()
        # Programs of the environment that runs this come first; what git would take from its caller is dropped.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_", "DATALAD_"))}
        self._environment = inherited | {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
            "DATALAD_REPO_BACKEND": "SHA256E",
            "DATALAD_LOG_LEVEL": "error",
            "PYTHONNOUSERSITE": "1",
            "LC_ALL": "C.UTF-8",
        }
        for program in ("git", "git-annex", "datalad"):
            if shutil.which(program, path=self._environment["PATH"]) is None:
                raise HumamError(f"a dataset needs {program!r}, which is not on PATH")

    def _run(self, *command: str, where: Path | None = None, text: str | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=where or self.folder,
            env=self._environment,
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            reason = said[-1] if said else f"exit {done.returncode}"
            # git-annex and DataLad do not always say so.
            if shutil.disk_usage(self.folder).free < 2**20:
                reason = "No space left on device"
            raise HumamError(f"{' '.join(command[:2])!r} failed: {reason}")
        return done.stdout

    def _datalad(self, *arguments: str, where: Path | None = None) -> str:
        return self._run("datalad", *arguments, where=where)

    def create(self) -> None:
        """Create the dataset with its own identity and without annexing its small text files."""
        self._datalad("create", "--description", "HuMAM raw data", str(self.folder.resolve()), where=self.folder.parent)
        # Files, not links into .git: a copy that follows links, as a results folder is made by, stays a clean dataset.
        for key, value in {**_IDENTITY, "annex.addunlocked": "true"}.items():
            self._run("git", "config", "--local", key, value)
        with (self.folder / ".gitattributes").open("a", encoding="utf-8") as stream:
            stream.write(_ATTRIBUTES)

    def dataset_id(self) -> str:
        """Return DataLad's id of the dataset."""
        return self._run("git", "config", "-f", ".datalad/config", "datalad.dataset.id").strip()

    def save(self, message: str) -> None:
        """Commit everything."""
        self._datalad("save", "-m", message)

    def register_urls(self, urls: Mapping[str, str]) -> None:
        """Tell git-annex the web address of each file, given by its path."""
        found = self._run("git", "annex", "find", "--format", "${key}\\t${file}\\n").splitlines()
        keys = {path: key for key, path in (line.split("\t") for line in found)}
        pairs = [f"{keys[path]} {url}\n" for path, url in urls.items() if path in keys]
        if pairs:
            self._run("git", "annex", "registerurl", "--batch", text="".join(pairs))
