"""What panels of experiments are made of: archived runs, what the authors stored, a report that notes what is used."""

from types import SimpleNamespace

from humam import archive
from humam.analysis import scaling_table, series
from humam.resources import shipped


def panel_inputs(prefix=""):
    """Return ``report`` (its runs are noted in ``used``), ``runs``, ``folder`` and ``stored``."""
    used = []
    return SimpleNamespace(
        report=SimpleNamespace(input=lambda _, name: used.append(name)),
        used=used,
        runs=series.Runs({f"{prefix}{name}": shipped("datasets", "runs", name) for name in archive.names()}),
        folder=shipped("datasets", "published"),
        stored={name: scaling_table.read_published(name) for name in series.SEEDS},
    )
