"""The notebooks of the network-only figures: every panel is drawn, every published number is met."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from humam import comparison, reporting, theory, theory_file
from humam import network as networks
from humam.analysis import structure
from humam.anatomy import tables
from humam.parameters import Parameters
from humam.resources import shipped

# Panels, and how many published numbers the notebook meets.
FIGURES = {
    "figure2": ("ABCDEF", 19),
    "figure3": ("ABCD", 48),
    "figure7": ("ABCDE", 29),
    "autapses_multapses": ("AB", 9),
    "theory": ("A", 17),
}

WITHOUT_RUNS = ("figure7_A", "figure7_B")  # panels that say that there is no run, so have no numbers


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str] | str]:
    folder = tmp_path_factory.mktemp("inputs")
    anatomy = tables.read(shipped("datasets", "tables"))
    paths = {kind: folder / f"{kind}.nc" for kind in ("network", "theory", "structure", "best_fit")}
    base = networks.build(anatomy, Parameters())
    networks.write(base, paths["network"])
    theory_file.write(theory.predict(base), paths["theory"])
    structure.write(structure.analyse(base), paths["structure"])
    best_fit = networks.build(anatomy, Parameters(name="best_fit", chi=2.5, chi_I=5.0))
    theory_file.write(theory.predict(best_fit), paths["best_fit"])
    return {
        "network": {"base": str(paths["network"])},
        "theory": {"base": str(paths["theory"]), "best_fit": str(paths["best_fit"])},
        "structure": {"base": str(paths["structure"])},
        "statistics": {},
        "published": str(shipped("datasets", "published")),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.mark.parametrize("name", FIGURES)
def test_figure(name: str, inputs: dict[str, dict[str, str] | str], folder: Path) -> None:
    # The cells as they stand, without a kernel: test_report_execution has the rest of the way.
    document = reporting.load(shipped("reports", f"{name}.py"))
    asked = reporting.parameter_names(document, name)
    namespace: dict[str, object] = {}
    for cell in document.cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)  # noqa: S102 (our own notebook)
        if "parameters" in cell.metadata.get("tags", []):
            namespace.update({key: inputs[key] for key in asked})

    panels, reproduced = FIGURES[name]
    for stem in (name, *(f"{name}_{panel}" for panel in panels)):
        for suffix in ("svg", "png", *(["csv"] if stem not in (name, *WITHOUT_RUNS) else [])):
            assert (folder / f"{stem}.{suffix}").stat().st_size > 100
    for file in ("thumbnail.png", "parameters.yml", "versions.json"):
        assert (folder / file).is_file()
    published = comparison.read_published(shipped("datasets", "published"))
    table = comparison.compare(comparison.read_values([folder / "values.csv"]), published[published["figure"] == name])
    counts = comparison.counts(table)
    assert counts[comparison.DIFFERS] == 0, table[table["verdict"] == comparison.DIFFERS].to_string()
    assert counts[comparison.REPRODUCED] == reproduced


def test_panel_data_are_complete(inputs: dict[str, dict[str, str] | str], folder: Path) -> None:
    test_figure("figure3", inputs, folder)
    assert len(pd.read_csv("figure3_A.csv")) == 8394
    assert pd.read_csv("figure3_A.csv")["synapses"].sum() == pytest.approx(42778075138, rel=2e-5)
    assert len(pd.read_csv("figure3_B.csv")) == 336
