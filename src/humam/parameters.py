"""Every parameter of the model: typed, with unit, default, range and source.

An experiment is a YAML file that states only what differs from the base version; a series is an experiment that also
lists the values of one parameter under ``series``.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from humam.errors import HumamError, nearest
from humam.experiment_yaml import parse, read_yaml

PRONOLD = "Pronold et al. 2024"
PD = "Potjans & Diesmann 2014"


def _field(default: Any, unit: str, source: str, text: str, **limits: Any) -> Any:
    """Return a pydantic field that carries unit and source beside default, range and description."""
    return Field(default, description=text, json_schema_extra={"unit": unit, "source": source}, **limits)


def on_grid(time_ms: float, dt_ms: float) -> bool:
    """Return whether a time is a multiple of the time step.

    Examples
    --------
    >>> on_grid(2.3, 0.1), on_grid(2.04, 0.1)
    (True, False)
    """
    steps = time_ms / dt_ms
    return abs(steps - round(steps)) <= 1e-6


class Parameters(BaseModel):
    """The resolved parameters of one network and its simulation (model of Pronold et al. 2024)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@=-]+$")] = _field(
        "base", "", "", "name of the experiment: letters, digits and _ . @ = -"
    )
    description: str = _field("", "", "", "what the experiment is for")
    edited: str = _field(
        "", "", "", "never set in an experiment: digest of a network file, or of anatomical tables, changed by hand"
    )

    # Cortico-cortical factors
    chi: float = _field(1.0, "1", PRONOLD, "factor on E to E weights between areas", ge=0, le=100)
    chi_I_per_chi: float = _field(2.0, "1", PRONOLD, "chi_I / chi", ge=0, le=100)
    chi_I: float = _field(
        2.0,
        "1",
        PRONOLD,
        "factor on E to I weights between areas; chi_I_per_chi x chi unless given",
        ge=0,
        le=1e4,
    )

    # Anatomy
    excitatory_fractions: Literal["lichtman", "binzegger"] = _field(
        "lichtman",
        "",
        "Shapson-Coe et al. 2021; Binzegger et al. 2004",
        "data set of the E fraction per layer",
    )
    column_surface: float = _field(
        1.0, "mm^2", PRONOLD, "cortical surface under which each area is simulated", gt=0, le=100
    )
    min_layer_neurons: int = _field(5000, "1", PRONOLD, "a layer with fewer neurons (but some) is removed", ge=0)

    # Synapse numbers
    synapse_density: float = _field(
        6.6e8, "1/mm^3", "Cano-Astorga et al. 2021", "synapses per volume of cortex", gt=0, le=1e11
    )
    fraction_within: float = _field(
        0.86,
        "1",
        "Markov et al. 2011",
        "share of an area's synapses that come from the area itself",
        gt=0,
        lt=1,
    )
    excitatory_target_share: float = _field(
        0.93, "1", PRONOLD, "Z: share of feedback synapses with excitatory targets", ge=0, le=1
    )
    sln_feedforward: float = _field(0.65, "1", PRONOLD, "a projection with SLN from here on is feedforward", ge=0, le=1)
    sln_feedback: float = _field(0.35, "1", PRONOLD, "a projection with SLN below is feedback", ge=0, le=1)
    sln_a0: float = _field(-0.152, "1", PRONOLD, "intercept of the probit fit of SLN")
    sln_a1: float = _field(-1.534, "1", PRONOLD, "slope of the probit fit of SLN against ln(density ratio)")
    space_constant: float = _field(
        160.0, "um", PRONOLD, "lambda of the local connection profile exp(-d/lambda)", gt=0, le=1e4
    )
    column_height_unit: Literal["published", "corrected"] = _field(
        "published", "", PRONOLD,
        "published: total thickness in mm beside lengths in um (a slip of the published code); corrected: um",
    )  # fmt: skip
    connection_rule: Literal["fixed_total_number", "fixed_indegree"] = _field(
        "fixed_total_number",
        "",
        PRONOLD,
        "how synapses are drawn, multapses and autapses allowed; fixed_indegree rounds in-degrees, to 0 below 0.5",
    )

    # Neurons (iaf_psc_exp)
    E_L: float = _field(-70.0, "mV", PRONOLD, "leak potential", ge=-200, le=100)
    V_th: float = _field(-45.0, "mV", PRONOLD, "threshold", ge=-200, le=100)
    V_reset: float = _field(-70.0, "mV", PRONOLD, "reset potential", ge=-200, le=100)
    C_m_E: float = _field(220.0, "pF", PRONOLD, "capacitance of excitatory neurons", gt=0, le=1e5)
    C_m_I: float = _field(100.0, "pF", PRONOLD, "capacitance of inhibitory neurons", gt=0, le=1e5)
    tau_m: float = _field(10.0, "ms", PRONOLD, "membrane time constant", gt=0, le=1e3)
    tau_syn_ex: float = _field(2.0, "ms", PRONOLD, "time constant of excitatory currents", gt=0, le=1e3)
    tau_syn_in: float = _field(2.0, "ms", PRONOLD, "time constant of inhibitory currents", gt=0, le=1e3)
    t_ref: float = _field(2.0, "ms", PRONOLD, "refractory period", ge=0.1, le=1e3)
    V_0_mean: float = _field(-150.0, "mV", PRONOLD, "mean of the initial potential", ge=-1e3, le=100)
    V_0_sd: float = _field(50.0, "mV", PRONOLD, "standard deviation of the initial potential", ge=0, le=1e3)
    V_th_rel_sd_E: float = _field(0.0, "1", PRONOLD, "relative sd of V_th - E_L, E neurons (log-normal)", ge=0, le=2)
    V_th_rel_sd_I: float = _field(0.0, "1", PRONOLD, "relative sd of V_th - E_L, I neurons", ge=0, le=2)
    C_m_rel_sd_E: float = _field(0.0, "1", PRONOLD, "relative sd of C_m, E neurons", ge=0, le=2)
    C_m_rel_sd_I: float = _field(0.0, "1", PRONOLD, "relative sd of C_m, I neurons", ge=0, le=2)
    tau_m_rel_sd_E: float = _field(0.0, "1", PRONOLD, "relative sd of tau_m, E neurons", ge=0, le=2)
    tau_m_rel_sd_I: float = _field(0.0, "1", PRONOLD, "relative sd of tau_m, I neurons", ge=0, le=2)

    # Weights and delays
    psp: float = _field(0.1, "mV", PD, "peak of an excitatory postsynaptic potential", gt=0, le=10)
    g: float = _field(-5.0, "1", PRONOLD, "inhibitory PSP relative to the excitatory one", ge=-1e3, le=0)
    weight_rel_sd: float = _field(0.1, "1", PD, "relative sd of weights (normal, clipped at 0)", ge=0, le=2)
    factor_4E_23E: float = _field(2.0, "1", PD, "factor on IV E to II/III E within an area", ge=0, le=100)
    factor_local_E_I: float = _field(1.0, "1", PRONOLD, "factor on E to I within an area", ge=0, le=100)
    factor_local_5E_I: float = _field(1.0, "1", PRONOLD, "further factor on V E to I within an area", ge=0, le=100)
    factor_external_5E: float = _field(1.05, "1", PRONOLD, "factor on external weights onto V E", ge=0, le=100)
    factor_external_6E: float = _field(1.15, "1", PRONOLD, "factor on external weights onto VI E", ge=0, le=100)
    delay_E: float = _field(1.5, "ms", PD, "mean delay within an area, excitatory sources", ge=0.1, le=1e3)
    delay_I: float = _field(0.75, "ms", PD, "mean delay within an area, inhibitory sources", ge=0.1, le=1e3)
    delay_rel_sd: float = _field(0.5, "1", PD, "relative sd of delays", ge=0, le=2)
    delay_distribution: Literal["lognormal", "clipped_normal"] = _field(
        "lognormal", "", PRONOLD, "distribution of delays"
    )
    conduction_speed: float = _field(3.5, "mm/ms", PRONOLD, "conduction speed between areas", gt=0, le=100)

    # Drive
    eta: float = _field(1.1, "1", PRONOLD, "mean external input relative to threshold - leak", ge=0, le=100)
    dc: float = _field(0.0, "pA", PRONOLD, "constant current into every neuron", ge=-1e4, le=1e4)
    perturbation_time: float | None = _field(
        None,
        "ms",
        PRONOLD,
        "time of one extra spike onto the first neuron of (pericalcarine, IV, E); none if empty",
        gt=0,
    )

    # Simulation
    dt: float = _field(
        0.1, "ms", PRONOLD, "resolution of the time grid; the model is defined for 0.1 ms", ge=0.1, le=0.1
    )
    t_sim: float = _field(12500.0, "ms", PRONOLD, "biological time to simulate", gt=0, le=1e7)
    seed: int = _field(2903, "1", PRONOLD, "seed of all random numbers", ge=1, lt=2**32)

    @model_validator(mode="before")
    @classmethod
    def _derive_chi_i(cls, values: Any) -> Any:
        """Set chi_I to chi_I_per_chi x chi where it is not given."""
        if isinstance(values, dict) and "chi_I" not in values:
            given = [values.get(k, cls.model_fields[k].default) for k in ("chi", "chi_I_per_chi")]
            try:
                chi, factor = map(float, given)  # YAML takes 25e-1 for text
            except (TypeError, ValueError, OverflowError):
                return values  # refused below, by its name
            if chi >= 0 and factor >= 0:
                values = {**values, "chi_I": chi * factor}
        return values

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_yes_and_no(cls, value: Any) -> Any:
        """No parameter is a truth value, but pydantic would take one for 1 or 0."""
        if isinstance(value, bool):
            raise ValueError("a truth value is no number")
        return value

    @model_validator(mode="after")
    def _check_order(self) -> Parameters:
        if self.V_th <= self.E_L or self.V_th <= self.V_reset:
            raise ValueError(
                f"V_th = {self.V_th} mV must lie above E_L = {self.E_L} mV and V_reset = {self.V_reset} mV"
            )
        if self.sln_feedback > self.sln_feedforward:
            raise ValueError(
                f"sln_feedback = {self.sln_feedback} must not exceed sln_feedforward = {self.sln_feedforward}"
            )
        if not on_grid(self.t_ref, self.dt):
            raise ValueError(f"t_ref = {self.t_ref} ms must be a multiple of the time step dt = {self.dt} ms")
        for tau in (self.tau_syn_ex, self.tau_syn_in):
            if tau == self.tau_m:
                raise ValueError(f"tau_syn = {tau} ms must differ from tau_m = {self.tau_m} ms")
        return self

    @classmethod
    def units(cls) -> dict[str, str]:
        """Return the unit of every parameter.

        Examples
        --------
        >>> Parameters.units()["tau_m"]
        'ms'
        """
        return {name: field.json_schema_extra["unit"] for name, field in cls.model_fields.items()}  # type: ignore[index,misc]


