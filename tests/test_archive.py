"""Archived runs: what they keep, what they refuse, whether a run made again is the same."""

import hashlib
import json
import re
import shutil

import numpy as np
import pytest
from regular_spikes import MACHINE, T_SIM, archived, base_network, write_spikes

from humam import archive, reproduction, reproduction_tolerance, spike_digest, spikes
from humam import network as network_file
from humam.analysis import run as analysis
from humam.analysis import statistics
from humam.analysis.similarity import ks_similarity
from humam.anatomy import tables
from humam.cli import main
from humam.commands import reproduce
from humam.docs_pages import tolerance_page
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS
from humam.markdown import fill
from humam.parameters import validate
from humam.resources import shipped


@pytest.fixture(scope="module")
def network():
    return base_network()


@pytest.fixture(scope="module")
def original(tmp_path_factory, network):
    return archived(tmp_path_factory.mktemp("archive"), network)


def test_an_archived_run_is_read_as_statistics(original):
    _, run, root = original
    kept = archive.read("base", root)
    assert kept.data.attrs["archived"] == 1
    for name in ("rate", "cv", "lvr", "correlation", "fc", "spike_count", "log_rate_density"):
        np.testing.assert_array_equal(kept.data[name], run.data[name])
        assert kept.unavailable(name) == run.unavailable(name)
    assert kept.windows.equals(run.windows)
    assert kept.rasters.equals(run.rasters)
    assert len(kept.windows) > 100
    human = np.linspace(0.5, 3, 50)
    assert ks_similarity(kept.windows["rate"].to_numpy(), human) == ks_similarity(run.windows["rate"].to_numpy(), human)
    current = run.data["current"].to_numpy()
    assert kept.data["current"].to_numpy() == pytest.approx(current, rel=5e-4)
    assert "not kept in the archive" in kept.unavailable("bold")
    with pytest.raises(HumamError, match="keeps histograms, but no table of neurons"):
        _ = kept.neurons


def test_histograms_hold_every_neuron_and_the_window_of_the_perturbation_every_spike(original):
    found, run, _ = original
    table = run.neurons
    for histogram, column in (("rate_histogram", "rate"), ("cv_histogram", "cv"), ("lvr_histogram", "lvr")):
        expected = table[table[column] > 0].groupby("population").size().reindex(range(N_LABELS), fill_value=0)
        np.testing.assert_array_equal(run.data[histogram].sum(axis=1), expected)
    batch = found.load()
    inside = (batch.step >= 20_000) & (batch.step <= 21_000)
    counts = run.data["perturbation_count"]
    assert int(counts.sum()) == inside.sum() > 0
    first = np.flatnonzero(inside)[0]
    assert counts[batch.population[first]].sel(perturbation_time=batch.step[first] * 0.1, method="nearest") > 0


