"""The neuron model, the drive and whole small networks against NEST, spike for spike."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from humam.engines.base import SimulationJob
from humam.engines.nest import import_nest
from humam.engines.procedural.engine import Simulation
from humam.parameters import Parameters
from humam.validation.checks import Check, by_p, by_tolerance, chi_squared, z_test
from humam.validation.networks import small_network
from humam.validation.probe import Probe, inject, neuron_parameters, reseeded, set_potentials

Spikes = set[tuple[int, int]]
"""(neuron, step) of every spike."""

TOLERANCE: Final = 0.01
"""Share of spikes that may differ: the engine integrates in single precision, so a potential that grazes the threshold
may cross it a step earlier or later. What follows in that neuron then differs too."""

SPREAD: Final[dict[str, Any]] = {f"{name}_rel_sd_{kind}": 0.2 for name in ("V_th", "C_m", "tau_m") for kind in "EI"}

VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "default parameters": {},
    "V_reset above E_L": {"V_reset": -62.0, "t_ref": 1.3},
    "tau_syn_ex and tau_syn_in differ": {"tau_syn_ex": 0.7, "tau_syn_in": 4.0},
    "distributed parameters": SPREAD,
    "distributed parameters, two time constants": {**SPREAD, "tau_syn_ex": 0.7, "tau_syn_in": 4.0},
    "distributed parameters, V_reset above E_L": {**SPREAD, "V_reset": -50.0},
}
"""Neuron parameters under which the model is compared."""


def check_spread(n: int = 20_000, seed: int = 3) -> list[Check]:
    """Return checks of distributed parameters against their log-normal distributions."""
    p = Parameters(**SPREAD)
    network = small_network({0: n, 1: n}, {}, {}, {}, p)
    simulation = Simulation(SimulationJob(network, p, 1.0, seed), window=1)
    own = neuron_parameters(simulation)
    checks = []
    for part, kind in ((slice(0, n), "E"), (slice(n, 2 * n), "I")):
        capacitance = p.C_m_E if kind == "E" else p.C_m_I
        for name, mean in (("height", p.V_th - p.E_L), ("capacitance", capacitance), ("tau_m", p.tau_m)):
            law = stats.lognorm(np.sqrt(np.log1p(0.2**2)), scale=mean / np.sqrt(1 + 0.2**2))
            distance, value = stats.kstest(own[name][part], law.cdf)
            checks.append(by_p("distributed parameters", f"{name} of {kind} neurons", 0, distance, value, "KS"))
        r, value = stats.pearsonr(own["tau_m"][part], own["capacitance"][part])
        checks.append(by_p("distributed parameters", f"correlation of tau_m and C_m, {kind}", 0, r, value, "Pearson"))
    return checks


def check_neuron_model(t_sim_ms: float = 500.0, seed: int = 3) -> list[Check]:
    """Return a check of each of :data:`VARIANTS`: prescribed input into 20 E and 20 I neurons."""
    return [check_variant(name, Parameters(**changes), t_sim_ms, seed) for name, changes in VARIANTS.items()]


def check_variant(name: str, p: Parameters, t_sim_ms: float, seed: int) -> Check:
    """Return the share of spikes that differ from those of NEST for random input that makes neurons fire a lot."""
    n_steps = round(t_sim_ms / p.dt)
    network = small_network({0: 20, 1: 20}, {}, {}, {}, p, dc={0: 250.0, 1: 120.0})
    rng = np.random.default_rng(seed)
    # The first step is left out: NEST emits no spike at time 0.
    excitation = rng.poisson(1.2, (n_steps, 40)) * rng.uniform(20, 70, (n_steps, 40)) * 2 / p.tau_syn_ex
    inhibition = -rng.poisson(0.2, (n_steps, 40)) * rng.uniform(50, 200, (n_steps, 40)) * 2 / p.tau_syn_in
    excitation[0] = inhibition[0] = 0
    start = rng.normal(5, 10, 40)
    simulation = Simulation(SimulationJob(network, p, t_sim_ms, seed, delay_quantile=1.0), window=1)
    set_potentials(simulation, start)
    found: Spikes = set()
    for step in range(n_steps):
        simulation.advance(1)
        inject(simulation, excitation[step], inhibition[step])
        found |= taken(simulation, (0, 20))
        simulation.tidy()
    nest, nodes = nest_neurons(network, p, simulation, start)
    for i, node in enumerate(nodes):
        for weights in (excitation[:, i], inhibition[:, i]):
            at = np.flatnonzero(weights)
            # What acts at the end of step k is emitted a step earlier, with a delay of one step.
            generator = nest.Create(
                "spike_generator",
                params={"spike_times": at * p.dt, "spike_weights": weights[at], "precise_times": False},
            )
            nest.Connect(generator, node, syn_spec={"delay": p.dt, "weight": 1.0})
    return compare_spikes("neuron model, prescribed input", name, nest_spikes(nest, nodes, t_sim_ms), found)


def taken(simulation: Simulation, first: ArrayLike) -> Spikes:
    """Return the spikes since the last call; ``first``: number of the first neuron of each label."""
    label, neuron, step = simulation.take_spikes()
    return set(zip((np.asarray(first)[label] + neuron).tolist(), step.tolist(), strict=True))


def nest_neurons(
    network: xr.Dataset, p: Parameters, simulation: Simulation, start: NDArray[np.float64]
) -> tuple[Any, Any]:
    """Return NEST and its neurons: the parameters those of the simulation, potentials ``start`` mV above E_L."""
    nest = import_nest()
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution = p.dt
    size = network["neurons"].values
    label = np.repeat(np.arange(len(size)), size)
    nodes = nest.Create("iaf_psc_exp", len(label))
    own = neuron_parameters(simulation)
    nodes.set(
        [
            {
                "E_L": p.E_L, "V_reset": p.V_reset, "V_th": p.E_L + own["height"][i], "C_m": own["capacitance"][i],
                "tau_m": own["tau_m"][i], "tau_syn_ex": p.tau_syn_ex, "tau_syn_in": p.tau_syn_in, "t_ref": p.t_ref,
                "I_e": float(network["dc"].values[label[i]]), "V_m": p.E_L + float(np.float32(start[i])),
            }
            for i in range(len(label))
        ]
    )  # fmt: skip
    return nest, nodes


def nest_spikes(nest: Any, nodes: Any, t_sim_ms: float) -> Spikes:
    """Simulate; return spikes, neurons numbered from 0."""
    recorder = nest.Create("spike_recorder", params={"time_in_steps": True})
    nest.Connect(nodes, recorder)
    nest.Simulate(t_sim_ms)
    events = recorder.events
    spikes = set(zip((events["senders"] - nodes[0].global_id).tolist(), events["times"].tolist(), strict=True))
    nest.ResetKernel()
    return spikes


def compare_spikes(group: str, name: str, expected: Spikes, found: Spikes) -> Check:
    """Return a check of the number of spikes that are in only one of two sets."""
    if len(expected) < 100:
        raise RuntimeError(f"{name}: {len(expected)} spikes are too few to compare")
    differ = len(expected ^ found)
    missing, extra = expected - found, found - expected
    shifted = len(_neighbours(missing, extra)) + len(_neighbours(extra, missing))
    note = f"of {len(expected)} spikes, at most {TOLERANCE:.0%}; {shifted} of those that differ are a step apart"
    return by_tolerance(group, f"spikes that differ, {name}", 0, differ, TOLERANCE * len(expected), note)


def _neighbours(spikes: Spikes, others: Spikes) -> Spikes:
    """Return the spikes of which there is one a step earlier or later among the others."""
    return {(i, step) for i, step in spikes if (i, step - 1) in others or (i, step + 1) in others}


def tiny_network(p: Parameters) -> xr.Dataset:
    """Return two areas with 40 E and 10 I neurons each, all connected, kept firing by constant currents."""
    neurons = {0: 40, 1: 10, 8: 40, 9: 10}
    out_degree = {t: 120 if t % 2 == 0 else 30 for t in neurons}
    pairs = [(t, s) for t in neurons for s in neurons if (t < 8) == (s < 8) or s % 2 == 0]
    return small_network(
        neurons,
        {(t, s): out_degree[t] * neurons[s] for t, s in pairs},
        {(t, s): (12.0 if s % 2 == 0 else -60.0) for t, s in pairs},
        {(t, s): (1.5 if s % 2 == 0 else 0.75) if (t < 8) == (s < 8) else 6.0 for t, s in pairs},
        p,
        dc={0: 620.0, 1: 290.0, 8: 600.0, 9: 300.0},
    )


def check_network(window: int, t_sim_ms: float = 200.0, seed: int = 5) -> Check:
    """Return a check of a whole network: the synapses that the engine regenerates, built into NEST one by one."""
    p = Parameters()
    network = tiny_network(p)
    start = np.random.default_rng(seed).uniform(0, 24, int(network["neurons"].sum()))
    simulation = Simulation(SimulationJob(network, p, t_sim_ms, seed, delay_quantile=1.0), window=window)
    set_potentials(simulation, start)
    first = np.concatenate([[0], np.cumsum(network["neurons"].values)[:-1]])
    found: Spikes = set()
    n_steps = round(t_sim_ms / p.dt)
    for _ in range(0, n_steps, 100):
        simulation.advance(100 // window)
        found |= taken(simulation, first)
        simulation.tidy()
    nest, nodes = nest_neurons(network, p, simulation, start)
    probe = Probe(network, p, seed, 400, p.weight_rel_sd)
    ids = np.array(nodes.global_id)
    for source in range(len(probe.label)):
        target, delay, weight = probe.events(int(probe.label[source]), int(probe.neuron[source]))
        nest.Connect(
            np.full(len(target), ids[source]), ids[first[probe.label[target]] + probe.neuron[target]], "one_to_one",
            {"weight": weight, "delay": delay * p.dt},
        )  # fmt: skip
    name = f"window of {window} step(s)"
    return compare_spikes("whole network, same synapses", name, nest_spikes(nest, nodes, t_sim_ms), found)


RATES: Final = (0.01, 0.1, 0.7, 1.839, 6.0, 20.0)
"""Events per step and neuron at which the drive is tested."""


def drive_counts(mean: float, n_neurons: int, n_steps: int, seed: int = 4) -> NDArray[np.int64]:
    """Return the numbers of external events of every neuron in every step, shape (steps, neurons)."""
    p = Parameters(weight_rel_sd=0.0, V_0_mean=-70.0, V_0_sd=0.0)
    network = small_network({0: n_neurons}, {}, {}, {}, p, drive={0: (1, mean / (p.dt * 1e-3), 1.0)})
    simulation = Simulation(SimulationJob(network, p, 1.0, seed), window=1)
    simulation.tables.threshold[:] = 1e6
    reseeded(simulation, decay_ex=np.float32(0), decay_in=np.float32(0))
    counts = np.empty((n_steps, n_neurons), np.int64)
    for step in range(n_steps):
        simulation.advance(1)
        counts[step] = np.rint(simulation.neurons.I_ex)
    return counts


def check_drive(n_neurons: int = 2500, n_steps: int = 400, seed: int = 4) -> list[Check]:
    """Return checks of mean, variance and distribution of the drive, and of its independence over neurons and time."""
    return [check for mean in RATES for check in check_drive_at(mean, n_neurons, n_steps, seed)]


def check_drive_at(mean: float, n_neurons: int, n_steps: int, seed: int) -> list[Check]:
    """Return the checks at one mean number of events per step."""
    counts = drive_counts(mean, n_neurons, n_steps, seed)
    group, n = f"drive, {mean:g} events per step", counts.size
    law = stats.poisson(mean)
    top = int(law.isf(1e-6)) + 2
    probability = np.append(law.pmf(np.arange(top)), law.sf(top - 1))
    frequency = np.bincount(np.minimum(counts, top).ravel(), minlength=top + 1)
    checks = [
        z_test(group, "mean", mean, counts.mean(), np.sqrt(mean / n)),
        z_test(group, "variance", mean, counts.var(), np.sqrt((mean + 2 * mean**2) / n)),
        # Rarer numbers are joined: probabilities are multiples of 2^-16.
        chi_squared(group, "distribution", frequency, probability, min_share=2e-3),
    ]
    z = (counts - mean) / np.sqrt(mean)
    pairs = {
        "neighbouring neurons": (z[:, 0::2], z[:, 1::2][:, : z[:, 0::2].shape[1]]),
        "neurons 1024 apart": (z[:, :-1024], z[:, 1024:]),
        "successive steps": (z[:-1], z[1:]),
        "successive steps of the next neuron": (z[:-1, :-1], z[1:, 1:]),
    }
    for name, (a, b) in pairs.items():
        r = float((a * b).mean())
        p = 2 * float(stats.norm.sf(abs(r) * np.sqrt(a.size)))
        checks.append(by_p(group, f"correlation of {name}", 0, r, p, "z-test"))
    # Sums over time scatter over neurons, and sums over neurons over time, as those of independent numbers.
    for name, axis in (("neurons", 0), ("steps", 1)):
        sums = z.sum(axis=axis) / np.sqrt(z.shape[axis])
        m = len(sums)
        checks.append(z_test(group, f"variance of sums over {name}", 1, float((sums**2).mean()), np.sqrt(2 / m)))
    return checks
