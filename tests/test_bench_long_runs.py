"""Long runs in the benchmark: which are of other kernels, and whether these give the same spikes."""

import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

from humam.bench import long_runs, remade
from humam.engines.procedural import kernels
from humam.provenance.commit import commit


def test_long_runs_tell_which_are_of_other_kernels():
    record = {
        "t_sim_ms": 2000.0, "n_spikes": 4000, "n_neurons": 1000, "commit": "a" * 40, "peak_memory_bytes": 3e9,
        "wall_times_s": {"simulate": 80.0}, "engine_options": {"threads": 2, "peak_queue_bytes": 2e9},
    }  # fmt: skip
    records = {"new": record, "old": record | {"commit": "b" * 40}, "lost": record | {"commit": "c" * 40}}
    text = long_runs.describe(records, {"a" * 40: "1" * 64, "b" * 40: "2" * 64}, "1" * 64, {"old": True})
    numbers = "| 2 | 2 | 2 | 40 | 3 | 2 |"
    assert f"| new {numbers} `aaaaaaa` | `111111111111` (as here) |" in text
    assert f"| old {numbers} `bbbbbbb` | `222222222222` |" in text
    assert f"| lost {numbers} `ccccccc` | unknown |" in text
    assert "; 2 of the 3 runs were made with others. The first 0.5 s of 1 of these were made again" in text
    assert text.endswith(": 1 are the same, spike for spike.")


def test_beginnings_of_runs_are_made_again_once(tmp_path, monkeypatch):
    monkeypatch.setattr(remade, "shipped", lambda *parts, missing_ok: tmp_path / parts[-1])
    monkeypatch.setattr(long_runs, "runs", lambda: {name: {"commit": name} for name in ("new", "same", "other")})
    monkeypatch.setattr(long_runs, "known", lambda: {"new": kernels.digest()})
    calls = []

    def reproduce(command, **_):
        calls.append(command[4])
        ends = {"same": ("'same' is reproduced: identical\n", 0), "other": ("spikes differ\n", 1)}[command[4]]
        return SimpleNamespace(stdout=ends[0], returncode=ends[1])

    monkeypatch.setattr(remade.subprocess, "run", reproduce)
    remade.main()
    remade.main()
    assert calls == ["same", "other"]
    assert remade.identical(kernels.digest()) == {"same": True, "other": False} and remade.identical("x") == {}


def test_kernels_of_a_commit(tmp_path):
    def git(*arguments):
        settings = ("-c", "user.name=x", "-c", "user.email=x@y")
        subprocess.run(["git", "-C", str(tmp_path), *settings, *arguments], check=True, capture_output=True)

    sources = tmp_path / long_runs.SOURCES
    shutil.copytree(Path(kernels.__file__).parent, sources, ignore=shutil.ignore_patterns("__pycache__"))
    git("init")
    git("add", ".")
    git("commit", "-m", "as here")
    first = commit(tmp_path)
    (sources / "local.py").write_text("changed")
    git("commit", "-am", "changed")
    assert long_runs.kernels_at(first, tmp_path) == kernels.digest()
    assert long_runs.kernels_at(commit(tmp_path), tmp_path) not in (None, kernels.digest())
    assert long_runs.kernels_at("0" * 40, tmp_path) is None and long_runs.kernels_at(f"{first}-dirty", tmp_path) is None
