"""Set-up: programs of the machine, which of them are used and how. Nothing here reaches the network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from programs import program, saying

from humam_setup import debian, environments, found, java, nextflow
from humam_setup.places import Places, SetupError


def test_version_is_asked_once(places: Places, tmp_path: Path) -> None:
    path = saying(tmp_path / "tool", "tool 1.2")
    assert found.version_of(places, path, [], r"(\d+\.\d+)") == "1.2"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text("#!/bin/sh\necho 'tool 9.9'\n")  # as long as before, and as old
    os.utime(path, ns=times)
    assert found.version_of(places, path, [], r"(\d+\.\d+)") == "1.2"
    saying(path, "another version 2.0")
    assert found.version_of(places, path, [], r"(\d+\.\d+)") == "2.0"


def test_version_is_asked_for_each_question(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = program(tmp_path / "tool", 'echo "$(basename "$0")-$1-$NXF_VER-$MORE"')

    def version(name: str, argument: str = "a", more: str = "m") -> str | None:
        return found.version_of(places, tmp_path / name, [argument], r"(\S+)", {"MORE": more})

    for name in ("java", "nextflow"):
        (tmp_path / name).symlink_to(tool)
        assert version(name) == f"{name}-a--m"
    assert version("java", "b") == "java-b--m"
    assert version("java", more="n") == "java-a--n"
    monkeypatch.setenv("NXF_VER", "25.10.0")
    assert version("nextflow") == "nextflow-a-25.10.0-m"


def test_missing_debian_packages_alone_are_installed(places: Places, tmp_path: Path, monkeypatch) -> None:
    names = debian.wanted(places)
    saying(tmp_path / "bin" / "dpkg-query", "\n".join(f"{name} installed" for name in names if name != "munge"))
    apt = program(tmp_path / "bin" / "apt-get", f'echo "$@" >> "{tmp_path}/calls"')
    monkeypatch.setenv("PATH", f"{apt.parent}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=r"needs root; or run: sudo apt-get install --no-install-recommends munge$"):
        debian.install(places)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    debian.install(places)
    assert (tmp_path / "calls").read_text().splitlines() == [
        "--quiet update", "--quiet install --yes --no-install-recommends munge",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "suitable"),
    [("1.8.0_412", False), ("17.0.15", True), ("21", True), ("24.0.1", True), ("25", False), ("internal", False)],
)
def test_java_version(places: Places, tmp_path: Path, monkeypatch, version: str, suitable: bool) -> None:
    path = saying(tmp_path / "bin" / "java", f'openjdk version "{version}"')
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    machine, unsuitable = java.find_java(places)
    if suitable:
        assert machine == java.Program(path, version)
    else:
        assert java.Program(path, version) in unsuitable


@pytest.mark.parametrize(("version", "suitable"), [("24.10.0", False), ("25.04.4", True), ("26.4.1", True)])
def test_nextflow_version(places: Places, tmp_path: Path, monkeypatch, version: str, suitable: bool) -> None:
    path = saying(tmp_path / "bin" / "nextflow", f"version {version} build 1")
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    own, old = nextflow.find_nextflow(places)
    assert (own, old) == ((java.Program(path, version), []) if suitable else (None, [java.Program(path, version)]))


def test_settings_of_pip_reach_uv(places: Places, monkeypatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "file:///an/index")
    monkeypatch.setenv("PIP_CERT", "/a/certificate")
    variables = environments.uv_variables(places)
    assert variables["UV_DEFAULT_INDEX"] == "file:///an/index"
    assert variables["SSL_CERT_FILE"] == "/a/certificate"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "file:///another")
    assert environments.uv_variables(places)["UV_DEFAULT_INDEX"] == "file:///another"
