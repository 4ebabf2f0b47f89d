"""All statistics of one run: reads spikes group by group, so that memory does not grow with the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from humam import extra_spike, spike_digest
from humam import network as network_file
from humam.analysis import rasters, statistics, windows
from humam.analysis.bold import bold_signal
from humam.analysis.correlation import mean_correlation
from humam.analysis.currents import KERNELS, area_currents
from humam.analysis.fc import functional_connectivity
from humam.analysis.irregularity import MIN_SPIKES, irregularity, population_mean
from humam.analysis.rates import LOG_RATE_EDGES, area_rate, histogram, in_bins, log_rate_density, population_rate
from humam.analysis.trains import Trains, trains
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS, N_POPULATIONS, area_slice, population_labels
from humam.parameters import validate
from humam.progress import Report
from humam.sameness import NOT_OF_NETWORK
from humam.spikes import Spikes

TRANSIENT_MS: Final = 500.0
"""Dropped at the start of a run for rates, CV, LvR and correlation."""

BIN_MS: Final = 1.0
FC_START_MS: Final = 2500.0
"""Dropped at the start of a run for functional connectivity."""

FC_STOP_MS: Final = 12_500.0
"""End of the published time. What a longer run has after it is not used for functional connectivity."""

COMPARED: Final = slice(FC_START_MS, FC_STOP_MS - BIN_MS)
"""The same as labels of bins."""

BOLD_STEP_MS: Final = 10

LOG_RATE_FINE_EDGES: Final = np.arange(-30, 46) / 10
"""Bins of the histograms of log10(rate / (1/s)) over single neurons."""

IRREGULARITY_EDGES: Final = np.arange(81) / 20
"""Bins of the histograms of CV and LvR over single neurons; larger values are not counted."""

MAX_GROUP_SPIKES: Final = 20_000_000
"""Spikes in memory at a time: about 1 GB with all intermediate arrays."""


def analyse(network: xr.Dataset, spikes: Spikes, folder: Path | str, report: Report | None = None) -> None:
    """Compute the statistics of a run and write them to a folder.

    Parameters
    ----------
    network : Dataset
        The full-scale network that was simulated; currents use its weights and in-degrees.
    spikes : Spikes
        Spikes of the run; population sizes are those simulated.
    folder : path
        What :func:`humam.analysis.statistics.read` opens.
    report : callable, optional
        Called with the number of spikes done.

    Raises
    ------
    HumamError
        If the spikes are of another network, cannot be read, or the folder cannot be written.
    """
    _check_same_network(network, spikes)
    with statistics.create(folder) as writer:
        run = _Run(spikes, writer)
        done = 0
        for group in groups(spikes.manifest.n_spikes_per_population, MAX_GROUP_SPIKES):
            done += run.add(group)
            if report is not None:
                report(done)
        run.finish(network)


def groups(n_spikes: Sequence[int], limit: int) -> Iterator[range]:
    """Yield consecutive populations that together have at most ``limit`` spikes (or are one population).

    Examples
    --------
    >>> list(groups([3, 3, 9, 1, 0], 6))
    [range(0, 2), range(2, 3), range(3, 5)]
    """
    first, total = 0, 0
    for i, n in enumerate(n_spikes):
        if i > first and total + n > limit:
            yield range(first, i)
            first, total = i, 0
        total += n
    yield range(first, len(n_spikes))


def _check_same_network(network: xr.Dataset, spikes: Spikes) -> None:
    if spikes.labels != population_labels():
        raise HumamError(f"spikes {str(spikes.folder)!r}: labels are not the 272 populations in canonical order")
    expected = network_file.parameters(network).model_dump()
    found = validate(spikes.manifest.network_parameters, f"spikes {str(spikes.folder)!r}").model_dump()
    for name in expected.keys() - set(NOT_OF_NETWORK):
        if found[name] != expected[name]:
            raise HumamError(
                f"spikes {str(spikes.folder)!r} are of another network: {name} = {found[name]!r}, "
                f"the network has {expected[name]!r}"
            )


def _count_steps(own: Trains, steps: range) -> np.ndarray:
    """Return the number of spikes in each of some consecutive time steps, shape (n_steps,)."""
    inside = own.step[(own.step >= steps.start) & (own.step < steps.stop)]
    return np.bincount(inside - steps.start, minlength=len(steps))


class _Run:
    """Collects the statistics of a run, population by population."""

    def __init__(self, spikes: Spikes, writer: statistics.StatisticsWriter) -> None:
        self.spikes, self.writer = spikes, writer
        self.neurons = spikes.neurons
        # One number per neuron over all populations, so that one sort groups the spikes of many populations.
        self.offset = np.concatenate([[0], np.cumsum(self.neurons)])
        self.t_sim = spikes.manifest.t_sim_ms
        self.last = spikes.steps(self.t_sim)
        self.steps_per_bin = spikes.steps(BIN_MS)
        self.n_bins = self.last // self.steps_per_bin
        self.window_populations = range(N_LABELS)[area_slice(windows.AREA)]
        first, stop = (spikes.steps(t) for t in extra_spike.COUNTED_MS)
        self.perturbation_steps = range(first, stop + 1)
        self.unavailable: dict[str, str] = {}
        self.values: dict[str, Any] = {
            "neurons": self.neurons,
            "neurons_spiking": np.zeros(N_LABELS, dtype=np.int64),
            "neurons_10_spikes": np.zeros(N_LABELS, dtype=np.int64),
            "cv": np.full(N_LABELS, np.nan),
            "lvr": np.full(N_LABELS, np.nan),
            "correlation": np.full(N_LABELS, np.nan),
            "log_rate_density": np.full((N_LABELS, len(LOG_RATE_EDGES) - 1), np.nan),
            "spike_count": np.zeros((N_LABELS, self.n_bins), dtype=np.uint32),
            "rate_histogram": np.zeros((N_LABELS, len(LOG_RATE_FINE_EDGES) - 1), dtype=np.uint32),
            "cv_histogram": np.zeros((N_LABELS, len(IRREGULARITY_EDGES) - 1), dtype=np.uint32),
            "lvr_histogram": np.zeros((N_LABELS, len(IRREGULARITY_EDGES) - 1), dtype=np.uint32),
            "perturbation_count": np.zeros((N_LABELS, len(self.perturbation_steps)), dtype=np.uint32),
            "raster_rows": np.array([rasters.raster_rows(n, spikes.manifest.scale) for n in self.neurons]),
        }
        self.late_spikes = np.zeros(N_LABELS, dtype=np.int64)

    @property
    def duration_ms(self) -> float:
        """Length of the run after the transient, negative if it is shorter."""
        return self.t_sim - TRANSIENT_MS

    def add(self, group: range) -> int:
        """Add the populations of a group; returns the number of their spikes."""
        batch = self.spikes.load([self.spikes.labels[p] for p in group])
        grouped = trains(self.offset[batch.population] + batch.neuron, batch.step)
        n = len(batch)
        del batch
        for p in group:
            if self.neurons[p]:
                self._add_population(p, grouped.units(self.offset[p], self.offset[p + 1]))
        return n

    def _add_population(self, p: int, own: Trains) -> None:
        values, dt = self.values, self.spikes.manifest.dt_ms
        values["neurons_spiking"][p] = len(own)
        values["spike_count"][p] = histogram(own.step, self.n_bins, self.steps_per_bin)
        values["perturbation_count"][p] = _count_steps(own, self.perturbation_steps)
        if p in self.window_populations:
            table = windows.window_statistics(own, dt, windows.n_windows(self.t_sim))
            unit = table.pop("unit").to_numpy()
            self._append("windows", p, unit, {str(name): column for name, column in table.items()})
        first, stop = (self.spikes.steps(t) for t in rasters.raster_window(self.t_sim))
        rows = values["raster_rows"][p]
        sample = rasters.raster_sample(own, self.neurons[p], rows, first, stop, [rasters.SEED, p])
        self._append("rasters", p, sample["unit"].to_numpy(), {"row": sample["row"], "time": sample["step"] * dt})
        if self.duration_ms > 0:
            self._add_stationary(p, own)

    def _add_stationary(self, p: int, own: Trains) -> None:
        """Add what is measured after the transient."""
        values, start = self.values, self.spikes.steps(TRANSIENT_MS)
        late = own.window(start, self.last)
        cv, lvr = irregularity(late, self.spikes.manifest.dt_ms)
        values["cv"][p], values["lvr"][p] = population_mean(cv), population_mean(lvr)
        values["neurons_10_spikes"][p] = np.count_nonzero(late.n_spikes >= MIN_SPIKES)
        values["correlation"][p] = mean_correlation(late, start, self.last, self.steps_per_bin)
        rate = late.n_spikes / (self.duration_ms * 1e-3)
        values["log_rate_density"][p] = log_rate_density(rate)
        values["rate_histogram"][p] = np.histogram(np.log10(rate), LOG_RATE_FINE_EDGES)[0]
        values["cv_histogram"][p] = np.histogram(cv[~np.isnan(cv)], IRREGULARITY_EDGES)[0]
        values["lvr_histogram"][p] = np.histogram(lvr[~np.isnan(lvr)], IRREGULARITY_EDGES)[0]
        self.late_spikes[p] = len(late.step)

        columns = {"n_spikes": late.n_spikes, "rate": rate, "cv": cv, "lvr": lvr}
        # Neurons that spiked before the transient's end only belong to the table, too.
        all_columns = {name: np.full(len(own), 0.0 if name in ("n_spikes", "rate") else np.nan) for name in columns}
        position = np.searchsorted(own.unit, late.unit)
        for name, column in columns.items():
            all_columns[name][position] = column
        self._append("neurons", p, own.unit, all_columns)

    def _append(self, table: str, p: int, unit: np.ndarray, columns: dict[str, Any]) -> None:
        self.writer.append(table, {"population": p, "neuron": unit - self.offset[p], **columns})

    def finish(self, network: xr.Dataset) -> None:
        """Compute what needs all populations and write the netCDF file."""
        self._finish_rates()
        self._finish_currents(network)
        manifest = self.spikes.manifest
        raster_start, raster_stop = rasters.raster_window(self.t_sim)
        self.writer.finish(
            self.values,
            {
                "time": np.arange(self.n_bins) * BIN_MS,
                "log_rate": LOG_RATE_EDGES[:-1],
                "log_rate_fine": LOG_RATE_FINE_EDGES[:-1],
                "irregularity": IRREGULARITY_EDGES[:-1],
                "perturbation_time": np.array(self.perturbation_steps) * manifest.dt_ms,
                "kernel": list(KERNELS),
                "bold_time": (np.arange(self.values["bold"].shape[1]) + 1) * BOLD_STEP_MS * BIN_MS,
            },
            self.unavailable,
            {
                "engine": manifest.engine,
                "seed": manifest.seed,
                "scale": manifest.scale,
                "in_degree_scale": manifest.in_degree_scale,
                "scheme": manifest.scheme,
                "t_sim_ms": manifest.t_sim_ms,
                "dt_ms": manifest.dt_ms,
                "n_spikes": manifest.n_spikes,
                "n_windows": windows.n_windows(self.t_sim),
                "raster_start_ms": raster_start,
                "raster_stop_ms": raster_stop,
                "parameters": network.attrs["parameters"],
                "origin": network.attrs["origin"],
                "manifest": manifest.model_dump(mode="json"),
                "digests": [digest.as_dict() for digest in spike_digest.digests(self.spikes)],
            },
        )

    def _finish_rates(self) -> None:
        values = self.values
        after_transient = ("rate", "cv", "lvr", "correlation", "log_rate_density")
        by_area = values["spike_count"].reshape(len(AREAS), N_POPULATIONS, self.n_bins)
        values["area_spike_count"] = by_area.sum(axis=1, dtype=np.uint32)
        if self.last < self.perturbation_steps[-1]:
            values["perturbation_count"] = np.full(values["perturbation_count"].shape, np.nan, np.float32)
            self.unavailable["perturbation_count"] = (
                f"the run of {self.t_sim:g} ms ends before {extra_spike.COUNTED_MS[1]:g} ms"
            )
        if self.duration_ms <= 0:
            values["rate"] = np.full(N_LABELS, np.nan)
            reason = f"the run of {self.t_sim:g} ms ends within the first {TRANSIENT_MS:g} ms, which are dropped"
            self.unavailable.update(dict.fromkeys(after_transient, reason))
            return
        values["rate"] = population_rate(self.late_spikes, self.neurons, self.duration_ms)
        if not values["neurons_10_spikes"].any():
            reason = f"no neuron has {MIN_SPIKES} spikes in {self.duration_ms:g} ms"
            for name in ("cv", "lvr"):
                values[name][:] = np.nan
                self.unavailable[name] = reason

    def _finish_currents(self, network: xr.Dataset) -> None:
        values = self.values
        parameters = network_file.parameters(network)
        rate = values["spike_count"] / np.maximum(self.neurons, 1)[:, None] / BIN_MS
        start, stop = (round(ms / BIN_MS) for ms in (FC_START_MS, FC_STOP_MS))
        currents, connectivities = [], []
        for sampling in KERNELS.values():
            current = area_currents(
                rate,
                network["synapses"].values,
                network["weight"].values,
                network["neurons"].values,
                parameters.tau_syn_ex,
                parameters.tau_syn_in,
                sampling,
            )
            currents.append(current.astype(np.float32))
            enough = self.n_bins - start >= 2
            undefined = np.full((len(AREAS), len(AREAS)), np.nan)
            connectivities.append(functional_connectivity(current[:, start:stop]) if enough else undefined)
        values["current"], values["fc"] = np.stack(currents), np.stack(connectivities)
        if self.spikes.manifest.areas is not None:
            reason = "areas were left out: what they send is not in the spikes"
            for name in ("current", "fc"):
                values[name][:] = np.nan
                self.unavailable[name] = reason
            self._finish_bold()
            return
        if self.n_bins - start < 2:
            self.unavailable["fc"] = (
                f"the run of {self.t_sim:g} ms has no samples after the first {FC_START_MS:g} ms, which are dropped"
            )
        elif np.isnan(values["fc"]).all():
            self.unavailable["fc"] = f"no area receives a current that varies after {FC_START_MS:g} ms"
        self._finish_bold()

    def _finish_bold(self) -> None:
        n_steps = self.n_bins // BOLD_STEP_MS
        trace = area_rate(self.values["area_spike_count"][:, : n_steps * BOLD_STEP_MS], self.neurons)
        activity = in_bins(trace, BOLD_STEP_MS).mean(axis=-1) * 1e3
        try:
            self.values["bold"] = bold_signal(activity, BOLD_STEP_MS * BIN_MS * 1e-3).astype(np.float32)
        except HumamError as error:
            self.values["bold"] = np.full(activity.shape, np.nan, dtype=np.float32)
            self.unavailable["bold"] = str(error)
