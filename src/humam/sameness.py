"""Whether a run is the same simulation as an archived one, and until when their spikes are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

SAME_MACHINE: Final = ("processor", "architecture")
SAME_SOFTWARE: Final = ("numba", "numpy", "scipy", "nest-simulator")
"""Software whose version can decide on the rounding of a result."""
NOT_SIMULATED: Final = ("name", "description", "t_sim", "seed")
"""Parameters of an experiment that no engine simulates: names, and defaults that the run itself states."""
NOT_OF_NETWORK: Final = (*NOT_SIMULATED, "perturbation_time")
"""Parameters in which runs of one network may differ: the extra spike comes on top of the network."""


def not_same_machine(record: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """Return what differs between the machines and the software of two runs, as far as it can change a rounding.

    Parameters
    ----------
    record
        The archived run.
    manifest
        ``machine`` and ``software`` of the other run, as in the manifest of its spikes.
    """
    pairs: list[tuple[str, Any, Any]] = []
    for part, names in (("machine", SAME_MACHINE), ("software", SAME_SOFTWARE)):
        pairs += [(name, record[part].get(name), manifest[part].get(name)) for name in names]
    return [f"{name}: {before} there, {here} here" for name, before, here in pairs if before != here]


def other_simulation(record: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """Return in what two runs differ that makes their spikes others on any machine.

    Parameters
    ----------
    record
        The archived run.
    manifest
        Manifest of the spikes of the other run.
    """
    pairs = [(name, record[name], manifest[name]) for name in ("engine", "seed", "scale", "in_degree_scale")]
    there, here = record["parameters"], manifest["network_parameters"]
    names = [name for name in there if name in here and name not in NOT_SIMULATED]
    pairs += [(name, there[name], here[name]) for name in names]
    return [f"{name}: {_text(before)} there, {_text(value)} here" for name, before, value in pairs if before != value]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def common_marks(record: Mapping[str, Any], found: Iterable[Mapping[str, Any]]) -> list[tuple[float, bool]]:
    """Return the marks in time that two runs share, in ms, and whether their spikes are the same until each.

    Parameters
    ----------
    record
        The archived run.
    found
        Digests of the other run (:func:`humam.spike_digest.digests`).
    """
    archived = {item["t_ms"]: item["sha256"] for item in record["digests"]}
    return [(item["t_ms"], item["sha256"] == archived[item["t_ms"]]) for item in found if item["t_ms"] in archived]
