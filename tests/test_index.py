"""The front page: every link and image leads somewhere, everything is said in words, nothing is loaded."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from small_site import make_front_page, make_report, row

from humam import comparison
from humam.errors import HumamError
from humam.site import front


class Page(HTMLParser):
    """Collects what a page refers to and how it says it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "a folder"
    make_report(folder / "reports" / "figure2", "Figure 2", "AB")
    make_report(folder / "reports" / "figure10", "Figure 10")
    nan = float("nan")
    table = pd.DataFrame(
        [
            row("figure2", "A", "rate_mean[state=base]", 1.0, 1.0, comparison.REPRODUCED),
            row("figure2", "B", "max", 1.0, 2.0, comparison.DIFFERS, "A <cause>.", "docs/model.md#two-states", "a run"),
            row("figure2", "C", "sd", 1.0, 2.0, comparison.DIFFERS),
            row("figure3", "A", "n", nan, 3.0, comparison.NO_PUBLISHED_VALUE),
            row("figure7", "A", "n", 5.0, nan, comparison.NOT_COMPUTED),
        ]
    )
    comparison.write(table.reindex(columns=comparison.COLUMNS, fill_value=""), folder / "comparison.csv")
    return folder


def make_page(folder: Path, *extra: str) -> Page:
    return Page(make_front_page(folder, *extra).read_text(encoding="utf-8"))


def test_links_and_images_are_relative_and_exist(results):
    page = make_page(results)
    addresses = [a["href"] for a in page.all("a")] + [i["src"] for i in page.all("img")]
    local = [a for a in addresses if not a.startswith(("https://doi.org/", "#"))]
    assert len(local) >= 6
    for address in local:
        assert not re.match(r"[a-z]+:|/", address)
        assert (results / unquote(address.partition("#")[0])).exists(), address


def test_anchors_exist(results):
    page = make_page(results)
    ids = {attributes["id"] for _, attributes in page.tags if attributes.get("id")}
    wanted = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    wanted += [attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes]
    assert wanted and set(wanted) <= ids


def test_nothing_is_loaded_from_elsewhere(results):
    make_page(results)
    text = (results / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"'<\s]+", text) == ["https://doi.org/10.1093/cercor/bhae409"]
    assert not re.search(r"<link|@import|url\(|<script src", text)


def test_images_have_texts_and_controls_have_labels(results):
    page = make_page(results)
    assert all(image["alt"].strip() for image in page.all("img"))
    names = [tag for tag, _ in page.tags]
    for control in ("input", "select"):
        for position in (i for i, name in enumerate(names) if name == control):
            assert "label" in names[position - 2 : position]


def test_reports_stand_in_the_order_of_the_figures(results):
    page = make_page(results)
    assert [image["alt"] for image in page.all("img")] == ["Thumbnail of Figure 2", "Thumbnail of Figure 10"]


def test_a_row_links_to_its_panel_where_there_is_one(results):
    page = make_page(results)
    assert "reports/figure2/index.html#figure2_A" in [a["href"] for a in page.all("a")]
    assert "reports/figure2/index.html#figure2_C" not in [a["href"] for a in page.all("a")]


def test_the_table_is_complete_without_script_and_says_what_was_not_computed(results):
    page = make_page(results)
    rows = [attributes for attributes in page.all("tr") if "data-verdict" in attributes]
    assert [r["data-verdict"] for r in rows] == [
        comparison.DIFFERS,  # first, wherever it belongs: the one without a known cause, then the other
        comparison.DIFFERS,
        comparison.REPRODUCED,
        comparison.NO_PUBLISHED_VALUE,
    ]
    assert "Figure 7: 1" in page.text
    assert "± 0.1" in page.text and "tolerance: seeds: 12 pairs" in page.text
    assert "rate mean (state base)" in page.text
    assert page.text.index("cause not known") < page.text.index("A <cause>.")
    assert "Shown in docs/model.md#two-states." in page.text and "run a run" in page.text
    assert (
        "3 numbers of our own model: 1 reproduced, 2 differ "
        "(1 by a mechanism, 0 by chance, 0 not settled, 1 unexplained)"
    ) in page.text
    assert "Of 3 comparisons" in page.text and "2 lie outside; by chance alone 0 would (5 %)" in page.text
    assert "hidden" in page.all("form")[0]  # the filter needs the script, which shows it


def test_each_panel_has_its_data_code_script_and_command(results):
    page = make_page(results)
    links = [a["href"] for a in page.all("a")]
    for panel in "AB":
        assert f"reports/figure2/index.html#figure2_{panel}" in links
        assert f"reports/figure2/figure2_{panel}.csv" in links
    assert "reports/figure2/code/figure2.html" in links and "reports/figure2/code/humam.network.html" in links
    assert "bin/humam report --notebook reports/figure2.py --out <b>" in page.text


