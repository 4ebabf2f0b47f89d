"""``humam simulate --ranks``: the same spikes however virtual processes are split, and what ends ranks."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import humam
from humam import downscaling, spikes, spikes_stream, theory, theory_file
from humam import network as networks
from humam.anatomy import tables
from humam.engines.base import Perturbation, RunRecord, SimulationJob
from humam.errors import HumamError
from humam.parameters import Parameters
from humam.provenance import task
from humam.resources import shipped
from humam.simulation import ranks
from humam.spikes_table import SCHEMA, SpikeWriter

SOURCE = str(Path(humam.__file__).parents[1])
TINY = ("--scale", "0.0005", "--in-degree-scale", "0.002")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Folder with the network and the theory of the base state; the name has a space."""
    folder = tmp_path_factory.mktemp("base state")
    network = networks.build(tables.read(shipped("datasets", "tables")), Parameters())
    networks.write(network, folder / "network.nc")
    theory_file.write(theory.predict(network), folder / "theory.nc")
    return folder


@pytest.fixture(scope="module")
def mpi_path():
    """PYTHONPATH on which NEST with MPI comes first."""
    site = os.environ.get("HUMAM_NEST_MPI")
    if site is None:
        pytest.skip("HUMAM_NEST_MPI names no NEST with MPI (bin/humam test builds it where OpenMPI is installed)")
    if shutil.which("mpirun") is None:
        pytest.skip("mpirun is not there")
    return os.pathsep.join([site, SOURCE])


