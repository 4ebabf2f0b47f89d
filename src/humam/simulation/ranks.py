"""One simulation in several processes (MPI ranks): they are started, watched, and their spikes brought together.

The folder ``OUT.ranks`` beside the spikes holds what the processes share: ``job.nc``, what to simulate; for each rank
``spikes-RANK.arrows`` (:mod:`humam.spikes_stream`) and, at its end, ``record-RANK.json``. It is removed at the end.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from humam import netcdf, spikes_stream
from humam.child import end_with_parent
from humam.engines.base import Perturbation, RunRecord, SimulationJob
from humam.errors import ERROR, HumamError
from humam.files import atomic_path
from humam.parameters import Parameters
from humam.progress import Report
from humam.spikes_table import SpikeWriter

DEFAULT_LAUNCHER: Final = "mpirun"
JOB: Final = "job.nc"
PROGRESS: Final = "@progress"
"""First word of a line in which the first rank reports progress."""
_T, _TS = ("target",), ("target", "source")
_VARIABLES: Final = {
    **dict.fromkeys(("neurons", "synapses_external", "weight_external", "rate_external", "dc"), (_T, "", "")),
    **dict.fromkeys(("synapses", "weight", "delay"), (_TS, "", "")),
}
_OPTIONAL: Final = ("rate_replaced", "weight_replaced")
_FORMAT: Final = netcdf.Format("job", 1, _VARIABLES, json_attributes=("parameters", "settings"))
_SETTINGS: Final = ("t_sim_ms", "seed", "threads", "processes", "delay_quantile")


@dataclass(frozen=True)
class Launcher:
    """How ranks are started.

    Attributes
    ----------
    words : tuple of str
        ``mpirun`` or ``srun``, options of theirs, and what else comes before the program, for example
        ``("srun", "--mpi=pmix", "apptainer", "exec", "humam.sif", "humam")``.
    """

    words: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Launcher:
        """Return the launcher of a text, as a shell would split it.

        Raises
        ------
        HumamError
            If there is no such program.
        """
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise HumamError(f"launcher {text!r}: {error}") from None
        if not words:
            raise HumamError(f"launcher {text!r}: must name a program, mpirun or srun")
        if shutil.which(words[0]) is None:
            package = " (Debian: openmpi-bin)" if words[0] == DEFAULT_LAUNCHER else ""
            raise HumamError(f"several ranks need {words[0]!r}{package}, which is not on PATH")
        return cls(words)

    def command(self, job: SimulationJob, arguments: Sequence[str]) -> list[str]:
        """Return the whole command; this Python runs unless the launcher ends with the ``humam`` of an image."""
        first, *rest = self.words
        n = ["-n", str(job.processes)]
        if Path(first).name == "srun":
            # srun lets the others wait when one has failed, unless told otherwise.
            n += ["--cpus-per-task", str(job.threads), "--kill-on-bad-exit=1"]
        elif not rest:
            n += ["--bind-to", "none"]  # threads shall not share one core
        program = [] if rest and rest[-1] == "humam" else [sys.executable, "-P", "-m", "humam"]
        return [first, *n, *rest, *program, *arguments]


def folder_of(out: Path) -> Path:
    """Return the folder that the ranks of a run share.

    Examples
    --------
    >>> folder_of(Path("spikes/base")).as_posix()
    'spikes/base.ranks'
    """
    return out.with_name(out.name + ".ranks")


def nodes() -> int:
    """Return the number of machines that the ranks are spread over: those of a Slurm job, else this one."""
    found = os.environ.get("SLURM_JOB_NUM_NODES", "1")
    return max(1, int(found)) if found.isdigit() else 1


def write_job(job: SimulationJob, folder: Path) -> None:
    """Write what to simulate into the folder that the ranks share."""
    kept = [*_VARIABLES, *(name for name in _OPTIONAL if name in job.network)]
    settings = {name: getattr(job, name) for name in _SETTINGS}
    settings["perturbation"] = None if job.perturbation is None else asdict(job.perturbation)
    content = job.network[kept].drop_attrs()
    content.attrs = {
        **_FORMAT.stamp, "parameters": job.parameters.model_dump_json(), "settings": json.dumps(settings)
    }  # fmt: skip
    netcdf.write(content, folder / JOB)


def read_job(folder: Path) -> SimulationJob:
    """Return what to simulate."""
    content = _FORMAT.read(folder / JOB)
    settings = json.loads(content.attrs["settings"])
    extra = settings.pop("perturbation")
    return SimulationJob(
        network=content,
        parameters=Parameters.model_validate_json(content.attrs["parameters"]),
        perturbation=None if extra is None else Perturbation(**extra),
        **settings,
    )


def spikes_path(folder: Path, rank: int) -> Path:
    """Return the file of a rank's spikes."""
    return folder / f"spikes-{rank:05d}.arrows"


def write_record(record: RunRecord, folder: Path, rank: int) -> None:
    """Write what a rank tells about its run: at its beginning, and again at its end."""
    with atomic_path(_record_path(folder, rank)) as path:
        path.write_text(json.dumps(asdict(record)), encoding="utf-8")


def _record_path(folder: Path, rank: int) -> Path:
    return folder / f"record-{rank:05d}.json"


