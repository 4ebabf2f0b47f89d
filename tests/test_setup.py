"""Set-up: lock files and the cache. Nothing here reaches the network."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest

from humam_setup import environments, nextflow
from humam_setup.building import MARKER, NO_NETWORK, ensure, locked, summary
from humam_setup.places import Places, SetupError

LOCKS = ("runtime", "test", "uv", "java", "maven", "nest", "validator")


def requirements(lock: Path) -> dict[str, set[str]]:
    """Return the versions of each package of a lock file, with one digest at least for each."""
    versions: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", lock.read_text()):
        if not block.startswith("#"):
            name, version = re.match(r"([a-z0-9.-]+)==(\S+)", block).groups()
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), name
            versions.setdefault(name, set()).add(version)
    return versions


# Lock files


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_digests_and_no_hosts(places: Places, name: str) -> None:
    assert requirements(places.lock(name))
    assert "://" not in places.lock(name).read_text()


def test_test_environment_contains_the_runtime_environment(places: Places) -> None:
    runtime, test = (requirements(places.lock(name)) for name in ("runtime", "test"))
    assert {name: versions for name, versions in test.items() if name in runtime} == runtime


def test_locks_cover_the_dependencies(checkout: Path, places: Places) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    wanted = {"runtime": project["dependencies"], "test": project["optional-dependencies"]["test"]}
    for name, entries in wanted.items():
        locked = requirements(places.lock(name))
        for entry in entries:
            package, pin = re.match(r"([\w.-]+?)(?:\[.*\])?(==\S+|>=\S+)?$", entry).groups()
            assert package.lower() in locked
            if pin and pin.startswith("=="):
                assert locked[package.lower()] == {pin[2:]}


def test_key_depends_on_the_lock(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    assert environments.key(one) != environments.key(two)
    with pytest.raises(SetupError, match="three"):
        environments.key(tmp_path / "three")


# Nextflow's jars


@pytest.fixture
def jars(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    folder = tmp_path / "lib"
    folder.mkdir()
    artifacts = {}
    for name in ("a", "b"):
        (folder / f"{name}-1.jar").write_bytes(name.encode())
        artifacts[f"g:{name}:1"] = hashlib.sha256(name.encode()).hexdigest()
    return folder, artifacts


def test_jars_pass(jars: tuple[Path, dict[str, str]]) -> None:
    nextflow.check_jars(*jars)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "b-1.jar").write_bytes(b"c"), r"b-1\.jar is refused"),
        (lambda folder: (folder / "b-1.jar").unlink(), r"b-1\.jar was not fetched"),
        (lambda folder: (folder / "c-1.jar").write_bytes(b""), r"c-1\.jar is not in the list"),
    ],
)
def test_tampered_jars_are_refused_by_name(jars: tuple[Path, dict[str, str]], change, message: str) -> None:
    change(jars[0])
    with pytest.raises(SetupError, match=message):
        nextflow.check_jars(*jars)


def test_list_of_jars(places: Places, tmp_path: Path) -> None:
    artifacts = nextflow.read_artifacts(places.lock("nextflow"))
    assert "io.nextflow:nextflow:25.04.4" in artifacts
    model = nextflow.project_model(artifacts)
    assert model.count("<dependency>") == len(artifacts)
    broken = tmp_path / "broken.lock"
    broken.write_text("g:a:1 1234\n")
    with pytest.raises(SetupError, match="g:a:1"):
        nextflow.read_artifacts(broken)


def test_maven_leaves_nothing_outside_the_cache(
    jars: tuple[Path, dict[str, str]], places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, artifacts = jars
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(
        "#!/bin/sh\nfor word; do case $word in -Dmaven.repo.local=*) store=${word#*=};; "
        f'-DoutputDirectory=*) lib=${{word#*=}};; esac; done\nmkdir "$store" && cp {source}/* "$lib"\n'
    )
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(nextflow, "read_artifacts", lambda _: artifacts)
    folder = nextflow.ensure_nextflow(places).parents[1]
    assert sorted(path.name for path in folder.iterdir()) == [MARKER, "bin", "lib", "pom.xml"]
    assert (folder / "lib" / "a-1.jar").read_bytes() == b"a"


# The cache


def test_cache_part_is_built_once(tmp_path: Path) -> None:
    built = []

    def fill(folder: Path, run) -> None:
        built.append(folder)
        (folder / "it").touch()

    for _ in range(2):
        assert ensure(tmp_path / "part", "part", "it", fill) == tmp_path / "part"
    assert len(built) == 1
    # What an environment was made from can vanish.
    (tmp_path / "part" / "it").unlink()
    ensure(tmp_path / "part", "part", "it", fill)
    assert len(built) == 2


def test_half_built_part_is_built_anew(tmp_path: Path) -> None:
    def half(folder: Path, run) -> None:
        (folder / "rubbish").touch()
        run([sys.executable, "-c", "raise SystemExit('error: no luck')"])

    with pytest.raises(SetupError, match="part could not be set up: error: no luck; log: ") as error:
        ensure(tmp_path / "part", "part", "it", half)
    assert "\n" not in str(error.value)
    ensure(tmp_path / "part", "part", "it", lambda folder, run: (folder / "it").touch())
    assert not (tmp_path / "part" / "rubbish").exists()


SLOW = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from humam_setup.building import ensure

def fill(folder, run):
    print("building", flush=True)
    run(["sh", "-c", 'for i in $(seq 600); do [ -e "$0" ] && exit; sleep 0.05; done; exit 1', sys.argv[3]])
    (folder / "it").touch()

ensure(Path(sys.argv[2]), "part", "it", fill)
"""


