"""Statistics of a run on disk: one netCDF file and three Parquet tables; the only writer and the only reader.

``statistics.nc`` holds what exists per population, area and time (:data:`VARIABLES`); a variable that the run is too
short or too silent for is NaN and says why in its attribute ``unavailable``. The tables hold what exists per
neuron (:data:`TABLES`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr
from numpy.typing import NDArray

from humam import netcdf
from humam.analysis import comparable, windows
from humam.analysis.rates import area_rate, in_bins
from humam.conventions import PUBLISHED, Conventions
from humam.errors import HumamError
from humam.files import atomic_path
from humam.labels import AREAS, area_slice, population_labels

NETCDF_NAME: Final = "statistics.nc"
SHORTEST_MS: Final = windows.START_MS + 2 * windows.LENGTH_MS
"""Biological time from which on a run is compared with the published ones, which are 12.5 s long.

It has at least two of their five windows of 2 s, which begin after the 2.5 s that are dropped.
"""

# name: (dimensions, unit, description)
VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "neurons": (("target",), "1", "number of simulated neurons"),
    "neurons_spiking": (("target",), "1", "neurons with at least one spike in the run"),
    "rate": (("target",), "1/s", "mean rate from 500 ms on"),
    "cv": (("target",), "1", "mean CV of neurons with at least 10 spikes, 0 if there are none"),
    "lvr": (("target",), "1", "mean LvR of neurons with at least 10 spikes, 0 if there are none"),
    "neurons_10_spikes": (("target",), "1", "neurons with at least 10 spikes from 500 ms on"),
    "correlation": (("target",), "1", "mean correlation of 1-ms spike counts of up to 2000 neurons"),
    "log_rate_density": (("target", "log_rate"), "1", "density of log10(rate) over neurons that spiked"),
    "spike_count": (("target", "time"), "1", "spikes per population and 1-ms bin"),
    "area_spike_count": (("area", "time"), "1", "spikes of an area, E and I together, per 1-ms bin"),
    "rate_histogram": (("target", "log_rate_fine"), "1", "neurons by log10 of their rate from 500 ms on"),
    "cv_histogram": (("target", "irregularity"), "1", "neurons with at least 10 spikes by CV"),
    "lvr_histogram": (("target", "irregularity"), "1", "neurons with at least 10 spikes by LvR"),
    "perturbation_count": (
        ("target", "perturbation_time"),
        "1",
        "spikes per population and time step from 2000 to 2100 ms, around the extra spike of perturbed runs",
    ),
    "current": (
        ("kernel", "area", "time"),
        "pA",
        "recurrent synaptic current (full-scale weights and in-degrees), area mean",
    ),
    "fc": (("kernel", "area", "area_2"), "1", "Pearson correlation of currents from 2500 ms on"),
    "bold": (("area", "bold_time"), "1", "BOLD signal of the balloon-Windkessel model"),
    "raster_rows": (("target",), "1", "rows of a population in raster panels"),
}
FORMAT: Final = netcdf.Format("statistics", 2, VARIABLES, json_attributes=("manifest",))

COORDINATES: Final[dict[str, tuple[str, str]]] = {
    "target": ("", "population, area|layer|population"),
    "area": ("", "area of the Desikan-Killiany parcellation"),
    "area_2": ("", "area of the Desikan-Killiany parcellation"),
    "kernel": ("", "synaptic kernel: as published, or with its nominal time constant"),
    "time": ("ms", "left edge of the bin"),
    "log_rate": ("1", "left edge of the bin of log10(rate / (1/s))"),
    "log_rate_fine": ("1", "left edge of the bin of log10(rate / (1/s))"),
    "irregularity": ("1", "left edge of the bin of CV or LvR"),
    "perturbation_time": ("ms", "time of the spike"),
    "bold_time": ("ms", "end of the integration step"),
}

TABLES: Final[dict[str, pa.Schema]] = {
    "neurons": pa.schema(
        [
            pa.field("population", pa.uint16(), metadata={"description": "index of the population"}),
            pa.field("neuron", pa.uint32(), metadata={"description": "index within the population"}),
            pa.field("n_spikes", pa.uint32(), metadata={"units": "1", "description": "spikes from 500 ms on"}),
            pa.field("rate", pa.float32(), metadata={"units": "1/s"}),
            pa.field("cv", pa.float32(), metadata={"units": "1", "description": "NaN below 10 spikes"}),
            pa.field("lvr", pa.float32(), metadata={"units": "1", "description": "NaN below 10 spikes"}),
        ]
    ),
    "windows": pa.schema(
        [
            pa.field("population", pa.uint16(), metadata={"description": "index of the population"}),
            pa.field("neuron", pa.uint32(), metadata={"description": "index within the population"}),
            pa.field("window", pa.uint8(), metadata={"description": "k: from 2500 + 2000 k to 4500 + 2000 k ms"}),
            pa.field("n_spikes", pa.uint32(), metadata={"units": "1"}),
            pa.field("rate", pa.float64(), metadata={"units": "1/s"}),
            pa.field("cv", pa.float64(), metadata={"units": "1", "description": "NaN below 10 spikes"}),
            pa.field("lvr", pa.float64(), metadata={"units": "1", "description": "NaN below 10 spikes"}),
        ]
    ),
    "rasters": pa.schema(
        [
            pa.field("population", pa.uint16(), metadata={"description": "index of the population"}),
            pa.field("neuron", pa.uint32(), metadata={"description": "index within the population"}),
            pa.field("row", pa.uint32(), metadata={"description": "row within the population's raster"}),
            pa.field("time", pa.float64(), metadata={"units": "ms"}),
        ]
    ),
}
"""Columns of the Parquet tables: ``neurons`` (all that spiked), ``windows`` (2-s windows of
caudalanteriorcingulate), ``rasters`` (samples for raster panels)."""


ARCHIVE_LACKS: Final = ("neurons",)
"""Tables that an archived run (attribute ``archived``) goes without."""


class StatisticsWriter:
    """Writes a folder of statistics; made by :func:`create`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._tables = {
            name: stack.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd"))
            for name, schema in TABLES.items()
        }

    def append(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows to one of :data:`TABLES`; a column may be one value for all rows."""
        frame = pd.DataFrame(columns)
        if len(frame):
            schema = TABLES[table]
            self._tables[table].write_table(pa.Table.from_pandas(frame[schema.names], schema, preserve_index=False))

    def finish(
        self,
        values: Mapping[str, Any],
        coordinates: Mapping[str, Any],
        unavailable: Mapping[str, str],
        attributes: Mapping[str, Any],
    ) -> None:
        """Write ``statistics.nc``.

        Parameters
        ----------
        values : mapping
            Arrays by the names of :data:`VARIABLES`, all of them.
        coordinates : mapping
            Values of the coordinates other than populations and areas.
        unavailable : mapping
            Reason by name of variable that could not be computed.
        attributes : mapping
            What describes the run; mappings and lists become JSON.
        """
        dataset = FORMAT.dataset(
            values,
            {**_fixed_coordinates(), **coordinates},
            {k: json.dumps(v) if isinstance(v, Mapping | list) else v for k, v in attributes.items()},
        )
        for name, (unit, text) in COORDINATES.items():
            dataset[name].attrs.update({"long_name": text} | ({"units": unit} if unit else {}))
        for name, reason in unavailable.items():
            dataset[name].attrs["unavailable"] = reason
        (self._folder / NETCDF_NAME).write_bytes(netcdf.encode(dataset))


def _fixed_coordinates() -> dict[str, list[str]]:
    return {"target": population_labels(), "area": list(AREAS), "area_2": list(AREAS)}


@contextmanager
def create(folder: Path | str) -> Iterator[StatisticsWriter]:
    """Yield a writer of a folder of statistics, which appears only if the body succeeds.

    Raises
    ------
    HumamError
        If the folder cannot be written or the disk is full.
    """
    with atomic_path(folder, NETCDF_NAME) as temporary, ExitStack() as stack:
        temporary.mkdir()
        yield StatisticsWriter(temporary, stack)


@dataclass(frozen=True)
class Statistics:
    """Statistics of one run, opened by :func:`read`.

    Attributes
    ----------
    folder : Path
        Where they stand.
    data : Opened
        :data:`VARIABLES` by name, read when asked for. Attributes of the run (``data.attrs``): ``scale`` (s),
        ``in_degree_scale`` (k), ``scheme``, ``t_sim_ms``, ``seed``, ``engine``, ``manifest`` (JSON of the whole
        manifest of the spikes), ``archived`` (1 for an archived run, :mod:`humam.archive`).
    """

    folder: Path
    data: netcdf.Opened

    @cached_property
    def area_rate(self) -> xr.DataArray:
        """Rates of areas (:func:`humam.analysis.rates.area_rate`), E and I together, by area and time [1/ms]."""
        counts = self.data["area_spike_count"]
        rate = area_rate(counts.to_numpy(), self.data["neurons"].to_numpy())
        return xr.DataArray(rate, counts.coords, counts.dims, attrs={"units": "1/ms"})

    def rate_over_time(self, bin_ms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the begin of time bins [ms] and the mean rate of all neurons in each [spikes/s]."""
        counts = self.data["area_spike_count"].sum("area").to_numpy().astype(float)  # in bins of 1 ms
        binned = in_bins(counts, bin_ms).sum(axis=-1)
        return np.arange(len(binned), dtype=float) * bin_ms, binned / float(self.data["neurons"].sum()) / bin_ms * 1e3

    def unavailable(self, variable: str) -> str:
        """Return why a variable is NaN, or an empty string."""
        return str(self.data[variable].attrs.get("unavailable", ""))

    def neurons_of(self, area: str) -> int:
        """Return the number of neurons of an area."""
        return int(self.data["neurons"].to_numpy()[area_slice(area)].sum())

    def functional_connectivity(self, conventions: Conventions = PUBLISHED) -> NDArray[np.float64]:
        """Return the correlations of synaptic currents, shape (34, 34), of the published or the corrected kernel."""
        return self.data["fc"].sel(kernel=conventions.value).to_numpy()

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the spikes."""
        return json.loads(self.data.attrs["manifest"])

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the network; its time and seed are what the experiment proposes (see :attr:`resolved`)."""
        return json.loads(self.data.attrs["parameters"])

    @property
    def resolved(self) -> dict[str, Any]:
        """The parameters of the network, with the time and the seed that the run had."""
        run = {"t_sim": float(self.data.attrs["t_sim_ms"]), "seed": int(self.data.attrs["seed"])}
        return self.parameters | run

    @property
    def origin(self) -> str:
        """Where the anatomical data of the network came from: ``web``, ``mirror`` or ``tables``."""
        return str(json.loads(self.data.attrs["origin"])["origin"])

    @property
    def digests(self) -> list[dict[str, Any]]:
        """Digests of the spikes until marks in time (:mod:`humam.spike_digest`); empty for archived runs.

        Those of an archived run stand in its record (:func:`humam.archive.record`).
        """
        return list(json.loads(self.data.attrs.get("digests", "[]")))

    @property
    def down_scaled(self) -> bool:
        """Whether the run had fewer neurons, synapses or areas than the model."""
        return comparable.is_down_scaled(self.data.attrs)

    @property
    def areas(self) -> list[str]:
        """Areas that were simulated, where the others were replaced by Poisson input; else empty."""
        return comparable.areas_of(self.data.attrs)

    @property
    def short(self) -> bool:
        """Whether the run was too short to be compared with the published ones."""
        return bool(self.data.attrs["t_sim_ms"] < SHORTEST_MS)

    @cached_property
    def other_model(self) -> str:
        """Why it is no run of the published model, an empty string if it is one (of any length)."""
        return comparable.other_model(self.data.attrs)

    @property
    def incomparable(self) -> str:
        """Why its numbers cannot be held against the published ones, an empty string if they can."""
        return self.other_model or (f"shorter than {SHORTEST_MS / 1000:g} s" if self.short else "")

    @property
    def status(self) -> str:
        """Status of its numbers in the comparison: ``incomparable``, else empty."""
        return "incomparable" if self.incomparable else ""

    @cached_property
    def neurons(self) -> pd.DataFrame:
        """One row per neuron that spiked."""
        return self._table("neurons")

    @cached_property
    def windows(self) -> pd.DataFrame:
        """One row per neuron of caudalanteriorcingulate and 2-s window with a spike."""
        return self._table("windows")

    @cached_property
    def rasters(self) -> pd.DataFrame:
        """One row per spike of a raster panel."""
        return self._table("rasters")

    def _table(self, name: str) -> pd.DataFrame:
        path = self.folder / f"{name}.parquet"
        if name in ARCHIVE_LACKS and self.data.attrs.get("archived"):
            raise HumamError(f"archived run {str(self.folder)!r} keeps histograms, but no table of {name}")
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise HumamError(f"table {str(path)!r} cannot be read: {error}") from None
        if not table.schema.equals(TABLES[name]):
            raise HumamError(f"table {str(path)!r} has columns {table.schema.names}, expected {TABLES[name].names}")
        return table.to_pandas()


def attributes(folder: Path | str) -> dict[str, Any]:
    """Return what describes a run, the attributes of :attr:`Statistics.data`, without reading the rest.

    Raises
    ------
    HumamError
        If the folder holds no statistics that can be read.
    """
    return FORMAT.read_attributes(Path(folder) / NETCDF_NAME)


def read(folder: Path | str) -> Statistics:
    """Open a folder of statistics.

    Raises
    ------
    HumamError
        If it is missing, no statistics, of another format version, or incomplete.
    """
    folder = Path(folder)
    data = FORMAT.open(folder / NETCDF_NAME)
    expected = [name for name in TABLES if not (data.attrs.get("archived") and name in ARCHIVE_LACKS)]
    missing = [f"{name}.parquet" for name in expected if not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise HumamError(f"statistics {str(folder)!r} lack {', '.join(missing)}")
    return Statistics(folder, data)
