"""What totals of synapses that are Poisson numbers do to the rates, beside the spread between seeds.

``fixed_total_number`` fixes the number of synapses of each pair of populations. In the full model the engine does not,
so it deviates by the square root of itself. Mean-field theory tells what that does to the stationary rates; two
archived runs of the base version that differ in the seed alone tell how much rates differ anyway.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from humam import archive, theory
from humam.engines.procedural.totals import MAX_SYNAPSES, MIN_SHARED, TOLERANCE

Array = NDArray[np.float64]

SEEDS: Final = ("base", "base_seed2106")
"""Archived runs of the base version with two seeds."""
DRAWS: Final = 3
"""Networks with Poisson totals that theory is solved for."""


def by_theory(network: xr.Dataset, draws: int = DRAWS, seed: int = 1) -> Array:
    """Return the relative changes of all rates by Poisson totals, shape (draws, populations)."""
    rng = np.random.default_rng(seed)
    exact = theory.of_network(network).solve()
    found = []
    for _ in range(draws):
        drawn = network.copy()
        drawn["synapses"] = network["synapses"].copy(data=rng.poisson(network["synapses"].values))
        found.append(theory.of_network(drawn).solve() / exact - 1)
    return np.array(found)


def between_seeds() -> Array:
    """Return the relative differences of the rates of :data:`SEEDS`, of the populations that fire in both."""
    first, second = (archive.read(name).data["rate"].values.astype(float) for name in SEEDS)
    fires = (first > 0) & (second > 0)
    return np.asarray((second / first - 1)[fires])


def typical(x: Array) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(x))))


def text(network: xr.Dataset) -> str:
    """Return what the page says of it."""
    effect, seeds = by_theory(network), between_seeds()
    low, high = np.median(np.abs(effect)), np.median(np.abs(seeds))
    seconds = archive.record(archive.folder_of(SEEDS[0]))["t_sim_ms"] / 1000
    return (
        f"Up to {MAX_SYNAPSES / 1e8:.0f} × 10⁸ synapses the mean out-degrees are corrected until totals are what the"
        f" network file says, to {TOLERANCE:g} √N or the best of a few rounds: within areas for each pair of a block"
        " and a source population; between areas for each source population and target area, and from"
        f" {MIN_SHARED:.0f} such synapses on also their shares of the blocks there (with fewer these stay random)."
        " Larger networks keep Poisson totals, as the full model does. By mean-field theory that moves the rates of"
        f" its base version by {100 * typical(effect):.2g} % (root mean square over populations; median"
        f" {100 * low:.2g} %, largest {100 * np.abs(effect).max():.2g} %). Two archived runs of it that differ in the"
        f" seed alone ({' and '.join(SEEDS)}, {seconds:g} s) differ by {100 * typical(seeds):.2g} % (median"
        f" {100 * high:.2g} %, largest {100 * np.abs(seeds).max():.2g} %), this effect included."
    )