def allowed_range(name: str) -> str:
    """Return the allowed values of a parameter as text.

    Examples
    --------
    >>> allowed_range("chi")
    'float, >= 0, <= 100'
    >>> allowed_range("excitatory_fractions")
    "'lichtman' or 'binzegger'"
    """
    schema = Parameters.model_json_schema()["properties"][name]
    if "enum" in schema:
        return " or ".join(repr(v) for v in schema["enum"])
    if "const" in schema:
        return f"only {schema['const']!r}"
    inner = schema["anyOf"][0] if "anyOf" in schema else schema
    kind = {"number": "float", "integer": "int", "string": "text"}[inner["type"]]
    signs = {
        "exclusiveMinimum": ">",
        "minimum": ">=",
        "exclusiveMaximum": "<",
        "maximum": "<=",
        "pattern": "matching",
    }
    parts = [
        f"{sign} {inner[key]:g}" if key != "pattern" else f"{sign} {inner[key]}"
        for key, sign in signs.items()
        if key in inner
    ]
    return ", ".join([kind, *parts])


def _explain(error: ValidationError, where: str) -> HumamError:
    """Turn pydantic's errors into one line: name, value, allowed values."""
    parts = []
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else ""
        if item["type"] == "extra_forbidden":
            parts.append(f"unknown parameter {name!r}{nearest(name, Parameters.model_fields)}")
        elif name:
            parts.append(f"parameter {name} = {item['input']!r} is not allowed ({allowed_range(name)})")
        else:
            parts.append(item["msg"].removeprefix("Value error, "))
    return HumamError(f"{where}: " + "; ".join(parts))


