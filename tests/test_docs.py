"""The documentation is true: its table is made by code, its links lead somewhere."""

import re
import sys

import pytest

from humam import archive, codepack
from humam.docs_pages import archived_runs, headline, refresh
from humam.docs_pages.parameter_table import with_table
from humam.markdown import fill
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
    assert page == with_table(page)


def test_headline_comparison_is_up_to_date():
    page = shipped("README.md").read_text(encoding="utf-8")
    assert page == headline.with_table(page)
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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(shipped()).as_posix())
def test_relative_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert not missing


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
