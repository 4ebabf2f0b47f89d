"""What a report notebook calls: its inputs, figures, values, the comparison, the sources.

A notebook runs in the folder of its report; everything is written there. :mod:`humam.reports.reporting` executes it.
"""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pandas as pd
import yaml
from IPython.display import HTML, display
from matplotlib.figure import Figure

from humam import causes, comparison, conventions
from humam import published as published_results
from humam.analysis.value import Value
from humam.conventions import Conventions
from humam.errors import HumamError
from humam.files import sha256
from humam.page import ORIGINS, Markup, number, table
from humam.plotting import style
from humam.provenance import runs, software
from humam.reports import code_page
from humam.reports.comparison_table import comparison_table
from humam.reports.report_command import CONVENTIONS, command_line
from humam.reports.report_files import PANELS, PARAMETERS, THUMBNAIL, VALUES

_PACKAGES: Final = (
    "numpy", "scipy", "pandas", "xarray", "h5netcdf", "pyarrow", "matplotlib", "papermill", "jupytext", "nbconvert",
    "ipykernel",
)  # fmt: skip

_PIXELS_PER_INCH: Final = 160
"""Size of figures on the page: larger than in print, since their letters are small."""

Code = Callable[..., Any] | ModuleType


class Report:
    """One report: collects what a notebook shows and writes it into the current folder.

    Parameters
    ----------
    name : str
        Name of the notebook and of the figure in the published values, the first part of every file name
        (``figure2``).
    inputs : mapping
        Kind of input (``network``, ``published`` ...) to a path, or to paths by id; ``conventions`` to their name, for
        a notebook that draws with either.

    Attributes
    ----------
    conventions : Conventions
        Those by which panels are drawn. Numbers that are compared with published ones follow the published
        definitions throughout.
    """

    def __init__(self, name: str, inputs: Mapping[str, str | Mapping[str, str]]) -> None:
        self.name = name
        self.folder = Path.cwd()
        self._inputs = {kind: value for kind, value in inputs.items() if kind != CONVENTIONS}
        self._chooses = CONVENTIONS in inputs
        self.conventions = conventions.parse(str(inputs.get(CONVENTIONS, conventions.PUBLISHED)))
        self._used: dict[tuple[str, str], Path] = {}
        self._parameters: dict[str, Mapping[str, Any]] = {}
        self._origins: dict[str, str] = {}
        self._values: list[dict[str, Any]] = []
        self._code: dict[str, str] = {}
        self._panels: list[dict[str, Any]] = []
        style.use()
        self._write_values()
        if self._chooses:
            self._say_conventions()

    def available(self, kind: str) -> list[str]:
        """Return the ids of the inputs of a kind."""
        given = self._inputs.get(kind, {})
        return [] if isinstance(given, str) else list(given)

    def input(self, kind: str, identifier: str = "") -> Path:
        """Return the path of an input and note it among the sources.

        Parameters
        ----------
        kind : str
            ``network``, ``theory``, ``structure``, ``statistics``, ``published`` or ``tables``.
        identifier : str, optional
            Name of the experiment or run; not for ``published`` and ``tables``.

        Raises
        ------
        HumamError
            If the report was not given this input.
        """
        given = self._inputs.get(kind)
        path = given if isinstance(given, str) else (given or {}).get(identifier)
        if not path:
            option = f"{identifier}=PATH" if identifier else "PATH"
            has = ", ".join(self.available(kind)) or "none"
            raise HumamError(f"needs the input --{kind} {option} (given: {has})")
        self._used[kind, identifier] = Path(path)
        return Path(path)

    def _say_conventions(self) -> None:
        other = next(each for each in Conventions if each is not self.conventions)
        text = (
            f"Panels follow the <b>{self.conventions}</b> conventions, <code>--conventions {other}</code> draws them "
            "with the others: see the report of known slips. Numbers are compared by the published definitions."
        )
        display(HTML(f"<p>{text}</p>"))

    def parameters(self, name: str, values: Mapping[str, Any]) -> None:
        """Note the resolved parameters of a network or run under its name."""
        self._parameters[name] = values

    def origin(self, name: str, text: str) -> None:
        """Note where the data of a name came from (``web``, ``mirror`` or ``tables``, or a sentence)."""
        self._origins[name] = text

    def save_figure(self, fig: Figure, caption: str = "") -> None:
        """Show and write the whole figure (``NAME.svg``, ``NAME.png``) and its thumbnail."""
        style.save(fig, self.folder / self.name)
        style.save_thumbnail(self.folder / f"{self.name}.png", self.folder / THUMBNAIL)
        self._show(fig, self.name, caption, [])

    def save_panel(
        self,
        fig: Figure,
        panel: str,
        caption: str = "",
        data: pd.DataFrame | None = None,
        code: Iterable[Code] = (),
    ) -> None:
        """Show and write one panel (``NAME_PANEL.svg``, ``NAME_PANEL.png``).

        Parameters
        ----------
        fig : Figure
            The panel.
        panel : str
            Its letter.
        caption : str, optional
            What it shows, as HTML; known slips of the published figure are named here.
        data : DataFrame, optional
            The numbers drawn, written as ``NAME_PANEL.csv`` (tidy).
        code : iterable of functions or modules, optional
            What computed and drew the panel; their source is linked.
        """
        stem = f"{self.name}_{panel}"
        style.save(fig, self.folder / stem)
        files = {}
        if data is not None:
            data.to_csv(self.folder / f"{stem}.csv", index=False, float_format="%.10g")
            files["data"] = f"{stem}.csv"
        functions = dict(map(self._link, code))
        self._panels.append(
            {
                "panel": panel,
                "id": stem,
                "files": {"SVG": f"{stem}.svg", "PNG": f"{stem}.png"} | files,
                "code": functions,
            }
        )
        links = [f'<a href="{address}">{text}</a>' for text, address in files.items()]
        links += _code_links(functions)
        self._show(fig, stem, f"<strong>{escape(panel)}</strong> {caption}", links)

    def save_table(
        self,
        name: str,
        data: pd.DataFrame,
        caption: str = "",
        heads: Mapping[str, str] | None = None,
        code: Iterable[Code] = (),
    ) -> None:
        """Show a table and write it as ``NAME_TABLE.csv``.

        Parameters
        ----------
        name : str
            Its name in the report, a word for files.
        data : DataFrame
            The table; columns named as in the file.
        caption : str, optional
            What it shows, as HTML.
        heads : mapping, optional
            Head of a column where it is not the column's name with spaces.
        code : iterable of functions or modules, optional
            What made it; their source is linked.
        """
        stem = f"{self.name}_{name}"
        data.to_csv(self.folder / f"{stem}.csv", index=False, float_format="%.10g")
        files, functions = {"data": f"{stem}.csv"}, dict(map(self._link, code))
        self._panels.append({"panel": name.replace("_", " "), "id": stem, "files": files, "code": functions})
        links = [f'<a href="{stem}.csv">data</a>', *_code_links(functions), *self._made_by()]
        titles = [(heads or {}).get(column, column.replace("_", " ")) for column in data.columns]
        rows = data.astype(object).to_numpy().tolist()
        display(
            HTML(
                f'<figure id="{stem}"><figcaption>{caption} {" · ".join(links)}</figcaption>'
                f"{table(titles, rows)}</figure>"
            )
        )

    def _made_by(self) -> list[str]:
        return [f'<a href="{code_page.address(self.name)}">script</a>', '<a href="#command">command</a>']

    def _show(self, fig: Figure, stem: str, caption: str, links: list[str]) -> None:
        links = [*links, *self._made_by()]
        image = base64.b64encode((self.folder / f"{stem}.svg").read_bytes()).decode("ascii")
        width = round(fig.get_figwidth() * _PIXELS_PER_INCH)
        links = [f'<a href="{stem}.svg">SVG</a>', f'<a href="{stem}.png">PNG</a>', *links]
        display(
            HTML(
                f'<figure id="{stem}"><img alt="{escape(stem)}" width="{width}" '
                f'src="data:image/svg+xml;base64,{image}">'
                f"<figcaption>{caption} {' · '.join(links)}</figcaption></figure>"
            )
        )

    def _link(self, code: Code) -> tuple[str, str]:
        """Return name and address of the highlighted source of a function or module."""
        module = code if isinstance(code, ModuleType) else inspect.getmodule(code)
        if module is None:
            raise TypeError(f"{code!r} belongs to no module")
        if module.__name__ not in self._code:
            self._code[module.__name__] = code_page.write(self.folder, module.__name__, inspect.getsource(module))
        address = self._code[module.__name__]
        if code is module:
            return module.__name__, address
        line = inspect.getsourcelines(code)[1]
        return f"{module.__name__}.{code.__name__}", f"{address}#line-{line}"

    def value(
        self,
        panel: str,
        quantity: str,
        value: float,
        unit: str = "1",
        status: str = "",
        note: str = "",
        seed_difference: float = float("nan"),
        run: str = "",
    ) -> float:
        """Note a number of this run under the key of its published counterpart, and return it.

        Parameters
        ----------
        panel, quantity, unit : str
            As in ``datasets/published/figures.csv``.
        value : float
            Our number; NaN where it could not be computed.
        status : str, optional
            Why it is not compared: ``incomparable`` or ``unavailable`` (see :mod:`humam.comparison`).
        note : str, optional
            A remark for readers of the table.
        seed_difference : float, optional
            Difference of this number between two seeds; widens the tolerance (see :mod:`humam.seed_spread`).
        run : str, optional
            Name of the run that the number comes from.
        """
        self.values([Value(panel, quantity, value, unit, status, note, seed_difference, run)])
        return value

    def values(self, values: Iterable[tuple[Any, ...]]) -> None:
        """Note several numbers, as :meth:`value` does: tuples of its arguments."""
        self._values += [{"figure": self.name, **Value(*arguments)._asdict()} for arguments in values]
        self._write_values()

    def _write_values(self) -> None:
        columns = ["figure", "panel", "quantity", "unit", "value", "status", "note", "seed_difference", "run"]
        table = pd.DataFrame(self._values, columns=columns).astype({"value": float})
        table.to_csv(self.folder / VALUES, index=False, float_format="%.15g")

    def comparison_table(self) -> None:
        """Show the table 'published, here, difference, tolerance, verdict, cause' of this figure's values."""
        folder = self.input("published")
        published = comparison.read_published(folder)
        here = comparison.read_values([self.folder / VALUES])
        own = published[published["figure"] == self.name]
        result = comparison.compare(
            here, own, comparison.Tolerances(published, published_results.states(folder)), causes.read()
        )
        counts = ", ".join(f"{n} {verdict}" for verdict, n in comparison.counts(result).items() if n)
        result = comparison.urgent_first(result)
        display(HTML(f"<p>{number(len(result))} quantities: {escape(counts)}.</p>{comparison_table(result)}"))

    def sources(self) -> None:
        """Show and write inputs, parameters and software versions: the last cell of every notebook."""
        versions = software.versions(_PACKAGES)
        (self.folder / software.FILE).write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")
        inputs = [
            {"kind": kind, "id": identifier, "file": path.name, "sha256": _digest(path)}
            for (kind, identifier), path in self._used.items()
        ]
        simulations = {
            name: runs.facts(name, path) for (kind, name), path in self._used.items() if kind == "statistics"
        }
        record = {
            "inputs": inputs, "data_origin": self._origins, "runs": simulations, "parameters": dict(self._parameters),
        }  # fmt: skip
        text = yaml.safe_dump(record, sort_keys=False, allow_unicode=True)
        (self.folder / PARAMETERS).write_text(text, encoding="utf-8")
        command = command_line(self.name, self._used, self.conventions if self._chooses else None)
        content = {"command": command, "script": code_page.address(self.name), "panels": self._panels}
        (self.folder / PANELS).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

        parts = [
            '<h3 id="command">Command</h3><p>Makes this page again, in the folder of the archive with the results of '
            "its run in <code>results</code>:</p>"
            f'<div class="highlight"><pre tabindex="0">{escape(command)}</pre></div>',
            "<h3>Data</h3>",
            table(
                ["Input", "Id", "SHA-256"],
                [[i["kind"], i["id"], Markup(f"<code>{i['sha256'][:16]}…</code>")] for i in inputs],
            ),
        ]
        if self._origins:
            rows = [[name, ORIGINS.get(origin, origin)] for name, origin in self._origins.items()]
            parts.append(table(["Data of", "Origin"], rows))
        for name, facts in simulations.items():
            rows = [[key.replace("_", " "), _text(value)] for key, value in facts.items() if value is not None]
            summary = f"<details><summary>Simulation of <b>{escape(name)}</b></summary>"
            parts.append(f"{summary}{table(['Fact', 'Value'], rows)}</details>")
        for name, values in self._parameters.items():
            rows = [[key, _text(value)] for key, value in values.items() if value != ""]
            summary = f"<details><summary>All parameters of <b>{escape(name)}</b></summary>"
            parts.append(f"{summary}{table(['Parameter', 'Value'], rows)}</details>")
        parts.append("<h3>Software</h3>")
        parts.append(f"<p>{escape(', '.join(f'{k} {v}' for k, v in versions.items()))}</p>")
        files = [PARAMETERS, software.FILE, VALUES, f"{self.name}.py"]
        links = ", ".join(f'<a href="{file}">{file}</a>' for file in files)
        parts.append(f"<h3>Files of this report</h3><p>{links}</p>")
        display(HTML("\n".join(parts)))


def _code_links(functions: Mapping[str, str]) -> list[str]:
    return [f'<a href="{address}"><code>{escape(text)}</code></a>' for text, address in functions.items()]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the sorted list of file digests of a folder."""
    if path.is_file():
        return sha256(path)

    lines = [f"{sha256(p)}  {p.relative_to(path).as_posix()}\n" for p in sorted(path.rglob("*")) if p.is_file()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
