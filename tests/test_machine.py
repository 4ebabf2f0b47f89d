"""What the machine says about itself, with control groups of both versions."""

import os
import subprocess
import sys

from humam.provenance import machine
from humam.resources import shipped


def system(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal: 4000 kB\nMemAvailable:    2000 kB\n"}


def test_available_memory_of_the_kernel(tmp_path):
    assert machine.available_memory(system(tmp_path, MEMINFO)) == 2000 * 1024


def test_control_group_version_2_limits(tmp_path):
    group = "sys/fs/cgroup/user/job/"
    files = {
        "proc/self/cgroup": "0::/user/job\n",
        group + "memory.max": "1000000\n",
        group + "memory.current": "400000\n",
        group + "memory.stat": "anon 100\ninactive_file 150000\n",
        "sys/fs/cgroup/user/memory.max": "max\n",
    }
    assert machine.available_memory(system(tmp_path, MEMINFO | files)) == 750_000


def test_control_group_version_1_limits(tmp_path):
    group = "sys/fs/cgroup/memory/job/"
    files = {
        "proc/self/cgroup": "4:cpu:/\n3:hugetlb,memory:/job\n",
        group + "memory.limit_in_bytes": "900000\n",
        group + "memory.usage_in_bytes": "500000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert machine.available_memory(system(tmp_path, MEMINFO | files)) == 400_000


def test_path_of_the_host_inside_a_container(tmp_path):
    files = {
        "proc/self/cgroup": "0::/kubepods/pod/x\n",
        "sys/fs/cgroup/memory.max": "800000\n",
        "sys/fs/cgroup/memory.current": "1000\n",
    }
    assert machine.available_memory(system(tmp_path, MEMINFO | files)) == 799_000


def test_memory_of_a_slurm_job(tmp_path, monkeypatch):
    for text, expected in (("1", 1 << 20), ("0", 2000 * 1024), ("100", 2000 * 1024), ("", 2000 * 1024)):
        monkeypatch.setenv("SLURM_MEM_PER_NODE", text)
        assert machine.available_memory(system(tmp_path, MEMINFO)) == expected


def test_unknown_system(tmp_path):
    assert machine.available_memory(tmp_path) is None


GROWTH = """
from humam.provenance.machine import peak_memory
found = [peak_memory()]
block = b"x" * 200_000_000
found.append(peak_memory())
del block
found.append(peak_memory())
print(*found)
"""


def test_peak_memory_grows_with_use_and_stays():
    environment = os.environ | {"PYTHONPATH": str(shipped("src"))}
    done = subprocess.run([sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True, env=environment)
    before, during, after = map(int, done.stdout.split())
    assert 199e6 < during - before < 210e6
    assert after - before > 199e6  # the kernel counts in steps


def test_description_names_no_host():
    found = machine.describe()
    assert found["cores"] >= 1 and found["memory_bytes"] > 2**20
    assert not set(found) & {"host", "node", "user"}
