"""The front page: a gallery of the reports, the comparison with the published values, what it was made from.

One file that works from disk: style and script are inside, addresses are relative.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jinja2
import pandas as pd
from markupsafe import Markup

from humam import __version__, causes, comparison, tally
from humam.datasets.published_names import SERIES_LABELS
from humam.errors import HumamError
from humam.files import atomic_path
from humam.page import ORIGINS, number, page, readable
from humam.provenance import software
from humam.reports import report_files, report_records
from humam.reports.comparison_table import CLASSES

TITLE: Final = "HuMAM archive"

FACTS: Final = (
    "experiment", "archived", "engine", "scale", "in_degree_scale", "t_sim_ms", "seed", "n_spikes", "wall_time_s",
    "peak_memory_bytes", "processor", "cores", "image", "spikes_sha256",
)  # fmt: skip
"""What the page shows of each run."""

SOURCES: Final = {
    "this run": "its own simulations", "earlier results": "simulations of earlier results", "archive": "archived runs",
}  # fmt: skip
"""Where runs come from, in words."""

_SEARCHED: Final = ("unit", "verdict", "cause", "run", "note")

OWN: Final = (comparison.REPRODUCED, comparison.DIFFERS)
"""Verdicts of numbers of our own model beside published ones: the rows that the table shows at first."""

ROUNDING: Final = 1e-9
"""Relative differences below this are shown as 0: they come from the order of floating-point sums."""


@dataclass(frozen=True)
class Entry:
    """One report as the front page shows it."""

    name: str
    title: str
    summary: str
    address: str
    image: str
    origins: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    panels: Sequence[Mapping[str, Any]] = ()
    """For each panel its name, the id of its place on the page, ``files`` and ``code`` (text to address)."""
    command: str = ""
    script: str = ""
    """Address of the notebook's page."""


class _Headline(HTMLParser):
    """Collects the text of the first heading and of the first paragraph after it."""

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.paragraph = "", ""
        self._open = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if (tag == "h1" and not self.heading) or (tag == "p" and self.heading and not self.paragraph):
            self._open = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "h1":
            self.heading += data
        elif self._open == "p":
            self.paragraph += data


def read_report(folder: Path, address: str) -> Entry:
    """Return the entry of a report folder.

    Parameters
    ----------
    folder : path
        The folder that ``humam report`` wrote.
    address : str
        Its address relative to the front page.

    Raises
    ------
    HumamError
        If it is no report: it has no page, or this or one of its records cannot be read.
    """
    document = folder / report_files.INDEX
    if not document.is_file():
        raise HumamError(f"report folder {str(folder)!r} has no {report_files.INDEX}: it is not complete")
    headline = _Headline()
    try:
        headline.feed(document.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HumamError(f"page {str(document)!r} of a report cannot be read: {error}") from None
    pictures = [folder / report_files.THUMBNAIL, folder / f"{folder.name}.png", *sorted(folder.glob("*.png"))]
    picture = next((p for p in pictures if p.is_file()), None)
    record = report_records.parameters(folder / report_files.PARAMETERS, FACTS)
    made = report_records.panels(folder / report_files.PANELS)

    def here(links: Mapping[str, str]) -> dict[str, str]:
        return {text: f"{address}/{quote(name, safe='/#')}" for text, name in links.items()}

    return Entry(
        name=folder.name,
        title=" ".join(headline.heading.replace("¶", "").split()) or folder.name,
        summary=" ".join(headline.paragraph.split()),
        address=f"{address}/{report_files.INDEX}",
        image=f"{address}/{quote(picture.name)}" if picture else "",
        origins=record.get("data_origin") or {},
        parameters=record.get("parameters") or {},
        runs=record.get("runs") or {},
        versions=report_records.versions(folder / software.FILE),
        panels=[
            panel | {"files": here(panel["files"]), "code": here(panel["code"])} for panel in made.get("panels", [])
        ],
        command=made.get("command", ""),
        script=f"{address}/{quote(made['script'])}" if "script" in made else "",
    )


def natural(name: str) -> tuple[list[int], str]:
    """Return a key that sorts figure10 after figure2, and names without a number last.

    Examples
    --------
    >>> sorted(["theory", "figure10", "figure2"], key=natural)
    ['figure2', 'figure10', 'theory']
    """
    return [int(n) for n in re.findall(r"\d+", name)] or [10**6], name


def shorten(text: str, width: int = 180) -> str:
    """Return a text cut after its first sentence, or at a word before ``width``.

    Examples
    --------
    >>> shorten("One sentence. Another one.")
    'One sentence.'
    """
    first = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text, maxsplit=1)[0]
    return first if len(first) <= width else first[:width].rsplit(" ", 1)[0] + " …"


