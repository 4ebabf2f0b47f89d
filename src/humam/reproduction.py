"""Whether a run made again is the archived one: the same spikes, or the same activity within a tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from humam import archive, spike_digest
from humam.analysis.statistics import Statistics
from humam.errors import HumamError
from humam.labels import N_AREAS, N_POPULATIONS
from humam.spikes import Spikes

IDENTICAL: Final = "identical"
WITHIN: Final = "within tolerance"
DIFFERS: Final = "differs"

RATE_TOLERANCE: Final = 0.05
"""Relative difference of mean rates that another processor or library may cause.

Spikes of two machines part after the first difference of rounding, for the activity is chaotic; then the runs are as
alike as two with different seeds.
"""
CORRELATION_TOLERANCE: Final = 0.98
"""Correlation of log10 area rates that must be reached then."""

SAME_MACHINE: Final = ("processor", "architecture")
SAME_SOFTWARE: Final = ("numba", "numpy", "scipy", "nest-simulator")
"""Software whose version can decide on the rounding of a result."""


@dataclass(frozen=True)
class Check:
    """One comparison.

    Attributes
    ----------
    quantity : str
        What is compared.
    archived, here : str
        Both values.
    verdict : str
        :data:`IDENTICAL`, :data:`WITHIN` or :data:`DIFFERS`.
    """

    quantity: str
    archived: str
    here: str
    verdict: str


def marks(record: Mapping[str, Any], t_sim_ms: float) -> list[dict[str, Any]]:
    """Return the archived digests that a run of a duration can be compared with.

    Raises
    ------
    HumamError
        If there is none, or the run is longer than the archived one.
    """
    all_ms = [item["t_ms"] for item in record["digests"]]
    if not all_ms[0] <= t_sim_ms <= record["t_sim_ms"]:
        raise HumamError(
            f"t-sim = {t_sim_ms:g} ms: archived run {record['name']!r} can be compared from {all_ms[0]:g} to"
            f" {record['t_sim_ms']:g} ms"
        )
    return [item for item in record["digests"] if item["t_ms"] <= t_sim_ms]


def compare(record: Mapping[str, Any], archived: Statistics, network: xr.Dataset, spikes: Spikes) -> list[Check]:
    """Compare a run made again with the archived one.

    Parameters
    ----------
    record, archived
        The archived run (:func:`humam.archive.record`, :func:`humam.archive.read`).
    network
        The network built again.
    spikes
        Spikes of the new run, as long as the archived one or shorter.

    Returns
    -------
    list of Check
        Network, spikes until each mark in time, and, where spikes differ, the activity.
    """
    digest = archive.network_digest(network)
    same_network = digest == record["network_sha256"]
    # The last digits of weights may differ elsewhere; what that does shows in the spikes.
    verdict = IDENTICAL if same_network else WITHIN
    checks = [Check("network (SHA-256)", record["network_sha256"][:16], digest[:16], verdict)]
    expected = marks(record, spikes.manifest.t_sim_ms)
    found = {item.t_ms: item for item in spike_digest.digests(spikes, [item["t_ms"] for item in expected])}
    same = True
    for item in expected:
        here = found[item["t_ms"]]
        same = here.sha256 == item["sha256"]
        checks.append(
            Check(
                f"spikes until {item['t_ms']:g} ms (number, SHA-256)",
                f"{item['n_spikes']:,} {item['sha256'][:16]}",
                f"{here.n_spikes:,} {here.sha256[:16]}",
                IDENTICAL if same else DIFFERS,
            )
        )
    if same:
        return checks
    activity = list(_activity(archived, spikes))
    if not_same_machine(record, spikes) and all(check.verdict == WITHIN for check in activity):
        checks = [c if c.verdict == IDENTICAL else Check(c.quantity, c.archived, c.here, WITHIN) for c in checks]
    return checks + activity


def _activity(archived: Statistics, spikes: Spikes) -> Iterator[Check]:
    """Yield the comparison of rates, for spikes that are not the same."""
    n_bins = int(spikes.manifest.t_sim_ms)
    before = archived.data["area_spike_count"].to_numpy()[:, :n_bins].astype(int)
    counts = np.zeros(N_AREAS * n_bins, dtype=int)
    per_bin = spikes.steps(1.0)
    for batch in spikes.batches():
        bins = batch.step // per_bin
        inside = bins < n_bins
        cell = batch.population[inside].astype(int) // N_POPULATIONS * n_bins + bins[inside]
        counts += np.bincount(cell, minlength=len(counts))
    here = counts.reshape(N_AREAS, n_bins)
    unequal = np.flatnonzero((before != here).any(axis=0))
    first = f"from {unequal[0]:g} ms on" if len(unequal) else "in the neurons or steps of some spikes only"
    seconds, n = n_bins / 1000, int(archived.data["neurons"].sum())
    rates = [numbers.sum() / n / seconds for numbers in (before, here)]
    relative = abs(rates[1] - rates[0]) / rates[0] if rates[0] else float(rates[1] > 0)
    verdict = WITHIN if relative <= RATE_TOLERANCE else DIFFERS
    limit = f"tolerance {100 * RATE_TOLERANCE:g} %"
    yield Check(f"mean rate, 1/s ({limit}; runs part {first})", f"{rates[0]:.4g}", f"{rates[1]:.4g}", verdict)
    totals = np.stack([before.sum(axis=1), here.sum(axis=1)])
    both = (totals > 0).all(axis=0)
    alike = float(np.corrcoef(np.log10(totals[:, both]))[0, 1]) if both.sum() > 2 else float("nan")
    verdict = WITHIN if alike >= CORRELATION_TOLERANCE else DIFFERS
    limit = f"at least {CORRELATION_TOLERANCE:g}"
    yield Check(f"correlation of log10 area spike numbers ({limit})", "1", f"{alike:.4f}", verdict)


def not_same_machine(record: Mapping[str, Any], spikes: Spikes) -> list[str]:
    """Return what differs between the machines and the software of two runs, as far as it can change a rounding."""
    m = spikes.manifest
    pairs = [(name, record["machine"].get(name), m.machine.get(name)) for name in SAME_MACHINE]
    pairs += [(name, record["software"].get(name), m.software.get(name)) for name in SAME_SOFTWARE]
    return [f"{name}: {before} there, {here} here" for name, before, here in pairs if before != here]


def same(checks: list[Check]) -> bool:
    """Return whether nothing differs."""
    return all(check.verdict != DIFFERS for check in checks)
