"""The documentation is true: its table is made by code, its links lead somewhere."""

import json
import re
import sys

import numpy as np
import pytest
from regular_spikes import write_spikes

from humam import archive, cli, codepack, downscaling, engines
from humam import network as networks
from humam.analysis import hierarchy, irregularity, perturbation
from humam.anatomy import tables
from humam.docs_pages import archived_runs, headline, parameter_table, refresh
from humam.errors import HumamError
from humam.labels import N_AREAS, N_POPULATIONS
from humam.markdown import fill
from humam.parameters import Parameters, validate
from humam.resources import shipped

PAGES = [
    shipped("README.md"),
    *sorted(shipped("docs").glob("*.md")),
    shipped("datasets", "README.md"),
    shipped("datasets", "runs", "README.md"),
    shipped("CHANGELOG.md"),
]


def test_parameter_table_is_up_to_date():
    page = shipped("docs", "model.md").read_text(encoding="utf-8")
    assert page == fill(page, parameter_table.parts())


def page(*parts):
    return shipped(*parts).read_text(encoding="utf-8")


def section(text, heading):
    """Return what stands below a heading, until the next one."""
    return text.split(f"# {heading}\n")[1].split("\n#")[0]


@pytest.fixture(scope="module")
def anatomy():
    return tables.read(shipped("datasets", "tables"))


OTHER_VALUES = {
    "excitatory_fractions": "binzegger", "column_height_unit": "corrected", "connection_rule": "fixed_indegree",
    "delay_distribution": "clipped_normal", "min_layer_neurons": 3100, "chi_I": 3.0, "fraction_within": 0.9,
    "excitatory_target_share": 0.9, "V_th": -44.0, "E_L": -69.0, "V_reset": -71.0, "V_0_mean": -140.0, "t_ref": 3.0,
    "seed": 5, "perturbation_time": 2000.0,
}  # fmt: skip
"""Where 1.1 times the default (0.1 where that is 0) is none."""


def other_value(name):
    return OTHER_VALUES[name] if name in OTHER_VALUES else 1.1 * Parameters.model_fields[name].default or 0.1


def changed_variables(before, after):
    """Return what differs of what an engine takes; of weights and delays, where there are synapses in both."""
    both = ((before["synapses"] > 0) & (after["synapses"] > 0)).to_numpy()
    names = ("neurons", "synapses", "synapses_external", "weight", "weight_external", "delay", "rate_external")
    pairs = [(name, before[name].to_numpy(), after[name].to_numpy()) for name in names]
    pairs = [(name, a[both], b[both]) if name in ("weight", "delay") else (name, a, b) for name, a, b in pairs]
    return {name for name, a, b in pairs if not np.allclose(a, b, rtol=1e-9, atol=0)}


def test_what_follows_from_a_parameter(anatomy):
    text = section(page("docs", "model.md"), "What follows from a parameter")
    rows = re.findall(r"^\| (.+?) \| (.*?) ?\|", text, re.M)
    follows = {name: set(re.findall(r"`(\w+)`", of)) for row, of in rows for name in re.findall(r"`(\w+)`", row)}
    assert rows[-1] == ("all others", "")
    rest = set(Parameters.model_fields) - set(follows) - {"name", "description", "edited", "dt"}
    assert set(follows) < set(Parameters.model_fields) and rest >= {"t_ref", "dc", "weight_rel_sd"}
    base = networks.build(anatomy, Parameters())
    for name, expected in follows.items():
        found = changed_variables(base, networks.build(anatomy, validate({name: other_value(name)})))
        assert found == expected, name
    assert not changed_variables(base, networks.build(anatomy, validate({name: other_value(name) for name in rest})))


def distinct_weights(network):
    """Return how many mean weights there are onto each area."""
    used = np.where(network["synapses"] > 0, network["weight"], 0.0).reshape(N_AREAS, N_POPULATIONS, -1)
    return [np.count_nonzero(np.unique(onto)) for onto in used]


def test_how_many_weights_the_versions_use(anatomy):
    text = " ".join(section(page("docs", "engine.md"), "What it does not do").split())
    base, best = (networks.build(anatomy, validate({"chi": chi})) for chi in (1, 2.5))
    without = [not n for n in base["neurons"].to_numpy().reshape(N_AREAS, N_POPULATIONS)[:, 2:4].sum(axis=1)]
    found = [{n for n, no_iv in zip(distinct_weights(net), without, strict=True) if no_iv == missing}
             for missing in (False, True) for net in (base, best)]  # fmt: skip
    assert found == [{6}, {7}, {5}, {6}]
    assert "base version uses 6 and the best fit 7 (5 and 6 in areas without layer IV)" in text
    names = ("factor_4E_23E", "factor_local_E_I", "factor_local_5E_I", "tau_syn_in")
    every = networks.build(anatomy, validate({"chi": 2.6, "chi_I": 7.7} | {name: other_value(name) for name in names}))
    assert "never more than 8" in text and max(distinct_weights(every)) == 8


