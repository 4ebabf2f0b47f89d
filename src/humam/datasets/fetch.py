"""Getting raw files from the web or a mirror, every one verified before it is kept.

Inside a dataset, ``python -m humam.datasets.fetch`` repeats what made it (this is the command of its run record).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from humam import errors
from humam.datasets import sources as source_list
from humam.datasets.sources import Source
from humam.errors import HumamError
from humam.files import atomic_path, read_json

STATUS_FILE: Final = "sources.json"
STATUSES: Final = ("web", "mirror", "tables", "unavailable")
FORMAT: Final = "humam-dataset"

PROBE_TIMEOUT_S: Final = 5.0
"""Longest wait for the first answer of a host."""
READ_TIMEOUT_S: Final = 10.0
"""Longest wait for the next piece of a file."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Fetched:
    """What became of a source: one of :data:`STATUSES`, and the reason where it is ``unavailable``."""

    source: Source
    status: str
    reason: str = ""


class Web:
    """Downloads; a host that did not answer is not asked again."""

    def __init__(self, probe_timeout_s: float = PROBE_TIMEOUT_S, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self.probe_timeout_s = probe_timeout_s
        self.read_timeout_s = read_timeout_s
        self._problems: dict[str, str] = {}

    def problem(self, url: str) -> str:
        """Return why the host of an address does not answer, or an empty string; it is asked once."""
        host = urlsplit(url).netloc
        if host not in self._problems:
            self._problems[host] = self._probe(url)
        return self._problems[host]

    def _probe(self, url: str) -> str:
        outcome: list[str] = []

        def ask() -> None:
            request = urllib.request.Request(url, method="HEAD")  # noqa: S310 (sources are checked to be https)
            try:
                urllib.request.urlopen(request, timeout=self.probe_timeout_s).close()  # noqa: S310
                outcome.append("")
            except urllib.error.HTTPError:
                outcome.append("")  # it answers; the file's own request says what is wrong
            except (OSError, http.client.HTTPException) as error:
                outcome.append(str(getattr(error, "reason", error)))

        # A thread, because the look-up of a host's name obeys no time limit.
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self.probe_timeout_s)
        return outcome[0] if outcome else f"no answer within {self.probe_timeout_s:g} s"

    def download(self, url: str, destination: Path) -> str:
        """Write the content of an address to a file; return why it failed, or an empty string."""
        problem = self.problem(url)
        if problem:
            return self._out_of_reach(url, problem)
        try:
            answer = urllib.request.urlopen(url, timeout=self.read_timeout_s)  # noqa: S310
            with answer, destination.open("wb") as stream:
                shutil.copyfileobj(answer, stream)
                promised, got = answer.length, stream.tell()
            if promised:  # what is left of Content-Length; a short body is no error of http.client
                return self._out_of_reach(url, f"the connection ended after {got} of {got + promised} bytes")
        except urllib.error.HTTPError as error:
            return f"HTTP {error.code} {error.reason}"
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            return self._out_of_reach(url, str(getattr(error, "reason", error)) or type(error).__name__)
        return ""

    def _out_of_reach(self, url: str, reason: str) -> str:
        """Note that a host is not to be asked again, and return why."""
        host = urlsplit(url).netloc
        self._problems[host] = reason
        return f"{host} cannot be reached ({reason})"


def fetch(
    sources: Sequence[Source],
    folder: Path,
    mirror: Path | None = None,
    web: Web | None = None,
    report: Report = lambda text: None,
) -> list[Fetched]:
    """Put verified raw files into a folder.

    Parameters
    ----------
    sources : sequence of Source
        What to get.
    folder : Path
        Where to put the files, each at its ``path``.
    mirror : Path, optional
        A folder of the same layout, asked first.
    web : Web, optional
        Asked for what the mirror lacks.
    report : callable
        Told in one line what is fetched and what is missing.

    Returns
    -------
    list of Fetched
        One per source; sources that could not be had have the status ``unavailable``.

    Raises
    ------
    HumamError
        If the content of a file differs from its checksum or size (named).
    """
    result = []
    for source in sources:
        target = folder / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            status, place, reason = _get(source, part, mirror, web)
            difference = "" if reason else source.mismatch(part)
            if difference:
                raise HumamError(f"source {source.path!r} from {place} {difference}: refused")
            if not reason:
                if status == "web":
                    report(f"web: {source.path} ({part.stat().st_size} bytes, verified) from {place}")
                part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        result.append(Fetched(source, status, reason))
    copied = [f.source.path for f in result if f.status == "mirror"]
    if copied:
        report(f"mirror: {len(copied)} files (verified) from {mirror}: {_some(copied)}")
    missing = [f for f in result if f.status == "unavailable"]
    if missing:
        report(f"unavailable: {_with_reasons(missing)}")
    return result


