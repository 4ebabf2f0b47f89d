"""Rates of all populations that a simulation takes as given: from theory, from an earlier run, or from a table."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from humam import downscaling, spikes, theory_file
from humam.downscaling import Rates
from humam.errors import HumamError, nearest
from humam.labels import population_labels

COLUMNS: Final = ("population", "rate")
"""Of a table of rates: label as in a network file, spikes/s. Populations that are not listed have rate 0."""


def read(network: xr.Dataset, theory: Path | None, rates: Path | None) -> Rates:
    """Return the rates of a network at full scale.

    Parameters
    ----------
    network : Dataset
        The network at full scale.
    theory : path, optional
        Its theory file; computed now where neither it nor ``rates`` is given.
    rates : path, optional
        A folder of spikes or a table (CSV, :data:`COLUMNS`), in place of theory.

    Raises
    ------
    HumamError
        If a file is not what it should be.
    """
    if rates is None:
        return downscaling.theory_rates(network, theory_file.of_network(network, theory))
    return of_table(rates) if rates.is_file() else of_run(rates)


def of_run(folder: Path) -> Rates:
    """Return the mean rates of an earlier run of all areas, after its first 500 ms or half."""
    earlier = spikes.read(folder)
    if earlier.labels != population_labels():
        raise HumamError(f"rates {str(folder)!r}: its populations are not those of the network")
    m = earlier.manifest
    if m.areas is not None:
        raise HumamError(
            f"rates {str(folder)!r}: only {len(m.areas)} of its areas were simulated, the others would be 0"
        )
    source = f"run of {m.network_parameters.get('name')} at s = {m.scale:g}, k = {m.in_degree_scale:g}"
    return Rates(earlier.mean_rates(min(500.0, m.t_sim_ms / 2)), f"{source}, seed {m.seed}, {m.rates_source}")


def of_table(path: Path) -> Rates:
    """Return the rates of a table."""
    try:
        frame = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise HumamError(f"rates {str(path)!r} cannot be read: {error}") from None
    if tuple(frame.columns) != COLUMNS:
        raise HumamError(f"rates {str(path)!r}: columns must be {', '.join(COLUMNS)}")
    labels = population_labels()
    values = np.zeros(len(labels))
    for population, rate in frame.itertuples(index=False):
        if population not in labels:
            raise HumamError(
                f"rates {str(path)!r}: population {population!r}: unknown{nearest(str(population), labels)}"
            )
        try:
            values[labels.index(population)] = float(rate)
        except ValueError:
            raise HumamError(f"rates {str(path)!r}: rate {rate!r} of {population!r} is no number") from None
    if frame["population"].duplicated().any():
        raise HumamError(f"rates {str(path)!r}: a population is listed twice")
    return Rates(values, f"table {path.name}")
