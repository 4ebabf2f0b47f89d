"""Runs inside the image: the same results as on this machine, from a clean room, by both engines.

The tests follow each other on one results folder, in the order of this file.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import xarray as xr
from harness import Outcome, Workflow, copy_checkout

pytestmark = pytest.mark.workflow

SHEET = """\
run,experiment,engine,scale,t_sim,seed,threads
stored,base,nest,0.004,300,2903,2
regenerated,base,procedural,0.004,300,2903,1
"""

# What the steps of one process see, told by themselves.
LOOK = r"""
env -0 > environment
ls -A /tmp > temporary
ls -A {home} > home 2> /dev/null || true
python -c 'import site; print(site.ENABLE_USER_SITE)' > user_site
touch /etc/written /opt/humam/written 2> unwritable || true
"""

DECLARED = {
    # the image
    "PATH", "HUMAM_IMAGE", "LC_ALL", "HOME", "PYTHONNOUSERSITE", "NUMBA_CACHE_DIR", "MPLCONFIGDIR",
    "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe",
    "OMPI_MCA_btl_vader_single_copy_mechanism",
    # the step
    "HUMAM_VERSIONS", "OMP_NUM_THREADS",
    # Nextflow, Apptainer, the shell
    "NXF_DEBUG", "NXF_TASK_WORKDIR", "LD_LIBRARY_PATH", "PS1", "PROMPT_COMMAND", "LANG", "TERM", "PWD", "OLDPWD",
    "SHLVL", "_", "USER_PATH", "HUMAM_CODE",
}  # fmt: skip


@pytest.fixture(scope="module")
def workflow(nextflow: str, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Give a checkout and a folder without spaces: with containers Nextflow takes no others."""
    base = tmp_path_factory.mktemp("container")
    (base / "runs").mkdir()
    (base / "runs" / "runs.csv").write_text(SHEET)
    return Workflow(nextflow, copy_checkout(base / "checkout"), base / "runs")


@pytest.fixture(scope="module")
def image(workflow: Workflow) -> Path:
    """Return the image; it is built where it is not there yet."""
    done = subprocess.run([workflow.launcher()[0], "image"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no image: {done.stderr.strip().splitlines()[-1]}")
    return Path(done.stdout.strip())


def options(*profiles: str) -> list[str]:
    return [
        "-profile", ",".join(["test", *profiles]), "--data_origin", "tables", "--input", "runs.csv",
        "--reports", "theory",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def local(workflow: Workflow) -> Outcome:
    outcome = workflow.run(*options(), outdir="local")
    assert outcome.code == 0, outcome.out + outcome.err
    return outcome


@pytest.fixture(scope="module")
def looking(workflow: Workflow) -> Path:
    """Return a configuration in which the first step looks around."""
    text = LOOK.format(home=Path.home())
    file = workflow.folder / "looking.config"
    file.write_text(f"process {{ withName: CODE {{ ext.args = {json.dumps(text).replace('$', chr(92) + '$')} }} }}\n")
    return file


@pytest.fixture(scope="module")
def inside(workflow: Workflow, image: Path, looking: Path) -> Outcome:
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.NamedTemporaryFile(prefix="of-this-machine"),
        tempfile.NamedTemporaryFile(prefix=".of-this-machine", dir=Path.home()),
    ):
        patch.setenv("SOMETHING_OF_THIS_MACHINE", "1")
        patch.setenv("TMPDIR", "/of/this/machine")
        outcome = workflow.run(*options("apptainer"), "-c", looking.name, outdir="inside")
    assert outcome.code == 0, outcome.out + outcome.err
    return outcome


def test_spikes_are_the_same_bit_by_bit(local: Outcome, inside: Outcome) -> None:
    # NEST here is the wheel from PyPI, in the image a build of our own with MPI.
    for run in ("stored", "regenerated"):
        here, there = (outcome.results / "spikes" / run / "spikes.parquet" for outcome in (local, inside))
        assert here.read_bytes() == there.read_bytes()


def test_all_other_numbers_are_the_same(local: Outcome, inside: Outcome) -> None:
    # To rounding: the order of sums in libraries of linear algebra follows the processor and its settings.
    names = ("network/base.nc", "theory/base.nc", "structure/base.nc", "statistics/stored/statistics.nc")
    for name in names:
        with xr.open_dataset(local.results / name) as here, xr.open_dataset(inside.results / name) as there:
            xr.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-12)


def test_every_result_names_the_image(image: Path, local: Outcome, inside: Outcome) -> None:
    digest = json.loads((image.parent / "image.json").read_text())["inputs"]
    manifest = json.loads((inside.results / "spikes" / "stored" / "manifest.json").read_text())
    assert manifest["software"]["image"] == f"sha256:{digest}"
    assert digest in (inside.results / "pipeline_info" / "software_versions.yml").read_text()
    assert "image" not in (local.results / "pipeline_info" / "software_versions.yml").read_text()


def test_steps_run_in_a_clean_room(workflow: Workflow, inside: Outcome) -> None:
    (found,) = workflow.folder.glob("work/*/*/environment")
    variables = dict(entry.split("=", 1) for entry in found.read_text().split("\0") if entry)
    others = {name for name in variables if not name.startswith(("APPTAINER_", "SINGULARITY_"))}
    assert others <= DECLARED, others - DECLARED
    assert variables["HOME"] == "/tmp"  # noqa: S108

    def told(name: str) -> list[str]:
        return (found.parent / name).read_text().splitlines()

    assert not [name for name in told("temporary") + told("home") if "of-this-machine" in name]
    # /tmp is empty but for the path on which the inputs appear, where they lie in the machine's /tmp.
    assert set(told("temporary")) <= {workflow.folder.parts[2]}
    assert told("user_site") == ["False"]
    assert len([line for line in told("unwritable") if "Read-only file system" in line]) == 2


def test_compiled_kernels_are_kept(workflow: Workflow, inside: Outcome) -> None:
    folder = subprocess.run(
        [workflow.launcher()[0], "image", "--kernels"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert list(Path(folder).glob("numba/kernels-*/*.nbc"))
    assert not list(workflow.folder.glob("work/*/*/.private"))  # nor is anything else left behind


def test_nothing_runs_again_with_the_same_image(workflow: Workflow, inside: Outcome, looking: Path) -> None:
    again = workflow.run(*options("apptainer"), "-c", looking.name, "-resume", outdir="inside")
    assert again.code == 0, again.err
    assert again.tasks("COMPLETED") == Counter()
    assert again.tasks("CACHED")["SIMULATE"] == 2


def test_a_task_that_was_killed_gets_more_and_one_with_bad_input_is_not_tried_again(
    workflow: Workflow, local: Outcome
) -> None:
    settings = workflow.folder / "killed.config"
    settings.write_text(
        "process {\n"
        "    withName: NETWORK { ext.args = { task.attempt == 1 ? '; kill -9 $$' : \"# ${task.memory}\" } }\n"
        "    withName: THEORY { ext.args = '--nonsense' }\n"
        "}\n"
    )
    again = workflow.run(*options(), "-c", settings.name, "-resume", outdir="local")
    assert again.code == 1
    assert again.tasks("FAILED") == Counter(NETWORK=1, THEORY=1)
    assert again.tasks("COMPLETED")["NETWORK"] == 1
    scripts = [path.read_text() for path in workflow.folder.glob("work/*/*/.command.sh")]
    assert any("humam network" in script and "# 4 GB" in script for script in scripts)
