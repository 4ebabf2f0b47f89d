"""``humam simulate``: simulate a network, scaled down if wished, and write its spikes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import xarray as xr

from humam import downscaling, engines, spikes, theory_file
from humam import network as networks
from humam.downscaling import Rates, ScaledNetwork
from humam.engines.base import DELAY_QUANTILE, Engine, Perturbation, SimulationJob
from humam.errors import HumamError
from humam.labels import population_label, population_labels
from humam.parameters import Parameters
from humam.progress import progress
from humam.provenance import machine, task

PERTURBED = population_label("pericalcarine", "IV", "E")
"""Population whose first neuron gets the extra spike of the perturbation experiments."""

PERTURBATION_STRENGTH = 1000
"""Weight of the extra spike relative to K_ext w_ext of that population at full scale."""


def main(
    *,
    network: Path,
    out: Path,
    engine: str = "nest",
    scale: float = 1.0,
    in_degree_scale: float | None = None,
    scheme: str = "variance",
    theory: Path | None = None,
    rates: Path | None = None,
    t_sim: float | None = None,
    seed: int | None = None,
    threads: int = 1,
    delay_quantile: float = DELAY_QUANTILE,
) -> None:
    """Simulate a network and write its spikes.

    Parameters
    ----------
    network
        The network file.
    out
        The folder of spikes to write.
    engine
        The simulator.
    scale
        Factor s on neuron numbers, > 0 and at most 1.
    in_degree_scale
        Factor k on in-degrees, > 0 and at most 1; default: the same as scale.
    scheme
        How weights and constant currents make up for missing synapses.
    theory
        The network's theory file: rates with which a constant current restores the mean input of a scaled network;
        computed where no file is given. For chi > 1 the rates of the base state are used, and the manifest says so.
    rates
        Spikes of an earlier run whose mean rates take the place of theory (an iteration of one's own).
    t_sim
        Biological time in ms; default: that of the experiment.
    seed
        Seed of all random numbers; default: that of the experiment.
    threads
        Number of threads. Spikes are reproduced bit by bit with the same number.
    delay_quantile
        Delays above this quantile of their distribution are drawn again, which saves memory; 1 for no cut.
    """
    simulator = engines.get(engine)
    _check_output(out)
    if theory is not None and rates is not None:
        raise HumamError(f"rates for down-scaling: give theory ({str(theory)!r}) or rates ({str(rates)!r}), not both")
    full = networks.read(network)
    p = networks.parameters(full)
    k = scale if in_degree_scale is None else in_degree_scale
    restoring = _rates(full, k, theory, rates)

    def job_of(scaled: ScaledNetwork) -> SimulationJob:
        return SimulationJob(
            network=scaled.network,
            parameters=p,
            t_sim_ms=p.t_sim if t_sim is None else t_sim,
            seed=p.seed if seed is None else seed,
            threads=threads,
            delay_quantile=delay_quantile,
            perturbation=_perturbation(full, p),
        )

    scaled = downscaling.scale(full, scale, k, restoring, scheme)
    job = job_of(scaled)

    def smaller(s: float) -> SimulationJob:
        return job_of(downscaling.scale(full, s, s if in_degree_scale is None else k, restoring, scheme))

    _check_fits(simulator, job, scale, smaller)
    _simulate(simulator, job, scaled, out)


def _check_output(out: Path) -> None:
    """Refuse to replace what is not a folder of spikes."""
    if out.is_dir() and any(out.iterdir()) and not (out / spikes.MANIFEST_NAME).exists():
        raise HumamError(f"folder {str(out)!r} exists and holds no spikes: it would be replaced, choose another")
    if out.exists() and not out.is_dir():
        raise HumamError(f"{str(out)!r} is a file: spikes are written into a folder")


def _rates(full: xr.Dataset, k: float, theory: Path | None, rates: Path | None) -> Rates | None:
    """Return the rates at full scale that restore the mean input, None where nothing has to be restored."""
    if rates is not None:
        earlier = spikes.read(rates)
        if earlier.labels != population_labels():
            raise HumamError(f"rates {str(rates)!r}: its populations are not those of the network")
        m = earlier.manifest
        source = f"run of {m.network_parameters.get('name')} at s = {m.scale:g}, k = {m.in_degree_scale:g}"
        return Rates(earlier.mean_rates(min(500.0, m.t_sim_ms / 2)), f"{source}, seed {m.seed}, {m.rates_source}")
    if theory is None and k == 1:
        return None
    return downscaling.theory_rates(full, theory_file.of_network(full, theory))


def _perturbation(full: xr.Dataset, p: Parameters) -> Perturbation | None:
    """Return the extra spike of the perturbation experiments, with its weight at full scale."""
    if p.perturbation_time is None:
        return None
    here = full.sel(target=PERTURBED)
    in_degree = int(here.synapses_external) / int(here.neurons)
    return Perturbation(
        population=population_labels().index(PERTURBED),
        neuron=0,
        time_ms=p.perturbation_time,
        weight_pa=PERTURBATION_STRENGTH * in_degree * float(here.weight_external),
    )


def _check_fits(simulator: Engine, job: SimulationJob, scale: float, smaller: Callable[[float], SimulationJob]) -> None:
    """Refuse a job that the engine cannot hold or the memory will not, naming the largest scale that fits."""
    available = machine.available_memory()
    reason = _obstacle(simulator, job, available)
    if reason is None:
        return
    # Bisection on a logarithmic scale, then rounded down to two digits: what is named does fit.
    low, high = scale * 1e-5, scale
    for _ in range(24):
        middle = (low * high) ** 0.5
        try:
            fits = _obstacle(simulator, smaller(middle), available) is None
        except HumamError:  # too small to be a network at all
            fits = True
        low, high = (middle, high) if fits else (low, middle)
    digits = 10.0 ** (len(f"{1 / low:.0f}") + 1)
    raise HumamError(f"scale = {scale:g}: {reason}; the largest scale that fits is {int(low * digits) / digits:g}")


def _obstacle(simulator: Engine, job: SimulationJob, available: int | None) -> str | None:
    """Return why a job cannot run, None if it can."""
    try:
        simulator.check(job)
    except HumamError as error:
        return str(error)
    needed = simulator.estimate_memory(job)
    if available is not None and needed > available:
        return f"needs about {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are available"
    return None


def _simulate(simulator: Engine, job: SimulationJob, scaled: ScaledNetwork, out: Path) -> None:
    net = scaled.network
    labels, neurons = net.target.to_numpy().tolist(), net.neurons.to_numpy().tolist()
    title = f"{job.parameters.name} (s = {scaled.scale:g}, k = {scaled.in_degree_scale:g})"
    with spikes.create(out, labels, neurons) as writer, progress(title, job.t_sim_ms, "ms") as report:
        record = simulator.simulate(job, writer, report)
        manifest = writer.finish(
            dt_ms=job.parameters.dt,
            t_sim_ms=job.t_sim_ms,
            engine=simulator.name,
            seed=job.seed,
            scale=scaled.scale,
            in_degree_scale=scaled.in_degree_scale,
            scheme=scaled.scheme,
            rates_source=scaled.rates_source,
            engine_options=record.options,
            network_parameters=job.parameters.model_dump(mode="json"),
            origin=networks.origin(net),
            software=task.used() | record.software,
            machine=machine.describe(),
            wall_times_s=record.wall_times_s,
            peak_memory_bytes=machine.peak_memory(),
        )
    rate = manifest.n_spikes / sum(neurons) / (job.t_sim_ms / 1000)
    print(f"{manifest.n_spikes:,} spikes of {sum(neurons):,} neurons, {rate:.3g} spikes/s", file=sys.stderr)
