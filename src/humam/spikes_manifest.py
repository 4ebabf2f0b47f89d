"""The manifest in a folder of spikes: what the spikes are and how they came about."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from humam import form
from humam.errors import HumamError
from humam.files import read_json

MANIFEST_NAME: Final = "manifest.json"
FORMAT: Final = "humam-spikes"
FORMAT_VERSION: Final = 1


class About(TypedDict):
    """What tells one run from another: fields of :class:`Manifest`."""

    engine: str
    seed: int
    scale: float
    in_degree_scale: float
    areas: list[str] | None
    t_sim_ms: float
    network_parameters: dict[str, Any]


class Manifest(BaseModel):
    """What a folder of spikes contains and how it came about.

    The first block describes the spikes, the second the run; ``n_spikes_per_population`` and ``sha256`` are what the
    reader checks the Parquet file against.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["humam-spikes"] = FORMAT
    format_version: int = FORMAT_VERSION
    dt_ms: float = Field(gt=0)
    t_sim_ms: float = Field(gt=0)
    labels: list[str] = Field(min_length=1)
    neurons: list[int]
    """Simulated neurons per label."""
    n_spikes: int = Field(ge=0)
    n_spikes_per_population: list[int]
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Digest of ``spikes.parquet``."""

    t_sim_planned_ms: float | None = None
    """Biological time that was asked for, where the run was interrupted before."""

    engine: str
    seed: int
    scale: float
    """Factor s on neuron numbers."""
    in_degree_scale: float
    """Factor k on in-degrees."""
    scheme: str
    """Down-scaling scheme."""
    rates_source: str
    """Where the rates came from with which down-scaling restores the mean input, and areas are replaced."""
    areas: list[str] | None = None
    """Areas that were simulated, where the others were replaced by Poisson input at those rates; None: all."""
    engine_options: dict[str, Any] = {}
    network_parameters: dict[str, Any]
    origin: dict[str, Any]
    """Origin of the raw data, from the network."""
    software: dict[str, str]
    machine: dict[str, Any]
    wall_times_s: dict[str, float]
    peak_memory_bytes: int

    @model_validator(mode="after")
    def _lengths_agree(self) -> Manifest:
        n = len(self.labels)
        for name in ("neurons", "n_spikes_per_population"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries, labels has {n}")
        if len(set(self.labels)) != n:
            raise ValueError("labels are not unique")
        if sum(self.n_spikes_per_population) != self.n_spikes:
            raise ValueError("n_spikes is not the sum of n_spikes_per_population")
        return self

    def about(self) -> About:
        """Return which run it is."""
        return About(
            engine=self.engine, seed=self.seed, scale=self.scale, in_degree_scale=self.in_degree_scale,
            areas=self.areas, t_sim_ms=self.t_sim_ms, network_parameters=self.network_parameters,
        )  # fmt: skip


def read(path: Path) -> Manifest:
    """Return the validated manifest of a folder of spikes."""
    content = read_json(path, "spikes manifest")
    found = content.get("format")
    if found != FORMAT:
        raise HumamError(f"spikes manifest {str(path)!r}: format is {found!r}, expected {FORMAT!r}")
    if content.get("format_version") != FORMAT_VERSION:
        raise HumamError(
            f"spikes manifest {str(path)!r}: format version {content.get('format_version')!r},"
            f" this program reads {FORMAT_VERSION}"
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise HumamError(f"spikes manifest {str(path)!r}: {form.explain(error)}") from None