def run_python(text, *, first="", folder):
    """Run the blocks of Python in a text, in a folder."""
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S):
        if block.startswith(first):
            exec(compile(block, str(folder), "exec"), {})  # noqa: S102  what the page tells to run


def test_ways_to_a_model_of_your_own(anatomy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    base = networks.build(anatomy, Parameters())
    networks.write(base, "base.nc")
    text = section(page("docs", "engine.md"), "Your own model")
    run_python(text, folder=tmp_path)
    edited = networks.read("my.nc")
    assert networks.parameters(edited).edited and changed_variables(base, edited) == {"synapses", "weight"}

    with (tmp_path / "my_tables" / "streamlines.csv").open(encoding="utf-8") as file:
        assert len(file.readlines()) == N_AREAS**2 + 1
    command = re.search(r"^bin/humam (network .*my_tables.*)$", text, re.M).group(1)
    cli.main(command.split())
    other = networks.read("my.nc")
    assert networks.origin(other)["changed"] == "half the streamlines from insula"
    assert networks.parameters(other).edited
    synapses = [net["synapses_area"].sel(source_area="insula").to_series().drop("insula") for net in (base, other)]
    assert (synapses[1] < synapses[0])[synapses[0] > 0].all()

    path = tmp_path / "my_tables" / "area_volumes.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("1.", "2.", 1), encoding="utf-8")
    with pytest.raises(HumamError, match="it was changed"):
        tables.read("my_tables")


def test_neo_in_python(anatomy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_spikes(tmp_path / "spikes", networks.build(anatomy, Parameters()), t_sim=500.0, most=30)
    run_python(page("docs", "usage.md"), first="from humam import export", folder=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit(",", 1)[0] for line in lines] == [f"cuneus|VI|{kind} 30 of 40 neurons" for kind in "EI"]


def test_quantities_have_the_constants_of_the_code():
    text = page("docs", "quantities.md")
    for words in (
        f"lags of up to ±{hierarchy.MAX_LAG} ms",
        f"parts of {hierarchy.CHUNK} ms ({hierarchy.MAX_CHUNKS}, at least {hierarchy.MIN_CHUNKS})",
        f"at least {hierarchy.PEAK_DISTANCE} ms from the next one",
        f"nearer than {hierarchy.MAX_PEAK_MS:g} ms",
        f"median absolute deviation is at most {hierarchy.MAX_DEVIATION_MS:g} ms",
        f"at most {hierarchy.MAX_SHIFT_MS:g} ms from it",
        f"; {perturbation.NEVER_MS:g} where there is none",
        f"at least {irregularity.MIN_SPIKES} spikes",
        f"refractory period of {irregularity.REFRACTORINESS_MS:g} ms",
    ):
        assert words in text, words


def test_help_of_simulate_names_all_choices(capsys):
    cli.build_app()("simulate --help", result_action="return_value")
    text = " ".join(re.sub(r"[│\s]+", " ", capsys.readouterr().out).split())
    engine = text.split("--engine")[1].split("--scale")[0]
    scheme = text.split("--scheme")[1].split("--areas")[0]
    assert all(re.search(rf"\b{name}\b", engine) for name in engines.ENGINES)
    assert all(re.search(rf"(?<!\S){name}(?![\w-])", scheme) for name in downscaling.SCHEMES)


def test_parameter_input_names_all_columns():
    row = json.loads(page("assets", "schema_input.json"))["items"]
    parameters = json.loads(page("nextflow_schema.json"))["$defs"]["input_output_options"]["properties"]
    required, optional = re.search(r"\((.*); optional: (.*)\)", parameters["input"]["description"]).groups()
    assert required.split(", ") == row["required"]
    assert optional.split(", ") == [name for name in row["properties"] if name not in row["required"]]


def test_headline_comparison_is_up_to_date():
    page = shipped("README.md").read_text(encoding="utf-8")
    assert page == fill(page, headline.parts())
    rows = [line for line in page.splitlines() if line.startswith(f"| {headline.AREA_RATE} | 0.143; ")]
    assert len(rows) == 1 and rows[0].count("|") == 6


def test_table_of_archived_runs_is_up_to_date():
    page = shipped("datasets", "runs", "README.md").read_text(encoding="utf-8")
    assert page == fill(page, archived_runs.parts())
    assert all(f"\n| `{name}` | " in page for name in archive.names())


def test_one_command_writes_what_code_writes_in_all_pages():
    package = shipped("src", "humam")
    writers = {p for p in package.rglob("*.py") if re.search(r"\brewrite\(shipped\(", p.read_text(encoding="utf-8"))}
    assert {sys.modules[main.__module__].__file__ for main in refresh.WRITERS.values()} == set(map(str, writers))


def anchors(page):
    """Return the anchors of a page's headings, as they are made where the code is hosted.

    In lower case, with hyphens for spaces and without signs; numbered where a heading comes again.
    """
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text), re.M)
    names = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return {name if (n := names[:i].count(name)) == 0 else f"{name}-{n}" for i, name in enumerate(names)}


