"""The documentation is true: its table is made by code, its links lead somewhere."""

import re

import pytest

from humam.parameter_table import with_table
from humam.resources import shipped

PAGES = [shipped("README.md"), *sorted(shipped("docs").glob("*.md")), shipped("CHANGELOG.md")]


def test_parameter_table_is_up_to_date():
    page = shipped("docs", "model.md").read_text(encoding="utf-8")
    assert page == with_table(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_relative_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert not missing


def test_no_placeholder_words():
    for page in PAGES:
        assert not re.search(r"\b(TODO|FIXME|TBD|lorem)\b", page.read_text(encoding="utf-8")), page
