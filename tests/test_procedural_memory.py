"""What the procedural engine needs in memory: stated beforehand, refused in one line where there is too little."""

import json
import os
import subprocess
import sys

import pytest
from small_simulation import SOURCE, failure, simulate, write_inputs

from humam import cli, downscaling
from humam.engines.procedural import engine, limits, memory
from humam.provenance import machine


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Folder with the network and the theory of the base state."""
    return write_inputs(tmp_path_factory.mktemp("base"))


def test_full_queue_is_one_line(files, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(memory, "queue_limit", lambda job: 10_000_000)
    line = failure(capsys, files, tmp_path / "s", "--scale", "0.01", "--in-degree-scale", "1")
    assert "queue of events between areas outgrew 0.0093 GiB of memory" in line
    assert not (tmp_path / "s").exists()


def test_too_little_memory_names_what_fits(files, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: 700_000_000)
    monkeypatch.setattr(engine.ProceduralEngine, "simulate", lambda *_: pytest.fail("was started"))
    without_theory = ["--engine", "procedural", "--network", f"{files}/network.nc", "--out", f"{tmp_path}/s"]
    with pytest.raises(SystemExit):
        cli.main(["simulate", *without_theory])
    line = capsys.readouterr().err
    assert "of memory, 0.7 GB are available; the largest scale that fits is 0." in line


def test_limits_of_size_name_the_scale_that_fits(files, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(limits, "ADDRESS_BITS", 12)
    line = failure(capsys, files, tmp_path / "s", "--scale", "0.02")
    assert "holds at most 1,024 per area with a window of 4 step(s); the largest scale that fits is 0.00" in line


def test_no_scale_is_looked_for_where_size_is_not_the_reason(files, tmp_path, capsys, monkeypatch):
    scales = []
    scale_down = downscaling.scale
    monkeypatch.setattr(limits, "MAX_REFRACTORY", 0.1)
    monkeypatch.setattr(downscaling, "scale", lambda full, s, *rest: scales.append(s) or scale_down(full, s, *rest))
    line = failure(capsys, files, tmp_path / "s", "--scale", "0.5")
    assert line.endswith("at most 0.1 tau_m, and the shortest tau_m is 10 ms"), "no scale would do"
    assert len(scales) == 2, "the one that was asked for and one smaller"


def test_memory_full_all_the_same(files, tmp_path, capsys, monkeypatch):
    def no_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr(engine, "initial_queue", no_memory)
    assert failure(capsys, files, tmp_path / "s").endswith("the memory is full")


MEASURE = """
import json, sys
from humam import downscaling, network as networks
from humam.engines import get
from humam.engines.base import SimulationJob
from humam.provenance import machine

class Sink:
    def append(self, population, neuron, step): pass

full = networks.read(sys.argv[1])
job = SimulationJob(downscaling.scale(full, float(sys.argv[2]), 1.0).network, networks.parameters(full), 4.0, 1)
estimate = get("procedural").estimate_memory(job)
get("procedural").simulate(job, Sink(), lambda done, note="": None)
print(json.dumps([estimate, machine.peak_memory()]))
"""


@pytest.mark.parametrize("scale", [0.01, 0.1])
def test_memory_estimate_holds(files, tmp_path, scale):
    assert simulate(files, tmp_path / "s", t_sim=1) == 0, "kernels are compiled before memory is measured"
    command = [sys.executable, "-c", MEASURE, f"{files}/network.nc", str(scale)]
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    estimate, peak = json.loads(done.stdout)
    assert peak <= 1.05 * estimate, "too little would be asked for"
    assert estimate <= 1.5 * peak, "runs that fit would be refused"
