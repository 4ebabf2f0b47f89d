"""Apptainer: the one of the machine, else Debian's package unpacked into the cache, beside the libraries it needs.

Debian 12 and 13 have no package of it, unstable has one. Taken apart from the system, with that suite's C library, it
runs on an older system and changes nothing there. No daemon, no set-user-ID program, no container registry.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from humam.files import sha256
from humam_setup.building import Run, ensure, is_complete
from humam_setup.found import version_of
from humam_setup.java import Program
from humam_setup.places import Places, SetupError

SUITE: Final = "sid"
"""The suite of Debian that has the package."""

PACKAGES: Final = ("apptainer", "squashfs-tools", "squashfuse", "debootstrap", "patchelf")
"""What runs and builds images; apt adds what they depend on."""

PROGRAMS: Final = (
    "bin/apptainer", "libexec/apptainer/bin/starter", "bin/mksquashfs", "bin/unsquashfs", "bin/squashfuse",
    "bin/squashfuse_ll", "bin/wget",
)  # fmt: skip
"""Programs made to find the libraries that were unpacked with them; all others must be the machine's own."""

NEEDED: Final = ("apt-get", "dpkg-deb", "perl")
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""With it apt and debootstrap check the signatures of Debian's lists of packages, which hold the digests of all."""

# What runs is in one folder of its own: the other programs unpacked would not find their libraries.
_WRAPPER: Final = """\
#!/usr/bin/env bash
# Apptainer from the files beside this one.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# Root may lack capabilities (in a sandbox, say), and asking for one that it lacks fails: drop those from what is asked.
if [ "$EUID" = 0 ] && [ -z "${APPTAINER_DROP_CAPS-}" ]; then
  names=(CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE)
  while read -r key value; do [ "$key" != CapPrm: ] || permitted=$((16#$value)); done < /proc/self/status
  lacking=
  for i in "${!names[@]}"; do (( permitted >> i & 1 )) || lacking+=${lacking:+,}CAP_${names[i]}; done
  [ -z "$lacking" ] || export APPTAINER_DROP_CAPS=$lacking
fi
export DEBOOTSTRAP_DIR=$root/tree/usr/share/debootstrap PATH="$root/programs:$PATH"
exec "$root/tree/usr/bin/apptainer" "$@"
"""


def find_apptainer(places: Places) -> Program | None:
    """Return the machine's Apptainer, if any."""
    path = shutil.which("apptainer")
    if path is None or Path(path).resolve().is_relative_to(places.cache.resolve()):
        return None
    version = version_of(places, Path(path), ["--version"], r"version (\d+\.\d+\.\d+)")
    return Program(Path(path), version) if version else None


def obstacle() -> str | None:
    """Return in one line why Apptainer cannot be set up on this machine, None if it can."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if platform.system() == "Linux" and not lacking and KEYRING.exists():
        return None
    return (
        "Apptainer is not on PATH, and only on Debian it can be set up here: install the package apptainer"
        " (or ask the administrators: many clusters have it as a module)"
    )


def apptainer_folder(places: Places) -> Path:
    """Return where Apptainer lies in the cache, set up or not."""
    content = "\n".join([SUITE, *PACKAGES, *PROGRAMS, _WRAPPER, platform.machine()])
    return places.cache / f"apptainer-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def apptainer_ready(places: Places) -> bool:
    """Return whether Apptainer is in the cache."""
    return is_complete(apptainer_folder(places), "bin/apptainer")


def apptainer_program(places: Places) -> Path:
    """Return the program that is used, whether it is set up already or not."""
    own = find_apptainer(places)
    return own.path if own else apptainer_folder(places) / "bin" / "apptainer"


def ensure_apptainer(places: Places) -> Path:
    """Return the program; set it up first where needed.

    Raises
    ------
    SetupError
        If the machine has none and it cannot be had.
    """
    own = find_apptainer(places)
    if own:
        return own.path
    if not apptainer_ready(places) and (reason := obstacle()):
        raise SetupError(reason)
    return ensure(apptainer_folder(places), "Apptainer", "bin/apptainer", _fill) / "bin" / "apptainer"


def debian_mirror() -> str:
    """Return the address from which this machine's apt gets Debian.

    Raises
    ------
    SetupError
        If apt is not configured for it.
    """
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    for address in listed:
        if re.search(r"/debian/?$", address):
            return address.rstrip("/")
    raise SetupError("apt is not configured to fetch from Debian: its sources name no address that ends in /debian")


def _fill(folder: Path, run: Run) -> None:
    archives = _download(folder / "apt", run)
    tree = folder / "tree"
    for archive in archives:
        run(["dpkg-deb", "--extract", archive, tree])
    digests = {archive.name: sha256(archive) for archive in archives}
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    (folder / "packages.sha256").write_text(lines, encoding="utf-8")
    shutil.rmtree(folder / "apt")
    usr = tree / "usr"
    # Apptainer looks for all that belongs to it below the folder that its program is in.
    for name in ("etc", "var"):
        (tree / name).rename(usr / name)
    (usr / "libexec").mkdir(exist_ok=True)
    (found,) = usr.glob("lib/*/apptainer")
    found.rename(usr / "libexec" / "apptainer")
    found.symlink_to(usr / "libexec" / "apptainer")
    lib = found.parent
    (loader,) = lib.glob("ld-linux-*")
    for program in PROGRAMS:
        patch = ["--set-interpreter", loader, "--force-rpath", "--set-rpath", lib, usr / program]
        run([loader, "--library-path", lib, usr / "bin" / "patchelf", *patch])
    programs = folder / "programs"
    programs.mkdir()
    for path in [*(usr / name for name in PROGRAMS if name.startswith("bin/")), usr / "sbin" / "debootstrap"]:
        (programs / path.name).symlink_to(path)
    for name in ("doc", "info", "locale", "man"):
        shutil.rmtree(usr / "share" / name, ignore_errors=True)
    start = folder / "bin" / "apptainer"
    start.parent.mkdir()
    start.write_text(_WRAPPER, encoding="utf-8")
    start.chmod(0o755)
    run([start, "--version"])


def _download(folder: Path, run: Run) -> list[Path]:
    """Fetch the packages with lists and a state of their own: the system's apt stays as it is."""
    for name in ("lists/partial", "cache/archives/partial", "sources", "preferences"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    source = {"Types": "deb", "URIs": debian_mirror(), "Suites": SUITE, "Components": "main", "Signed-By": KEYRING}
    text = "".join(f"{name}: {value}\n" for name, value in source.items())
    (folder / "sources" / "debian.sources").write_text(text, encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": folder / "sources",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": folder / "preferences",
        "Dir::State": folder,
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "true",
    }
    options = [f"--option={name}={value}" for name, value in settings.items()]
    run(["apt-get", *options, "--quiet", "update"])
    run(["apt-get", *options, "--quiet", "--yes", "--download-only", "install", *PACKAGES])
    return sorted((folder / "cache" / "archives").glob("*.deb"))
