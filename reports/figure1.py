# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 1: the model
#
# One hemisphere of human cortex as 34 areas, each a column under 1 mm² of surface with excitatory (E) and inhibitory
# (I) neurons in up to four layers, connected within and between areas. The published figure is a drawing; here every
# part is drawn by code from the network of this archive.

# %% tags=["parameters"]
network: dict[str, str] = {}
published = ""

# %%
import matplotlib as mpl
import numpy as np
import pandas as pd

from humam import network as networks
from humam.connectivity.between_areas import MORPHOLOGY
from humam.connectivity.within_areas import CONNECTION_PROBABILITIES
from humam.labels import AREAS, CORTICAL_LAYERS, LAYER_POPULATIONS, N_AREAS, N_POPULATIONS, SHORT_NAMES
from humam.plotting import brain, columns, microcircuit, style
from humam.reports.report import Report

report = Report("figure1", {"network": network, "published": published})
net = networks.read(report.input("network", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])

neurons = net["neurons"].to_numpy().reshape(N_AREAS, N_POPULATIONS)
density = neurons.sum(axis=1) / net["thickness"].sum("cortical_layer").to_numpy() / 1000
thickness = net["thickness"].to_numpy()
drawn = columns.areas_with_room(brain.VIEWS[0])
sources = columns.strongest_sources(drawn, net["synapses_area"].to_numpy())
norm = mpl.colors.LogNorm(density.min(), density.max())
cmap = mpl.colormaps["cividis"]


# %%
def draw_brain(fig):
    """Lateral and medial view, and the bar that explains the colours."""
    axes = fig.subplots(1, 2)
    for ax, view in zip(axes, brain.VIEWS, strict=True):
        brain.draw(ax, view, dict(zip(AREAS, density, strict=True)), cmap, norm)
        ax.set_title(view)
    columns.draw_projections(axes[0], brain.VIEWS[0], sources, thickness)
    columns.draw_columns(axes[0], brain.VIEWS[0], drawn, thickness)
    bar = fig.colorbar(
        mpl.cm.ScalarMappable(norm, cmap), ax=axes, orientation="horizontal", shrink=0.4, aspect=35, pad=0.02
    )
    bar.set_ticks([15, 20, 30, 40, 50, 70, 100], labels=["15", "20", "30", "40", "50", "70", "100"])
    bar.minorticks_off()
    bar.set_label("neuron density (1000/mm³)")
    return axes[0]


def draw_circuit(fig):
    """The microcircuit of one area."""
    ax = fig.subplots()
    microcircuit.draw_column(ax, CONNECTION_PROBABILITIES)
    return ax


def draw_targeting(fig):
    """How projections between areas find their targets."""
    ax = fig.subplots()
    microcircuit.draw_targeting(ax, MORPHOLOGY)
    return ax


def draw_sizes(fig):
    """Neurons of every population of every area."""
    ax = fig.subplots()
    microcircuit.draw_population_sizes(ax, net["neurons"].to_numpy())
    return ax


PANELS = {"A": draw_brain, "B": draw_circuit, "C": draw_targeting, "D": draw_sizes}

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=6.4)
top, middle, bottom = fig.subfigures(3, 1, height_ratios=(2.35, 2.3, 1.75))
left, right = middle.subfigures(1, 2, width_ratios=(1, 1.75))
for (letter, draw), part in zip(PANELS.items(), (top, left, right, bottom), strict=True):
    ax = draw(part)
    style.panel_letter(ax, letter, ax.get_title())
report.save_figure(fig, "The human multi-area model, drawn from its network.")

# %% [markdown]
# ## Panels

# %%
size = (style.WIDTH_IN, 2.6)
fig = style.figure(*size)
draw_brain(fig)
report.save_panel(
    fig,
    "A",
    "Areas of the Desikan-Killiany parcellation on the inflated left hemisphere, coloured by the mean density of "
    "neurons over all layers of the modelled column. Short names as in the model's list of areas. Columns of twelve "
    "areas with most room, layers I (light) to VI (dark) as thick as in the model; the arrow into each comes from that "
    "of the other eleven which makes most synapses in it.",
    pd.DataFrame({"area": AREAS, "short_name": SHORT_NAMES, "density_1000_per_mm3": density}).assign(
        arrow_from=[sources.get(area, "") for area in AREAS],
        **{f"thickness_{layer}_mm": thickness[:, i] for i, layer in enumerate(CORTICAL_LAYERS)},
    ),
    [brain.draw, columns.draw_columns, columns.strongest_sources],
)

# %%
fig = style.figure(2.4, 2.8)
draw_circuit(fig)
report.save_panel(
    fig,
    "B",
    "Microcircuit of an area: excitatory (triangles) and inhibitory neurons (circles) of layers II/III to VI; layer I "
    "holds synapses only. Lines: connection probability of at least 0.04 in the circuit of Potjans and Diesmann "
    "(2014), wider for higher probability; arrows excite, dots inhibit. Areas without layer IV or VI lack its neurons.",
    pd.DataFrame(
        [
            ("|".join(target), "|".join(source), CONNECTION_PROBABILITIES[t, s])
            for t, target in enumerate(LAYER_POPULATIONS)
            for s, source in enumerate(LAYER_POPULATIONS)
        ],
        columns=["target", "source", "connection_probability"],
    ),
    [microcircuit.draw_column],
)

# %%
fig = style.figure(4.0, 2.8)
draw_targeting(fig)
report.save_panel(
    fig,
    "C",
    "Projections between areas start from excitatory neurons: a fraction SLN of them from layer II/III, the rest "
    "from V and VI. Direction, hence the layers in which the synapses lie, follows from the SLN. Excitatory neurons "
    "receive them along their dendrites (dots: share of a layer's synapses, if at least 0.05), inhibitory neurons in "
    "their own layer. Where the target area has no layer IV, feedforward projections end in II/III.",
    pd.DataFrame(MORPHOLOGY, columns=microcircuit.CORTICAL_LAYERS).assign(soma=microcircuit.LAYERS),
    [microcircuit.draw_targeting],
)

# %%
fig = style.figure(height_in=2.0)
draw_sizes(fig)
report.save_panel(
    fig,
    "D",
    "Neurons of each population under 1 mm² of surface, by area; blue excitatory, red inhibitory, layer II/III on top.",
    pd.DataFrame(neurons, columns=[f"{layer} {population}" for layer, population in LAYER_POPULATIONS]).assign(
        area=AREAS
    ),
    [microcircuit.draw_population_sizes],
)

# %% [markdown]
# ## Numbers

# %%
report.value("", "areas", int(np.sum(neurons.sum(axis=1) > 0)))
report.value("", "neurons_total", int(neurons.sum()))
report.value("", "synapses_total", int(net["synapses"].sum()))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
