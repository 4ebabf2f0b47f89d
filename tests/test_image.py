"""The container image and what it is built with: inputs, cache, errors. Nothing here reaches the network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from programs import program

from humam_setup import apptainer, build_nest, building, image, nest_mpi
from humam_setup.places import Places, SetupError, child_environment

# What an image is


def test_the_digest_follows_every_input_and_nothing_else(checkout: Path, tmp_path: Path) -> None:
    copy = Places(tmp_path, tmp_path / "cache")
    for name in ("containers", "requirements", "src/humam_setup"):
        shutil.copytree(checkout / name, tmp_path / name)
    first = image.digest(copy)
    seen = {first}
    for name, path in image.inputs(copy).items():
        if not path.is_relative_to(tmp_path):  # the module that is imported
            continue
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        seen.add(image.digest(copy))
        path.write_bytes(before)
        assert image.digest(copy) == first, name
    assert len(seen) == 5
    (tmp_path / "requirements" / "test.lock").write_text("")
    assert image.digest(copy) == first
    assert image.image_folder(copy).name == f"image-{first[:16]}"


def test_the_definition_takes_nothing_but_packages_of_debian_and_pypi(checkout: Path) -> None:
    text = (checkout / "containers" / "humam.def").read_text()
    assert "Bootstrap: debootstrap\n" in text
    for section in ("%post", "%environment", "%labels", "%help", "%test"):
        assert f"\n{section}\n" in text
    assert "curl" not in text and "wget" not in text
    # The code is an input of each step, not a part of the image.
    assert "src/humam " not in text


def test_what_the_image_installs_is_what_its_wheel_was_built_for(checkout: Path) -> None:
    text = (checkout / "containers" / "humam.def").read_text()
    assert "OSVersion: bookworm\n" in text
    assert image.SYSTEM.startswith("debian-12-cp311-openmpi-4.1.4-")


def test_an_image_is_recorded_where_there_is_one(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    from humam.provenance.software import versions

    assert "image" not in versions()
    monkeypatch.setenv("HUMAM_IMAGE", "sha256:0123")
    assert versions()["image"] == "sha256:0123"
    assert "HUMAM_IMAGE" not in child_environment(places, None)  # what the launcher starts runs in none


# An image in the cache


@pytest.fixture
def built(places: Places, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stand in for the build; return the folders that were built."""
    folders: list[Path] = []

    def build(places: Places, folder: Path, run: object) -> None:
        folders.append(folder)
        (folder / "humam.sif").write_bytes(b"image")
        facts = {"sha256": "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d", "bytes": 5}
        (folder / "image.json").write_text(json.dumps(facts))

    monkeypatch.setattr(image, "_build", build)
    return folders


def test_an_image_is_built_once(places: Places, built: list[Path]) -> None:
    for _ in range(2):
        assert image.ensure_image(places) == image.image_path(places)
    assert len(built) == 1