def start_slow(places: Places) -> subprocess.Popen[str]:
    """Start a process that builds a part of the cache until the file ``go`` is there."""
    places.cache.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, *map(str, (places.source, places.cache / "part", places.cache / "go"))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_at_once_build_once(places: Places) -> None:
    first = start_slow(places)
    assert first.stdout is not None and first.stdout.readline() == "building\n"
    second = start_slow(places)
    assert second.stderr is not None
    assert second.stderr.readline() == "humam: waiting for another process that sets up part\n"
    (places.cache / "go").touch()
    (out, err), (_, told) = second.communicate(timeout=30), first.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (0, 0)
    assert (out, err) == ("", "")  # it builds nothing itself
    assert [line.partition(" (")[0] for line in told.splitlines()] == ["humam: setting up part", "humam: part ready"]


def number_in(folder: Path) -> int:
    """Return the number that a program writes into a file once it runs; 0 if it does not within 20 s."""
    for _ in range(400):
        if (folder / "number").exists() and (text := (folder / "number").read_text()):
            return int(text)
        time.sleep(0.05)
    return 0


def has_ended(group: int) -> bool:
    """Return whether all processes of a group end within 20 s: init may take a while to bury those killed."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_an_interrupted_build_ends_with_all_that_it_started(tmp_path: Path) -> None:
    # A program that does not listen to SIGTERM, and its child, which must not survive it.
    stubborn = "trap '' TERM; sleep 60 & echo $$ > number; wait; sleep 60"

    def interrupt() -> None:
        if number_in(tmp_path):
            signal.raise_signal(signal.SIGINT)

    def build(folder: Path, run) -> None:
        threading.Thread(target=interrupt).start()
        run(["bash", "-c", f"cd {folder.parent}; {stubborn}"])

    with pytest.raises(KeyboardInterrupt):
        ensure(tmp_path / "part", "part", "it", build)
    assert has_ended(number_in(tmp_path))
    # The lock is free again.
    ensure(tmp_path / "part", "part", "it", lambda folder, run: (folder / "it").touch())


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
checkout = sys.argv[1]
sys.path.insert(0, checkout + "/src")
from humam_setup import environments, launcher
from humam_setup.building import ensure

def slow(places, name):
    def fill(folder, run):
        (folder / "it").touch()
        run(["bash", "-c", f"echo $$ > {folder.parent.parent / 'number'}; sleep 60"])
    return ensure(places.cache / name, name, "it", fill)

environments.ensure_uv = lambda places: None
environments.ensure_environment = slow
launcher._prepare_nextflow = lambda places: (slow(places, "workflow"), None)
sys.exit(launcher.main(checkout, ["setup"]))
"""


def test_ctrl_c_ends_a_set_up_at_once(places: Places, tmp_path: Path) -> None:
    (places.cache / "locks").mkdir(parents=True)
    # The environment is being built, Nextflow waits for another process: both end.
    with locked(places.cache / "locks" / "workflow.lock", "workflow"):
        process = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, str(places.checkout)],
            env=os.environ | {"HUMAM_CACHE": str(places.cache)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        told = {process.stderr.readline() for _ in range(2)}
        assert told == {
            "humam: setting up runtime\n", "humam: waiting for another process that sets up workflow\n",
        }  # fmt: skip
        group = number_in(tmp_path)
        assert group
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)  # what is built sleeps for longer
    assert (process.returncode, error) == (130, "humam: interrupted\n")
    assert has_ended(group)
    assert not list(places.cache.rglob(MARKER))


def test_killed_half_way_is_completed_by_the_next(places: Places) -> None:
    first = start_slow(places)
    assert first.stdout is not None
    first.stdout.readline()
    first.send_signal(signal.SIGKILL)
    (places.cache / "go").touch()
    first.communicate(timeout=30)
    second = start_slow(places)
    out, _ = second.communicate(timeout=30)
    assert (second.returncode, out) == (0, "building\n")


def test_lines_of_parts_set_up_side_by_side_stay_whole() -> None:
    told = (
        "import threading\nfrom humam_setup.building import say\n"
        "def tell(part):\n    for _ in range(500):\n        say(part)\n"
        "for part in 'abcd':\n    threading.Thread(target=tell, args=(part * 40,)).start()\n"
    )
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert sorted(ended.stderr.splitlines()) == [f"humam: {part * 40}" for part in "abcd" for _ in range(500)]


def test_lack_of_network_is_named() -> None:
    log = "WARNING: Retrying: NewConnectionError\nERROR: No matching distribution found for uv==1\n"
    assert summary(log) == "ERROR: No matching distribution found for uv==1" + NO_NETWORK
    assert len(summary("error: x\n" * 3 + "error: " + "y" * 1000)) <= 400
