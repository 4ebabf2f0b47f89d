"""A run beside what is known of its experiment: the rates that theory predicts, and an archived run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from humam.analysis.rates import in_bins, log_correlation, mean_over_neurons, population_rate
from humam.analysis.run import BIN_MS, TRANSIENT_MS
from humam.analysis.statistics import Statistics
from humam.analysis.value import Value

Array = NDArray[Any]


@dataclass(frozen=True)
class Interval:
    """An interval of biological time, whole bins of 1 ms.

    Attributes
    ----------
    start_ms, stop_ms : float
        Its ends.
    """

    start_ms: float
    stop_ms: float

    def __str__(self) -> str:
        """Return the interval in seconds: ``0.5 to 2 s``."""
        return f"{self.start_ms / 1000:g} to {self.stop_ms / 1000:g} s"


@dataclass(frozen=True)
class Rates:
    """Mean rates of the populations over an interval.

    Attributes
    ----------
    rate : ndarray of float, shape (272,)
        Spikes/s; NaN for populations without neurons.
    interval : Interval
        When.
    """

    rate: Array
    interval: Interval


def whole(run: Statistics) -> Interval:
    """Return the interval over which rates of a run are taken: from 500 ms on; all of a run that ends before.

    Examples
    --------
    >>> str(Interval(500.0, 800.0))
    '0.5 to 0.8 s'
    """
    stop = run.data["area_spike_count"].sizes["time"] * BIN_MS
    return Interval(TRANSIENT_MS if stop > TRANSIENT_MS else 0.0, stop)


def population_rates(run: Statistics, interval: Interval) -> Rates:
    """Return the mean rates of the populations over an interval, or over all of the run where it cannot be cut out.

    Parameters
    ----------
    run : Statistics
        An archived run may have no spike counts in time, or be shorter.
    interval : Interval
        The interval that is wanted.
    """
    if interval.stop_ms > whole(run).stop_ms or run.unavailable("spike_count"):
        return Rates(run.data["rate"].to_numpy(), whole(run))
    times = slice(interval.start_ms, interval.stop_ms - BIN_MS / 2)  # bins by their left edges
    counts = run.data["spike_count"].sel(time=times).to_numpy().sum(axis=1, dtype=np.int64)
    neurons = run.data["neurons"].to_numpy()
    return Rates(population_rate(counts, neurons, interval.stop_ms - interval.start_ms), interval)


def area_rates(run: Statistics, stop_ms: float, bin_ms: float) -> Array:
    """Return the rates of areas in time in spikes/s, shape (34, n_bins), from the beginning of the run on.

    Parameters
    ----------
    run : Statistics
        The run.
    stop_ms : float
        The end; what does not fill a bin is left out.
    bin_ms : float
        Width of a bin, a multiple of 1 ms.
    """
    rate = run.area_rate.to_numpy()[:, : round(stop_ms / BIN_MS)]
    return in_bins(rate, round(bin_ms / BIN_MS)).mean(axis=-1) * 1e3


def parting_ms(run: Statistics, other: Statistics) -> float | None:
    """Return the first bin of 1 ms in which an area has another number of spikes in two runs; None if there is none."""
    counts = [each.data["area_spike_count"].to_numpy().astype(np.int64) for each in (run, other)]
    n_bins = min(count.shape[1] for count in counts)
    unequal = np.flatnonzero((counts[0][:, :n_bins] != counts[1][:, :n_bins]).any(axis=0))
    return float(unequal[0]) * BIN_MS if len(unequal) else None


def values(
    name: str, panels: Sequence[str], run: Statistics, here: Rates, theory: Array | None, archived: Rates | None
) -> Iterator[Value]:
    """Yield the numbers of a run beside theory and archive.

    Parameters
    ----------
    name : str
        Name of the run.
    panels : sequence of str
        Letters of the panels against theory and against the archive, empty where there are none.
    run : Statistics
        The run.
    here : Rates
        Its rates.
    theory : ndarray of float, shape (272,), optional
        Rates that theory predicts, spikes/s.
    archived : Rates, optional
        Those of the archived run.
    """
    neurons = run.data["neurons"].to_numpy()
    others = {
        "theory": (theory, "stationary"),
        "archive": (None, "") if archived is None else (archived.rate, str(archived.interval)),
    }
    mean = mean_over_neurons(here.rate, neurons)
    yield Value(panels[0], f"rate_mean[run={name}]", mean, "1/s", run.status, str(here.interval))
    for panel, (kind, (rates, note)) in zip(panels, others.items(), strict=True):
        if rates is None:
            continue
        mean = mean_over_neurons(rates, neurons)
        yield Value(panel, f"rate_mean[run={name};of={kind}]", mean, "1/s", run.status, note)
        together = log_correlation(rates, here.rate)
        yield Value(panel, f"log_rate_correlation[run={name};with={kind}]", together, status=run.status)
