"""A Slurm of one node in a folder: munge, slurmctld and slurmd, without systemd and control groups."""

from __future__ import annotations

import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")

# More cores than the machine has: tasks of a test wait for nothing but their inputs. A task that uses more memory
# than it asked for is killed at the next look, every second. What ends is forgotten only after the test.
_CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
KillWait=2
MinJobAge=3600
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory={memory_mb} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE DefaultTime=60 State=UP
"""


class Slurm:
    """The daemons, as children of this process, and what they run.

    Parameters
    ----------
    folder : path
        Absolute, short (the path of a socket has at most 107 characters), without spaces.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configuration = folder / "slurm.conf"
        self._daemons: list[subprocess.Popen[bytes]] = []

    def environment(self) -> dict[str, str]:
        """Return the environment variables in which Slurm's commands find this Slurm."""
        system = {"PATH": f"{os.environ['PATH']}{os.pathsep}/usr/sbin"}
        return os.environ | system | {"SLURM_CONF": str(self.configuration)}

    def start(self) -> None:
        """Start the daemons; return when the node takes jobs."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(1024))
        host = socket.gethostname().split(".")[0]
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 512
        self.configuration.write_text(
            _CONFIGURATION.format(
                host=host, ports=_free_ports(2), user=getpass.getuser(), folder=self.folder, memory_mb=memory_mb
            )
        )
        munge = [f"--{name}={self.folder}/munge.{name.split('-')[0]}" for name in ("socket", "pid-file", "seed-file")]
        self._daemon("munged", "--foreground", "--force", f"--key-file={key}", *munge)
        wait(lambda: (self.folder / "munge.socket").exists(), 10, "munged", self._logs)
        self._daemon("slurmctld", "-D", "-i")
        self._daemon("slurmd", "-D", "-N", host)
        wait(lambda: self.command("sinfo", "--noheader", "--format=%T").strip() == "idle", 30, "Slurm", self._logs)

    def stop(self) -> None:
        """Cancel all jobs and end the daemons, in the opposite order."""
        if len(self._daemons) == 3 and all(daemon.poll() is None for daemon in self._daemons):
            self.command("scancel", f"--user={getpass.getuser()}")
            wait(lambda: not self.jobs(), 30, "the end of all jobs", self._logs)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self._daemons.clear()

    def jobs(self) -> dict[int, str]:
        """Return the state of each job that has not ended, by its number."""
        listed = self.command("squeue", "--noheader", "--format=%i %T").split()
        return dict(zip(map(int, listed[::2]), listed[1::2], strict=True))

    def job(self, number: int) -> dict[str, str]:
        """Return what Slurm knows of a job, for example ``JobState``, ``Reason``, ``TimeLimit``."""
        shown = self.command("scontrol", "show", "job", str(number), "--oneliner").split()
        return dict(word.split("=", 1) for word in shown if "=" in word)

    def command(self, *arguments: str) -> str:
        """Run one of Slurm's commands; return what it prints, empty where it fails."""
        done = subprocess.run(
            arguments, env=self.environment(), capture_output=True, text=True, timeout=60, check=False
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else ""

    def processes(self) -> list[int]:
        """Return the processes on this machine that run with the configuration of this Slurm."""
        mark = str(self.folder).encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes() + (process / "cmdline").read_bytes():
                    found.append(int(process.name))
            except OSError:  # it ended meanwhile, or is another user's
                continue
        return found

    def _daemon(self, *arguments: str) -> None:
        environment = self.environment()
        program = shutil.which(arguments[0], path=environment["PATH"])
        assert program
        with (self.folder / f"{arguments[0]}.log").open("wb") as log:
            self._daemons.append(
                subprocess.Popen(
                    [program, *arguments[1:]], env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_end_with_parent,
                )
            )  # fmt: skip

    def _logs(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*.log")))


def lacking() -> str | None:
    """Return what of Slurm this machine lacks, or None."""
    path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
    absent = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    return f"{', '.join(absent)} not there: install munge and slurm-wlm" if absent else None


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _end_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def wait(condition: Callable[[], bool], seconds: float, what: str, logs: Callable[[], str] = str) -> None:
    """Wait for a condition; fail with the logs where it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}\n{logs()}"
        time.sleep(0.1)
