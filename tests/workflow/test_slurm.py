"""One run, twice: on this machine without a network, and as jobs of Slurm that fail in every way before they are done.

The tests follow each other in the order of this file. Each run on Slurm but the first goes on, by -resume, where the
one before was stopped; the last one has the results of the run on this machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from harness import Outcome, Workflow, copy_checkout
from slurm import Slurm, lacking, wait

from humam import spikes

pytestmark = pytest.mark.workflow

# The same spikes from two threads here and two processes there.
SHEET = "run,experiment,engine,scale,t_sim,seed,ranks,threads\nbase,base,nest,0.004,300,2903,{ranks},{threads}\n"

# One of each kind: brain maps, spikes, graphs, human data, tables, theory.
REPORTS = "figure1,figure4,figure7,enigma,tables,theory"

# Jobs of the size of this machine, watched closely.
CONFIGURATION = """
process {{
    resourceLimits = [cpus: 2, memory: 4.GB, time: 1.h]
    {more}
}}
executor {{
    pollInterval      = '1 sec'
    queueStatInterval = '1 sec'
    exitReadTimeout   = '5 sec'
}}
"""


@pytest.fixture(scope="module")
def workflow(nextflow: str, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Give a checkout and a folder without spaces: with containers Nextflow takes no others."""
    base = tmp_path_factory.mktemp("slurm")
    (base / "runs").mkdir()
    return Workflow(nextflow, copy_checkout(base / "checkout"), base / "runs")


@pytest.fixture(scope="module")
def local(workflow: Workflow) -> Outcome:
    """Run everything where nothing outside this machine can be reached; `network.txt` counts what was tried."""
    (workflow.folder / "local.csv").write_text(SHEET.format(ranks=1, threads=2))
    count = "grep -hE 'Ip:|Ip6OutNoRoutes|Udp:' /proc/net/snmp /proc/net/snmp6 > network.txt"
    script = f'ip link set lo up && "$@"; code=$?; {count}; exit $code'
    return workflow.launch(
        "-profile", "test", "--data_origin", "tables", "--input", "local.csv", "--reports", REPORTS,
        before=[*without_network(), "bash", "-c", script, "bash"], outdir="local",
    )  # fmt: skip


