"""The container image: ``bin/humam image`` builds it from ``containers/`` and the lock files, once, into the cache.

It holds the software and none of the archive's code, so it serves all versions with the same inputs. The digest of
these inputs names its folder in the cache, stands in its labels and, as ``$HUMAM_IMAGE``, gets into every result.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from humam.files import sha256
from humam_setup import apptainer, build_nest, nest_mpi
from humam_setup.building import Run, ensure, free_bytes, is_complete, say
from humam_setup.environments import ensure_uv, uv_variables
from humam_setup.places import Places, SetupError

GIB: Final = 2**30
ROOM: Final = 6 * GIB
"""Free memory from which on the image is put together in memory: the many small files take a third of the time."""

SYSTEM: Final = nest_mpi.system("debian", "12", (3, 11), "4.1.4")
"""What containers/humam.def installs."""

# Where to fetch from, as configured on this machine; nothing of it stays in the image.
_FETCHING: Final[tuple[str, ...]] = (
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "http_proxy",
    "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip


def inputs(places: Places) -> dict[str, Path]:
    """Return the files that an image is made from, by the names they have while it is built."""
    return {
        "humam.def": places.checkout / "containers" / "humam.def",
        "humam": places.checkout / "containers" / "humam",
        "runtime.lock": places.lock("runtime"),
        "nest.lock": places.lock("nest"),
        "build_nest.py": Path(build_nest.__file__),
    }


def digest(places: Places) -> str:
    """Return the SHA-256 of the image's inputs as 64 hexadecimal digits."""
    content = hashlib.sha256(platform.machine().encode())
    for name, path in inputs(places).items():
        try:
            content.update(f"\0{name}\0".encode() + path.read_bytes())
        except OSError as error:
            raise SetupError(f"image: {path} cannot be read: {error.strerror}") from None
    return content.hexdigest()


def image_folder(places: Places) -> Path:
    """Return where the image lies in the cache, built or not."""
    return places.cache / f"image-{digest(places)[:16]}"


def image_path(places: Places) -> Path:
    """Return the image's file, built or not."""
    return image_folder(places) / "humam.sif"


def kernels(places: Places) -> Path:
    """Return the folder, made where needed, that is bound to /var/cache/humam: compiled kernels outlive a task."""
    folder = places.cache / "kernels"
    with suppress(OSError):  # a read-only cache: then they are compiled anew
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def image_ready(places: Places) -> bool:
    """Return whether the image is in the cache."""
    return is_complete(image_folder(places), "humam.sif")


def ensure_image(places: Places) -> Path:
    """Return the image's file; build it where it is not there or not whole any more.

    Raises
    ------
    SetupError
        If Apptainer cannot be had, or the build fails.
    """
    folder = image_folder(places)
    ensure(folder, "the image (some minutes)", "humam.sif", lambda path, run: _build(places, path, run), _whole)
    return image_path(places)


def obstacle() -> str | None:
    """Return in one line why an image cannot be built on this machine, None if it can."""
    if shutil.which("apt-get") is not None and os.geteuid() == 0:
        return None
    return "images are built by root on Debian: build it on such a machine, copy it, and give it by --image FILE"


def check_image(places: Places, file: Path) -> dict[str, str]:
    """Return the labels of an image that came from elsewhere.

    Raises
    ------
    SetupError
        If there is no such file, or it is no image of this archive.
    """
    if not file.is_file():
        raise SetupError(f"image {file}: no such file; `bin/humam image` builds one")
    program = apptainer.ensure_apptainer(places)
    done = subprocess.run([program, "inspect", "--json", file], capture_output=True, text=True, check=False)
    try:
        labels: dict[str, str] = json.loads(done.stdout)["data"]["attributes"]["labels"]
        made_from = labels["org.humam.inputs"]
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["it has not the labels of one"])[-1]
        raise SetupError(f"image {file} is damaged, or no image of this archive: {last}") from None
    if made_from != f"sha256:{digest(places)}":
        say(f"image {file} was made from other inputs than this checkout has ({made_from}); results say so")
    return labels


