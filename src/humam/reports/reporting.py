"""Execution of a report notebook: jupytext, papermill, HTML; nothing is taken from or left in the user's home.

What a notebook itself uses is :mod:`humam.reports.report`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import jupytext
import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

import humam
from humam.errors import HumamError
from humam.files import atomic_path
from humam.page import page
from humam.reports import code_page, notebook_inputs
from humam.reports.report_files import INDEX

KERNEL: Final = "python3"
HOME: Final = "../../index.html"
"""The front page, seen from ``reports/NAME/index.html``."""

START_TIMEOUT_S: Final = 300
"""How long a kernel may take to start: long, since a busy machine is no error."""

_THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

# The body of a page without prompts; the code of each cell is there but folded.
_TEMPLATE: Final = """
{%- extends 'basic/index.html.j2' -%}
{% block input_group %}<details class="code"><summary>code</summary>{{ super() }}</details>{% endblock %}
{% block in_prompt %}{% endblock %}
{% block empty_in_prompt %}{% endblock %}
{% block output_area_prompt %}{% endblock %}
"""


def execute(notebook: Path | str, inputs: Mapping[str, Any], out: Path | str) -> None:
    """Execute a report notebook and write its folder: page, figures, values, parameters, versions.

    Parameters
    ----------
    notebook : path
        Python file in jupytext's percent format with a cell tagged ``parameters``.
    inputs : mapping
        Strings or dicts of strings for the names that this cell assigns; others are not passed on.
    out : path
        Folder to write; an earlier report of the notebook is replaced as a whole, and only on success.

    Raises
    ------
    HumamError
        If the notebook cannot be read, one of its cells fails (the message names notebook, cell and cause), or
        the folder cannot be written.
    """
    notebook = Path(notebook)
    name, document = notebook.stem, load(notebook)
    asked = notebook_inputs.read(notebook)
    parameters = {key: value for key, value in inputs.items() if key in asked}
    with atomic_path(out, notebook.name) as folder, tempfile.TemporaryDirectory(prefix="humam-report-") as scratch_name:
        folder.mkdir()
        scratch = Path(scratch_name)
        source, executed = scratch / f"{name}.ipynb", scratch / "executed.ipynb"
        nbformat.write(document, source)
        with _private_kernel(scratch):
            _run(source, executed, parameters, folder, name)
        # The notebook as it is written, for readers who want to run it; the page holds what it gave.
        shutil.copyfile(notebook, folder / notebook.name)
        code_page.write(folder, name, notebook.read_text(encoding="utf-8"))
        (folder / INDEX).write_text(render(nbformat.read(executed, as_version=4)), encoding="utf-8")


def load(notebook: Path) -> nbformat.NotebookNode:
    """Return a notebook read from a Python file in the percent format.

    Raises
    ------
    HumamError
        If there is no such file or it is no notebook.
    """
    if notebook.suffix != ".py" or not notebook.is_file():
        raise HumamError(f"report notebook {str(notebook)!r}: no such Python file")
    try:
        document = jupytext.read(notebook, fmt="py:percent")
    except (ValueError, OSError, SyntaxError) as error:
        raise HumamError(f"report notebook {str(notebook)!r} cannot be read: {error}") from None
    for i, cell in enumerate(document.cells):
        cell.id = f"cell-{i}"  # jupytext draws them at random: the same notebook shall give the same page
    document.metadata["kernelspec"] = {"name": KERNEL, "display_name": "Python 3", "language": "python"}
    return document


def _run(source: Path, executed: Path, parameters: Mapping[str, Any], folder: Path, name: str) -> None:
    try:
        papermill.execute_notebook(
            str(source),
            str(executed),
            parameters=dict(parameters),
            kernel_name=KERNEL,
            language="python",
            cwd=str(folder),
            progress_bar=False,
            start_timeout=START_TIMEOUT_S,
            # Sockets in a private folder, not TCP ports: notebooks that run side by side cannot collide.
            config=Config({"KernelManager": {"transport": "ipc"}}),
        )
    except PapermillExecutionError as error:
        if error.ename == HumamError.__name__:
            raise HumamError(f"report {name!r}: {error.evalue}") from None
        # Cells are counted as in the notebook, without the one that holds the injected inputs.
        cell = error.exec_count - bool(parameters)
        raise HumamError(f"report {name!r}, cell {cell}: {error.ename}: {error.evalue}") from None
    except (DeadKernelError, RuntimeError) as error:
        raise HumamError(f"report {name!r}: its kernel died, perhaps for lack of memory ({error})") from None


@contextmanager
def _private_kernel(scratch: Path) -> Iterator[None]:
    """Let this interpreter's kernel run this package, files of Jupyter and IPython in a scratch folder."""
    code = str(Path(humam.__file__).parents[1])  # a folder, or the zip that this process runs from
    changes = {
        "PYTHONPATH": os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")])),
        "MPLBACKEND": "Agg",
        "JUPYTER_NO_CONFIG": "1",
    }
    changes |= {key: os.environ.get(key, "1") for key in _THREAD_VARIABLES}
    places = ("JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    changes |= {key: str(scratch / key.lower()) for key in places}
    # JUPYTER_PATH is searched first: a kernel of that name in the user's home cannot stand in for this one.
    kernel = scratch / "jupyter_path" / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=CRITICAL"]
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    before = {key: os.environ.get(key) for key in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def render(document: nbformat.NotebookNode) -> str:
    """Return an executed notebook as one self-contained HTML page with its code folded."""
    config = Config(
        {
            "TagRemovePreprocessor": {
                "enabled": True,
                "remove_cell_tags": ["parameters", "injected-parameters", "remove-cell"],
            },
            "RegexRemovePreprocessor": {"enabled": True, "patterns": [r"\s*\Z"]},
        }
    )
    exporter = HTMLExporter(template_name="basic", raw_template=_TEMPLATE, config=config)
    body, _ = exporter.from_notebook_node(document)
    return page(title(document), body, home=HOME, css=code_page.colours())


def title(document: nbformat.NotebookNode) -> str:
    """Return the first heading of a notebook."""
    for cell in document.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return cell.source.splitlines()[0][2:]
    return "Report"