def without_network() -> list[str]:
    """Return the words that start a program in a network of its own; skip the test where that is not allowed."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        test = [*command, "ip", "link", "set", "lo", "up"]
        if shutil.which("unshare") and shutil.which("ip") and subprocess.run(test, check=False).returncode == 0:
            return command
    pytest.skip("this machine allows no network namespace (unshare, ip)")


def counters(text: str) -> dict[str, int]:
    """Return the counters of a network namespace by their names."""
    lines = [line.split() for line in text.splitlines()]
    pairs = {}
    for names, values in pairwise(lines):
        if names[0] == values[0]:
            pairs |= {f"{names[0]}{name}": int(value) for name, value in zip(names[1:], values[1:], strict=True)}
    return pairs | {words[0]: int(words[1]) for words in lines if len(words) == 2}


def test_the_whole_runs_without_a_network(local: Outcome) -> None:
    assert local.code == 0, local.out + local.err
    assert (local.results / "index.html").exists()


def test_nothing_tries_to_reach_out(local: Outcome) -> None:
    found = counters((local.results.parent / "network.txt").read_text())
    assert found["Ip:OutNoRoutes"] == 0
    assert found["Ip6OutNoRoutes"] == 0
    assert found["Udp:OutDatagrams"] == 0


def test_an_attempt_to_reach_out_is_counted(tmp_path: Path) -> None:
    attempt = "import socket; socket.socket().connect_ex(('192.0.2.1', 9))"  # an address that documentation may use
    script = f'ip link set lo up; python3 -c "{attempt}"; grep -h Ip: /proc/net/snmp'
    done = subprocess.run([*without_network(), "bash", "-c", script], capture_output=True, text=True, check=True)
    assert counters(done.stdout)["Ip:OutNoRoutes"] == 1


@dataclass(frozen=True)
class OnSlurm:
    """The run as jobs."""

    workflow: Workflow
    slurm: Slurm

    def start(
        self, *arguments: str, process: str = "", retry: bool = False, sheet: str = "slurm.csv"
    ) -> subprocess.Popen[str]:
        """Start the run, with more settings of processes; a failure is final unless ``retry``."""
        more = process if retry else f"errorStrategy = 'finish'\n{process}"
        (self.workflow.folder / "cluster.config").write_text(CONFIGURATION.format(more=more))
        return subprocess.Popen(
            self.workflow.launcher(
                "-profile", "test,apptainer,slurm", "-c", "cluster.config", "-resume", "--data_origin", "tables",
                "--input", sheet, "--reports", "tables", "--outdir", "on slurm", *arguments,
            ),
            cwd=self.workflow.folder, env=self.workflow.environment() | self.slurm.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def end(self, run: subprocess.Popen[str]) -> Outcome:
        """Return how a run ended."""
        out, err = run.communicate(timeout=900)
        return Outcome(run.returncode, out, err, self.workflow.folder / "on slurm")

    def run(self, *arguments: str, process: str = "", retry: bool = False) -> Outcome:
        return self.end(self.start(*arguments, process=process, retry=retry))

    def running(self, step: str, run: subprocess.Popen[str]) -> int:
        """Wait until the job of a step runs; return its number."""
        while run.poll() is None:
            for number in self.slurm.jobs():
                job = self.slurm.job(number)
                if step in job["JobName"] and job["JobState"] == "RUNNING":
                    return number
            time.sleep(0.2)
        raise AssertionError(f"the run ended before {step}: {self.end(run)}")


@pytest.fixture(scope="module")
def cluster(workflow: Workflow) -> Iterator[OnSlurm]:
    if reason := lacking():
        pytest.skip(reason)
    image = subprocess.run([workflow.launcher()[0], "image"], capture_output=True, text=True, check=False)
    if image.returncode:
        pytest.skip(f"no image: {image.stderr.strip().splitlines()[-1]}")
    (workflow.folder / "slurm.csv").write_text(SHEET.format(ranks=2, threads=1))
    with tempfile.TemporaryDirectory(prefix="slurm") as folder:
        slurm = Slurm(Path(folder))
        try:
            slurm.start()
            yield OnSlurm(workflow, slurm)
        finally:
            slurm.stop()


def one_line(outcome: Outcome, step: str) -> str:
    """Return the cause that the last line of a failed run gives; it names the step, and a log that is there."""
    assert outcome.code == 1, outcome.out + outcome.err
    match = re.fullmatch(rf"humam: error: step \S*{step}( \(\w+\))? failed: (.+); log: .*", outcome.last_error)
    assert match, outcome.last_error
    assert outcome.log.exists()
    assert outcome.err.count("humam: error: ") == 1
    return match[2]


def test_spaces_in_a_path_are_refused_with_containers(cluster: OnSlurm) -> None:
    refused = cluster.run("-work-dir", "a folder")
    assert refused.code == 2
    assert "a folder': with containers Nextflow takes no path that has spaces" in refused.last_error


def test_an_image_that_is_missing_is_refused(cluster: OnSlurm) -> None:
    refused = cluster.run("--image", "image.sif")
    assert refused.code == 2
    assert refused.last_error.startswith("humam: error: image image.sif: no such file")


def test_an_image_that_a_task_cannot_open(cluster: OnSlurm) -> None:
    file = cluster.slurm.folder / "image.sif"
    file.write_bytes(b"SIF")
    failed = cluster.run(process=f"withName: CODE {{ container = '{file}' }}")
    cause = one_line(failed, "CODE")
    assert "exit code 255" in cause
    assert str(file) in cause


def test_a_task_that_exits_3(cluster: OnSlurm) -> None:
    failed = cluster.run(process="withName: DATASET { ext.args = '; exit 3' }")
    assert one_line(failed, "DATASET").startswith("exit code 3")


def test_more_memory_than_there_is(cluster: OnSlurm) -> None:
    failed = cluster.run(process="withName: DATASET { resourceLimits = [:]; memory = '9 TB' }")
    assert one_line(failed, "DATASET").startswith("refused by Slurm: Memory specification can not be satisfied")
    assert failed.tasks("CACHED") == Counter(CODE=1)


@pytest.fixture
def small_disk(cluster: OnSlurm) -> Iterator[Path]:
    """Give a disk too small for a network."""
    folder = cluster.slurm.folder / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", folder], check=False).returncode:
        pytest.skip("this machine lets us mount no disk in memory")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_work_folder(cluster: OnSlurm, small_disk: Path) -> None:
    failed = cluster.run("-work-dir", str(small_disk))
    assert re.search(
        rf"[Nn]o space left .*\(no space left in the file system of {small_disk}", one_line(failed, "DATASET")
    )


def test_over_its_memory(cluster: OnSlurm) -> None:
    failed = cluster.run(process="withName: THEORY { memory = 60.MB }")
    assert re.fullmatch(r"ended by Slurm over its memory: \d+ MB used, 60 MB asked for", one_line(failed, "THEORY"))
    assert failed.tasks("COMPLETED") >= Counter(NETWORK=1)


def test_cancelled_half_way(cluster: OnSlurm) -> None:
    run = cluster.start()
    number = cluster.running("SIMULATE", run)
    time.sleep(2)
    cluster.slurm.command("scancel", str(number))
    cancelled = cluster.end(run)
    assert re.fullmatch(r"cancelled at [\dT:-]+", one_line(cancelled, "SIMULATE_RANKS"))
    assert cancelled.tasks("COMPLETED") >= Counter(THEORY=1)


def test_over_its_time(cluster: OnSlurm) -> None:
    run = cluster.start(process="withName: ANALYSE { ext.args = '; sleep 600'; time = 1.min }")
    number = cluster.running("ANALYSE", run)
    # Slurm's limits are minutes, and are looked at twice a minute: do not wait for that long.
    cluster.slurm.command("scontrol", "update", f"JobId={number}", "EndTime=now+1")
    assert one_line(cluster.end(run), "ANALYSE") == "ended by Slurm over its time limit of 00:01:00"
    assert cluster.slurm.job(number)["JobState"] == "TIMEOUT"


def test_an_interrupted_run_leaves_no_job(cluster: OnSlurm) -> None:
    run = cluster.start()
    cluster.running("ANALYSE", run)
    run.terminate()
    interrupted = cluster.end(run)
    assert interrupted.code != 0
    wait(lambda: not cluster.slurm.jobs(), 20, "the end of all jobs")


@pytest.fixture(scope="module")
def complete(cluster: OnSlurm) -> Outcome:
    """Complete the run; a step that lacks memory at first gets more."""
    return cluster.run(process="withName: ANALYSE { memory = { task.attempt == 1 ? 60.MB : 2.GB } }", retry=True)


def test_resume_completes_the_run(complete: Outcome) -> None:
    assert complete.code == 0, complete.out + complete.err
    assert complete.tasks("CACHED") >= Counter(
        CODE=1, DATASET=1, EXTRACT=1, NETWORK=1, THEORY=1, STRUCTURE=1, SIMULATE_RANKS=1, REPORT=1
    )
    assert complete.tasks("FAILED") == Counter(ANALYSE=1)
    assert complete.tasks("COMPLETED") == Counter(ANALYSE=1, VERDICTS=1, INDEX=1)


def test_the_results_are_those_of_the_run_on_this_machine(local: Outcome, complete: Outcome) -> None:
    for name in ("spikes/base/spikes.parquet", "reports/tables/values.csv"):
        assert (complete.results / name).read_bytes() == (local.results / name).read_bytes(), name
    with (
        xr.open_dataset(local.results / "statistics" / "base" / "statistics.nc") as here,
        xr.open_dataset(complete.results / "statistics" / "base" / "statistics.nc") as there,
    ):
        xr.testing.assert_equal(here, there)
    for name in ("neurons", "windows", "rasters"):
        here, there = (
            pd.read_parquet(run.results / "statistics" / "base" / f"{name}.parquet") for run in (local, complete)
        )
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    # Linear algebra sums in another order in the image.
    for name in ("network/base.nc", "theory/base.nc", "structure/base.nc"):
        with xr.open_dataset(local.results / name) as here, xr.open_dataset(complete.results / name) as there:
            xr.testing.assert_allclose(here, there, rtol=1e-12)


def test_a_simulation_goes_on_when_its_time_was_over(cluster: OnSlurm, complete: Outcome) -> None:
    long = "run,experiment,engine,scale,in_degree_scale,t_sim,seed,threads\nlong,base,procedural,0.003,0.03,40000,7,1\n"
    (cluster.workflow.folder / "long.csv").write_text(long)
    run = cluster.start(
        retry=True, sheet="long.csv", process="withName: SIMULATE { ext.args = '--checkpoint-every 1' }"
    )
    number = cluster.running("SIMULATE", run)
    kept = cluster.workflow.folder / "work" / "checkpoints"
    wait(lambda: any(kept.glob("long-*/run.json")), 120, "a checkpoint")
    # What Slurm does 30 s before the end of a job's time (`#SBATCH --signal B:USR2@30`, which Nextflow asks for).
    cluster.slurm.command("scancel", "--batch", "--signal=USR2", str(number))
    done = cluster.end(run)
    assert done.code == 0, done.out + done.err
    assert done.tasks("FAILED") == Counter(SIMULATE=1)
    options = spikes.read(done.results / "spikes" / "long").manifest.engine_options
    assert len(options["continued_at_ms"]) == 1
    assert not any(kept.iterdir())


def test_every_process_has_ended(cluster: OnSlurm) -> None:
    cluster.slurm.stop()
    assert cluster.slurm.processes() == []
