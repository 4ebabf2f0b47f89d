"""What the report of Figure 7 shows of pairs of runs that differ in one extra spike."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML, display
from matplotlib.axes import Axes

from humam import extra_spike
from humam import network as networks
from humam.analysis import comparable, dynamics_values, perturbation, series
from humam.analysis.statistics import Statistics
from humam.labels import AREAS
from humam.plotting import propagation, spiking
from humam.plotting.scaling import STATE_STYLES
from humam.reports import chosen_run
from humam.reports.report import Report

NO_PAIR: Final = f"no pair of runs of at least {extra_spike.COUNTED_MS[1] / 1000:g} s"


class PropagationReport:
    """The panels and values of the measured propagation.

    Parameters
    ----------
    report : Report
        Where they go.
    given : mapping
        Name of each run to the folder of its statistics.
    structure : Dataset
        Structure of the base version: distances by mean delays.
    """

    def __init__(self, report: Report, given: Mapping[str, str], structure: xr.Dataset) -> None:
        self.report = report
        self.bound = structure["delay_distance_min"].to_numpy()
        self.distance = structure["delay_distance"].sel(source=extra_spike.PERTURBED).to_numpy()
        self.names: dict[str, tuple[str, str]] = {}
        self.runs: dict[str, tuple[Statistics, Statistics]] = {}
        self.times: dict[str, pd.Series] = {}
        self.drawn: dict[str, pd.Series] = {}
        runs = series.Runs(given)
        for state, chi in comparable.STATE_CHI.items():
            pair = series.perturbed_pair(runs, chi)
            if pair is None:
                continue
            self.names[state] = pair
            self.runs[state] = (runs[pair[0]], runs[pair[1]])
            self.times[state] = perturbation.first_times(*self.runs[state])
            self.drawn[state] = perturbation.first_times(*self.runs[state], report.conventions)
            for name in pair:
                report.input("statistics", name)
                report.parameters(name, runs[name].resolved)
        first = self._areas("base") if "base" in self.times else self.bound
        self.order = np.lexsort((self.bound, first))

    def _areas(self, state: str) -> np.ndarray:
        return perturbation.area_first_times(self.drawn[state]).to_numpy()

    def introduce(self) -> None:
        """Show which pairs of runs these are."""
        lines = []
        for state, name in ((state, STATE_STYLES[state][0]) for state in series.STATES):
            if state not in self.names:
                lines.append(f"<li>{name}: {NO_PAIR} is among the inputs</li>")
                continue
            perturbed, twin = (escape(name) for name in self.names[state])
            run = self.runs[state][0]
            lines.append(
                f"<li>{name}: <b>{perturbed}</b> and its twin <b>{twin}</b>, {chosen_run.settings(run)}"
                f"{chosen_run.not_compared(run.other_model)}</li>"
            )
        display(HTML(f'<div class="notice"><p>Pairs of runs:</p><ul>{"".join(lines)}</ul></div>'))

    def draw_differences(self, ax: Axes, state: str) -> None:
        """Draw panel A or B."""
        if state not in self.runs:
            propagation.no_pair(ax, state)
            return
        matrix = perturbation.differs(*self.runs[state])
        image = propagation.draw_differences(
            ax, matrix.to_numpy(), matrix["time"].to_numpy(), self.distance, self.order, tick_size=3.2
        )
        ax.set_title(f"{STATE_STYLES[state][0]}, {spiking.scales(self.runs[state][0])}")
        if image is not None:
            propagation.distance_bar(ax, image)

    def draw_first_times(self, ax: Axes) -> None:
        """Draw panel C."""
        times = {state: self._areas(state) for state in self.times}
        propagation.draw_first_times(ax, times, self.bound, self.order)

    def caption(self, state: str) -> str:
        """Return the caption of panel A or B."""
        name = STATE_STYLES[state][0]
        if state not in self.runs:
            return (
                f"Not drawn: no pair of a perturbed and an unperturbed run of the {name} version of at least "
                f"{extra_spike.COUNTED_MS[1] / 1000:g} s is among the inputs."
            )
        run = self.runs[state][0]
        scaled = " Down-scaled: fewer synapses carry the difference on." if run.down_scaled else ""
        if run.other_model and not run.down_scaled:
            scaled = f" Not the published model: {escape(run.other_model)}."
        return (
            f"Where the numbers of spikes of populations differ between the two runs of the {name} version, bins of "
            "0.1 ms; areas in the order of the first difference in the base version. Colour: distance from the "
            f"perturbed population by mean delays.{scaled}"
        )

    def differences(self, state: str) -> pd.DataFrame | None:
        """Return the bins in which a state differs, as drawn in panel A or B."""
        if state not in self.runs:
            return None
        matrix = perturbation.differs(*self.runs[state])
        rows, columns = np.nonzero(matrix.to_numpy())
        return pd.DataFrame(
            {"target": matrix["target"].to_numpy()[rows], "time_ms": matrix["time"].to_numpy()[columns]}
        )

    def times_table(self) -> pd.DataFrame:
        """Return what panel C draws."""
        columns = {f"first_difference_{state}_ms": self._areas(state) for state in self.times}
        return pd.DataFrame({"area": AREAS, "smallest_delay_ms": self.bound, **columns})

    def note_values(self, network: xr.Dataset) -> None:
        """Note the numbers of the measured propagation, and of the perturbed neuron in a network."""
        forced = perturbation.forced_spikes(extra_spike.weight(network), networks.parameters(network))
        self.report.value("A", "perturbed_neuron_interval_median", float(np.median(np.diff(forced))), "ms")
        for state in series.STATES:
            pair = self.runs.get(state)
            if pair is None:
                counted = float("nan"), f"{NO_PAIR} is here"
            else:
                counted = perturbation.counted_spikes(*pair, extra_spike.PERTURBED)
            status = "incomparable" if pair is not None and pair[0].other_model else ""
            self.report.values(dynamics_values.perturbed_neuron(state, counted, len(forced), status))
        for state, times in self.times.items():
            status = "incomparable" if self.runs[state][0].other_model else ""
            self.report.values(dynamics_values.propagation(state, times, self.bound, status))
