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
# populations? Two simulations that differ in this spike alone are compared in bins of 0.1 ms. The graph of populations
# sets a limit: an edge leads from source to target where there are synapses, with the mean delay as its length.

# %% tags=["parameters"]
network: dict[str, str] = {}
structure: dict[str, str] = {}
statistics: dict[str, str] = {}
published = ""
conventions = "corrected"

# %%
from humam import network as networks
from humam.analysis import figure_values, graph, perturbation
from humam.analysis import structure as structures
from humam.conventions import CORRECTED
from humam.plotting import matrices, paths, propagation, style
from humam.reports.propagation_report import PropagationReport
from humam.reports.report import Report

inputs = {"network": network, "structure": structure, "statistics": statistics, "published": published}
inputs["conventions"] = conventions
report = Report("figure7", inputs)
net = networks.read(report.input("network", "base"))
found = structures.read(report.input("structure", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])
pairs = PropagationReport(report, statistics, found)
pairs.introduce()


# %%
def draw_base(ax):
    """Where the runs of the base version differ."""
    pairs.draw_differences(ax, "base")


def draw_best_fit(ax):
    """Where the runs of the best-fit version differ."""
    pairs.draw_differences(ax, "best_fit")


def draw_first_times(ax):
    """First differences, and the bound of mean delays."""
    pairs.draw_first_times(ax)


def draw_steps(ax):
    """Shortest paths in steps."""
    paths.steps(ax, found["steps"].values)


def draw_delays(ax):
    """Shortest paths in mean delay."""
    paths.delays(ax, found["delay_distance"].values)


PANELS = {"A": draw_base, "B": draw_best_fit, "C": draw_first_times, "D": draw_steps, "E": draw_delays}

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=5.5)
left, right = fig.subfigures(1, 2)
places = [*left.subplots(2, 1), *right.subplots(3, 1, height_ratios=(2.2, 1, 1))]
for (letter, draw), ax in zip(PANELS.items(), places, strict=True):
    draw(ax)
    style.panel_letter(ax, letter, ax.get_title())
report.save_figure(fig, "Propagation of a single extra spike.")


# %% [markdown]
# ## Panels


# %%
def panel(letter, size, caption, data, code):
    """Draw one panel by itself."""
    fig = style.figure(*size)
    PANELS[letter](fig.subplots())
    report.save_panel(fig, letter, caption, data, code)


for letter, state in (("A", "base"), ("B", "best_fit")):
    code = [perturbation.differs, propagation.draw_differences]
    panel(letter, (3.6, 3.4), pairs.caption(state), pairs.differences(state), code)

# %%
panel(
    "C",
    (3.0, 3.6),
    "First time at which any population of an area differs (squares; arrows: beyond the axis), and the smallest "
    "sum of mean delays from the perturbed population to any population of the area (bars), the bound to compare with. "
    "Single synapses can be faster, since delays are log-normally distributed, and a difference needs no full "
    "postsynaptic potential. The extra spike reaches its neuron 1 ms after time 0 and makes it fire about nine times. "
    + (
        "Times are those of the bins, as in the printed figure. The published script gives them with a pandas older "
        "than 1.0 only: since then its <code>argmax</code> is a position, and the script gives about −2 s."
        if report.conventions is CORRECTED
        else "Times are what the published script gives with pandas 1.0 or newer, about −2 s; the printed figure, made "
        "with an older one, has the times of the corrected conventions."
    ),
    pairs.times_table(),
    [perturbation.first_times, graph.delay_distance, structures.area_minimum, propagation.draw_first_times],
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
report.values(figure_values.figure7(net, found))
pairs.note_values(net)
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