def test_of_most_experiments_less_is_kept(original, network, tmp_path):
    parameters = validate({"name": "scaling@1"}).model_dump(mode="json")
    found = write_spikes(tmp_path / "spikes", network, parameters=parameters)
    analysis.analyse(network, found, tmp_path / "statistics")
    named = network.assign_attrs(parameters=json.dumps(parameters))
    archive.write(named, found, statistics.read(tmp_path / "statistics"), tmp_path / "scaling@1")
    kept = archive.read("scaling@1", tmp_path)
    assert kept.data["spike_count"].isnull().all()
    assert kept.unavailable("current") == "not kept in the archive of this run"
    assert not kept.area_rate.isnull().all()
    areas = {AREAS[p // 8] for p in kept.rasters["population"]}
    assert areas == set(archive.RASTER_AREAS)


def test_the_record_says_how_the_run_is_made_again(original):
    found, _, root = original
    record = archive.record(root / "base")
    assert record["command"] == ["bin/humam", "reproduce", "base"]
    assert record["spikes_sha256"] == found.manifest.sha256
    assert record["machine"] == MACHINE
    assert record["n_spikes"] == record["digests"][-1]["n_spikes"] == found.manifest.n_spikes
    assert all((shipped() / path).exists() for path in record["inputs"])
    assert set(record["files"]) == {"statistics.nc", "windows.parquet", "rasters.parquet"}
    assert archive.names(root) == ["base"]


def test_what_was_altered_is_refused(original, tmp_path):
    _, _, root = original
    copy = tmp_path / "base"
    copy.mkdir()
    for path in (root / "base").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "windows.parquet").write_bytes(b"x")
    with pytest.raises(HumamError, match=r"the content of 'windows.parquet' is not that of its record"):
        archive.read("base", tmp_path)
    with pytest.raises(HumamError, match=r"'bas': unknown \(did you mean 'base'\?\)"):
        archive.read("bas", tmp_path)
    (copy / "run.json").write_text("{")
    with pytest.raises(HumamError, match="cannot be read"):
        archive.record(copy)


def test_what_does_not_belong_together_is_refused(original, network, tmp_path):
    found, run, _ = original
    with pytest.raises(HumamError, match="are of another network"):
        archive.write(network_file.build(tables.read(shipped("datasets", "tables")), validate({"chi": 2})), found, run,
                      tmp_path / "x")  # fmt: skip
    other = write_spikes(tmp_path / "other", network, change=2)
    with pytest.raises(HumamError, match="are not those of the spikes"):
        archive.write(network, other, run, tmp_path / "x")
    interrupted = write_spikes(tmp_path / "half", network, t_sim_planned_ms=12_500.0)
    with pytest.raises(HumamError, match="interrupted at 4800 of 12500 ms"):
        archive.write(network, interrupted, run, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_digests_are_those_of_the_packed_spikes(original):
    batch = original[0].load()
    for found in spike_digest.digests(original[0], [1.0, 100.0, 2500.0]):
        inside = batch.step <= round(found.t_ms * 10)
        packed = b"".join(
            int(p).to_bytes(2, "little") + int(n).to_bytes(4, "little") + int(s).to_bytes(4, "little")
            for p, n, s in zip(batch.population[inside], batch.neuron[inside], batch.step[inside], strict=True)
        )
        assert (found.n_spikes, found.sha256) == (inside.sum(), hashlib.sha256(packed).hexdigest())
    assert found.t_ms == T_SIM


def test_digests_do_not_depend_on_the_batches(original, monkeypatch):
    whole = spike_digest.digests(original[0])
    batch = original[0].load()

    def one_by_one(self):
        for cut in np.array_split(np.arange(len(batch)), 97):
            yield spikes.Batch(batch.population[cut], batch.neuron[cut], batch.step[cut])

    monkeypatch.setattr(spikes.Spikes, "batches", one_by_one)
    assert spike_digest.digests(original[0]) == whole


def checks(original, network, folder, **changes):
    root = original[2]
    again = write_spikes(folder, network, **changes)
    return reproduction.compare(archive.record(root / "base"), archive.read("base", root), network, again)


def test_the_same_run_is_identical_as_a_whole_and_in_part(original, network, tmp_path):
    whole = checks(original, network, tmp_path / "a")
    assert {check.verdict for check in whole} == {reproduction.IDENTICAL}
    assert "4800 ms" in whole[-1].quantity
    part = checks(original, network, tmp_path / "b", t_sim=1500.0)
    assert {check.verdict for check in part} == {reproduction.IDENTICAL}
    assert "1000 ms" in part[-1].quantity


def test_another_run_differs_here_and_may_be_within_tolerance_elsewhere(original, network, tmp_path):
    here = checks(original, network, tmp_path / "a", change=1)
    assert not reproduction.same(here)
    assert [c.verdict for c in here if "2500 ms" in c.quantity] == [reproduction.IDENTICAL]
    elsewhere = checks(original, network, tmp_path / "b", change=1, machine={**MACHINE, "processor": "B"})
    assert reproduction.same(elsewhere)
    assert elsewhere[-2].verdict == reproduction.WITHIN
    far = checks(original, network, tmp_path / "c", change=20, machine={**MACHINE, "processor": "B"})
    assert not reproduction.same(far)
    assert not reproduction.in_other_state(far)  # base has one state only


def test_a_run_in_the_other_of_two_states_says_so(original, network, tmp_path, monkeypatch, capsys):
    root = original[2]
    record = archive.record(root / "base")
    best_fit = {**record, "experiment": "best_fit", "parameters": {**record["parameters"], "chi": 2.5}}
    few = write_spikes(tmp_path / "few", network, most=5, machine={**MACHINE, "processor": "B"})
    run = archive.read("base", root)
    elsewhere = reproduction.compare(best_fit, run, network, few)
    assert reproduction.in_other_state(elsewhere) and not reproduction.same(elsewhere)
    here = reproduction.compare(best_fit, run, network, write_spikes(tmp_path / "here", network, most=5))
    assert not reproduction.in_other_state(here)  # the same machine rounds in the same way
    monkeypatch.setattr(reproduction, "compare", lambda *_: elsewhere)
    monkeypatch.setattr(reproduce.simulate, "main", lambda **_: None)
    monkeypatch.setattr(reproduce.spikes_folder, "read", lambda _: few)
    with pytest.raises(SystemExit) as stop:
        main(["reproduce", "base", "--archive", str(root), "--out", str(tmp_path / "again")])
    assert stop.value.code == 1 and "has two states" in capsys.readouterr().err


def test_a_run_of_nest_is_made_again_with_its_ranks_and_threads(original, tmp_path, monkeypatch):
    shutil.copytree(original[2] / "base", tmp_path / "base")
    record = archive.record(tmp_path / "base")
    record |= {"engine": "nest", "engine_options": {"threads": 2, "ranks": 3, "delay_quantile": 0.9999}}
    (tmp_path / "base" / "run.json").write_text(json.dumps(record))
    asked = {}
    monkeypatch.setattr(reproduce.simulate, "main", lambda **options: asked.update(options))
    monkeypatch.setattr(reproduce.spikes_folder, "read", lambda _: original[0])
    main(["reproduce", "base", "--archive", str(tmp_path), "--out", str(tmp_path / "again")])
    assert (asked["engine"], asked["n_ranks"], asked["threads"], asked["go_on"]) == ("nest", 3, 2, False)


@pytest.fixture
def again(original, network, tmp_path, monkeypatch, capsys):
    """Return a function that reproduces the run, with regular spikes instead of a simulation."""

    def reproduced(*options, **changes):
        """Return exit code, lines of output and of errors, and what the simulation was asked for."""
        asked = {}

        def write(**given):
            asked.update(given)
            write_spikes(given["out"], network, **changes)

        monkeypatch.setattr(reproduce.simulate, "main", write)
        code = 0
        try:
            main(["reproduce", "base", "--archive", str(original[2]), "--out", str(tmp_path / "again"), *options])
        except SystemExit as stop:
            code = stop.code
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines(), asked

    return reproduced


OTHER_MACHINE = {**MACHINE, "processor": "B"}


def test_other_spikes_on_the_same_machine_are_no_reproduction(again):
    code, lines, errors, asked = again(change=1)
    assert (code, errors) == (1, ["humam: 'base' is not reproduced"])
    assert re.fullmatch("identical +network .*", lines[0])
    spikes_differ = "differs +spikes until 4800 ms .*: archived [0-9,]+ [0-9a-f]{16}, here [0-9,]+ [0-9a-f]{16}"
    assert any(re.fullmatch(spikes_differ, line) for line in lines)
    assert not any(line.startswith("note: ") or "reproduced" in line for line in lines)
    assert (asked["go_on"], asked["threads"], asked["t_sim"], asked["seed"]) == (False, None, T_SIM, 2903)


def test_nearly_the_same_activity_on_another_machine_is_a_reproduction_within_tolerance(again):
    code, lines, errors, _ = again(change=1, machine=OTHER_MACHINE)
    assert (code, errors) == (0, [])
    assert lines[-2:] == ["note: processor: A there, B here", "'base' is reproduced: within tolerance"]
    assert any(re.fullmatch("within tolerance +mean rate, 1/s .*", line) for line in lines)


def test_an_interrupted_run_is_gone_on_with_by_the_threads_asked_for(again, tmp_path):
    partial = tmp_path / "again" / "spikes.partial"
    partial.mkdir(parents=True)
    (partial / "run.json").touch()
    code, lines, _, asked = again("--threads", "3", "--t-sim", "2500", t_sim=2500.0)
    assert (code, lines[-1]) == (0, "'base' is reproduced: identical")
    assert (asked["go_on"], asked["threads"], asked["t_sim"]) == (True, 3, 2500.0)


def test_a_file_where_the_run_made_again_shall_lie_is_refused(again, tmp_path):
    (tmp_path / "again").write_text("mine")
    code, _, errors, asked = again()
    assert (code, errors, asked) == (2, [f"humam: error: cannot write to '{tmp_path}/again': it is a file"], {})


@pytest.mark.parametrize(
    ("experiment", "chi", "expected"),
    [("best_fit", 2.5, True), ("scaling@2.3", 2.3, False), ("smaller_g@1.75", 1.75, True), ("perturbed@1", 1.0, False),
     ("lower_e_to_i@1.8", 1.8, False), ("distributed_parameters@4", 4.0, False),
     ("scaling@2.4", 2.4, True), ("lower_e_to_i@1.9", 1.9, True)],  # before the jump, but active in short runs
)  # fmt: skip
def test_two_states_exist_from_the_published_jump_on(experiment, chi, expected):
    low = {"n_spikes": 600, "n_neurons": 1000, "t_sim_ms": 1000.0}
    record = {"experiment": experiment, "parameters": {"chi": chi}, **low}
    assert reproduction.has_two_states(record) == expected
    assert reproduction.has_two_states({**record, "n_spikes": 6000})  # it is active itself


def test_tolerances_come_from_archived_runs_and_are_not_idle():
    rows = list(tolerance_page.measured())
    assert {name for name, *_ in rows} == set(tolerance_page.PAIRS)
    for name, duration, apart, allowed in rows:
        assert apart.rate <= allowed.rate and apart.correlation >= allowed.correlation, (name, duration)
        if "seeds" in name:
            assert apart.rate <= reproduction_tolerance.RATES[0]
            assert apart.correlation >= reproduction_tolerance.CORRELATIONS[1]
    counts = {name: archive.read(name).data["area_spike_count"].to_numpy() for name in ("base", "scaling@0")}
    other = reproduction_tolerance.difference(*(values[:, :6500].astype(float) for values in counts.values()))
    assert other.rate > reproduction_tolerance.of_run(counts["base"], 6500.0).rate  # other areas disconnected


def test_the_measured_tolerances_of_the_documentation_are_up_to_date():
    page = shipped("docs", "validation.md").read_text(encoding="utf-8")
    assert page == fill(page, tolerance_page.parts()) and "base, two seeds" in page


def test_durations_that_cannot_be_compared_are_refused(original):
    record = archive.record(original[2] / "base")
    for t_sim in (5.0, 4900.0):
        with pytest.raises(HumamError, match="can be compared from 10 to 4800 ms"):
            reproduction.marks(record, t_sim)


def test_the_shipped_archive_is_small_intact_and_of_this_code(tmp_path, capsys):
    names = archive.names()
    size = sum(path.stat().st_size for path in (shipped("datasets") / "runs").rglob("*") if path.is_file())
    assert size < 150e6
    for name in names:
        record = archive.record(archive.folder_of(name))
        run = archive.read(name)
        assert (record["name"], record["scale"], record["in_degree_scale"]) == (name, 1, 1)
        assert run.manifest["sha256"] == record["spikes_sha256"]
        assert not record["commit"].endswith("-dirty")
    assert "base" in names
    # The first steps of the whole model, as archived.
    main(["reproduce", "base", "--t-sim", "20", "--out", str(tmp_path / "again")])
    assert "'base' is reproduced" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["parameters", "files", "n_spikes", "wall_times_s"])
@pytest.mark.parametrize("value", [None, "x", []])
def test_an_incomplete_record_is_named(original, tmp_path, name, value):
    shutil.copytree(original[2] / "base", tmp_path / "base")
    record = json.loads((tmp_path / "base" / "run.json").read_text())
    del record[name]
    (tmp_path / "base" / "run.json").write_text(json.dumps(record if value is None else record | {name: value}))
    for read in (archive.record, archive.verify):
        with pytest.raises(HumamError, match=f"archived run '.*run.json': {name}"):
            read(tmp_path / "base")
