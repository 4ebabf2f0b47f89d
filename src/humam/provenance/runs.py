"""Facts about a simulation that a reader wants beside its figures, from the folder of its statistics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from humam import netcdf, run_names


def facts(name: str, statistics: Path) -> dict[str, Any]:
    """Return what was simulated, how, and at what cost.

    Parameters
    ----------
    name : str
        Name of the run in the report: tells where it comes from (:mod:`humam.run_names`).
    statistics : path
        A folder of statistics, of a run of today or archived: its file carries the manifest of the spikes.

    Returns
    -------
    dict
        ``experiment``, ``engine``, ``seed``, ``scale`` and ``in_degree_scale`` (fractions), ``t_sim_ms``, ``n_spikes``,
        ``wall_time_s`` and ``peak_memory_bytes`` (None where unknown), ``processor``, ``cores``, ``image`` (None
        without a container), ``spikes_sha256``, ``archived``,
        ``earlier`` (from another results folder).
    """
    attributes = netcdf.attributes(statistics / "statistics.nc")
    manifest = json.loads(attributes["manifest"])
    machine = manifest.get("machine") or {}
    times = manifest.get("wall_times_s") or {}
    return {
        "experiment": manifest["network_parameters"]["name"],
        "engine": manifest["engine"],
        "seed": int(manifest["seed"]),
        "scale": float(manifest["scale"]),
        "in_degree_scale": float(manifest["in_degree_scale"]),
        "t_sim_ms": float(manifest["t_sim_ms"]),
        "n_spikes": int(manifest["n_spikes"]),
        "wall_time_s": float(sum(times.values())) if times else None,
        "peak_memory_bytes": manifest.get("peak_memory_bytes"),
        "processor": machine.get("processor"),
        "cores": machine.get("cores"),
        "image": (manifest.get("software") or {}).get("image"),
        "spikes_sha256": manifest["sha256"],
        "archived": bool(attributes.get("archived", 0)),
        "earlier": run_names.is_earlier(name),
    }