def dead_links(page):
    """Return the links of a page to files and headings that are not there."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [(link, *link.partition("#")[::2]) for link in links if "://" not in link]
    return [
        link for link, path, anchor in local
        if not (there := page.parent / path if path else page).exists() or (anchor and anchor not in anchors(there))
    ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(shipped()).as_posix())
def test_relative_links_lead_somewhere(page):
    assert dead_links(page) == []


def test_links_to_what_is_not_there_are_found(tmp_path):
    (tmp_path / "b.md").write_text("# Of [`x.py`](x.py) (new)\n## More\n## More\n```\n# code\n```\n")
    alive = "[1](b.md) [2](b.md#of-xpy-new) [3](b.md#more-1) [4](#top) [5](https://example.org/none#x)"
    (tmp_path / "a.md").write_text(f"# Top\n{alive} [6](c.md) [7](b.md#more-2) [8](#code) [9](b.md#code)\n")
    assert dead_links(tmp_path / "a.md") == ["c.md", "b.md#more-2", "#code", "b.md#code"]


def place_in(order, module):
    """Return the number of the line of a module: that of the longest name that it begins with."""
    names = [module.rsplit("/", n)[0] for n in range(module.count("/") + 1)]
    return next((order[name] for name in names if name in order), None)


def test_imports_run_downwards_in_the_list_of_modules():
    text = shipped("docs", "architecture.md").read_text(encoding="utf-8")
    lines = [line.split(" | ")[0] for line in text.split("| module | concern |")[1].split("\n\n")[0].splitlines()]
    order = {name.strip("/"): i for i, line in enumerate(lines) for name in re.findall(r"`([\w/]+)`", line)}
    root, wrong, unlisted = shipped("src"), [], set()
    for path in (root / "humam").rglob("*.py"):
        *parents, last = path.with_suffix("").relative_to(root).parts
        names = [*parents, last] if last != "__init__" else parents
        here = place_in(order, "/".join(names[1:]))
        if names in (["humam"], ["humam", "__main__"]):
            continue
        if here is None:
            unlisted.add(path.name)
            continue
        found = set(codepack.imports(codepack.parse(path), ".".join(names), last == "__init__"))
        modules = {name for name in found if codepack.locate(name, root)}
        # `from humam.anatomy import tables` names the package, too.
        for name in modules - {name.rpartition(".")[0] for name in modules}:
            there = place_in(order, "/".join(name.split(".")[1:]))
            if there is not None and there > here:
                wrong.append((".".join(names), name))
    assert not unlisted and not wrong
    assert place_in(order, "anatomy/tables") < place_in(order, "anatomy/columns")


def test_no_placeholder_words():
    for page in PAGES:
        assert not re.search(r"\b(TODO|FIXME|TBD|lorem)\b", page.read_text(encoding="utf-8")), page


def test_every_criterion_has_a_proof_and_what_is_open_says_so():
    text = shipped("docs", "fair.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    rows = [row for row in rows if "criterion" not in row and "requirement" not in row]
    assert all(len(row) == 4 and re.search(r"\]\([^)]+\)", row[3]) for row in rows)
    names = {row[0].strip("| ") for row in rows}
    fair = {
        "F1",
        "F1.1",
        "F1.2",
        "F2",
        "F3",
        "F4",
        "A1",
        "A1.1",
        "A1.2",
        "A2",
        "I1",
        "I2",
        "R1",
        "R1.1",
        "R1.2",
        "R2",
        "R3",
    }
    stamped = {"S.1", "T.1", "T.2", "T.3", "T.4", "A.1", "A.2", "M.1", "M.2", "P.1", "P.2", "P.3", "E.1", "D.1", "D.2"}
    assert fair | stamped <= names
    badges = {"Artifacts Available", "Results Reproduced", "Results Replicated"}
    assert badges | {f"Artifacts Evaluated: {level}" for level in ("Functional", "Reusable")} <= names
