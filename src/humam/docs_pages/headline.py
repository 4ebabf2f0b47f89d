"""The headline comparison of README.md: a few numbers of both versions, published and here.

``bin/humam python -m humam.docs_pages.headline`` rewrites it between marks, from the published data and the archived
runs; a test demands that it is up to date. With a results folder of the main job
it also rewrites how many numbers agree, and the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from humam import archive, comparison, errors, published, tally, two_states
from humam.analysis import scaling_table, series, similarity, summary, unit_similarity, windows
from humam.analysis.comparable import STATE_CHI
from humam.analysis.scaling_table import Published
from humam.analysis.series import Facts, Runs
from humam.analysis.statistics import Statistics
from humam.markdown import digits, rewrite, table
from humam.plotting import style
from humam.resources import shipped

MARK: Final = "headline"
NAMES: Final = {"base": "base", "best_fit": "best fit"}
AREA_RATE: Final = "rate of caudalanteriorcingulate (spikes/s)"
JUMP: Final = (2.4, 2.5)
"""Factors chi between which the state of the model changes."""

PICTURES: Final = ("figure1", "figure4", "figure5", "figure6", "figure7", "figure8")
WIDTH_PX: Final = 1200
"""Figures that README.md shows, and their width there."""


def of_run(run: Statistics, human: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the headline numbers of a run."""
    units = {unit.measure: unit.value for unit in unit_similarity.of_run(run, human)}
    matrix = run.functional_connectivity()
    rate = float(run.windows["rate"].mean())
    return _numbers(summary.area_rate(run, windows.AREA)[0], rate, units, matrix)


def of_published(stored: Published, state: str, neurons: int) -> dict[str, float]:
    """Return the headline numbers of a published state; ``neurons`` of the area give the rate of all of them."""
    rate = stored.units[state]["rate"]
    curve = published.similarity(stored.name)
    here = curve[curve["chi"] == stored.chi[state]]
    units = dict(zip(here["measure"], here["similarity"].astype(float), strict=True))
    return _numbers(rate.sum() / neurons / windows.MAX_WINDOWS, float(rate.mean()), units, stored.fc[state])


def _numbers(area_rate: float, rate: float, units: Mapping[str, float], matrix: np.ndarray) -> dict[str, float]:
    entries = similarity.off_diagonal(matrix)
    return {
        AREA_RATE: float(area_rate),
        "mean rate of neurons and 2-s windows with a spike (spikes/s)": rate,
        "similarity to human neurons (1: equal): rates": units["rate"],
        "similarity to human neurons: CV": units["cv"],
        "similarity to human neurons: LvR": units["lvr"],
        "functional connectivity: mean": float(entries.mean()),
        "functional connectivity: standard deviation": float(entries.std()),
    }


def parts() -> dict[str, str]:
    """Return what the page says between the marks."""
    runs = Runs({name: shipped("datasets", "runs", name) for name in archive.names()})
    stored = {name: scaling_table.read_published(name) for name in series.SEEDS}
    human = stored["scaling"].human
    seeds = "; ".join(f"seed {seed}" for seed in series.SEEDS.values())
    heads, columns = [""], []
    for state, chi in STATE_CHI.items():
        first = series.members("scaling", runs)[chi]
        names = [first, *series.other_seeds(runs, first)[:1]]
        neurons = runs[first].neurons_of(windows.AREA)
        facts = [runs.facts[name] for name in names]
        heads += [f"{NAMES[state]}, published ({seeds})", f"{NAMES[state]}, here ({_which(facts)})"]
        columns.append([of_published(each, state, neurons) for each in stored.values()])
        columns.append([of_run(runs[name], human) for name in names])
    rows = [
        [quantity, *("; ".join(digits(one[quantity]) for one in column) for column in columns)]
        for quantity in columns[0][0]
    ]
    return {MARK: f"{table(heads, rows)}\n\n{' '.join(_jump(runs, human))}"}


def _which(facts: Sequence[Facts]) -> str:
    """Return seeds and lengths of runs: in brackets of a head of the table.

    Runs of one length are told apart by their seeds alone.
    """
    if len({each.t_sim_ms for each in facts}) == 1:
        return f"seed {', '.join(str(each.seed) for each in facts)}; {facts[0].t_sim_ms / 1000:g} s"
    return "; ".join(f"seed {each.seed}, {each.t_sim_ms / 1000:g} s" for each in facts)


def _jump(runs: Runs, human: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Yield by how much the similarity of LvR changes where the state of the model does."""
    steps = []
    for name in series.SEEDS:
        curve = published.similarity(name)
        lvr = curve[curve["measure"] == "lvr"].set_index("chi")["similarity"]
        steps.append(digits(lvr[JUMP[1]] - lvr[JUMP[0]]))
    own = series.members("scaling", runs)
    here = [next(u.value for u in unit_similarity.of_run(runs[own[chi]], human) if u.measure == "lvr") for chi in JUMP]
    yield f"From χ = {JUMP[0]:g} to {JUMP[1]:g} the similarity of LvR jumps by {' and '.join(steps)} as published,"
    seeds = [runs.facts[own[chi]].seed for chi in JUMP]
    of = f"seed {seeds[0]}" if seeds[0] == seeds[1] else f"seed {seeds[0]} at {JUMP[0]:g}, {seeds[1]} at {JUMP[1]:g}"
    yield f"by {digits(here[1] - here[0])} here ({of})."
    short, _ = two_states.read()
    shares = two_states.shares(short[short["series"] == two_states.MAIN]).set_index("chi")
    for name in series.in_other_state("scaling", runs).values():
        facts = runs.facts[name]
        share = shares.loc[facts.chi]
        yield (
            f"At χ = {facts.chi:g} random numbers decide between two states ([docs/states.md](docs/states.md)): "
            f"{share['active']:g} of {share['runs']:g} short runs with other seeds enter the active one, in which both "
            f"published runs are; with seed {facts.seed} our run stays at {facts.rate:.2g} spikes/s and is compared "
            "with nothing."
        )


def counted(results: Path) -> str:
    """Return how many numbers of a results folder agree with the published ones, in words."""
    numbers = tally.of(comparison.read(results / "comparison.csv"))
    return "\n".join([f"**{tally.headline(numbers)}.**", "", *(f"- {remark}" for remark in tally.remarks(numbers))])


def main(results: str | None = None) -> None:
    """Rewrite the table and, of a results folder if one is given, what it has counted and the pictures."""
    made = parts() if results is None else parts() | {"tally": counted(Path(results))}
    rewrite(shipped("README.md"), made)
    for name in PICTURES if results is not None else ():
        picture = Path(str(results)) / "reports" / name / f"{name}.png"
        style.save_thumbnail(picture, shipped("docs", "images") / f"{name}.png", WIDTH_PX)


if __name__ == "__main__":
    errors.run(main)
