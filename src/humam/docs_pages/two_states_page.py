"""The page of the two states of activity, docs/states.md.

``python -m humam.docs_pages.two_states_page FOLDER`` takes the runs of a folder of archived runs (the campaign of
``assets/states.csv``) into ``benchmarks/states/``, beside those that were taken before, and draws the picture; without
a folder it rewrites the page from what was taken. A test demands that it is up to date.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from humam import archive, errors, published, two_states
from humam.analysis import saturation
from humam.analysis.comparable import ACTIVE_FROM_CHI, ACTIVE_RATE, SERIES
from humam.analysis.experiments import FIRING, SILENT
from humam.files import atomic_path
from humam.markdown import digits, rewrite, table
from humam.plotting import style
from humam.plotting import two_states as panels
from humam.resources import shipped


def parts() -> dict[str, str]:
    """Return what the page says, by name of the marks."""
    runs, rates = two_states.read()
    found = two_states.shares(runs)
    main = found["series"] == two_states.MAIN
    return {
        "shares": shares(found[main]), "variants": shares(found[~main], variants=True), "area": area(runs),
        "saturated": saturated(), "seeds": seeds(runs, rates),
    }  # fmt: skip


def shares(found: pd.DataFrame, variants: bool = False) -> str:
    """Return the table of how often the active state is entered, of the main series or of variants of the model."""
    head = ["χ", "runs", "active at the end", "share", "95 % interval"]
    head = ["series", *head, "published simulation"] if variants else [*head, "published simulations"]
    rows = []
    for _, r in found.iterrows():
        state = "active" if r["chi"] >= SERIES[r["series"]].active_from_chi else "low"
        cells = [f"{r['chi']:g}", f"{r['runs']:g}", f"{r['active']:g}", digits(r["share"], 2)]
        cells.append(f"{r['low']:.2f} to {r['high']:.2f}")
        rows.append([r["series"], *cells, state] if variants else [*cells, f"both {state}"])
    return table(head, rows)


def area(runs: pd.DataFrame) -> str:
    """Return what is seen of the area that has states of its own."""
    known = runs[(runs["series"] == two_states.MAIN) & runs["area_rate_end"].notna() & (runs["rate_end"] > ACTIVE_RATE)]
    firing = int((known["area_rate_end"] > FIRING).sum())
    return (
        f"In {firing} of the {len(known)} active runs at χ = {ACTIVE_FROM_CHI:g} the excitatory neurons of"
        f" {SILENT} fire at the end, in the others they are silent (below {FIRING:g} spikes/s)."
    )


def saturated() -> str:
    """Return which archived runs leave the active state, and how."""
    lines = []
    for name in archive.names():
        if found := saturation.of_run(archive.read(name)):
            areas = ", ".join(found.areas)
            rates = ", ".join(f"{rate:.0f}" for rate in found.areas.values())
            bin_s = saturation.BIN_MS / 1e3
            lines.append(
                f"In `{name}` the mean rate of all neurons, {found.median:.1f} spikes/s in the median, rises from "
                f"{found.begin_s:g} s on to {found.end:.0f}. Most active: {areas}, with up to {rates} spikes/s in "
                f"{bin_s:g} s; a neuron could fire {found.limit:.0f} times, once in each refractory period."
            )
    return " ".join(lines) or "No archived run does so."


def seeds(runs: pd.DataFrame, rates: pd.DataFrame) -> str:
    """Return the table of all runs: the rate at several times."""
    times = (50, 100, 200, 300, 400)
    rows = []
    for _, r in runs.iterrows():
        mine = rates[(rates[two_states.KEY] == r[two_states.KEY]).all(axis=1)].set_index("time_ms")["rate"]
        at = [digits(mine[t], 2) if t in mine else "–" for t in times]
        rows.append([r["series"], f"{r['chi']:g}", f"{r['seed']:g}", *at, digits(r["rate_end"], 2)])
        rows[-1].append(digits(r["area_rate_end"], 2))
    return table(
        ["series", "χ", "seed", *(f"at {t} ms" for t in times), "last 200 ms", f"E of {SILENT}, last 200 ms"], rows
    )


def draw(stem: Path) -> None:
    """Draw the picture of the page, as SVG and PNG."""
    runs, rates = (found[found["series"] == two_states.MAIN] for found in two_states.read())
    style.use()
    fig = style.figure(height_in=2.2)
    left, right = fig.subplots(1, 2)
    panels.draw_seeds(left, rates[rates["chi"] == ACTIVE_FROM_CHI], runs[runs["chi"] == ACTIVE_FROM_CHI])
    panels.draw_shares(right, two_states.shares(runs), sorted(published.similarity("scaling")["chi"].unique()))
    style.panel_letter(left, "A", rf"$\chi$ = {ACTIVE_FROM_CHI:g}")
    style.panel_letter(right, "B", "")
    style.save(fig, stem)


def main(folder: str | None = None) -> None:
    """Take runs into the documentation."""
    if folder is not None:
        tables = zip(two_states.read(), two_states.collect(Path(folder)), strict=True)
        for name, (kept, found) in zip((two_states.RUNS, two_states.RATES), tables, strict=True):
            place = shipped("benchmarks", "states") / name
            with atomic_path(place) as temporary:
                two_states.merge(kept, found).to_csv(temporary, index=False)
        draw(shipped("docs", "images") / "states")
    rewrite(shipped("docs", "states.md"), parts())


if __name__ == "__main__":
    errors.run(main)
