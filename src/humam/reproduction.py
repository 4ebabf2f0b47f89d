"""Whether a run made again is the archived one: the same spikes, or the same activity within a tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from humam import archive, reproduction_tolerance, spike_digest, two_states
from humam import network as network_file
from humam.analysis.comparable import SERIES, is_active, series_of
from humam.analysis.series import STATES
from humam.analysis.statistics import Statistics
from humam.errors import HumamError
from humam.labels import N_AREAS, N_POPULATIONS
from humam.sameness import not_same_machine
from humam.spikes import Spikes

IDENTICAL: Final = "identical"
WITHIN: Final = "within tolerance"
DIFFERS: Final = "differs"
OTHER_STATE: Final = "other state"
"""The rate is that of the other of two states, which random numbers, and so a rounding, decide on."""


ROUNDING: Final = 1e-9
"""Relative difference of numbers of synapses, and of sums over them, that rounding may make: some tens of 4.3e10."""


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
        :data:`IDENTICAL`, :data:`WITHIN`, :data:`DIFFERS` or :data:`OTHER_STATE`.
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
    checks = [network_check(record, archived, network)]
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
    elsewhere = bool(not_same_machine(record, spikes.manifest.model_dump()))
    experiment = str(record["experiment"]) if elsewhere and has_two_states(record) else None
    activity = list(_activity(archived, spikes, experiment))
    if elsewhere and all(check.verdict == WITHIN for check in activity):
        of_network, *of_spikes = checks
        of_spikes = [c if c.verdict == IDENTICAL else Check(c.quantity, c.archived, c.here, WITHIN) for c in of_spikes]
        checks = [of_network, *of_spikes]
    return checks + activity


def network_check(record: Mapping[str, Any], archived: Statistics, network: xr.Dataset) -> Check:
    """Return the comparison of a network with the archived one.

    The last digits of weights may differ elsewhere; what that does shows in the spikes. Numbers of neurons must not
    differ (archived are those simulated, all at full scale), those of synapses and the sums of their weights, delays
    and external input by no more than the rounding of a few.
    """
    digest = network_file.digest(network)
    neurons = record["scale"] != 1 or np.array_equal(archived.data["neurons"], network["neurons"])
    sums = {"n_synapses": archive.n_synapses(network), **archive.network_sums(network)}
    # Records of earlier versions lack some.
    before = {"n_synapses": record.get("n_synapses"), **record.get("network_sums", {})}
    alike = all(np.isclose(sums[name], value, rtol=ROUNDING, atol=0) for name, value in before.items() if value)
    verdict = IDENTICAL if digest == record["network_sha256"] else WITHIN if neurons and alike else DIFFERS
    return Check("network (SHA-256)", record["network_sha256"][:16], digest[:16], verdict)


def has_two_states(record: Mapping[str, Any]) -> bool:
    """Return whether random numbers may decide the state of an archived run.

    So it is from the jump of the published curve on, and before it where this run or a short one of ours
    (:mod:`humam.two_states`) is active.
    """
    experiment, chi = str(record["experiment"]), float(record["parameters"]["chi"])
    series = series_of(experiment)
    if series not in SERIES:
        return False
    if chi >= SERIES[series].active_from_chi or is_active(experiment, archive.mean_rate(record)):
        return True
    short, _ = two_states.read()
    alike = short[(short["series"] == (two_states.MAIN if series in STATES else series)) & (short["chi"] == chi)]
    return any(is_active(series, rate) for rate in alike["rate_end"])


def _activity(archived: Statistics, spikes: Spikes, experiment: str | None) -> Iterator[Check]:
    """Yield the comparison of rates, for spikes that are not the same; of an experiment with two states, its name."""
    n_bins = int(spikes.manifest.t_sim_ms)
    whole = archived.data["area_spike_count"].to_numpy().astype(int)
    before = whole[:, :n_bins]
    counts = np.zeros(N_AREAS * n_bins, dtype=int)
    per_bin = spikes.steps(1.0)
    for batch in spikes.batches():
        bins = batch.step // per_bin
        inside = bins < n_bins
        cell = batch.population[inside].astype(int) // N_POPULATIONS * n_bins + bins[inside]
        counts += np.bincount(cell, minlength=len(counts))
    here = counts.reshape(N_AREAS, n_bins)
    allowed = reproduction_tolerance.of_run(whole, n_bins)
    found = reproduction_tolerance.difference(before, here)
    unequal = np.flatnonzero((before != here).any(axis=0))
    first = f"from {unequal[0]:g} ms on" if len(unequal) else "in the neurons or steps of some spikes only"
    rates = [numbers.sum() / int(archived.data["neurons"].sum()) / n_bins * 1000 for numbers in (before, here)]
    verdict = WITHIN if found.rate <= allowed.rate else DIFFERS
    if verdict == DIFFERS and experiment and len({is_active(experiment, rate) for rate in rates}) > 1:
        verdict = OTHER_STATE
    limit = f"tolerance {100 * allowed.rate:.2g} %"
    yield Check(f"mean rate, 1/s ({limit}; runs part {first})", f"{rates[0]:.4g}", f"{rates[1]:.4g}", verdict)
    verdict = WITHIN if found.correlation >= allowed.correlation else DIFFERS
    limit = f"at least {allowed.correlation:.3g}"
    yield Check(f"correlation of log10 area spike numbers ({limit})", "1", f"{found.correlation:.4f}", verdict)


def same(checks: list[Check]) -> bool:
    """Return whether nothing differs."""
    return all(check.verdict in (IDENTICAL, WITHIN) for check in checks)


def in_other_state(checks: list[Check]) -> bool:
    """Return whether the run made again is in the other of two states of the model."""
    return any(check.verdict == OTHER_STATE for check in checks)
