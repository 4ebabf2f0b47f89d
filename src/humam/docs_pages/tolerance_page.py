"""What ``docs/validation.md`` says on how far runs that differ in random numbers lie apart, and what is allowed.

``bin/humam python -m humam.docs_pages.tolerance_page`` rewrites the table between its marks, from the published data
and the archived runs; a test demands that it is up to date and all of it within the tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from humam import archive, errors, published
from humam.markdown import digits, rewrite, table
from humam.reproduction_tolerance import Tolerance, difference, of_run
from humam.resources import shipped
from humam.seed_spread import MAIN, PREPRINT

PAIRS: Final = {
    "base, two seeds": ("base", "base_seed2106", (10, 100, 1000, 2500, 12500)),
    "base, one spike more at 2 s": ("base", "perturbed@1", (2500,)),
    "best fit, one spike more at 2 s": ("best_fit", "perturbed@2.5", (2500,)),
}
"""Archived runs that differ in random numbers alone, or in one spike, and durations [ms] to compare."""


def measured() -> Iterator[tuple[str, int, Tolerance, Tolerance]]:
    """Yield pair, duration [ms], how far two archived runs lie apart, and the tolerance of the first."""
    for name, (*runs, durations) in PAIRS.items():
        first, second = (archive.read(run).data["area_spike_count"].to_numpy().astype(float) for run in runs)
        for duration in durations:
            apart = difference(first[:, :duration], second[:, :duration])
            yield name, duration, apart, of_run(first, duration)


def of_published() -> Iterator[tuple[str, float]]:
    """Yield state and relative difference of the rate of one area over 10 s between the two published seeds."""
    table = published.figures().set_index(["figure", "quantity"])["value"]
    for state in published.STATES:
        spikes = [
            table[figure, f"rate_n[state={state}]"] * table[figure, f"rate_mean[state={state}]"]
            for figure in (MAIN, PREPRINT)
        ]
        yield state, abs(spikes[1] - spikes[0]) / spikes[0]


def parts() -> dict[str, str]:
    """Return what the page of the documentation says, by name of the marks."""
    rows = [
        [f"published {state.replace('_', ' ')}, two seeds, caudalanteriorcingulate only", "10 s",
         f"{digits(100 * apart, 2)} %", "–", "–", "–"]
        for state, apart in of_published()
    ]  # fmt: skip
    for name, duration, apart, allowed in measured():
        rates = [f"{digits(100 * value, 2)} %" for value in (apart.rate, allowed.rate)]
        correlations = [f"{value:.4f}" for value in (apart.correlation, allowed.correlation)]
        rows.append([name, f"{duration / 1000:g} s", *rates, *correlations])
    head = ["archived runs", "until", "rates apart", "allowed", "correlation of areas", "at least"]
    return {"reproduction": table(head, rows)}


def main() -> None:
    """Rewrite the table."""
    rewrite(shipped("docs", "validation.md"), parts())


if __name__ == "__main__":
    errors.run(main)
