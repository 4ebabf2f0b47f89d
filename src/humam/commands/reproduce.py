"""``humam reproduce``: make an archived run again and compare."""

from __future__ import annotations

import sys
from pathlib import Path

from humam import archive as archives
from humam import network as networks
from humam import reproduction, sameness
from humam import spikes as spikes_folder
from humam.anatomy import tables as anatomy_tables
from humam.commands import simulate
from humam.errors import HumamError
from humam.parameters import validate
from humam.simulation import partial_run


def main(
    name: str,
    /,
    *,
    t_sim: float | None = None,
    out: Path | None = None,
    archive: Path | None = None,
    threads: int | None = None,
) -> None:
    """Make an archived run again and compare: the same spikes on the same machine, the same activity elsewhere.

    Ends with exit code 1 if they differ. After an interruption the same command goes on; a run that is complete is made
    anew, for it says nothing about the code of today.

    Parameters
    ----------
    name
        The archived run, a folder of ``datasets/runs``.
    t_sim
        Biological time in ms, to make the beginning of the run only; default: all of it.
    out
        Folder for network and spikes; default: ``reproduced/NAME``.
    archive
        Folder of archived runs; default: the shipped one.
    threads
        Threads of the simulation; default: that of the engine (nest: that of the archived run).
    """
    folder = archives.folder_of(name, archive)
    record = archives.record(folder)
    archived = archives.read(name, archive)
    t_sim = record["t_sim_ms"] if t_sim is None else t_sim
    reproduction.marks(record, t_sim)
    out = out or Path("reproduced") / name
    if out.is_file():
        raise HumamError(f"cannot write to {str(out)!r}: it is a file")
    parameters = validate(record["parameters"], f"archived run {name!r}")
    network = networks.build(anatomy_tables.read(), parameters)
    networks.write(network, out / "network.nc")
    options = record["engine_options"]
    resumable = record["engine"] == "procedural"
    simulate.main(
        network=out / "network.nc",
        out=out / "spikes",
        engine=record["engine"],
        scale=record["scale"],
        in_degree_scale=record["in_degree_scale"],
        scheme=record["scheme"],
        t_sim=t_sim,
        seed=record["seed"],
        threads=threads if resumable or threads is not None else options.get("threads"),
        n_ranks=options.get("ranks", 1),
        delay_quantile=options.get("delay_quantile"),
        window=options.get("window_steps"),
        go_on=resumable and partial_run.is_partial(out / "spikes"),
    )
    spikes = spikes_folder.read(out / "spikes")
    checks = reproduction.compare(record, archived, network, spikes)
    for check in checks:
        print(f"{check.verdict:<16}  {check.quantity}: archived {check.archived}, here {check.here}")
    for line in sameness.not_same_machine(record, spikes.manifest.model_dump()):
        print(f"note: {line}")
    if not reproduction.same(checks):
        why = ""
        if reproduction.in_other_state(checks):
            why = (
                f": at chi = {parameters.chi:g} the model has two states, and a difference of rounding between machines"
                " can decide which of them a run enters; this one is in the other (docs/model.md, 'Two states of the"
                " best-fit version')"
            )
        print(f"humam: {name!r} is not reproduced{why}", file=sys.stderr)
        sys.exit(1)
    exact = all(check.verdict == reproduction.IDENTICAL for check in checks)
    print(f"{name!r} is reproduced: {'identical' if exact else 'within tolerance'}")