def simulate(
    job: SimulationJob,
    folder: Path,
    launcher: Launcher,
    sink: SpikeWriter,
    report: Report,
    stop: Callable[[], bool],
) -> RunRecord:
    """Run a job in its processes and hand all spikes to the sink.

    Parameters
    ----------
    job : SimulationJob
        The job.
    folder : path
        The folder that the processes share; must exist, and be seen by all machines.
    launcher : Launcher
        How processes are started.
    sink : SpikeWriter
        Takes the spikes, at the end of the run.
    report : callable
        Takes the progress.
    stop : callable
        Tells whether the run shall end early, with what all processes have completed.

    Returns
    -------
    RunRecord
        Of all ranks: sums of synapses and memory, maxima of wall times.

    Raises
    ------
    HumamError
        If a rank failed by a mistake that a user can mend: its line.
    SystemExit
        If the ranks ended otherwise (killed, say): with the launcher's exit code, after one line.
    """
    write_job(job, folder)
    code, lines = _run(launcher.command(job, ["rank", str(folder.absolute())]), job, report, stop)
    if code and not stop():
        _explain(job, code, lines)
    done = spikes_stream.merge([spikes_path(folder, rank) for rank in range(job.processes)], sink)
    return _record(job, folder, done, stop())


def split_progress(line: str) -> tuple[float | None, str]:
    """Return the progress that a line of the ranks' output reports, None if it does not, and the rest of the line.

    What another rank wrote meanwhile may have run into the line.

    Examples
    --------
    >>> split_progress("@progress 100error: no space")
    (100.0, 'error: no space')
    >>> split_progress("@progress 1e+06")
    (1000000.0, '')
    >>> split_progress("humam: error: no space")
    (None, 'humam: error: no space')
    """
    told = re.match(PROGRESS + r" (\d+(?:\.\d+)?(?:e\+\d+)?)", line)
    return (float(told[1]), line[told.end() :]) if told else (None, line)


def _run(command: list[str], job: SimulationJob, report: Report, stop: Callable[[], bool]) -> tuple[int, list[str]]:
    """Run the ranks; return the launcher's exit code and what it printed."""
    variables = dict(os.environ) | {"OMP_NUM_THREADS": str(job.threads), "PYTHONUNBUFFERED": "1"}
    variables.pop("HUMAM_VERSIONS", None)  # this process writes them
    if os.geteuid() == 0:  # in a container, say
        variables |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    # A batch job that is one task with many cores has one slot in the eyes of mpirun.
    variables.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
    # Ranks wait for one another after every communication; where others use the cores too, they let them go on.
    variables.setdefault("OMPI_MCA_mpi_yield_when_idle", "1")
    lines: list[str] = []
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=variables, text=True, errors="replace", preexec_fn=end_with_parent,
    )  # fmt: skip

    def listen() -> None:
        assert child.stdout is not None  # noqa: S101  (for the type checker)
        for line in child.stdout:
            done, text = split_progress(line)
            if done is not None:
                report(done)
            if done is None or text.strip():
                lines.append(text.rstrip())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        while child.poll() is None:
            if stop():
                child.terminate()
                try:
                    child.wait(20)
                except subprocess.TimeoutExpired:
                    child.kill()
            try:
                child.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
        listener.join(10)
    if os.environ.get("HUMAM_TRACEBACK"):
        print("\n".join(lines), file=sys.stderr)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode, lines


def _explain(job: SimulationJob, code: int, lines: list[str]) -> None:
    """Raise what ended the ranks, in one line."""
    own = [line.partition(ERROR)[2] for line in lines if ERROR in line]
    if own:
        raise HumamError(own[0])
    if any("not compiled with MPI" in line for line in lines):  # NEST ends the process itself
        raise HumamError(
            f"ranks = {job.processes}: this NEST has no MPI; bin/humam builds one that has, the image contains one"
        )
    text = [line.strip(" -") for line in lines if line.strip(" -")]
    # What mpirun says about a process that was killed.
    killed = [line for line in text if "exited on signal" in line]
    why = (killed or text[-1:] or ["no reason was given"])[0]
    print(f"{ERROR}{job.processes} ranks ended with code {code}: {why}", file=sys.stderr)
    sys.exit(code)


def _record(job: SimulationJob, folder: Path, stretches: int, stopped: bool) -> RunRecord:
    """Return one record of all ranks: sums of synapses and memory, maxima of wall times."""
    paths = [_record_path(folder, rank) for rank in range(job.processes)]
    found = [RunRecord(**json.loads(path.read_text(encoding="utf-8"))) for path in paths if path.exists()]
    split = {"threads": job.threads, "ranks": job.processes, "virtual_processes": job.threads * job.processes}
    if not found:
        return RunRecord({}, split, reached_ms=0.0)
    done = stretches * round(found[0].options["chunk_ms"] / job.parameters.dt)
    if done < job.n_steps:
        if not stopped:
            raise HumamError(f"{job.processes} ranks ended at {done * job.parameters.dt:g} ms without an error")
        return RunRecord(found[0].software, split, reached_ms=done * job.parameters.dt)
    memory = [record.peak_memory_bytes or 0 for record in found]
    options = found[0].options | split
    options["peak_memory_per_rank_bytes"] = max(memory)
    # What NEST tells of one rank alone.
    options["synapses"] = sum(record.options["synapses"] for record in found)
    options["max_delay_ms"] = max(record.options["max_delay_ms"] for record in found)
    options["processor_times_s"] = {
        lap: sum(record.options["processor_times_s"][lap] for record in found) for lap in found[0].wall_times_s
    }
    laps = {lap: max(record.wall_times_s[lap] for record in found) for lap in found[0].wall_times_s}
    return RunRecord(found[0].software, options, laps, peak_memory_bytes=sum(memory))
