"""The table of archived runs in datasets/runs/README.md.

``bin/humam python -m humam.docs_pages.archived_runs`` rewrites it between marks, from the records of the runs; a test
demands that it is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator

from humam import archive, errors
from humam.analysis.comparable import in_published_state, is_active
from humam.markdown import digits, rewrite, table
from humam.resources import shipped

HEAD = ["run", "χ", "seed", "biological time, s", "spikes/s", "state of activity", "counts in time, currents"]


def rows() -> Iterator[list[str]]:
    """Yield a row for each archived run: what it is, what it does, whether the large arrays are kept."""
    for name, found in archive.summaries().items():
        rate, experiment = archive.mean_rate(found), found["experiment"]
        chi = float(found["parameters"]["chi"])
        state, other = ("active", "low") if is_active(experiment, rate) else ("low", "active")
        if not in_published_state(experiment, chi, rate):
            state += f" (published: {other})"
        yield [
            f"`{name}`", f"{chi:g}", str(found["seed"]), f"{found['t_sim_ms'] / 1000:g}", digits(rate), state,
            "kept" if experiment in archive.DETAILED else "–",
        ]  # fmt: skip


def parts() -> dict[str, str]:
    """Return what the page says between the marks."""
    return {"runs": table(HEAD, rows())}


def main() -> None:
    """Rewrite the table."""
    rewrite(shipped("datasets", "runs", "README.md"), parts())


if __name__ == "__main__":
    errors.run(main)
