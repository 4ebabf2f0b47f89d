# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Autapses and multapses
#
# Synapses are placed at random between pairs of populations, so a neuron may connect to itself (autapse) and a pair of
# neurons several times (multapse). How often, follows from synapse and neuron numbers alone.

# %% tags=["parameters"]
network: dict[str, str] = {}
structure: dict[str, str] = {}
published = ""
conventions = "published"

# %%
import numpy as np

from humam import network as networks
from humam.analysis import degrees, figure_values
from humam.analysis import structure as structures
from humam.conventions import Conventions
from humam.plotting import paths, style
from humam.reports.report import Report

inputs = {"network": network, "structure": structure, "published": published, "conventions": conventions}
report = Report("autapses_multapses", inputs)
net = networks.read(report.input("network", "base"))
found = structures.read(report.input("structure", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])

autapses = {each: figure_values.autapses_by_area(found, each) for each in Conventions}
missing = ~np.isfinite(degrees.autapses_as_coded(net["synapses"].values, net["neurons"].values, skip_empty=False))


# %%
def draw_autapses(ax):
    """Autapses, as coded and true."""
    paths.autapses(ax, autapses, missing, report.conventions)


def draw_multapses(ax):
    """Multapse degree."""
    paths.area_bars(ax, found["multapse_degree"].values, "average multapse degree", baseline=1)


PANELS = {"A": draw_autapses, "B": draw_multapses}

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=3.6)
for (letter, draw), ax in zip(PANELS.items(), fig.subplots(2, 1), strict=True):
    draw(ax)
    style.panel_letter(ax, letter)
report.save_figure(fig, "Autapses (A) and multapses (B) of the 34 areas.")


# %% [markdown]
# ## Panels


# %%
def panel(letter, caption, data, code):
    """Draw one panel by itself."""
    fig = style.figure(height_in=1.9)
    PANELS[letter](fig.subplots())
    report.save_panel(fig, letter, caption, data, code)


panel(
    "A",
    "Autapses per neuron. The published bars show the mean of synapses / N<sub>source</sub>² over the 8 x 8 pairs of "
    "populations of an area, which is not the number of autapses; for the eight areas that lack a layer the published "
    "code divides by zero and the bar is missing (here: absent populations skipped, marked by *). Beside it stands "
    "the expected number of autapses per neuron; bars show the chosen conventions, dots the other ones.",
    found[["autapses_as_coded", "autapses"]].to_dataframe().reset_index(),
    [degrees.autapses_as_coded, degrees.autapses, figure_values.autapses_by_area, paths.autapses],
)

# %%
panel(
    "B",
    "Mean number of synapses of a connected pair of neurons, averaged over source and then target populations of the "
    "target area; autapses left out.",
    found["multapse_degree"].to_series().reset_index(),
    [degrees.multapse_degree, paths.area_bars],
)

# %% [markdown]
# ## Numbers

# %%
report.values(figure_values.autapses_multapses(found))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
