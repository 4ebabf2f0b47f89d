"""What a run is expected to need: against the resources of the paper, and in its dependence on size and split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xarray as xr

from humam import estimate, network
from humam.anatomy import tables
from humam.commands import validate
from humam.parameters import Parameters
from humam.resources import shipped


@pytest.fixture(scope="module")
def base() -> xr.Dataset:
    return network.build(tables.read(shipped("datasets", "tables")), Parameters(name="base"))


def test_the_full_model_in_nest_fits_where_the_paper_ran_it_and_in_no_less_than_half(base: xr.Dataset) -> None:
    # 6 nodes of 512 GB, 32 ranks each, 4 threads per rank
    need = estimate.need(base, "nest", 1, 1, 12_500, ranks=192, threads=4)
    assert 3 * 512e9 < need.memory_bytes < 6 * 512e9
    assert 60 < need.core_seconds / 768 < 24 * 3600


def test_the_procedural_engine_needs_little_memory_and_its_time_is_an_upper_bound(base: xr.Dataset) -> None:
    need = estimate.need(base, "procedural", 1, 1, 2000, ranks=1, threads=2)
    assert need.memory_bytes < 4e9
    assert 2 * 33 < need.core_seconds / 2 < 1800  # measured: 33 s per biological second on two cores


def test_it_grows_with_size_duration_and_ranks(base: xr.Dataset) -> None:
    small = estimate.need(base, "nest", 0.01, 0.01, 1000, ranks=1, threads=2)
    for larger in (
        estimate.need(base, "nest", 0.02, 0.01, 1000, ranks=1, threads=2),
        estimate.need(base, "nest", 0.01, 0.1, 1000, ranks=1, threads=2),
    ):
        assert larger.memory_bytes > small.memory_bytes
        assert larger.core_seconds > small.core_seconds
    longer = estimate.need(base, "nest", 0.01, 0.01, 5000, ranks=1, threads=2)
    assert longer.core_seconds > small.core_seconds
    assert estimate.need(base, "nest", 0.01, 0.01, 1000, ranks=2, threads=1).memory_bytes > small.memory_bytes


def test_the_plan_of_a_workflow_has_the_needs_of_every_run(checkout: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "runs.csv"
    sheet.write_text("run,experiment,engine,scale,t_sim,seed\na,base,nest,0.004,100,1\nb,best_fit,procedural,1,100,1\n")
    lines, plan = validate.check({"input": str(sheet), "outdir": str(tmp_path / "out")}, checkout)
    assert lines == []
    assert set(plan["needs"]) == {"a", "b"}
    assert set(plan["needs"]["a"]) == {"memory_bytes", "core_seconds"}
    json.dumps(plan)
