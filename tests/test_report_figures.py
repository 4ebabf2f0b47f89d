"""The notebooks of the network-only figures: every panel is drawn, every published number is met."""

import contextlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from humam import comparison, theory, theory_file
from humam import network as networks
from humam.analysis import structure
from humam.anatomy import tables
from humam.anatomy.mapping import VONECONOMO_AREAS
from humam.datasets import human_fc, sources
from humam.parameters import Parameters, validate
from humam.reports import model_description, notebook_inputs, reporting, source_tables
from humam.resources import shipped

# Panels, and how many published numbers the notebook meets.
FIGURES = {
    "figure2": ("ABCDEF", 18),
    "figure3": ("ABCD", 48),
    "figure7": ("ABCDE", 32),
    "autapses_multapses": ("AB", 9),
    "theory": ("A", 21),
    "tables": ("", 21),
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
        "tables": str(shipped("datasets", "tables")),
    }


@pytest.fixture(scope="module")
def executed(
    inputs: dict[str, dict[str, str] | str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Return a function that executes a notebook, once, and returns the folder with what it wrote."""

    @cache
    def execute(name: str) -> Path:
        # The cells as they stand, without a kernel: test_report_execution has the rest of the way.
        notebook = shipped("reports", f"{name}.py")
        document, asked = reporting.load(notebook), notebook_inputs.read(notebook)
        namespace: dict[str, object] = {}
        folder = tmp_path_factory.mktemp(name)
        with contextlib.chdir(folder):
            for cell in document.cells:
                if cell.cell_type == "code":
                    exec(cell.source, namespace)  # noqa: S102 (our own notebook)
                if "parameters" in cell.metadata.get("tags", []):
                    namespace.update({key: inputs[key] for key in asked if key in inputs})
        return folder

    return execute


@pytest.mark.parametrize("name", FIGURES)
def test_figure(name: str, executed: Callable[[str], Path]) -> None:
    folder = executed(name)
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


def test_panel_data_are_complete(executed: Callable[[str], Path]) -> None:
    folder = executed("figure3")
    synapses = pd.read_csv(folder / "figure3_A.csv")["synapses"]
    assert len(synapses) == 8394 and synapses.sum() == pytest.approx(42778075138, rel=2e-5)
    assert len(pd.read_csv(folder / "figure3_B.csv")) == 336


def test_every_table_is_a_file_beside_the_page(executed: Callable[[str], Path]) -> None:
    folder = executed("tables")
    panels = json.loads((folder / "panels.json").read_text())["panels"]
    listed = {item["id"]: item["files"]["data"] for item in panels}
    assert set(listed.values()) == {path.name for path in folder.glob("tables_*.csv")}
    found = {name.removeprefix("tables_"): pd.read_csv(folder / file) for name, file in listed.items()}
    assert not any(table.empty for table in found.values())
    connections = found["connectivity"].set_index("connection")["synapses"]
    assert connections[["within an area", "between areas"]].sum() == pytest.approx(42778075138, rel=2e-5)
    assert found["populations"]["neurons"].sum() == found["sizes"]["neurons"].sum() == 3468839
    values = found["parameters"].set_index("parameter")["value"]
    assert set(values.index) == set(Parameters.model_fields) and float(values["chi"]) == 1
    weight = found["neurons"].set_index("item")["description"]["Weight"]
    assert "16.45 pA" in weight and "7.477 pA" in weight
    mapping = found["mapping"].set_index("area")
    assert mapping["von_economo_areas"].to_dict() == {area: " ".join(v) for area, v in VONECONOMO_AREAS.items()}
    assert mapping["layers_without_neurons"]["parahippocampal"] == "IV, VI (removed: 3,200 neurons)"
    used = found["synapse_to_soma"].query("table == 'used'")
    assert used.filter(like="synapse_in").sum().to_numpy() == pytest.approx(1)


def test_every_data_set_is_listed_with_licence_and_citation() -> None:
    table = source_tables.data_sets(shipped("datasets", "tables"), shipped("datasets", "published"))
    assert (table[["data", "citation", "licence", "in_the_archive"]] != "").all(axis=None)
    places = {place for place in table["in_the_archive"] if not place.startswith("not shipped")}
    assert all((shipped() / place).is_file() for place in places)
    shown = " ".join(table["citation"])
    for source in sources.read(shipped("datasets", "sources.tsv")):  # no raw file without its citation
        assert source.citation in shown, source.path
    recordings = next(s for s in sources.read(shipped("datasets", "sources.tsv")) if s.path == human_fc.RECORDINGS)
    assert source_tables.RECORDINGS[1:] == (recordings.citation, recordings.licence)


def test_the_description_follows_the_network() -> None:
    anatomy = tables.read(shipped("datasets", "tables"))
    settings = {"g": -4, "tau_syn_in": 4, "chi": 2.5, "C_m_rel_sd_E": 0.2, "factor_local_E_I": 1.5, "psp": 0.2}
    changed = networks.build(anatomy, validate(settings | {"factor_external_5E": 1}))
    found = model_description.connectivity(changed).set_index("connection")
    weights, onto_both = found["weight"], changed.sel(target=["cuneus|V|E", "cuneus|V|I"])
    for kind, factor in (("E", 1.5), ("I", 1)):
        e, i = onto_both["weight"].sel(source=f"cuneus|V|{kind}").to_numpy()
        text = f"{kind} sources {e:.4g} pA onto E, {i / factor:.4g} pA onto I"
        assert text.replace("-", "−") in weights["within an area"]
    assert "E to I times 1.5" in weights["within an area"]
    e, i = onto_both["weight"].max("source").to_numpy()  # of sources in other areas
    assert weights["between areas"] == f"E to E {e:.4g} pA (χ = 2.5), E to I {i:.4g} pA (χ_I = 5)"
    e, i = onto_both["weight_external"].to_numpy()
    assert weights["external"] == f"{e:.4g} pA onto E, {i:.4g} pA onto I; onto VI E times 1.15"
    assert found["delay"]["external"] == "0.1 ms"
    items = model_description.neurons(networks.parameters(changed)).set_index("item")["description"]
    assert items["Spread over neurons"] == "log-normal, relative sd of C_m 0.2 (E), 0 (I)"
    assert "once for all external synapses of a neuron" in items["Spread of weights"]
    assert "1.1 times (1.265 onto VI E)" in model_description.drive(changed).set_index("item")["description"]["Input"]
