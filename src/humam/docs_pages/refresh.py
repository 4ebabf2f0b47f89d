"""Rewrite all numbers that code writes into README and docs: ``bin/humam python -m humam.docs_pages.refresh``.

For use after a run was archived or code was changed. Nothing is simulated; what is up to date stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from humam import errors
from humam.bench import page as bench_page
from humam.docs_pages import (
    archived_runs,
    headline,
    nest_cost_page,
    parameter_table,
    tolerance_page,
    two_states_page,
)
from humam.progress import progress
from humam.validation import doc_page

WRITERS: Final[dict[str, Callable[[], None]]] = {
    "README": headline.main,
    "archived runs": archived_runs.main,
    "parameters": parameter_table.main,
    "benchmarks": bench_page.main,
    "validation": doc_page.main,
    "tolerances of runs": tolerance_page.main,
    "two states": two_states_page.main,
    "cost of NEST": nest_cost_page.main,
}


def main() -> None:
    """Rewrite what code writes in all pages."""
    with progress("pages", len(WRITERS), "parts") as report:
        for i, (name, write) in enumerate(WRITERS.items()):
            report(i, name)
            write()
        report(len(WRITERS))


if __name__ == "__main__":
    errors.run(main)