@pytest.mark.parametrize("damage", [b"imagf", b"imag", None])
def test_a_damaged_image_is_built_again(
    places: Places, built: list[Path], damage: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = image.ensure_image(places)
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    assert image.ensure_image(places).read_bytes() == b"image"
    assert len(built) == 2
    assert ("is damaged" in capsys.readouterr().err) is (damage is not None)


def test_an_image_that_another_process_mended_stays(
    places: Places, built: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = image.ensure_image(places)
    file.write_bytes(b"imagf")
    waits = threading.Event()
    monkeypatch.setattr(building, "say", lambda text: waits.set())
    with building.locked(places.cache / "locks" / f"{file.parent.name}.lock", "it"):
        second = threading.Thread(target=image.ensure_image, args=(places,))
        second.start()
        assert waits.wait(20)  # it saw the damage and waits for the lock
        file.write_bytes(b"image")
        (file.parent / "mended").touch()
    second.join(20)
    assert (file.parent / "mended").exists()
    assert len(built) == 1


def test_paths_are_printed_and_nothing_is_built(
    places: Places, built: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for option, end in (("--path", "humam.sif"), ("--program", "apptainer"), ("--kernels", "kernels")):
        assert image.image(places, [option]) == 0
        assert capsys.readouterr().out.strip().endswith(end)
    assert not built
    with pytest.raises(SetupError, match="--check FILE"):
        image.image(places, ["--nonsense"])


def test_who_cannot_build_an_image_is_told_how_to_get_one(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=r"by root on Debian: .* --image FILE"):
        image.ensure_image(places)
    assert not image.image_ready(places)


# An image from elsewhere


def inspecting(folder: Path, monkeypatch: pytest.MonkeyPatch, labels: dict[str, str] | None) -> None:
    """Put an Apptainer on PATH that knows an image with these labels, or none."""
    answer = json.dumps({"data": {"attributes": {"labels": labels}}})
    text = f"echo '{answer}'" if labels is not None else "echo 'FATAL:   image format not recognized' >&2; exit 255"
    program(folder / "apptainer", f'[ "$1" = inspect ] || {{ echo "apptainer version 1.4.5"; exit; }}\n{text}')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_an_image_that_is_not_there_or_is_none_is_refused_in_one_line(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.sif"
    with pytest.raises(SetupError, match=r"x\.sif: no such file"):
        image.check_image(places, file)
    file.write_bytes(b"no image")
    inspecting(tmp_path / "bin", monkeypatch, None)
    with pytest.raises(SetupError, match=r"x\.sif is damaged, .*: FATAL: +image format not recognized"):
        image.check_image(places, file)
    inspecting(tmp_path / "bin", monkeypatch, {"someone": "else"})
    with pytest.raises(SetupError, match="no image of this archive"):
        image.check_image(places, file)


def test_an_image_with_other_inputs_is_used_and_named(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.sif"
    file.touch()
    inspecting(tmp_path / "bin", monkeypatch, {"org.humam.inputs": "sha256:other"})
    image.check_image(places, file)
    assert "other inputs" in capsys.readouterr().err
    inspecting(tmp_path / "bin", monkeypatch, {"org.humam.inputs": f"sha256:{image.digest(places)}"})
    image.check_image(places, file)
    assert capsys.readouterr().err == ""


# Apptainer


def test_the_apptainer_of_the_machine_comes_first(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspecting(tmp_path / "bin", monkeypatch, {})
    assert apptainer.ensure_apptainer(places) == tmp_path / "bin" / "apptainer"
    assert not places.cache.joinpath("locks").exists()


def test_where_it_cannot_be_set_up_one_line_says_what_to_install(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="install the package apptainer") as error:
        apptainer.ensure_apptainer(places)
    assert "\n" not in str(error.value)


# NEST with MPI


def test_the_system_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    program(tmp_path / "mpicxx", "echo 'mpicxx: Open MPI 4.1.4 (Language: C++)'")
    name = nest_mpi.this_system()
    assert name is not None and "-openmpi-4.1.4-" in name
    program(tmp_path / "mpicxx", "echo 'MPICH'")
    assert nest_mpi.this_system() is None


def test_without_mpi_one_line_says_what_to_install(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="libopenmpi-dev"):
        nest_mpi.ensure_nest_mpi(places)


def test_a_wheel_is_kept_and_unpacked(places: Places, tmp_path: Path) -> None:
    def build(folder: Path, run: object) -> None:
        (tmp_path / "w" / "nest").mkdir(parents=True)
        (tmp_path / "w" / "nest" / "__init__.py").write_text("version = 1\n")
        shutil.make_archive(str(folder / "nest-1"), "zip", tmp_path / "w")
        (folder / "nest-1.zip").rename(folder / "nest-1.whl")

    assert not nest_mpi.ready(places, "here")
    site = nest_mpi.keep(places, "here", build)
    assert (site / "nest" / "__init__.py").read_text() == "version = 1\n"
    assert nest_mpi.ready(places, "here") and not nest_mpi.ready(places, "there")


def test_the_source_of_nest_is_locked(places: Places) -> None:
    entry = build_nest.requirement(places.lock("runtime").read_text())
    assert entry.startswith("nest-simulator==") and entry.count("--hash=sha256:") > 1
    assert entry.count("==") == 1


def test_headers_get_a_guard_where_they_lack_one(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text("int f();\n")
    (tmp_path / "b.h").write_text("#ifndef B\n#define B\n#endif\n")
    build_nest.guard_headers(tmp_path)
    assert (tmp_path / "a.h").read_text() == "#pragma once\nint f();\n"
    assert (tmp_path / "b.h").read_text().startswith("#ifndef B")


def test_the_start_inside_names_missing_code(checkout: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [checkout / "containers" / "humam", "network"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("humam: error: there is no code at ")
    assert len(done.stderr.splitlines()) == 1
