"""``humam index``: the front page of a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from humam.errors import HumamError
from humam.site import front


def main(
    *,
    comparison: Path,
    out: Path,
    reports: Annotated[list[Path], Parameter(consume_multiple=True, negative=())] = [],  # noqa: B006
    link: Annotated[list[str], Parameter(negative=())] = [],  # noqa: B006
) -> None:
    """Write the front page: reports, comparison with the published values, data, parameters, software.

    Parameters
    ----------
    comparison
        The table that ``humam verdicts`` wrote.
    out
        The HTML file to write.
    reports
        Folders that ``humam report`` wrote.
    link
        ``TEXT=ADDRESS`` of a further thing to link (repeatable).
    """
    links = {}
    for item in link:
        text, _, address = item.partition("=")
        if not (text and address):
            raise HumamError(f"--link {item!r}: must have the form TEXT=ADDRESS")
        links[text] = address
    front.write(reports, comparison, out, links)
