"""Nextflow: the one of the machine, else jars in the cache, each checked against its SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from humam.files import sha256
from humam_setup.building import Run, ensure, is_complete, say
from humam_setup.environments import ensure_tool, key
from humam_setup.found import numbers, version_of
from humam_setup.java import Program
from humam_setup.places import Places, SetupError

OLDEST: Final = (25, 4)
"""Oldest version that runs the workflow (``nextflowVersion`` in nextflow.config)."""

# Asked for its version, a launcher without its jars would fetch them.
_QUIET: Final = {"NXF_OFFLINE": "true", "NXF_DISABLE_CHECK_LATEST": "true"}

# Packages of Java that Nextflow reaches into; the list of its own launcher.
_OPENED: Final = (
    "java.lang", "java.io", "java.nio", "java.net", "java.util", "java.util.concurrent.locks",
    "java.util.concurrent.atomic", "java.nio.file.spi", "java.util.regex", "sun.nio.ch", "sun.nio.fs",
    "sun.net.www.protocol.http", "sun.net.www.protocol.https", "sun.net.www.protocol.ftp",
    "sun.net.www.protocol.file", "jdk.internal.misc", "jdk.internal.vm",
)  # fmt: skip

_ARTIFACT: Final = re.compile(r"([\w.-]+:[\w.-]+:[\w.-]+) ([0-9a-f]{64})")

_START: Final = """\
#!/usr/bin/env bash
# Nextflow from the jars beside this file: offline, no plugins, no look for updates.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${{BASH_SOURCE[0]}}")")/.." && pwd)
export NXF_HOME="${{NXF_HOME:-$root/../nextflow-home}}" NXF_OFFLINE="${{NXF_OFFLINE:-true}}"
export NXF_DISABLE_CHECK_LATEST=true NXF_PLUGINS_DEFAULT="${{NXF_PLUGINS_DEFAULT:-false}}" NXF_CLI="nextflow $*"
unset JAVA_TOOL_OPTIONS
# The first compiler tier alone halves the time to start; a workflow's own work is small.
exec "${{JAVA_CMD:-java}}" -XX:TieredStopAtLevel=1 {opened} -Dfile.encoding=UTF-8 \\
  -Djava.awt.headless=true ${{NXF_OPTS:-}} -cp "$root/lib/*" nextflow.cli.Launcher "$@"
"""


def find_nextflow(places: Places) -> tuple[Program | None, list[Program]]:
    """Return the machine's Nextflow that will be used, if any, and one that is too old."""
    path = shutil.which("nextflow")
    if path is None or Path(path).resolve().is_relative_to(places.cache.resolve()):
        return None, []
    version = version_of(places, Path(path), ["-version"], r"version (\d+\.\d+\.\d+)", _QUIET)
    if version is None:
        return None, []
    program = Program(Path(path), version)
    return (program, []) if numbers(version) >= OLDEST else (None, [program])


def read_artifacts(lock: Path) -> dict[str, str]:
    """Return the SHA-256 of each Maven artifact ``group:artifact:version`` of a lock file."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SetupError(f"lock file {lock} cannot be read: {error.strerror}") from None
    artifacts = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            match = _ARTIFACT.fullmatch(line.strip())
            if match is None:
                raise SetupError(f"lock file {lock} has a line that is no artifact with its SHA-256: {line!r}")
            artifacts[match[1]] = match[2]
    return artifacts


def jar_name(coordinate: str) -> str:
    """Return the file name of an artifact.

    Examples
    --------
    >>> jar_name("io.nextflow:nextflow:25.04.4")
    'nextflow-25.04.4.jar'
    """
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def check_jars(folder: Path, artifacts: dict[str, str]) -> None:
    """Check that a folder has exactly these artifacts.

    Raises
    ------
    SetupError
        Names the first file that is missing, superfluous, or has another SHA-256.
    """
    expected = {jar_name(coordinate): digest for coordinate, digest in artifacts.items()}
    for path in sorted(folder.iterdir()):
        if path.name not in expected:
            raise SetupError(f"Nextflow: file {path.name} is not in the list of jars")
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file():
            raise SetupError(f"Nextflow: jar {name} was not fetched")
        actual = sha256(path)
        if actual != digest:
            raise SetupError(f"Nextflow: jar {name} is refused: its SHA-256 is {actual}, not {digest}")


def project_model(artifacts: dict[str, str]) -> str:
    """Return a Maven project that depends on exactly these artifacts, nothing transitive."""
    entries = []
    for coordinate in artifacts:
        group, artifact, version = coordinate.split(":")
        entries.append(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
            "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
        )
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>humam</groupId><artifactId>nextflow</artifactId>"
        f"<version>1</version><packaging>pom</packaging><dependencies>{''.join(entries)}</dependencies></project>"
    )


def nextflow_folder(places: Places) -> Path:
    """Return where Nextflow lies in the cache, set up or not."""
    start = hashlib.sha256(_START.encode()).hexdigest()
    return places.cache / f"nextflow-{key(places.lock('nextflow'), start)}"


def nextflow_ready(places: Places) -> bool:
    """Return whether Nextflow is in the cache."""
    return is_complete(nextflow_folder(places), "bin/nextflow")


def ensure_nextflow(places: Places) -> Path:
    """Return the start script of Nextflow in the cache; fetch and check its jars first where needed.

    Maven fetches them where ``mvn`` is on PATH, else a Maven client in pure Python does, which needs no Java.

    Raises
    ------
    SetupError
        If a jar cannot be fetched or is not what the lock file says.
    """
    artifacts = read_artifacts(places.lock("nextflow"))

    def fill(folder: Path, run: Run) -> None:
        lib = folder / "lib"
        lib.mkdir()
        fetch = _fetch_by_maven if shutil.which("mvn") else _fetch_by_python
        try:
            fetch(places, artifacts, lib, run)
            check_jars(lib, artifacts)
        except SetupError as error:
            if fetch is _fetch_by_python:
                raise
            say(f"{error}; trying without Maven")
            shutil.rmtree(lib)
            lib.mkdir()
            _fetch_by_python(places, artifacts, lib, run)
            check_jars(lib, artifacts)
        start = folder / "bin" / "nextflow"
        start.parent.mkdir()
        opened = " ".join(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED)
        start.write_text(_START.format(opened=opened), encoding="utf-8")
        start.chmod(0o755)

    return ensure(nextflow_folder(places), "Nextflow", "bin/nextflow", fill) / "bin" / "nextflow"


def _fetch_by_maven(places: Places, artifacts: dict[str, str], lib: Path, run: Run) -> None:
    model = lib.parent / "pom.xml"
    model.write_text(project_model(artifacts), encoding="utf-8")
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
    store = lib.parent / "artifacts"  # not the user's own repository: nothing is left outside the cache
    options = ["--batch-mode", "--strict-checksums", f"-Dmaven.repo.local={store}"]
    try:
        run(["mvn", *options, "--file", model, plugin, f"-DoutputDirectory={lib}"])
    finally:
        shutil.rmtree(store, ignore_errors=True)


def _fetch_by_python(places: Places, artifacts: dict[str, str], lib: Path, run: Run) -> None:
    client = ensure_tool(places, "maven", "a Maven client", "jgo/maven/__init__.py")
    script = Path(__file__).with_name("fetch_artifacts.py")
    variables = {**os.environ, "PYTHONPATH": str(client)}
    run([sys.executable, script, lib.parent / "artifacts", lib, *artifacts], variables)
    shutil.rmtree(lib.parent / "artifacts")
