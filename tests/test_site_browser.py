"""The front page in a real browser, from disk: filter, sort, keyboard, light and dark, phone, without script."""

import pandas as pd
import pytest
from browser import chromium, visit_all, watch
from small_site import make_front_page, make_report, row

from humam import comparison
from humam.reports import code_page

N_ROWS = 5
N_OWN = 3
VISIBLE = "tbody tr[data-verdict]:not([hidden])"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "a folder"
    for name, panels in (("figure2", "AB"), ("figure10", "")):
        report = make_report(folder / "reports" / name, name.capitalize(), panels)
        code_page.write(report, name, "import humam  # <b>\n")
        code_page.write(report, "humam.network", "def read():\n    '''Docs'''\n")
    table = [
        row("figure2", "A", "rate_mean[state=base]", 1.0, 1.0, comparison.REPRODUCED),
        row("figure2", "B", "sd", 30.0, 2.0, comparison.DIFFERS),
        row("figure2", "B", "max", 5.0, 2.0, comparison.DIFFERS, "A few <fire>.", "reports/figure2#figure2_A", "base"),
        row("figure2", "B", "min", 2.0, 2.0, comparison.RECOMPUTED),
        row("figure10", "A", "n", 4.0, 3.0, comparison.NOT_COMPARED),
    ]
    comparison.write(pd.DataFrame(table).reindex(columns=comparison.COLUMNS, fill_value=""), folder / "comparison.csv")
    make_front_page(folder)
    return folder


@pytest.fixture(scope="module")
def new_context():
    with chromium() as new:
        yield new


@pytest.fixture(scope="module")
def browser(new_context):
    return new_context()


@pytest.fixture
def page(browser, folder):
    page = browser.new_page()
    problems = watch(page)
    page.goto((folder / "index.html").as_uri())
    yield page
    page.close()
    assert problems == []


def test_all_pages_are_whole(browser, folder):
    visited, problems = visit_all(browser, folder / "index.html")
    assert problems == []
    assert {"index.html", "figure2.html", "humam.network.html"} <= {path.name for path in visited}


def test_a_broken_link_an_error_and_a_wide_page_are_found(browser, tmp_path):
    (tmp_path / "index.html").write_text(
        "<a href='gone.html'>x</a><a href='#gone'>y</a><img alt='z' src='gone.png'><div style='width:3000px'>w</div>"
        "<script>console.error('e')</script>"
    )
    _, problems = visit_all(browser, tmp_path / "index.html")
    for text in ("leads nowhere", "no anchor 'gone'", "broken image: z", "wider than a phone", "console: e"):
        assert any(text in problem for problem in problems), text


def test_our_own_numbers_stand_alone_until_one_click_shows_the_rest(page):
    assert page.locator(VISIBLE).count() == N_OWN
    button = page.get_by_role("button", name="Show all rows")
    button.click()
    assert page.locator(VISIBLE).count() == N_ROWS and button.get_attribute("aria-pressed") == "true"
    button.click()
    assert page.locator(VISIBLE).count() == N_OWN and button.get_attribute("aria-pressed") == "false"


def test_what_differs_stands_first_and_says_why(page):
    rows = page.locator(VISIBLE)
    assert "cause not known" in rows.nth(0).inner_text()
    assert "Cause: A few <fire>." in rows.nth(1).inner_text()
    link = rows.nth(1).get_by_role("link", name="Experiment")
    assert link.get_attribute("href") == "reports/figure2/index.html#figure2_A"
    assert comparison.REPRODUCED in rows.nth(2).inner_text()


def test_what_was_recomputed_has_no_colour_of_success(page):
    page.get_by_role("button", name="Show all rows").click()

    def colour(verdict):
        cell = page.locator(f"tbody tr[data-verdict='{verdict}'] td.verdict").first
        return cell.evaluate("cell => getComputedStyle(cell).color")

    assert colour(comparison.RECOMPUTED) == colour(comparison.NOT_COMPARED)
    assert len({colour(v) for v in (comparison.RECOMPUTED, comparison.REPRODUCED, comparison.DIFFERS)}) == 3