def validate(values: Mapping[str, Any], where: str = "parameters") -> Parameters:
    """Return validated parameters.

    Parameters
    ----------
    values : mapping
        Parameters by name; what is missing takes its default (the base version).
    where : str
        Named in the error, for example the file.

    Raises
    ------
    HumamError
        If it is no mapping, a name is unknown or a value out of range.

    Examples
    --------
    >>> validate({"chi": 2.5}).chi_I
    5.0
    >>> validate({"chii": 2.5})
    Traceback (most recent call last):
    humam.errors.HumamError: parameters: unknown parameter 'chii' (did you mean 'chi'?)
    """
    if not isinstance(values, Mapping):
        raise HumamError(f"{where}: {reprlib.repr(values)} does not map names to values")
    try:
        return Parameters.model_validate(dict(values))
    except ValidationError as error:
        raise _explain(error, where) from None


def parse_setting(setting: str) -> tuple[str, Any]:
    """Return name and value of a setting ``NAME=VALUE`` of the command line.

    Examples
    --------
    >>> parse_setting("chi=2.5")
    ('chi', 2.5)
    """
    name, sign, text = setting.partition("=")
    if not sign:
        raise HumamError(f"setting {setting!r} is not of the form NAME=VALUE")
    return name.strip(), parse(text, f"setting {setting!r}")


