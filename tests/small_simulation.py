"""Small simulations by ``humam simulate``, for tests of what the command does around the engine."""

from pathlib import Path

import humam
from humam import cli, theory, theory_file
from humam import network as networks
from humam.anatomy import tables
from humam.parameters import Parameters
from humam.resources import shipped

SMALL = {"--engine": "procedural", "--scale": "0.002", "--in-degree-scale": "0.02", "--seed": "7"}
SOURCE = Path(humam.__file__).parents[1]


def write_inputs(folder):
    """Write the network and the theory of the base state to a folder and return it."""
    network = networks.build(tables.read(shipped("datasets", "tables")), Parameters())
    networks.write(network, folder / "network.nc")
    theory_file.write(theory.predict(network), folder / "theory.nc")
    return folder


def arguments(files, out, *options, t_sim=60):
    given = SMALL | {"--network": f"{files}/network.nc", "--theory": f"{files}/theory.nc", "--t-sim": str(t_sim)}
    defaults = [text for name, value in given.items() if name not in options for text in (name, value)]
    return ["simulate", *defaults, "--out", str(out), *options]


def simulate(files, out, *options, t_sim=60):
    """Return the exit code of the command."""
    try:
        cli.main(arguments(files, out, *options, t_sim=t_sim))
    except SystemExit as end:
        return end.code
    return 0


def failure(capsys, files, out, *options, t_sim=60):
    """Return the one line of a refused or failed call."""
    capsys.readouterr()
    assert simulate(files, out, *options, t_sim=t_sim) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("humam: ")]
    assert len(lines) == 1
    return lines[0]