def start(model, out, *options, path=SOURCE, t_sim="250", **variables):
    """Start ``humam simulate``."""
    command = [sys.executable, "-m", "humam", "simulate", "--network", model / "network.nc", "--out", out]
    options = ("--theory", model / "theory.nc", *TINY, "--t-sim", t_sim, *options)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMIX_", "SLURM_"))}
    return subprocess.Popen(
        [str(word) for word in (*command, *options)],
        env=environment | {"PYTHONPATH": path} | variables, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(model, out, *options, **settings):
    """Run ``humam simulate`` to its end; return the spikes."""
    child = start(model, out, *options, **settings)
    _, printed = child.communicate(timeout=300)
    assert child.returncode == 0, printed
    assert not ranks.folder_of(out).exists() and not out.with_name(out.name + ".partial").exists()
    return spikes.read(out)


def failure(model, out, *options, code=2, **settings):
    """Return the one line of a run that fails."""
    child = start(model, out, *options, **settings)
    _, printed = child.communicate(timeout=300)
    assert child.returncode == code, printed
    lines = [line for line in printed.splitlines() if "ms (" not in line]
    assert len(lines) == 1 and lines[0].startswith("humam: error: "), printed
    assert not out.exists() and not ranks.folder_of(out).exists()
    return lines[0]


@pytest.fixture(scope="module")
def whole(model, mpi_path, tmp_path_factory):
    """The run on 2 ranks."""
    return run(model, tmp_path_factory.mktemp("whole") / "spikes", "--ranks", "2", path=mpi_path)


def test_any_split_and_any_build_gives_the_same_bytes(model, mpi_path, whole, tmp_path):
    assert whole.manifest.n_spikes > 50
    wheel = run(model, tmp_path / "wheel", "--threads", "2")
    threads = run(model, tmp_path / "threads", "--threads", "2", path=mpi_path)
    assert whole.manifest.sha256 == wheel.manifest.sha256 == threads.manifest.sha256
    for name in ("synapses", "virtual_processes", "max_delay_ms", "delay_quantile", "external_drive"):
        found = {data.manifest.engine_options[name] for data in (whole, wheel, threads)}
        assert len(found) == 1, name


def test_four_virtual_processes_too(model, mpi_path, tmp_path):
    # Not the spikes of two virtual processes.
    split = {
        run(model, tmp_path / f"{n}", "--ranks", n, "--threads", t, path=mpi_path, t_sim="20").manifest.sha256
        for n, t in (("1", "4"), ("2", "2"))
    }
    assert len(split) == 1


def test_manifest_tells_of_all_ranks(whole):
    m = whole.manifest
    assert (m.engine_options["ranks"], m.engine_options["threads"]) == (2, 1)
    assert {"nest-simulator", "humam", "numpy"} <= set(m.software)
    assert m.engine_options["peak_memory_per_rank_bytes"] > 1e8
    assert m.engine_options["peak_memory_per_rank_bytes"] < m.peak_memory_bytes < 1e10
    assert m.wall_times_s["simulate"] > 0 and m.wall_times_s["connect"] > 0
    assert set(m.engine_options["processor_times_s"]) == set(m.wall_times_s)


FAILING_RANK = """
import os
if os.environ.get("OMPI_COMM_WORLD_RANK") == "1":
    from humam import spikes_stream
    def fail(*_):
        {action}
    spikes_stream.StreamWriter.append = fail
"""


@pytest.mark.parametrize(
    ("action", "code", "message"),
    [
        ("raise KeyError('no such thing')", 2, "KeyError: 'no such thing'"),
        ("raise OSError(28, 'No space left on device')", 2, "No space left on device"),
        ("os.kill(os.getpid(), 9)", 137, "exited on signal 9"),
        ("os._exit(3)", 3, "code 3"),
    ],
)
def test_one_failing_rank_ends_all(model, mpi_path, tmp_path, action, code, message):
    (tmp_path / "sitecustomize.py").write_text(FAILING_RANK.format(action=action))
    path = os.pathsep.join([str(tmp_path), mpi_path])
    line = failure(model, tmp_path / "spikes", "--ranks", "2", path=path, code=code, t_sim="100")
    assert message in line


def test_nest_without_mpi_is_told(model, mpi_path, tmp_path):
    line = failure(model, tmp_path / "spikes", "--ranks", "2")
    assert "ranks = 2: this NEST has no MPI" in line


def test_sigterm_leaves_what_all_ranks_have(model, mpi_path, whole, tmp_path):
    out = tmp_path / "spikes"
    child = start(model, out, "--ranks", "2", path=mpi_path, t_sim="100000")
    stream = ranks.spikes_path(ranks.folder_of(out), 0)
    deadline = time.monotonic() + 120
    while sum(1 for _ in spikes_stream.read(stream)) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    child.send_signal(signal.SIGTERM)
    _, printed = child.communicate(timeout=60)
    assert child.returncode == 128 + signal.SIGTERM, printed
    assert "spikes until then are in" in printed.splitlines()[-1]
    assert not out.exists() and not ranks.folder_of(out).exists()
    found = spikes.read(out.with_name("spikes.partial"))
    assert found.manifest.t_sim_ms >= 200 and found.manifest.t_sim_planned_ms == 100000
    assert found.manifest.t_sim_ms % 100 == 0 and found.manifest.software["nest-simulator"]
    # The beginning is that of the other run: nothing depends on the planned time.
    n = int(min(found.manifest.t_sim_ms, 250) * 10)
    for column in ("population", "neuron", "step"):
        one, other = (getattr(data.load(t_stop_ms=n / 10), column) for data in (found, whole))
        np.testing.assert_array_equal(one, other)


def test_sigterm_without_ranks(model, tmp_path):
    out = tmp_path / "spikes"
    child = start(model, out, t_sim="1000000")
    for line in child.stderr:  # progress, every ten seconds
        if "ms (" in line:
            break
    child.send_signal(signal.SIGTERM)
    _, printed = child.communicate(timeout=60)
    assert child.returncode == 128 + signal.SIGTERM
    assert "spikes until then are in" in printed.splitlines()[-1]
    assert spikes.read(out.with_name("spikes.partial")).manifest.t_sim_planned_ms == 1e6
    assert not out.exists()


def test_no_mpirun(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HumamError, match=r"several ranks need 'mpirun' \(Debian: openmpi-bin\), which is not on PATH"):
        ranks.Launcher.parse("mpirun")


@pytest.mark.parametrize("text", ["", "mpirun 'a", "no-such-program -x"])
def test_bad_launchers(text):
    with pytest.raises(HumamError, match=r"launcher|ranks need 'no-such-program'"):
        ranks.Launcher.parse(text)


def small_job(**changes):
    network = networks.build(tables.read(shipped("datasets", "tables")), Parameters())
    rates = downscaling.Rates(np.ones(272), "test")
    scaled = downscaling.scale(network, 0.001, 0.01, rates).network
    return SimulationJob(scaled, Parameters(), 10.0, 3, **{"threads": 2, "processes": 3, **changes})


def test_commands():
    job = small_job()
    python = [sys.executable, "-P", "-m", "humam", "rank", "x"]
    assert ranks.Launcher(("mpirun",)).command(job, ["rank", "x"]) == [
        "mpirun",
        "-n",
        "3",
        "--bind-to",
        "none",
        *python,
    ]
    own = ("mpirun", "--map-by", "slot:PE=2")
    assert ranks.Launcher(own).command(job, ["rank", "x"]) == ["mpirun", "-n", "3", "--map-by", "slot:PE=2", *python]
    inside = ("srun", "--mpi=pmix", "apptainer", "exec", "x.sif", "humam")
    assert ranks.Launcher(inside).command(job, ["rank", "x"]) == [
        "srun", "-n", "3", "--cpus-per-task", "2", "--kill-on-bad-exit=1",
        "--mpi=pmix", "apptainer", "exec", "x.sif", "humam", "rank", "x",
    ]  # fmt: skip


def test_a_job_arrives_as_it_was(tmp_path):
    job = small_job(perturbation=Perturbation(3, 0, 5.0, 3e7), delay_quantile=0.99)
    ranks.write_job(job, tmp_path)
    found = ranks.read_job(tmp_path)
    for field in dataclasses.fields(SimulationJob):
        if field.name != "network":
            assert getattr(found, field.name) == getattr(job, field.name)
    for name in ranks._VARIABLES:
        np.testing.assert_array_equal(found.network[name].to_numpy(), job.network[name].to_numpy())
        assert found.network[name].dtype == job.network[name].dtype
    assert found.network.target.to_numpy().tolist() == job.network.target.to_numpy().tolist()


def write_stream(path, stretches):
    with spikes_stream.StreamWriter(path) as writer:
        for rows in stretches:
            writer.append(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def test_streams_are_merged_stretch_by_stretch(tmp_path):
    write_stream(tmp_path / "a", [[[0, 0, 3], [1, 2, 1]], [], [[0, 1, 25]]])
    write_stream(tmp_path / "b", [[[0, 1, 3]], [[1, 0, 12]]])
    sink = SpikeWriter(tmp_path / "all.parquet", ["x", "y"], [2, 3])
    assert spikes_stream.merge([tmp_path / "a", tmp_path / "b"], sink) == 2
    sink.close()
    found = pa.parquet.read_table(tmp_path / "all.parquet").to_pydict()
    assert found == {"population": [1, 0, 0, 1], "neuron": [2, 0, 1, 0], "step": [1, 3, 3, 12]}


def test_a_stream_that_the_system_cannot_read_is_an_error(tmp_path):
    assert list(spikes_stream.read(tmp_path / "missing")) == []
    with pytest.raises(HumamError, match="cannot be read: Is a directory"):
        list(spikes_stream.read(tmp_path))


def test_a_stream_may_end_anywhere(tmp_path):
    path = tmp_path / "a"
    write_stream(path, [[[0, 0, 1]], [[0, 0, 2]], [[0, 0, 3]]])
    content = path.read_bytes()
    counts = []
    for n in range(len(content) + 1):
        path.write_bytes(content[:n])
        counts.append(sum(1 for _ in spikes_stream.read(path)))
        assert all(batch.schema == SCHEMA for batch in spikes_stream.read(path))
    assert counts == sorted(counts) and set(counts) == {0, 1, 2, 3}
    path.unlink()
    assert list(spikes_stream.read(path)) == []


def test_an_early_end_without_a_reason_is_an_error(tmp_path):
    job = small_job()
    ranks.write_record(RunRecord({"nest": "3"}, {"chunk_ms": 5.0}), tmp_path, 0)
    with pytest.raises(HumamError, match="3 ranks ended at 5 ms without an error"):
        ranks._record(job, tmp_path, 1, stopped=False)
    assert ranks._record(job, tmp_path, 1, stopped=True).reached_ms == 5.0
    assert json.loads((tmp_path / "record-00000.json").read_text())["software"] == {"nest": "3"}


def test_a_workflow_task_names_the_software_of_its_ranks(tmp_path, monkeypatch):
    monkeypatch.setattr(task, "_elsewhere", {})
    task.used_elsewhere({"nest-simulator": "3", "image": "abc"})
    task.write("SIMULATE:NEST", tmp_path)
    assert {'    nest-simulator: "3"', '    image: "abc"'} < set((tmp_path / "versions.yml").read_text().splitlines())
