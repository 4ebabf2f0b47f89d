"""The check numbers of the model and the totals of the paper's tables: all of them, all met."""

import pandas as pd
import pytest

from humam import comparison, network
from humam.analysis import model_values
from humam.anatomy import tables as anatomy_tables
from humam.parameters import Parameters
from humam.resources import shipped


@pytest.fixture(scope="module")
def build():
    anatomy = anatomy_tables.read(shipped("datasets", "tables"))
    return lambda **changes: network.build(anatomy, Parameters(name="base", **changes))


def compared(figure, values):
    paper = comparison.read_published(shipped("datasets", "published"))
    here = pd.DataFrame([value._asdict() | {"figure": figure} for value in values])
    return comparison.compare(here, paper[paper["figure"] == figure])


def test_every_check_number_of_the_model_is_met(build):
    variants = (build(column_height_unit="corrected"), build(excitatory_fractions="binzegger"))
    table = compared("model", model_values.model(build(), *variants))
    assert len(table) == 30
    assert set(table["verdict"]) == {comparison.REPRODUCED}, table[table["verdict"] != comparison.REPRODUCED]


def test_every_total_of_the_tables_is_met(build):
    table = compared("tables", model_values.tables(build()))
    assert len(table) == 21
    assert set(table["verdict"]) == {comparison.REPRODUCED}, table[table["verdict"] != comparison.REPRODUCED]
