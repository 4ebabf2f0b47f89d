"""``humam simulate``: simulate a network, scaled down if wished, and write its spikes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import xarray as xr
from cyclopts import Parameter

from humam import downscaling, engines, extra_spike, spikes, subnetwork
from humam import network as networks
from humam.downscaling import Rates, ScaledNetwork
from humam.engines.base import Engine, Perturbation, ResumableEngine, RunRecord, SimulationJob, StoppableEngine
from humam.errors import HumamError
from humam.files import atomic_path, check_replaceable
from humam.labels import population_labels
from humam.parameters import Parameters
from humam.progress import progress, tell
from humam.provenance import machine, task
from humam.simulation import capacity, given_rates, partial_run, ranks
from humam.simulation import checkpoints as checkpoint_folders
from humam.simulation.stopping import first_signal
from humam.spikes_manifest import About

CHECKPOINT_EVERY_S: Final = 600.0
"""Wall time between two checkpoints, where the user says nothing."""

WAIT_S: Final = 60.0
"""How long to wait for the end of a simulation of the same run that was asked to end and writes its checkpoint."""


def main(
    *,
    network: Path,
    out: Path,
    engine: str = "nest",
    scale: float = 1.0,
    in_degree_scale: float | None = None,
    scheme: str = "variance",
    areas: str | None = None,
    theory: Path | None = None,
    rates: Path | None = None,
    t_sim: float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    n_ranks: Annotated[int, Parameter(name="--ranks")] = 1,
    launcher: str = ranks.DEFAULT_LAUNCHER,
    delay_quantile: float | None = None,
    window: int | None = None,
    checkpoint_every: float | None = None,
    checkpoints: Path | None = None,
    go_on: Annotated[bool, Parameter(name="--continue", negative="")] = False,
) -> None:
    """Simulate a network and write its spikes.

    Parameters
    ----------
    network
        The network file.
    out
        The folder of spikes to write.
    engine
        What simulates: nest stores every synapse (down-scaled, or on a large machine), procedural none (the whole model
        on any).
    scale
        Factor s on neuron numbers, > 0 and at most 1.
    in_degree_scale
        Factor k on in-degrees, > 0 and at most 1; default: the same as scale.
    scheme
        How weights and constant currents make up for missing synapses: variance keeps mean and variance of the input;
        published-tutorial and published-variance are those of the authors' code, for comparison only.
    areas
        Areas to simulate, separated by commas; the others are replaced by Poisson input into each neuron, at the rates
        given by theory or rates. Default: all.
    theory
        The network's theory file: rates with which a constant current restores the mean input of a scaled network;
        computed where no file is given. Where theory fails, as for chi >= 2, those of the base state are used, and the
        manifest says so.
    rates
        In place of theory: spikes of an earlier run (their mean rates), or a table (CSV: population, rate in spikes/s).
    t_sim
        Biological time in ms; default: that of the experiment.
    seed
        Seed of all random numbers; default: that of the experiment.
    threads
        Number of threads, of each rank; default: 1 for nest, all cores for procedural. Spikes are reproduced bit by bit
        by nest with the same number of ranks x threads, by procedural with any.
    n_ranks
        Engine nest: number of processes (MPI ranks), on one machine or many; needs NEST with MPI and an MPI.
    launcher
        What starts the ranks: mpirun, or words that come before the program, such as "srun --mpi=pmix" or
        "srun --mpi=pmix apptainer exec humam.sif humam".
    delay_quantile
        Delays above this quantile of their distribution are drawn again; 1 for no cut. Default: 0.9999 for nest, where
        it saves memory, 1 for procedural.
    window
        Engine procedural: time steps between two exchanges of spikes between areas (1, 2 or 4); default 4. Shorter
        delays between areas are raised to it, 2 in a million; 1 raises none.
    checkpoint_every
        Engine procedural: seconds of wall time between two checkpoints; default 600.
    checkpoints
        Engine procedural: the folder of checkpoints of many runs, for simulations that are started anew elsewhere, as
        those of the workflow. The run has a folder there, named after OUT and a digest of all that its spikes depend
        on; it goes on from what is there, and removes it at its end. Only the first signal counts.
    go_on
        Engine procedural: go on with a run that was interrupted (by Ctrl-C, SIGTERM, a full disk, ...). The result is
        the same as without interruption. Where there is no run at all, a new one begins.
    """
    simulator = engines.get(engine, window)
    check_replaceable(out, spikes.MANIFEST_NAME)
    if checkpoint_every is not None and not 0 < checkpoint_every < float("inf"):
        raise HumamError(f"checkpoint-every = {checkpoint_every:g} s: must be > 0")
    if not isinstance(simulator, ResumableEngine) and (go_on or checkpoint_every or checkpoints):
        raise HumamError(
            f"engine {engine!r} keeps no checkpoints: --continue, --checkpoints and --checkpoint-every do not apply"
        )
    if go_on and checkpoints:
        raise HumamError("--continue: a run with --checkpoints goes on anyway, give one of them")
    if n_ranks > 1 and simulator.name != "nest":
        raise HumamError(f"ranks = {n_ranks}: engine {engine!r} runs as 1 process with threads")
    start = ranks.Launcher.parse(launcher) if n_ranks > 1 else None
    available = machine.available_memory()
    if theory is not None and rates is not None:
        raise HumamError(f"rates for down-scaling: give theory ({str(theory)!r}) or rates ({str(rates)!r}), not both")
    full = networks.read(network)
    p = networks.parameters(full)
    extra_spike.check_time(p, p.t_sim if t_sim is None else t_sim)
    k = scale if in_degree_scale is None else in_degree_scale
    left = None if areas is None else subnetwork.parse(areas)

    def network_of(s: float, k: float, given: Rates | None) -> ScaledNetwork:
        scaled = downscaling.scale(full, s, k, given, scheme)
        return scaled if left is None or given is None else subnetwork.isolate_scaled(scaled, left, given)

    # Rates are needed for what is missing, and wanted in the record where they were given.
    wanted = k < 1 or left is not None or theory is not None or rates is not None
    given = given_rates.read(full, theory, rates) if wanted else None

    def job_of(scaled: ScaledNetwork) -> SimulationJob:
        return SimulationJob(
            network=scaled.network,
            parameters=p,
            t_sim_ms=p.t_sim if t_sim is None else t_sim,
            seed=p.seed if seed is None else seed,
            threads=(simulator.default_threads or machine.usable_cores()) if threads is None else threads,
            processes=n_ranks,
            delay_quantile=delay_quantile,
            perturbation=_perturbation(full, p),
            memory_bytes=available,
        )

    scaled = network_of(scale, k, given)
    job = job_of(scaled)

    @cache
    def rates_of_theory() -> Rates:
        return given_rates.read(full, None, None)

    def smaller(s: float) -> SimulationJob:
        at = s if in_degree_scale is None else k
        return job_of(network_of(s, at, given or (rates_of_theory() if at < 1 else None)))

    capacity.check(simulator, job, scale, smaller, available)
    if isinstance(simulator, ResumableEngine):
        if go_on and not partial_run.is_partial(out) and _is_complete(simulator, job, scaled, out):
            return
        _simulate_in_parts(simulator, job, scaled, out, checkpoint_every or CHECKPOINT_EVERY_S, go_on, checkpoints)
    else:
        _simulate(simulator, job, scaled, out, start)


def _perturbation(full: xr.Dataset, p: Parameters) -> Perturbation | None:
    """Return the extra spike of the perturbation experiments, with its weight at full scale."""
    if p.perturbation_time is None:
        return None
    return Perturbation(
        population=population_labels().index(extra_spike.PERTURBED),
        neuron=0,
        time_ms=p.perturbation_time,
        weight_pa=extra_spike.weight(full),
    )


def _simulate(
    simulator: Engine, job: SimulationJob, scaled: ScaledNetwork, out: Path, start: ranks.Launcher | None
) -> None:
    """Run to the end, or leave what there is."""
    partial = partial_run.partial_folder(out)
    if partial_run.is_partial(out):
        raise HumamError(f"folder {str(partial)!r} holds a run of another engine that was interrupted: remove it")
    with first_signal() as caught:
        # Written beside the place where a complete run goes, and moved there at the end.
        with (
            spikes.create(partial, *_populations(scaled)) as writer,
            progress(_title(job, scaled), job.t_sim_ms, "ms") as report,
        ):
            stop = lambda: bool(caught)  # noqa: E731
            if start is not None:
                with _shared_folder(out) as folder:
                    record = ranks.simulate(job, folder, start, writer, report, stop)
            else:
                if isinstance(simulator, StoppableEngine):
                    simulator.stop = stop
                record = simulator.simulate(job, writer, report)
            if record.reached_ms == 0:
                print("humam: interrupted before anything was simulated", file=sys.stderr)
                sys.exit(128 + caught[0])
            description = _description(simulator, job, scaled, record)
            if record.reached_ms is not None:
                description |= {"t_sim_ms": record.reached_ms, "t_sim_planned_ms": job.t_sim_ms}
            manifest = writer.finish(**description, dt_ms=job.parameters.dt)
        if record.reached_ms is None:
            with atomic_path(out, spikes.MANIFEST_NAME) as place:
                partial.rename(place)
    if record.reached_ms is not None:
        print(
            f"humam: interrupted at {manifest.t_sim_ms:g} of {job.t_sim_ms:g} ms: spikes until then are in"
            f" {str(partial)!r}; NEST cannot go on from there",
            file=sys.stderr,
        )
        sys.exit(128 + caught[0])
    _tell(manifest)


@contextmanager
def _shared_folder(out: Path) -> Iterator[Path]:
    """Yield the folder that the ranks of a run share; it is removed at the end."""
    folder = ranks.folder_of(out)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise HumamError(
            f"folder {str(folder)!r} exists: another process is running this simulation, or was killed; then remove it"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _simulate_in_parts(
    simulator: ResumableEngine,
    job: SimulationJob,
    scaled: ScaledNetwork,
    out: Path,
    every_s: float,
    go_on: bool,
    checkpoints: Path | None,
) -> None:
    """Run to the end, or leave what there is and how to go on."""
    labels, neurons = _populations(scaled)
    dt = job.parameters.dt
    folder = None
    if checkpoints is not None:
        identity = simulator.identity(job) | {"engine": simulator.name, "t_sim_ms": job.t_sim_ms}
        folder = checkpoint_folders.folder_of(checkpoints, out.name, identity)
    with (
        first_signal(once=folder is not None) as caught,
        partial_run.open_run(
            out, labels, neurons, dt_ms=dt, every_s=every_s, go_on=go_on or folder is not None,
            stop=lambda: bool(caught), folder=folder, about=_about(simulator, job, scaled),
            wait_s=0.0 if folder is None else WAIT_S,
        ) as run,
    ):  # fmt: skip
        if go_on and run.step == 0:
            print(f"nothing to continue in {str(run.folder)!r}: a new run begins", file=sys.stderr)
        if folder is not None and run.step:
            tell(f"going on from {run.step * dt:g} ms, the checkpoint in {str(folder)!r}")
        with progress(_title(job, scaled), job.t_sim_ms, "ms", begin=run.step * dt) as report:
            record = simulator.simulate(job, run, report, run)
        manifest = run.finish(**_description(simulator, job, scaled, record))
    if run.stopped:
        tell(
            f"humam: interrupted at {manifest.t_sim_ms:g} of {job.t_sim_ms:g} ms: spikes until then are in"
            f" {str(run.folder)!r}; the same command{' with --continue' if folder is None else ''} goes on"
        )
        sys.exit(128 + caught[0])
    _tell(manifest)


def _is_complete(simulator: ResumableEngine, job: SimulationJob, scaled: ScaledNetwork, out: Path) -> bool:
    """Return whether the run that shall be continued has reached its end; refuse if there is another one."""
    if not (out / spikes.MANIFEST_NAME).exists():
        return False
    found = spikes.read(out).manifest
    identity = found.engine_options.get("identity", {})  # runs of earlier versions lack it
    other = [name for name, value in simulator.identity(job).items() if identity.get(name, value) != value]
    if found.about() != _about(simulator, job, scaled) or other:
        which = f" ({', '.join(other)})" if other else ""
        raise HumamError(f"folder {str(out)!r} holds another run{which}, and there is none to continue")
    print(f"the run in {str(out)!r} is complete", file=sys.stderr)
    return True


def _about(simulator: Engine, job: SimulationJob, scaled: ScaledNetwork) -> About:
    """Return which run this is, as :meth:`humam.spikes_manifest.Manifest.about` tells of one that is complete."""
    return About(
        engine=simulator.name, seed=job.seed, scale=scaled.scale, in_degree_scale=scaled.in_degree_scale,
        areas=_areas(scaled), t_sim_ms=job.t_sim_ms, network_parameters=job.parameters.model_dump(mode="json"),
    )  # fmt: skip


def _populations(scaled: ScaledNetwork) -> tuple[list[str], list[int]]:
    return scaled.network.target.to_numpy().tolist(), scaled.network.neurons.to_numpy().tolist()


def _areas(scaled: ScaledNetwork) -> list[str] | None:
    return None if scaled.areas is None else list(scaled.areas)


def _title(job: SimulationJob, scaled: ScaledNetwork) -> str:
    return f"{job.parameters.name} (s = {scaled.scale:g}, k = {scaled.in_degree_scale:g})"


def _description(simulator: Engine, job: SimulationJob, scaled: ScaledNetwork, record: RunRecord) -> dict[str, Any]:
    """Return what the manifest tells of a run."""
    task.used_elsewhere(record.software)
    return {
        **_about(simulator, job, scaled),
        "scheme": scaled.scheme,
        "rates_source": scaled.rates_source,
        "engine_options": record.options,
        "origin": networks.origin(scaled.network),
        "software": task.used(),
        "machine": machine.describe(),
        "wall_times_s": record.wall_times_s,
        "peak_memory_bytes": record.peak_memory_bytes or machine.peak_memory(),
    }


def _tell(manifest: spikes.Manifest) -> None:
    n_neurons = sum(manifest.neurons)
    rate = manifest.n_spikes / n_neurons / (manifest.t_sim_ms / 1000)
    print(f"{manifest.n_spikes:,} spikes of {n_neurons:,} neurons, {rate:.3g} spikes/s", file=sys.stderr)
