"""Beside every shipped table: its unit, source, licence and citation, as a Frictionless data package."""

import json
import re

import pandas as pd
import pytest

from humam.anatomy import tables as anatomy_tables
from humam.datasets import sources, tables_package
from humam.files import sha256
from humam.resources import shipped


def content(folder):
    return json.loads((shipped("datasets", folder) / "datapackage.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", ["tables", "published"])
def test_packages_describe_the_files_as_they_are(folder):
    place, package = shipped("datasets", folder), content(folder)
    described = {resource["path"] for resource in package["resources"]}
    assert described == {file.name for file in place.iterdir()} - {"datapackage.json", "origin.json"}
    for resource in package["resources"]:
        path = place / resource["path"]
        assert resource["hash"] == f"sha256:{sha256(path)}"
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False)
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(table.columns)
        for field in fields:
            assert field["description"]
            assert bool(field["unit"]) == (field["type"] != "string")
            if field["type"] != "string":
                pd.to_numeric(table[field["name"]])


@pytest.mark.parametrize("folder", ["tables", "published"])
def test_packages_are_what_the_standard_wants(folder):
    package = content(folder)
    profiles = {package["profile"], *(resource["profile"] for resource in package["resources"])}
    assert profiles == {"tabular-data-package", "tabular-data-resource"}
    for resource in package["resources"]:
        assert re.fullmatch(r"[-a-z0-9._/]+", resource["name"])
        assert resource["citations"]
        assert all(source["title"] for source in resource["sources"])
        for licence in resource.get("licenses", [{"name": "none"}]):
            assert re.fullmatch(r"[-a-zA-Z0-9._]+", licence["name"])
        assert resource["licenses"]


def test_published_numbers_name_what_they_were_computed_from():
    resources = {resource["name"]: resource for resource in content("published")["resources"]}
    found = resources.pop("figures")
    for other in [*resources.values(), *content("tables")["resources"]]:
        if other["name"] != "human_fc":
            assert {source["title"] for source in other["sources"]} <= {source["title"] for source in found["sources"]}
            assert {entry["name"] for entry in other["licenses"]} <= {entry["name"] for entry in found["licenses"]}


def test_the_description_of_tables_is_up_to_date(tmp_path):
    kept = shipped("datasets", "tables")
    folder = tmp_path / "tables"
    tables = anatomy_tables.read(kept)
    anatomy_tables.write(tables, folder)
    tables_package.write(tables, folder, sources.read(shipped("datasets", "sources.tsv")))
    assert (folder / "datapackage.json").read_text() == (kept / "datapackage.json").read_text()
