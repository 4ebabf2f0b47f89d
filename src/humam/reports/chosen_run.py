"""The run of an experiment that a report shows."""

from __future__ import annotations

from html import escape

from humam.analysis.series import Runs
from humam.analysis.statistics import Statistics
from humam.plotting import spiking
from humam.reports.report import Report


def choose(report: Report, runs: Runs, experiment: str) -> tuple[str, Statistics | None]:
    """Return name and statistics of the run closest to the published one, noted as a source of the report.

    Parameters
    ----------
    report : Report
        Where its parameters and the origin of its data are noted.
    runs : Runs
        What there is.
    experiment : str
        Name of the experiment.

    Returns
    -------
    tuple
        An empty name and None where there is no such run.
    """
    name = runs.closest(experiment)
    if not name:
        return "", None
    run = runs[name]
    report.input("statistics", name)
    report.parameters(name, run.resolved)
    report.origin(name, run.origin)
    return name, run


def describe(name: str, run: Statistics) -> str:
    """Return name, engine, time, seed and scales of a run in HTML, without a stop at the end."""
    attributes = run.data.attrs
    return (
        f"Run <b>{escape(name)}</b>: {attributes['engine']}, {attributes['t_sim_ms'] / 1000:g} s, seed "
        f"{attributes['seed']}, {spiking.scales(run)}{not_compared(run)}"
    )


def not_compared(run: Statistics) -> str:
    """Return why a run is held against nothing in HTML, to follow its scales, which say it of a down-scaled one."""
    return f", <b>not compared</b>: {escape(run.other_model)}" if run.other_model and not run.down_scaled else ""