def series_of(content: Mapping[str, Any], where: str) -> tuple[str, list[Any]] | None:
    """Return name and values of the parameter that a series runs over, or None for a single experiment."""
    series = content.get("series")
    if series is None:
        return None
    if not isinstance(series, dict) or len(series) != 1 or not isinstance(next(iter(series.values())), list):
        raise HumamError(f"{where}: 'series' = {series!r} must map one parameter to a list of values")
    name, values = next(iter(series.items()))
    if name not in (known := Parameters.model_fields):
        raise HumamError(f"{where}: unknown parameter {name!r} in 'series'{nearest(str(name), known)}")
    return name, values


def _display(value: Any) -> str:
    """Return a number without superfluous digits (``2.0`` as ``2``)."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def load_experiment(
    path: Path | str, settings: Mapping[str, Any] | None = None, choice: str | None = None
) -> Parameters:
    """Return the parameters of an experiment file.

    Parameters
    ----------
    path : path
        The YAML file. ``name`` defaults to the file's stem.
    settings : mapping, optional
        Values that replace those of the file.
    choice : str, optional
        For a series: the value to take, as text (``"2.5"``).

    Raises
    ------
    HumamError
        If the file cannot be read, a parameter is not allowed, a series is given without a choice, or a setting
        replaces what the choice says (and the name with it).
    """
    path, settings = Path(path), dict(settings or {})
    content = read_yaml(path)
    where = f"experiment {path.stem!r}"
    series = series_of(content, where)
    content.pop("series", None)
    content.setdefault("name", path.stem)
    if series is not None:
        name, values = series
        if choice is None and name not in settings:
            text = ", ".join(_display(v) for v in values)
            raise HumamError(
                f"{where} is a series over {name}: choose one of {text} ({path.stem}@VALUE or {name}=VALUE)"
            )
        if choice is not None and name in settings:
            raise HumamError(f"{where}: @{choice} chooses {name}, which cannot be set to {settings[name]!r} as well")
        if choice is not None:
            picked = [v for v in values if _display(v) == choice or str(v) == choice]
            if not picked:
                text = ", ".join(_display(v) for v in values)
                raise HumamError(f"{where}: {name} = {choice} is not in the series ({text})")
            content[name] = picked[0]
            content["name"] = f"{content['name']}@{_display(picked[0])}"
    elif choice is not None:
        raise HumamError(f"{where} is no series: '@{choice}' is not allowed")
    return validate({**content, **settings}, where)


def find_experiment(reference: str, folder: Path | str) -> tuple[Path, str | None]:
    """Return file and choice for ``NAME``, ``NAME@VALUE``, or the path of a YAML file, ``@VALUE`` appended or not.

    Raises
    ------
    HumamError
        If there is no such experiment; names the nearest one.
    """
    if reference.endswith((".yml", ".yaml")):
        return Path(reference), None
    file, sign, choice = reference.rpartition("@")
    if sign and file.endswith((".yml", ".yaml")):
        return Path(file), choice
    name, sign, choice = reference.partition("@")
    path = Path(folder) / f"{name}.yml"
    if not path.is_file():
        known = sorted(p.stem for p in Path(folder).glob("*.yml"))
        raise HumamError(f"unknown experiment {name!r}{nearest(name, known)}; known: {', '.join(known)}")
    return path, choice if sign else None