def _some(paths: Sequence[str], limit: int = 10) -> str:
    """Return paths as text, the last ones only counted where they are many."""
    more = f" and {len(paths) - limit} more" if len(paths) > limit else ""
    return ", ".join(paths[:limit]) + more


def _with_reasons(missing: Sequence[Fetched]) -> str:
    """Return sources that could not be had, all by name, each reason once."""
    reasons = dict.fromkeys(f.reason for f in missing)
    return "; ".join(f"{', '.join(f.source.path for f in missing if f.reason == r)} ({r})" for r in reasons)


def _get(source: Source, target: Path, mirror: Path | None, web: Web | None) -> tuple[str, str, str]:
    """Write a source to a file; return status, place, and why it could not be had."""
    reasons = []
    if mirror is not None:
        file = mirror / source.path
        if file.is_file():
            shutil.copyfile(file, target)
            return "mirror", str(mirror), ""
        reasons.append("not in the mirror")  # without its place, which means nothing elsewhere
    if web is not None:
        problem = web.download(source.url, target)
        if not problem:
            return "web", source.url, ""
        reasons.append(problem)
    return "unavailable", "", "; ".join(reasons)


def demand_required(fetched: Sequence[Fetched]) -> None:
    """Raise one error that names every required source that could not be had.

    Raises
    ------
    HumamError
        If there is any.
    """
    missing = [f for f in fetched if f.status == "unavailable" and f.source.role == "required"]
    if missing:
        raise HumamError(f"{len(missing)} required source(s) cannot be had: {_with_reasons(missing)}")


def write_status(folder: Path, origin: str, fetched: Sequence[Fetched]) -> None:
    """Write ``sources.json``: where each source came from, in a dataset made from ``origin``."""
    content = {
        "format": FORMAT,
        "origin": origin,
        "sources": [{**f.source.as_dict(), "status": f.status, "reason": f.reason} for f in fetched],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    with atomic_path(folder / STATUS_FILE) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_status(folder: Path) -> dict[str, Any]:
    """Return the content of a dataset's ``sources.json``.

    Raises
    ------
    HumamError
        If the folder is no such dataset.
    """
    path = folder / STATUS_FILE
    if not path.exists():
        raise HumamError(f"{str(folder)!r} is no dataset: it lacks {STATUS_FILE!r}")
    content = read_json(path, "record")
    if content.get("format") != FORMAT:
        raise HumamError(f"{str(path)!r} is not of the format {FORMAT!r}")
    return content


def origin_of(fetched: Sequence[Fetched]) -> str:
    """Return ``mirror`` if a required source (where none is required, any source) came from a mirror, else ``web``."""
    used = {f.status for f in fetched if f.source.role == "required"} or {f.status for f in fetched}
    return "mirror" if "mirror" in used else "web"


def main(*arguments: str) -> None:
    """Fetch the sources of a list into the current folder: ``--sources TSV --groups A,B [--mirror DIR] [--web]``.

    The mirror is the folder ``$HUMAM_DATA_MIRROR`` where none is given.
    """
    parser = argparse.ArgumentParser(prog="python -m humam.datasets.fetch")
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--groups", required=True)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("HUMAM_DATA_MIRROR"))
    parser.add_argument("--web", action="store_true")
    options = parser.parse_args(arguments)
    wanted = [s for s in source_list.read(options.sources) if s.group in options.groups.split(",")]
    fetched = fetch(wanted, Path(), options.mirror, Web() if options.web else None, print)
    demand_required(fetched)
    write_status(Path(), origin_of(fetched), fetched)


if __name__ == "__main__":
    errors.run(main)