def test_runs_are_listed_with_what_they_were_and_cost(results):
    text = make_page(results).text
    for fact in ("archive", "full density", "12.5 s", "2903", "1,234,567", "400 s", "1.35 GB", "CPU, 2 cores"):
        assert fact in text
    assert "0123456789ab" in text


def test_data_origin_parameters_and_versions_are_shown_and_escaped(results):
    page = make_page(results, "--link", "Execution report=pipeline_info/report.html")
    assert front.ORIGINS["mirror"] in page.text
    assert "numpy 2.0" in page.text and "Execution report" in page.text
    assert "<note>" in page.text and "<b>" in page.text  # as text, not as tags
    assert not page.all("note")


def test_reports_that_are_links_keep_their_names_and_places(results):
    for name in ("figure2", "figure10"):
        (results / "reports" / name).rename(results / f"elsewhere_{name}")
        (results / "reports" / name).symlink_to(results / f"elsewhere_{name}")
    page = make_page(results)
    assert "reports/figure2/index.html" in [a["href"] for a in page.all("a")]


def test_an_incomplete_report_is_refused_and_the_old_page_stays(results, capsys):
    make_page(results)
    before = (results / "index.html").read_bytes()
    (results / "reports" / "figure2" / "index.html").unlink()
    with pytest.raises(SystemExit) as stop:
        make_page(results)
    assert stop.value.code == 2
    assert "figure2' has no index.html" in capsys.readouterr().err
    assert (results / "index.html").read_bytes() == before


def test_two_reports_of_one_name_are_refused(results):
    folder = results / "reports" / "figure2"
    with pytest.raises(HumamError, match="figure2' is given twice"):
        front.write([folder, folder], results / "comparison.csv", results / "index.html")


@pytest.mark.parametrize("name", ["parameters.yml", "versions.json"])
def test_a_damaged_record_is_named(results, name):
    (results / "reports" / "figure2" / name).write_text("{[")
    with pytest.raises(HumamError, match=f"{name}' of a report cannot be read"):
        front.write([results / "reports" / "figure2"], results / "comparison.csv", results / "index.html")


def test_the_lead_says_where_runs_come_from(results):
    def lead():
        text = make_front_page(results).read_text(encoding="utf-8").split('<p class="lead">')[1].split("</p>")[0]
        return " ".join(re.sub(r"<[^>]*>", "", text).split())

    facts = dict.fromkeys(front.FACTS, 1) | {"archived": True, "image": None, "spikes_sha256": "0" * 64}
    record = results / "reports" / "figure2" / "parameters.yml"
    record.write_text(json.dumps({"runs": {"a": facts, "b": facts | {"archived": False}}}))
    assert "computed by this run from its own simulations, archived runs and, where they say so, from" in lead()
    record.write_text(json.dumps({"runs": {}}))
    # The other report shows an archived run.
    assert "computed by this run from archived runs and, where they say so, from" in lead()


@pytest.mark.parametrize(
    ("name", "content", "lacks"),
    [
        ("parameters.yml", "runs: {a: {engine: nest}}", "'a' lacks experiment, archived, scale"),
        ("parameters.yml", "runs: [a]", "0 lacks experiment"),
        ("panels.json", '{"panels": [{"panel": "A"}]}', "0 lacks id, files, code"),
    ],
)
def test_a_record_that_lacks_something_is_named(results, name, content, lacks):
    (results / "reports" / "figure2" / name).write_text(content)
    with pytest.raises(HumamError, match=f"{name}' of a report: {lacks}"):
        front.write([results / "reports" / "figure2"], results / "comparison.csv", results / "index.html")


def test_a_link_needs_text_and_address(results, capsys):
    with pytest.raises(SystemExit) as stop:
        make_page(results, "--link", "only text")
    line = "humam: error: --link 'only text': must have the form TEXT=ADDRESS\n"
    assert (stop.value.code, capsys.readouterr().err) == (2, line)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("parameters.yml", b"parameters: [1]", "parameters = \\[1\\]: Input should be a valid dictionary"),
        ("parameters.yml", b"data_origin: mirror", "data_origin = 'mirror': Input should be a valid dictionary"),
        ("parameters.yml", b"[1]", "of a report must be an object, not \\[1\\]"),
        ("panels.json", b'{"panels": [{"panel": "A", "id": "a", "files": 1, "code": {}}]}', "panels.0.files = 1"),
        ("versions.json", b"[]", "of a report must be an object"),
        ("index.html", b"\xff\xfe", "page '.*index.html' of a report cannot be read"),
    ],
)
def test_what_a_report_tells_in_another_form_is_named(results, name, content, message):
    (results / "reports" / "figure2" / name).write_bytes(content)
    with pytest.raises(HumamError, match=message):
        front.write([results / "reports" / "figure2"], results / "comparison.csv", results / "index.html")
    assert not (results / "index.html").exists()