def image(places: Places, arguments: Sequence[str]) -> int:
    """Build the image and print its path; ``--path``, ``--program``, ``--kernels``: print a path, build nothing."""
    match list(arguments):
        case []:
            print(ensure_image(places))
        case ["--path"]:
            print(image_path(places))
        case ["--program"]:
            print(apptainer.apptainer_program(places))
        case ["--kernels"]:
            print(kernels(places))
        case ["--check", file]:
            check_image(places, Path(file))
        case _:
            allowed = "--path, --program, --kernels, --check FILE"
            raise SetupError(f"image: {shlex.join(arguments)!r} is not allowed; allowed: nothing, or one of {allowed}")
    return 0


def _whole(folder: Path) -> bool:
    try:
        known: dict[str, Any] = json.loads((folder / "image.json").read_text(encoding="utf-8"))
        file = folder / "humam.sif"
        return file.stat().st_size == known["bytes"] and sha256(file) == known["sha256"]
    except (OSError, ValueError, KeyError):
        return False


def _build(places: Places, folder: Path, run: Run) -> None:
    if reason := obstacle():
        raise SetupError(reason)
    program = apptainer.ensure_apptainer(places)
    uv = ensure_uv(places)
    if uv is None:
        raise SetupError("the image cannot be built: there is no uv for this machine")
    packages = _package_cache(places, uv)
    packages.mkdir(parents=True, exist_ok=True)
    built, file = folder / "build", folder / "humam.sif"
    known = nest_mpi.ready(places, SYSTEM)
    _lay_out(places, built, uv)
    if known:
        shutil.copy2(nest_mpi.wheel(nest_mpi.folder(places, SYSTEM)), built / "nest")
    arguments = {"MIRROR": apptainer.debian_mirror(), "DIGEST": digest(places), "VERSION": _version(places)}
    with _temporary(folder) as temporary:
        run(
            [
                program, "build", "--force",
                "--bind", f"{built}:/opt/build", "--bind", f"{packages}:/opt/packages",
                *(word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")),
                "--mksquashfs-args", "-comp zstd -Xcompression-level 3",
                file, built / "humam.def",
            ],
            {**os.environ, "APPTAINER_TMPDIR": str(temporary), "APPTAINER_CACHEDIR": str(folder / "build")},
        )  # fmt: skip
    if not known:
        wheel = nest_mpi.wheel(built / "nest")

        def take(path: Path, _: Run) -> None:
            shutil.copy2(wheel, path)

        nest_mpi.keep(places, SYSTEM, take)
    shutil.rmtree(built)
    facts = {"inputs": digest(places), "sha256": sha256(file), "bytes": file.stat().st_size}
    (folder / "image.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _lay_out(places: Places, built: Path, uv: Path) -> None:
    """Fill the folder that is /opt/build while the image is built."""
    (built / "nest").mkdir(parents=True)
    for name, path in inputs(places).items():
        shutil.copy2(path, built / name)
    shutil.copy2(uv, built / "uv")
    found = uv_variables(places)
    variables: dict[str, str] = {name: found[name] for name in _FETCHING if name in found}
    variables |= {"UV_CACHE_DIR": "/opt/packages", "UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "never"}
    certificates = found.get("SSL_CERT_FILE")
    if certificates and Path(certificates).is_file():
        shutil.copy2(certificates, built / "certificates.crt")
        variables |= {name: "/opt/build/certificates.crt" for name in ("SSL_CERT_FILE", "PIP_CERT")}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    (built / "variables").write_text("".join(lines), encoding="utf-8")


def _package_cache(places: Places, uv: Path) -> Path:
    variables = uv_variables(places)
    shown = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=False, env=variables)
    return Path(shown.stdout.strip() or places.cache / "packages")


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Give a folder for the files of the image: in memory where there is room."""
    memory = Path("/dev/shm")  # noqa: S108  (mkdtemp makes a folder of our own)
    roomy = False
    if memory.is_dir():
        flags = os.statvfs(memory).f_flag
        roomy = not flags & (os.ST_NODEV | os.ST_NOEXEC) and min(free_bytes(memory), _free_memory()) > ROOM
    path = Path(tempfile.mkdtemp(prefix="humam-image-", dir=memory if roomy else folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _free_memory() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _version(places: Places) -> str:
    from humam_setup.launcher import version

    return version(places)
