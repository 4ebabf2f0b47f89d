"""``humam rank``: one process of a simulation in several (``humam simulate --ranks`` starts them)."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

from cyclopts import Parameter

from humam.engines.base import RunRecord
from humam.engines.nest import NestEngine, import_nest
from humam.errors import ERROR, HumamError
from humam.provenance import machine
from humam.provenance.software import versions
from humam.simulation import ranks
from humam.spikes_stream import StreamWriter


def main(folder: Annotated[Path, Parameter(help="The folder that the processes share.")], /) -> None:
    """Simulate as one of several processes; only ``humam simulate --ranks`` has a use for it."""
    try:
        _simulate(folder)
    except HumamError as error:
        _end(2, str(error))
    except OSError as error:  # a full disk
        _end(2, f"{error.strerror or error} {error.filename or folder}")
    except BaseException as error:
        if os.environ.get("HUMAM_TRACEBACK"):
            sys.excepthook(type(error), error, error.__traceback__)
        _end(1, f"{type(error).__name__}: {error}")


def _simulate(folder: Path) -> None:
    job = ranks.read_job(folder)
    nest = import_nest()
    rank = nest.Rank()

    def report(done: float, note: str = "") -> None:
        if rank == 0:
            # A count of this rank's spikes alone would mislead.
            print(f"{ranks.PROGRESS} {done:g}\n", end="", flush=True)  # one write, so that lines stay whole

    engine = NestEngine()
    software = {"nest-simulator": nest.__version__}
    if image := versions().get("image"):  # ranks may run in one where the process that started them does not
        software["image"] = image
    begun = RunRecord(software, {"chunk_ms": engine.chunk_ms})
    ranks.write_record(begun, folder, rank)
    with StreamWriter(ranks.spikes_path(folder, rank)) as sink:
        record = engine.simulate(job, sink, report)
    record = dataclasses.replace(
        record,
        software=begun.software | record.software,
        options=begun.options | record.options,
        peak_memory_bytes=machine.peak_memory(),
    )
    ranks.write_record(record, folder, rank)


def _end(code: int, message: str) -> NoReturn:
    """End this process and with it all others: they wait for it in MPI and would wait for ever."""
    print(f"{ERROR}{' '.join(message.split())}", file=sys.stderr, flush=True)
    os._exit(code)
