"""The synapses that the procedural engine regenerates, read from the inputs that arrive.

The engine holds no list of synapses. Here it runs as it is, with its own tables and kernels, on a network without any
other input: one neuron is made to fire, and what arrives at every neuron in each step is read from its current, which
is told not to decay (:meth:`Probe.totals`) or to be gone after a step (:meth:`Probe.listing`). Without a spread of
weights, the current divided by the weight is the number of synapses; the same job with a spread gives their weights,
for no other random number depends on it.

All that this package knows of the engine's arrays is in this module.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from humam.engines.base import SimulationJob
from humam.engines.procedural import local
from humam.engines.procedural.engine import Simulation
from humam.parameters import Parameters

Mutation = Callable[[Simulation], None]
FORCE_MV = 1e6
"""Potential given to a neuron to make it fire."""


def silent(network: xr.Dataset) -> xr.Dataset:
    """Return a network without drive and constant current."""
    calm = network.copy()
    for name in ("rate_external", "dc"):
        calm[name] = calm[name] * 0.0
    return calm


def reseeded(simulation: Simulation, **changes: Any) -> None:
    """Replace scalars of the kernels (``decay_ex``, ``seed_local`` and the like)."""
    simulation.parameters = simulation.parameters._replace(**changes)


@dataclasses.dataclass(frozen=True)
class Listing:
    """Synapses of some source neurons; synapses that share source, target and delay are one entry.

    Attributes
    ----------
    source : (n,) array
        Which of the sources asked for.
    label, neuron : (n,) arrays
        Target: label index and neuron within the population.
    delay : (n,) array
        Steps.
    count : (n,) array
        Number of synapses.
    weight : (n,) array
        Their summed weight [pA].
    """

    source: NDArray[np.int64]
    label: NDArray[np.int64]
    neuron: NDArray[np.int64]
    delay: NDArray[np.int64]
    count: NDArray[np.int64]
    weight: NDArray[np.float64]

    def select(self, mask: NDArray[np.bool_]) -> Listing:
        """Return the entries of a mask."""
        return Listing(*(getattr(self, f.name)[mask] for f in dataclasses.fields(self)))


class Probe:
    """A network whose neurons fire only when told so.

    Parameters
    ----------
    network : Dataset
        The network; its drive is taken away.
    parameters : Parameters
        Distributions of weights and delays.
    seed : int
        Seed of the synapses.
    longest : int
        Steps after a spike in which its effects are read; longer delays are an error.
    weight_rel_sd : float
        Relative spread of weights; 0 to count synapses.
    mutate : callable, optional
        Changes the simulation before it runs.
    delay_quantile : float
        Cut of the tail of delays.
    before_spike : callable, optional
        Changes the simulation before each spike.
    """

    def __init__(
        self,
        network: xr.Dataset,
        parameters: Parameters,
        seed: int,
        longest: int,
        weight_rel_sd: float,
        mutate: Mutation | None = None,
        delay_quantile: float = 1.0,
        before_spike: Mutation | None = None,
    ) -> None:
        p = parameters.model_copy(update={"weight_rel_sd": weight_rel_sd, "V_0_mean": parameters.E_L, "V_0_sd": 0.0})
        job = SimulationJob(silent(network), p, 1.0, seed, delay_quantile=delay_quantile)
        self.simulation, self.longest, self.before_spike = Simulation(job, window=1), longest, before_spike
        self.simulation.tables.threshold[:] = FORCE_MV / 10  # out of reach of any input
        if mutate is not None:
            mutate(self.simulation)
        tables = self.simulation.tables
        self.first = np.full(network.sizes["target"], -1, np.int64)
        for b in range(len(tables.block_label) - 1, -1, -1):
            self.first[tables.block_label[b]] = tables.block_first[b]
        size = np.diff(tables.block_first)
        self.label = np.repeat(tables.block_label, size).astype(np.int64)
        self.neuron = np.arange(len(self.label)) - self.first[self.label]

    def _fire(self, label: int, neuron: int) -> None:
        s = self.simulation
        if self.before_spike is not None:
            self.before_spike(s)
        s.neurons.V[:] = 0
        s.neurons.I_ex[:] = 0
        s.neurons.I_in[:] = 0
        s.neurons.V[self.first[label] + neuron] = FORCE_MV
        fired = s.counters()["spikes"]
        s.advance(1)
        if s.counters()["spikes"] != fired + 1:
            raise RuntimeError("not just the one neuron that was told to fire did so")

    def _arrived(self) -> NDArray[np.float64]:
        """Return the summed input of every neuron [pA], excitatory and inhibitory."""
        n = self.simulation.neurons
        total = n.I_ex.astype(np.float64)
        return total + n.I_in if len(n.I_in) else total

    def _decay(self, factor: float) -> None:
        reseeded(self.simulation, decay_ex=np.float32(factor), decay_in=np.float32(factor))

    def _rest(self) -> None:
        """Forget the spike once all of its synapses have acted."""
        s = self.simulation
        s.neurons.V[:] = 0
        s.take_spikes()
        s.tidy()
        if s.queue.head.any():
            raise RuntimeError(f"delays longer than {self.longest} steps")

    def totals(self, label: int, neurons: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the summed weight of all synapses of each source onto every neuron [pA], shape (sources, n)."""
        self._decay(1.0)
        out = np.empty((len(neurons), len(self.label)))
        for i, neuron in enumerate(neurons):
            self._fire(label, int(neuron))
            self.simulation.advance(self.longest)
            out[i] = self._arrived()
            self._rest()
        return out

    def events(self, label: int, neuron: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return target (index in :attr:`label`), delay [steps] and summed weight [pA] of one source's synapses."""
        self._decay(0.0)
        targets, delays, weights = [], [], []
        self._fire(label, neuron)
        for delay in range(1, self.longest + 1):
            self.simulation.advance(1)
            arrived = self._arrived()
            hit = np.flatnonzero(arrived)
            targets.append(hit)
            delays.append(np.full(len(hit), delay))
            weights.append(arrived[hit])
        self._rest()
        return np.concatenate(targets), np.concatenate(delays), np.concatenate(weights)


def expand(
    network: xr.Dataset,
    parameters: Parameters,
    seed: int,
    longest: int,
    label: int,
    neurons: NDArray[np.int64],
    **options: Any,
) -> Listing:
    """Return the synapses of some neurons of a population.

    Parameters
    ----------
    network, parameters, seed, longest, options
        As for :class:`Probe`.
    label : int
        Population of the sources.
    neurons : (m,) array
        Sources within it.
    """
    counting = Probe(network, parameters, seed, longest, 0.0, **options)
    weighing = Probe(network, parameters, seed, longest, parameters.weight_rel_sd, **options)
    unit = counting_unit(counting, network, label)
    parts = []
    for i, neuron in enumerate(neurons):
        target, delay, total = counting.events(label, int(neuron))
        same_target, same_delay, weight = weighing.events(label, int(neuron))
        if not (np.array_equal(target, same_target) and np.array_equal(delay, same_delay)):
            raise RuntimeError("targets or delays depend on the spread of weights")
        count = np.rint(total / unit[counting.label[target]]).astype(np.int64)
        source = np.full(len(target), i)
        parts.append((source, counting.label[target], counting.neuron[target], delay, count, weight))
    return Listing(*(np.concatenate(x) for x in zip(*parts, strict=True)))


def counting_unit(probe: Probe, network: xr.Dataset, label: int) -> NDArray[np.float64]:
    """Return the current of one synapse of the source population onto each label, as the engine rounds it [pA]."""
    quantum = probe.simulation.constants.quantum_pa
    weight = network["weight"].values[:, label]
    return np.where(weight == 0, np.nan, np.rint(weight / quantum) * quantum)


def inject(simulation: Simulation, excitation: NDArray[np.float64], inhibition: NDArray[np.float64]) -> None:
    """Add currents [pA] to all neurons, as if synapses had done so at the end of the last step."""
    neurons = simulation.neurons
    if simulation.constants.two_currents:
        neurons.I_ex[:] += excitation
        neurons.I_in[:] += inhibition
    else:
        neurons.I_ex[:] += excitation + inhibition


def set_potentials(simulation: Simulation, above_rest: NDArray[np.float64]) -> None:
    """Set the potentials of all neurons [mV above E_L]."""
    simulation.neurons.V[:] = above_rest


def neuron_parameters(simulation: Simulation) -> dict[str, NDArray[np.float64]]:
    """Return threshold above E_L [mV], capacitance [pF] and time constant [ms] of every neuron.

    Where neurons differ, they are those behind the propagators in the tables (so in single precision).
    """
    t, p = simulation.tables, simulation.job.parameters
    inhibitory = np.repeat(t.block_label % 2 == 1, np.diff(t.block_first))
    if not simulation.constants.individual:
        return {
            "height": np.full(len(inhibitory), p.V_th - p.E_L),
            "tau_m": np.full(len(inhibitory), p.tau_m),
            "capacitance": np.where(inhibitory, p.C_m_I, p.C_m_E),
        }
    decay, gain = t.decay_V.astype(np.float64), t.current_ex.astype(np.float64)
    tau_m = -p.dt / np.log(decay)
    capacitance = p.tau_syn_ex * tau_m / (tau_m - p.tau_syn_ex) * (decay - np.exp(-p.dt / p.tau_syn_ex)) / gain
    return {"height": t.threshold.astype(np.float64), "tau_m": tau_m, "capacitance": capacitance}


def scattered(
    probe: Probe, label: int, n_sources: int, kernel: Callable[..., Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return targets and weights [pA] of the first neurons of a population onto its first block, at one delay.

    It is the commonest delay. Synapses that share their target are left out. The kernel that scatters them can be
    replaced, which a compiled simulation does not allow.

    Parameters
    ----------
    probe : Probe
        The network.
    label : int
        Population of the sources and of the block.
    n_sources : int
        Number of sources.
    kernel : callable
        :func:`humam.engines.procedural.local.scatter` or a stand-in.
    """
    s = probe.simulation
    t, x = s.tables, s.scratch
    block = int(np.flatnonzero(t.block_label == label)[0])
    area = int(np.searchsorted(t.area_block, block, side="right")) - 1
    population = int(t.block_population[block])
    size = int(t.block_first[block + 1] - t.block_first[block])
    age = int(t.slot_mean[block, population].argmax())
    targets, weights = [], []
    for neuron in range(n_sources):
        key0 = np.uint64((int(t.area_first[area]) << 20) + (block << 7))
        first = int(t.block_first[block] - t.area_first[area])
        one = np.array([first + neuron], np.int32)
        n_groups = local.select_groups(
            0, 1, one, np.zeros(1, np.int32), np.full(1, population, np.uint8), age, t.slot_location,
            t.slot_sd, block, key0, s.parameters.seed_local, t.normal_quantiles, x.group_row[0], x.group_count[0],
            x.group_key[0],
        )  # fmt: skip
        arriving = np.zeros(size, np.int32)
        kernel(
            arriving, arriving, False, 0, size, n_groups, x.group_row[0], x.group_count[0], x.group_key[0],
            t.local_row, block, t.weights, t.excitatory_row, x.words[0, 0],
        )  # fmt: skip
        hit = np.flatnonzero(arriving)
        single = arriving[hit] * s.constants.quantum_pa < 1.6 * np.median(arriving[hit]) * s.constants.quantum_pa
        targets.append(hit[single])
        weights.append(arriving[hit][single] * s.constants.quantum_pa)
    return np.concatenate(targets), np.concatenate(weights)
