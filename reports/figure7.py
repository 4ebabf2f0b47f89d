# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 7: propagation of a single spike
#
# How fast can one extra spike in primary visual cortex (pericalcarine, layer IV, E) change the activity of the other
# populations? The graph of populations sets the limit: an edge leads from source to target where there are synapses,
# with the mean delay as its length.
#
# <div class="notice"><p>Panels A and B and the measured times of panel C compare two full-scale simulations that
# differ in one spike. This report shows the structural part: the bound of panel C, and panels D and E.</p></div>

# %% tags=["parameters"]
network: dict[str, str] = {}
structure: dict[str, str] = {}
published = ""

# %%
from humam import network as networks
from humam.analysis import figure_values, graph
from humam.analysis import structure as structures
from humam.plotting import matrices, paths, style
from humam.report import Report

report = Report("figure7", {"network": network, "structure": structure, "published": published})
net = networks.read(report.input("network", "base"))
found = structures.read(report.input("structure", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])


# %%
def draw_bound(ax):
    """Smallest mean delay from the perturbed population."""
    paths.first_arrival(ax, found["delay_distance_min"].values)


def draw_steps(ax):
    """Shortest paths in steps."""
    paths.steps(ax, found["steps"].values)


def draw_delays(ax):
    """Shortest paths in mean delay."""
    paths.delays(ax, found["delay_distance"].values)


PANELS = {"C": draw_bound, "D": draw_steps, "E": draw_delays}

# %% [markdown]
# ## The structural panels

# %%
fig = style.figure(height_in=3.4)
grid = fig.add_gridspec(2, 2)
places = (grid[:, 0], grid[0, 1], grid[1, 1])
for (letter, draw), place in zip(PANELS.items(), places, strict=True):
    ax = fig.add_subplot(place)
    draw(ax)
    style.panel_letter(ax, letter)
report.save_figure(fig, "What the structure of the network allows.")


# %% [markdown]
# ## Panels


# %%
def panel(letter, size, caption, data, code):
    """Draw one panel by itself."""
    fig = style.figure(*size)
    PANELS[letter](fig.subplots())
    report.save_panel(fig, letter, caption, data, code)


panel(
    "C",
    (3.0, 3.4),
    "Smallest sum of mean delays from the perturbed population to any population of an area: the bound to which the "
    "measured first perturbation times are compared. Single synapses can be faster, since delays are log-normally "
    "distributed, and a difference needs no full postsynaptic potential.",
    found["delay_distance_min"].to_series().reset_index(),
    [graph.delay_distance, structures.area_minimum, paths.first_arrival],
)

# %%
panel(
    "D",
    (3.0, 2.0),
    "Shortest paths in synaptic steps between all ordered pairs of the 254 populations, each with itself included.",
    matrices.frame(found["steps"]),
    [graph.step_distance, paths.steps],
)

# %%
panel(
    "E",
    (3.0, 2.0),
    "Shortest paths in mean delay between the same pairs: 1.5 ms from excitatory and 0.75 ms from inhibitory "
    "populations within an area, fibre length / (3.5 mm/ms) between areas.",
    matrices.frame(found["delay_distance"]),
    [graph.delay_distance, paths.delays],
)

# %% [markdown]
# ## Numbers

# %%
report.values(figure_values.figure7(net, found, structures.PERTURBED))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