def merge_versions(entries: Iterable[Entry]) -> dict[str, str]:
    """Return software versions over all reports; where they differ, all that occur."""
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        for name, version in entry.versions.items():
            found.setdefault(name, {})[str(version)] = None
    return {name: ", ".join(versions) for name, versions in found.items()}


def merge_parameters(entries: Iterable[Entry]) -> dict[str, Mapping[str, Any]]:
    """Return the resolved parameters of every network and run that a report used."""
    return {name: values for entry in entries for name, values in entry.parameters.items()}


def merge_runs(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """Return the simulations behind all reports, for readers."""
    return {name: _run(facts) for entry in entries for name, facts in entry.runs.items()}


def _run(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a simulation as the table of runs shows them.

    Examples
    --------
    >>> _run({"experiment": "base", "engine": "nest", "scale": 0.1, "in_degree_scale": 1.0, "archived": True,
    ...       "t_sim_ms": 12500.0, "seed": 1, "n_spikes": 5000, "wall_time_s": 75.4, "peak_memory_bytes": 1.5e9,
    ...       "processor": "CPU", "cores": 2, "image": None, "spikes_sha256": "0123456789abcdef"})["size"]
    's = 0.1, k = 1'
    """
    full = facts["scale"] == facts["in_degree_scale"] == 1
    return {
        "experiment": facts["experiment"],
        "from": "archive" if facts["archived"] else "earlier results" if facts.get("earlier") else "this run",
        "engine": facts["engine"],
        "size": "full density" if full else f"s = {facts['scale']:g}, k = {facts['in_degree_scale']:g}",
        "biological time": f"{facts['t_sim_ms'] / 1000:g} s",
        "seed": str(facts["seed"]),
        "spikes": number(facts["n_spikes"]),
        "wall time": _some(facts["wall_time_s"], 1, "s"),
        "memory": _some(facts["peak_memory_bytes"], 1e9, "GB"),
        "machine": ", ".join(
            str(text) for text in (facts["processor"], facts["cores"] and f"{facts['cores']} cores") if text
        ),
        "image": (facts["image"] or "none").removeprefix("sha256:")[:12],
        "digest": facts["spikes_sha256"][:12],
    }


def _some(value: float | None, unit: float, name: str) -> str:
    return "not recorded" if value is None else f"{value / unit:.3g} {name}"


def render(entries: Sequence[Entry], table: pd.DataFrame, links: Mapping[str, str], csv_address: str) -> str:
    """Return the front page as HTML.

    Parameters
    ----------
    entries : sequence of Entry
        Reports in the order of the gallery.
    table : DataFrame
        As from :func:`humam.comparison.compare`.
    links : mapping
        Text to address of further things to link.
    csv_address : str
        Address of the comparison as CSV.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    resources = files("humam.site")
    template = environment.from_string(resources.joinpath("front.html.j2").read_text(encoding="utf-8"))
    by_name = {entry.name: entry for entry in entries}
    origins = sorted({str(value) for entry in entries for value in entry.origins.values()})
    produced = table[table["verdict"] != comparison.NOT_COMPUTED]
    absent = table[table["verdict"] == comparison.NOT_COMPUTED]["figure"].value_counts(sort=False)
    produced = produced.assign(place=range(len(produced)), by_own_pair=comparison.by_own_pair(produced))
    produced = comparison.urgent_first(produced)
    rows = [_row(row, by_name) for row in produced.to_dict("records")]
    numbers = tally.of(table)
    counts = {verdict: n for verdict, n in comparison.counts(table).items() if n}
    runs = merge_runs(entries)
    body = template.render(
        title=TITLE,
        version=__version__,
        entries=entries,
        shorten=shorten,
        origins=[ORIGINS.get(origin, origin) for origin in origins],
        headline=tally.headline(numbers),
        rule=tally.RULE,
        remarks=tally.remarks(numbers),
        own=OWN,
        counts=counts,
        meanings=comparison.VERDICTS,
        classes=CLASSES,
        figures={name: label(name) for name in dict.fromkeys(produced.sort_values("place")["figure"])},
        rows=rows,
        absent={label(str(name)): int(n) for name, n in absent.items()},
        not_computed=comparison.NOT_COMPUTED,
        csv_address=csv_address,
        runs=runs,
        sources=[words for origin, words in SOURCES.items() if origin in {facts["from"] for facts in runs.values()}],
        parameters=merge_parameters(entries),
        versions=merge_versions(entries),
        links=links,
        script=Markup(resources.joinpath("front.js").read_text(encoding="utf-8")),  # noqa: S704
    )
    tops = {"Figures": "#figures", "Published and here": "#comparison", "Runs": "#runs", "Parameters": "#parameters"}
    return page(
        TITLE,
        body,
        links=tops | {"Software": "#software"},
        css=resources.joinpath("front.css").read_text(encoding="utf-8"),
    )


def _row(row: Mapping[Any, Any], reports: Mapping[str, Entry]) -> dict[str, Any]:
    """Return a row of the comparison as the template wants it: formatted, sortable, linked to its panel."""
    entry = reports.get(row["figure"])
    stem = f"{row['figure']}_{row['panel']}"
    numbers = {key: row[key] for key in ("published", "here", "difference")}
    if abs(row["difference"]) < ROUNDING * max(1.0, abs(row["published"])):
        numbers["difference"] = 0.0
    return {
        **row,
        **{key: number(value) for key, value in numbers.items()},
        "sort": {key: "" if math.isnan(value) else repr(float(value)) for key, value in numbers.items()},
        "tolerance": number(row["tolerance"]) if row["verdict"] in (*OWN, comparison.RECOMPUTED) else "",
        "computed": row["published_from"] if row["published_from"] == comparison.FROM_NETWORK else "",
        "alone": f" (without it ± {number(row['tolerance_published_pairs'])}: outside)" if row["by_own_pair"] else "",
        "why": causes.WORDS[row["cause_kind"]] if row["verdict"] == comparison.DIFFERS else "",
        "shown": _place(row["shown_by"], reports),
        "text": readable(row["quantity"]),
        "label": f"{label(row['figure'])} {row['panel']}".strip(),
        "address": (entry.address + (f"#{stem}" if stem in {panel["id"] for panel in entry.panels} else ""))
        if entry
        else "",
        "class": CLASSES.get(row["verdict"], ""),
        "search": " ".join(
            [readable(row["quantity"]), *(str(row[key]) for key in (*comparison.KEY, *_SEARCHED))]
        ).lower(),
    }


def _place(shown_by: str, reports: Mapping[str, Entry]) -> str:
    """Return the address of the experiment that shows a cause, if it is in a report of these results."""
    name, _, anchor = shown_by.removeprefix("reports/").partition("#")
    entry = reports.get(name) if shown_by.startswith("reports/") else None
    return f"{entry.address}#{anchor}" if entry else ""


def label(name: str) -> str:
    """Return the name of a figure for readers.

    Examples
    --------
    >>> label("figure3"), label("autapses_multapses"), label("figure5_tau_syn_in")
    ('Figure 3', 'Autapses multapses', 'Figure 5, slow inhibition')
    """
    figure, _, series = name.partition("_")
    if series in SERIES_LABELS:
        return f"{label(figure)}, {SERIES_LABELS[series]}"
    words = re.sub(r"(?<=[a-z])(?=\d)", " ", name).replace("_", " ")
    return words[:1].upper() + words[1:]


def write(reports: Sequence[Path], table_file: Path, out: Path, links: Mapping[str, str] | None = None) -> None:
    """Write the front page; it links to the reports and the comparison where they lie now.

    Parameters
    ----------
    reports : sequence of paths
        Folders of reports.
    table_file : path
        The comparison as CSV.
    out : path
        The page to write.
    links : mapping, optional
        Text to address of further things to link.

    Raises
    ------
    HumamError
        If a report is not complete, two have the same name, or the comparison cannot be read.
    """
    # Links in the file system are not followed: a workflow task finds its inputs by links, and moves its page.
    folders = [Path(os.path.normpath(folder.absolute())) for folder in reports]
    names = [folder.name for folder in folders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise HumamError(f"report {twice[0]!r} is given twice")
    here = out.absolute().parent
    entries = [read_report(folder, _address(folder, here)) for folder in folders]
    # A report without a picture would leave a gap in the gallery.
    entries.sort(key=lambda entry: (not entry.image, natural(entry.name)))
    document = render(entries, comparison.read(table_file), links or {}, _address(table_file, here))
    with atomic_path(out) as temporary:
        temporary.write_text(document, encoding="utf-8")


def _address(path: Path, here: Path) -> str:
    return quote(Path(os.path.relpath(path.absolute(), here)).as_posix())
