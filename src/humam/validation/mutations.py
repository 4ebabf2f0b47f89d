"""Wrong models. Each of them must turn a check red: a test that nothing fails proves nothing."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numba import njit

from humam.engines.procedural import local
from humam.engines.procedural.engine import Simulation
from humam.engines.procedural.random import SMALL_MEAN
from humam.parameters import Parameters
from humam.validation.checks import Check, contingency
from humam.validation.probe import Probe, reseeded, scattered
from humam.validation.structure import (
    EXC,
    FAR_E,
    LONGEST,
    check_numbers,
    check_same_at_each_spike,
    check_synapses,
    structure_network,
)

SEED: Final = 12


def delays_longer(factor: float = 1.1) -> list[Check]:
    """Return the checks of a network whose delays are 10 % longer in the mean."""
    network = structure_network()
    wrong = network.copy()
    wrong["delay"] = wrong["delay"] * factor
    return [c for source in (EXC, FAR_E) for c in check_synapses(wrong, network, Parameters(), SEED, source, 4)]


def weights_larger(factor: float = 1.03) -> list[Check]:
    """Return the checks of a network whose weights are 3 % larger in the mean."""
    network = structure_network()
    wrong = network.copy()
    wrong["weight"] = wrong["weight"] * factor
    return [c for source in (EXC, FAR_E) for c in check_synapses(wrong, network, Parameters(), SEED, source, 4)]


def constant_out_degree() -> list[Check]:
    """Return the checks of an engine whose neurons all have the same number of synapses, to less than rounding."""
    network = structure_network()

    def mutate(simulation: Simulation) -> None:
        tables = simulation.tables
        tables.slot_sd[:] = 0
        tables.normal_quantiles[:] = 1
        large = tables.link_mean >= SMALL_MEAN
        tables.link_helper[large] = 0

    options: dict[str, Any] = {"mutate": mutate}
    return [c for s in (EXC, FAR_E) for c in check_numbers(network, network, Parameters(), SEED, s, 100, **options)]


def delays_drawn_again() -> list[Check]:
    """Return the checks of an engine that draws synapses afresh at each spike."""
    spikes = iter(range(1, 10**6))

    def before_spike(simulation: Simulation) -> None:
        seed = np.uint64(next(spikes))
        reseeded(simulation, seed_local=seed, seed_late=seed, seed_remote=seed)

    return check_same_at_each_spike(SEED, before_spike=before_spike)


def target_and_weight(kernel: Callable[..., Any] | None = None, n_sources: int = 40) -> list[Check]:
    """Return the check that targets and weights of the delivery within areas are independent.

    Parameters
    ----------
    kernel : callable, optional
        Stands in for :func:`humam.engines.procedural.local.scatter`.
    n_sources : int
        Source neurons looked at.
    """
    p = Parameters()
    probe = Probe(structure_network(), p, SEED, LONGEST, p.weight_rel_sd)
    targets, weights = scattered(probe, EXC, n_sources, kernel or local.scatter)
    return [contingency("A.E to A.E, one block", "target and weight are independent", targets, weights)]


def correlated_target_and_weight() -> list[Check]:
    """Return the same check of a kernel that takes target and weight from the same bits."""
    return target_and_weight(changed(local.scatter, "h & _LEVEL", "(h >> u64(23)) & _LEVEL"))


def changed(kernel: Any, old: str, new: str) -> Callable[..., Any]:
    """Return a kernel compiled from the source of another, with ``old`` replaced by ``new``."""
    source = textwrap.dedent(inspect.getsource(kernel.py_func))
    if old not in source:
        raise RuntimeError(f"{old!r} does not occur in the source of {kernel.__name__}")
    body = source[source.index("def ") :].replace(old, new)
    namespace: dict[str, Any] = dict(kernel.py_func.__globals__)
    exec(compile(body, kernel.__name__, "exec"), namespace)  # noqa: S102  our own source
    return njit(nogil=True, fastmath=True)(namespace[kernel.__name__])


@dataclass(frozen=True)
class Mutation:
    """A wrong model.

    Attributes
    ----------
    judge : callable
        Returns its checks.
    quantity : str
        What is wrong in it: a check of this quantity must be red, whatever else is.
    """

    judge: Callable[[], list[Check]]
    quantity: str

    def found(self) -> Check:
        """Return whether the right check is red, and how many others are."""
        red = [c for c in self.judge() if not c.passed]
        right = [c for c in red if c.quantity == self.quantity]
        names = ", ".join(c.group for c in right)
        note = f"red: {self.quantity} ({names})" if right else f"not red: {self.quantity}"
        if others := len(red) - len(right):
            note += f"; {others} other check{'s' if others > 1 else ''} red"
        return Check("wrong models", self.quantity, 1, len(right), np.nan, bool(right), note)


MUTATIONS: Final[dict[str, Mutation]] = {
    "delay mean +10 %": Mutation(delays_longer, "mean delay [steps]"),
    "weights +3 %": Mutation(weights_larger, "mean weight [pA]"),
    "constant out-degree": Mutation(constant_out_degree, "out-degree, variance / mean"),
    "target and weight from the same bits": Mutation(correlated_target_and_weight, "target and weight are independent"),
    "delays drawn again at each spike": Mutation(delays_drawn_again, "synapses that differ at the next spike"),
}
"""Wrong models by name."""


def check_mutations() -> list[Check]:
    """Return, for each wrong model, whether the check of what is wrong in it is red."""
    return [replace(wrong.found(), quantity=name) for name, wrong in MUTATIONS.items()]
