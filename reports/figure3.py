# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 3: validation of the connectivity
#
# Does the constructed network show what is known of cortical connectivity? Synapse numbers spread over orders of
# magnitude, fall exponentially with distance, and feedback reaches farther than feedforward. All at full scale.

# %% tags=["parameters"]
network: dict[str, str] = {}
structure: dict[str, str] = {}
published = ""
conventions = "published"

# %%
import pandas as pd

from humam import network as networks
from humam.analysis import degrees, figure_values, synapse_statistics
from humam.analysis import structure as structures
from humam.conventions import PUBLISHED
from humam.plotting import matrices, style, validation
from humam.reports.report import Report

inputs = {"network": network, "structure": structure, "published": published, "conventions": conventions}
report = Report("figure3", inputs)
net = networks.read(report.input("network", "base"))
found = structures.read(report.input("structure", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])

lognormality = found["lognormality"].sel(selection="all").to_series()
rule = found["distance_rule"].to_series()
out_degrees = figure_values.out_degrees_by_direction(found)
target_areas = figure_values.target_areas_by_direction(found, report.conventions)


# %%
def draw_lognormal(ax):
    """Distribution of synapse numbers."""
    validation.lognormal(ax, net["synapses"].values, lognormality["mean"], lognormality["sd"])


def draw_distance(ax):
    """Exponential distance rule."""
    validation.distance(ax, net["fibre_length"].values, net["synapses_area"].values, rule)


def draw_out_degrees(ax):
    """Out-degrees into single areas."""
    validation.out_degrees(ax, out_degrees)


def draw_target_areas(ax):
    """Numbers of target areas."""
    validation.target_areas(ax, target_areas)


PANELS = {"A": draw_lognormal, "B": draw_distance, "C": draw_out_degrees, "D": draw_target_areas}

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=3.6)
axes = fig.subplots(2, 2)
for (letter, draw), ax in zip(PANELS.items(), axes.flat, strict=True):
    draw(ax)
    style.panel_letter(ax, letter)
report.save_figure(fig, "Validation of the connectivity.")


# %% [markdown]
# ## Panels


# %%
def panel(letter, caption, data, code):
    """Draw one panel by itself."""
    fig = style.figure(3.2, 2.1)
    PANELS[letter](fig.subplots())
    report.save_panel(fig, letter, caption, data, code)


def by_direction(values, name):
    """Arrange values of several directions as one table."""
    return pd.concat([pd.DataFrame({"direction": key, name: numbers}) for key, numbers in values.items()])


panel(
    "A",
    "Synapse numbers of all pairs of populations, within areas and between, and the normal density of the same mean "
    "and standard deviation. With so many pairs the test of Shapiro and Wilk rejects strict log-normality; skewness "
    "and excess kurtosis are small.",
    matrices.frame(net["synapses"].where(net["synapses"] > 0)),
    [synapse_statistics.lognormality, validation.lognormal],
)

# %%
panel(
    "B",
    "Synapses between areas against the length of the fibres that connect them: 336 connected ordered pairs, "
    "ordinary least squares. The decay constant is that of the exponential.",
    matrices.frame(net["fibre_length"].where(net["streamlines"] > 0)).merge(
        matrices.frame(net["synapses_area"].where(net["streamlines"] > 0))
    ),
    [synapse_statistics.distance_rule, validation.distance],
)

# %%
panel(
    "C",
    "Synapses that one neuron of a source population makes in one target area, for feedforward and feedback "
    "projections.",
    by_direction(out_degrees, "out_degree"),
    [degrees.out_degree, figure_values.out_degrees_by_direction, validation.out_degrees],
)

# %%
panel(
    "D",
    "Number of areas in which a neuron makes more than 100 synapses; populations without such an area are left out. "
    + (
        "As published, the own area counts as a lateral target, since its SLN is lateral."
        if report.conventions is PUBLISHED
        else "Corrected: the own area, whose SLN is lateral, does not count as a target."
    ),
    by_direction(target_areas, "target_areas"),
    [degrees.target_areas, figure_values.target_areas_by_direction, validation.target_areas],
)

# %% [markdown]
# ## Numbers

# %%
report.values(figure_values.figure3(net, found))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
