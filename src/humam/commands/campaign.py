"""``humam campaign``: runs of a samplesheet one after another, from the network to the archive."""

from __future__ import annotations

import sys
from pathlib import Path

from humam import schema
from humam.campaigns import campaign, forecast, outlook, samplesheet
from humam.errors import HumamError
from humam.provenance import machine
from humam.resources import shipped


def main(
    *,
    input: Path | None = None,
    out: Path = Path("campaign"),
    archive: Path | None = None,
    keep_spikes: bool = False,
    threads: int | None = None,
    dry_run: bool = False,
) -> None:
    """Make the runs of a samplesheet one after another, from the network to the archive; the same command goes on.

    Says first how much time and disk it will take. Ctrl-C or SIGTERM leave a checkpoint.

    Parameters
    ----------
    input
        The samplesheet; default: assets/campaign.csv, the experiments of the paper at full density.
    out
        Folder for what is being made: OUT/RUN/.
    archive
        Folder of archived runs; default: the shipped one, datasets/runs. What it holds is not made again.
    keep_spikes
        Keep network, spikes and statistics of a run after it has been archived.
    threads
        Threads of simulations whose row names none; default: all cores.
    dry_run
        Only say what is to be done and what it will take.
    """
    if threads is not None and threads < 1:
        raise HumamError(f"threads = {threads}: must be at least 1")
    input = input or shipped("assets", "campaign.csv")
    archive = archive or shipped("datasets") / "runs"
    row = schema.load(shipped("assets", "schema_input.json"))["items"]
    runs, lines = samplesheet.read(input, row, shipped("experiments"))
    lines += forecast.unwritable("out", out) + forecast.unwritable("archive", archive)
    if lines:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        raise HumamError(lines[0] + more)
    cores = threads or machine.usable_cores()
    rows = campaign.plan(runs, out, archive, cores)
    needed = campaign.room(rows, keep_spikes)
    lines = outlook.table(rows, cores, needed, forecast.check_room({out: needed}))
    print("\n".join(lines), file=sys.stderr, flush=True)
    if dry_run:
        return
    waiting = [item.run for item in rows if not item.made]
    failed = []
    for number, run in enumerate(waiting, start=1):
        print(f"campaign: run {number} of {len(waiting)}: {run.id}", file=sys.stderr, flush=True)
        try:
            campaign.perform(run, out, archive, keep_spikes, threads)
        except HumamError as error:  # the others do not depend on it
            print(f"humam: error: run {run.id!r}: {error}", file=sys.stderr, flush=True)
            failed.append(run.id)
    if failed:
        raise HumamError(f"{len(failed)} of {len(waiting)} runs failed: {', '.join(failed)}")