def test_search_figure_and_verdict_filter(page):
    page.get_by_role("button", name="Show all rows").click()
    page.get_by_label("Search").fill("rate BASE")
    assert page.locator(VISIBLE).count() == 1
    page.get_by_label("Search").fill("")
    page.locator("#figure").select_option("figure2")
    assert page.locator(VISIBLE).count() == 4
    page.get_by_label(f"{comparison.REPRODUCED} (1)").uncheck()
    assert page.locator(VISIBLE).count() == 3
    assert page.locator("#shown").inner_text() == f"3 of {N_ROWS} shown"


def test_sort_by_number_both_ways(page):
    def published():
        return page.locator("tbody tr td:nth-child(3)").all_inner_texts()[:N_ROWS]

    button = page.get_by_role("button", name="Published")
    button.click()
    assert published() == ["1", "2", "4", "5", "30"]
    button.click()
    assert published() == ["30", "5", "4", "2", "1"]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_everything_works_by_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    reached = set()
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('body, .skip')"):
            break  # all round
        kind = page.evaluate("document.activeElement.tagName + (document.activeElement.type || '')")
        seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert seen not in ("none", ""), f"no focus is to be seen on {kind}"
        reached.add(kind)
        if kind == "SUMMARY":
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
        if kind == "INPUTcheckbox":
            before = page.evaluate("document.activeElement.checked")
            page.keyboard.press("Space")
            assert page.evaluate("document.activeElement.checked") != before
            page.keyboard.press("Space")
        if kind == "BUTTONsubmit":
            raise AssertionError("a button would send the form")
        if page.evaluate("document.activeElement.id") == "all":
            page.keyboard.press("Enter")
            assert page.locator(VISIBLE).count() == N_ROWS
        elif kind == "BUTTONbutton":
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')") == "ascending"
        if kind == "INPUTsearch":
            page.keyboard.type("sd")
            assert page.locator(VISIBLE).count() == 1
            page.keyboard.press("Control+a")
            page.keyboard.press("Delete")
    assert {"A", "SUMMARY", "INPUTsearch", "INPUTcheckbox", "BUTTONbutton", "PRE", "DIV"} <= reached
    assert any(kind.startswith("SELECT") for kind in reached)


_CONTRASTS = """() => {
    const shade = text => {
        const parts = text.match(/[\\d.]+/g).map(Number);
        const [r, g, b] = parts.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return {light: .2126 * r + .7152 * g + .0722 * b, clear: parts[3] === 0};
    };
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const found = shade(getComputedStyle(e).backgroundColor);
            if (!found.clear) return found.light;
        }
        return 1;
    };
    const written = [...document.body.querySelectorAll('*')].filter(e =>
        [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !['SCRIPT', 'STYLE'].includes(e.tagName));
    return written.map(e => {
        const [a, b] = [shade(getComputedStyle(e).color).light, behind(e)];
        return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML.slice(0, 100)];
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_light_and_in_dark(browser, folder, scheme):
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    backgrounds = []
    for name in ("index.html", "reports/figure2/code/humam.network.html"):
        page.goto((folder / name).as_uri())
        backgrounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        weak = [item for item in page.evaluate(_CONTRASTS) if item[0] < 4.5]
        assert weak == []
    assert backgrounds == ["rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 24, 29)"] * 2
    page.close()


def test_without_script_the_whole_table_is_there(new_context, folder):
    page = new_context(java_script_enabled=False).new_page()
    page.goto((folder / "index.html").as_uri())
    assert page.locator("tbody tr[data-verdict]").count() == N_ROWS
    assert page.locator("#filter").is_hidden()


def test_the_verdicts_of_long_rows_are_in_sight_on_a_desk(browser, tmp_path):
    make_report(tmp_path / "reports" / "figure2", "Figure2", "A")
    long = row("figure5_distributed_parameters", "C", "cv_sd[state=base]", 0.170261, 0.187554, comparison.DIFFERS,
               cause="The standard error over neurons shows how far chance moves this number. " * 3,
               run="archive/distributed_parameters@0")  # fmt: skip
    table = pd.DataFrame([long | {"tolerance": 0.00645806}])
    comparison.write(table.reindex(columns=comparison.COLUMNS, fill_value=""), tmp_path / "comparison.csv")
    page = browser.new_page()
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(make_front_page(tmp_path).as_uri())
    assert page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('#table').parentElement)") == 0
    page.close()
