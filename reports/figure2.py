# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 2: construction of the connectivity
#
# From data to synapses: the microcircuit gives the connections within an area, diffusion tractography those between
# areas, dendrites and the supragranular fraction (SLN) distribute these over layers and populations. Everything is at
# full scale. Rows of matrices are targets, columns sources, blank cells have no synapses.

# %% tags=["parameters"]
network: dict[str, str] = {}
structure: dict[str, str] = {}
published = ""
conventions = "corrected"

# %%
import numpy as np

from humam import network as networks
from humam import published as results
from humam.analysis import figure_values, sln_fit
from humam.analysis import structure as structures
from humam.connectivity import area_level, between_areas, within_areas
from humam.labels import CORTICAL_LAYERS, LAYERS
from humam.plotting import matrices, style, validation
from humam.reports.report import Report

inputs = {"network": network, "structure": structure, "published": published, "conventions": conventions}
report = Report("figure2", inputs)
net = networks.read(report.input("network", "base"))
found = structures.read(report.input("structure", "base"))
macaque = results.macaque_sln(report.input("published"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])
report.origin("macaque projections (panel D)", "table of the public repository INM-6/multi-area-model")

per_pair = within_areas.synapses_per_pair()
connected = net["streamlines"] > 0
streamlines_log10 = np.log10(net["streamlines"].where(connected)).rename("streamlines_log10")
sln = net["sln"].where(connected)
fit = sln_fit.fit(macaque["neurons_supragranular"], macaque["neurons_infragranular"], macaque["log_density_ratio"])


# %%
def draw_microcircuit(ax, tick_size):
    """Synapses per pair of neurons within an area."""
    matrices.microcircuit(ax, per_pair)


def draw_streamlines(ax, tick_size):
    """Streamlines between areas."""
    matrices.areas(ax, streamlines_log10.values, "log$_{10}$ streamlines", "viridis", tick_size=tick_size)


def draw_dendrites(ax, tick_size):
    """From the layer of a synapse to the layer of the cell body."""
    matrices.synapse_to_soma(ax, between_areas.MORPHOLOGY)


def draw_fit(ax, tick_size):
    """Fit of SLN in the macaque."""
    validation.sln_fit(ax, macaque, fit, report.conventions)


def draw_sln(ax, tick_size):
    """Prediction of SLN in the human."""
    matrices.areas(ax, sln.values, "SLN", "cividis", (0, 1), tick_size=tick_size)


def draw_populations(ax, tick_size):
    """Synapses of all populations."""
    matrices.populations(ax, net["synapses"].values, tick_size=tick_size)


PANELS = {
    "A": (draw_microcircuit, "Intrinsic connectivity"),
    "B": (draw_streamlines, "Cortico-cortical connectivity (DTI)"),
    "C": (draw_dendrites, "Synapse-to-soma probability"),
    "D": (draw_fit, "SLN fit (macaque)"),
    "E": (draw_sln, "SLN prediction (human)"),
    "F": (draw_populations, "Mesoconnectome"),
}

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=6.5, square_cells=True)
axes = fig.subplots(3, 2, height_ratios=(3, 2, 3))
for (letter, (draw, title)), ax in zip(PANELS.items(), axes.flat, strict=True):
    draw(ax, tick_size=3.2)
    style.panel_letter(ax, letter, title)
report.save_figure(fig, "Construction of the connectivity: data (A to D) and what follows from them (E, F).")


# %% [markdown]
# ## Panels


# %%
def panel(letter, size, caption, data, code):
    """Draw one panel by itself."""
    fig = style.figure(*size, square_cells=True)
    draw, _ = PANELS[letter]
    draw(fig.subplots(), tick_size=5)
    report.save_panel(fig, letter, caption, data, code)


panel(
    "A",
    (2.9, 2.4),
    "Average number of synapses per pair of neurons in the microcircuit of Potjans and Diesmann (2014), "
    "from its connection probabilities.",
    matrices.tidy(per_pair, matrices.POPULATION_TICKS, matrices.POPULATION_TICKS, "synapses_per_pair"),
    [within_areas.synapses_per_pair, matrices.microcircuit],
)

# %%
panel(
    "B",
    (4.2, 3.6),
    "Streamlines of diffusion tractography between the areas of the right hemisphere, sorted by full name.",
    matrices.frame(streamlines_log10),
    [area_level.area_synapses, matrices.areas],
)

# %%
panel(
    "C",
    (3.2, 2.0),
    "Probability that an excitatory neuron with a synapse in a given layer has its cell body in a given layer, from "
    "human dendrites (Mohan et al. 2015). The morphologies themselves are not public: this is the published table.",
    matrices.tidy(between_areas.MORPHOLOGY, LAYERS, CORTICAL_LAYERS, "probability", "soma_layer", "synapse_layer"),
    [between_areas.target_probability_table, matrices.synapse_to_soma],
)

# %%
panel(
    "D",
    (3.0, 2.2),
    "SLN of projections in the macaque against the ratio of neuron densities, and the beta-binomial fit with probit "
    "link. The axis is that of the natural logarithm, which data and fit use; the published label, drawn by "
    "<code>--conventions published</code>, reads log<sub>10</sub>. "
    "The data of the published panel are not public; these 188 projections of the multi-area model of macaque "
    "vision give the same parameters.",
    macaque,
    [sln_fit.fit, validation.sln_fit],
)

# %%
panel(
    "E",
    (4.2, 3.6),
    "SLN predicted from human neuron densities for the connected pairs of areas. Projections with an SLN below 0.35 "
    "are feedback, from 0.65 on feedforward, in between lateral.",
    matrices.frame(sln),
    [area_level.supragranular_fraction, matrices.areas],
)

# %%
panel(
    "F",
    (4.6, 4.0),
    "Synapses between all populations; each area has eight rows and columns, II/III E, II/III I, IV E ... VI I.",
    matrices.frame(net["synapses"].where(net["synapses"] > 0)),
    [between_areas.projection_synapses, within_areas.column_synapses, matrices.populations],
)

# %% [markdown]
# ## Numbers

# %%
report.values(figure_values.figure2(net, found, fit))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
