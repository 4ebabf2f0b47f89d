# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Tables: the model, its parameters, areas and sources
#
# The model described as Nordlie et al. (2009) propose for networks of neurons, all its parameters, the areas and
# layers behind it with their sizes, and every data set with its citation and licence. Each table is a CSV file, too.

# %% tags=["parameters"]
network: dict[str, str] = {}
tables = ""
published = ""

# %%
import pandas as pd

from humam import network as networks
from humam.analysis import model_values
from humam.anatomy import tables as anatomy_tables
from humam.docs_pages import parameter_table
from humam.labels import AREAS, CORTICAL_LAYERS, LAYER_POPULATIONS, N_AREAS, N_POPULATIONS, SHORT_NAMES
from humam.plotting import microcircuit, style
from humam.reports import model_description, source_tables
from humam.reports.report import Report

report = Report("tables", {"network": network, "tables": tables, "published": published})
net = networks.read(report.input("network", "base"))
anatomy = anatomy_tables.read(report.input("tables"))
parameters = networks.parameters(net)
report.parameters("base", parameters.model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])
neurons = net["neurons"].to_numpy().reshape(N_AREAS, N_POPULATIONS)
thickness = net["thickness"].to_numpy()

# %% [markdown]
# ## The model
#
# Base version; numbers are those of the network built here.

# %%
report.save_table(
    "summary", model_description.summary(net), "<strong>Model summary</strong>", code=[model_description.summary]
)
report.save_table(
    "populations", model_description.populations(net),
    "<strong>Populations</strong>: neurons in all areas, in the smallest and in the largest one, areas that have it.",
    code=[model_description.populations],
)  # fmt: skip
report.save_table(
    "connectivity", model_description.connectivity(net), "<strong>Connectivity</strong>",
    code=[model_description.connectivity],
)  # fmt: skip
report.save_table(
    "neurons", model_description.neurons(parameters), "<strong>Neurons and synapses</strong>",
    code=[model_description.neurons],
)  # fmt: skip
report.save_table(
    "input", model_description.drive(net), "<strong>Input and measurements</strong>", code=[model_description.drive]
)

# %% [markdown]
# ## Parameters

# %%
values = pd.DataFrame(parameter_table.rows(parameters), columns=["parameter", "value", *parameter_table.COLUMNS[2:]])
report.save_table("parameters", values, "All parameters of the base version.", code=[parameter_table.rows])

# %% [markdown]
# ## Areas
#
# Desikan-Killiany areas, the areas of von Economo and Koskinas (1925) that make them up (Goulas et al. 2016), and the
# layers that hold no neurons: the atlas has none, or fewer than the smallest number allowed.

# %%
report.save_table(
    "mapping",
    source_tables.areas(net),
    "Areas of the model and of the atlas.",
    {"von_economo_areas": "von Economo areas"},
    [source_tables.areas],
)
report.save_table(
    "layers", source_tables.layers(anatomy),
    "Sub-layers of the atlas that make up each layer; fractions of excitatory neurons of two data sets.",
    {"sublayers_of_the_atlas": "sub-layers of the atlas"}, [source_tables.layers],
)  # fmt: skip

# %% [markdown]
# ## Neurons and size of the areas

# %%
sizes = pd.DataFrame(neurons, columns=[f"{layer}_{population}" for layer, population in LAYER_POPULATIONS])
sizes.insert(0, "area", AREAS)
sizes.insert(1, "short", SHORT_NAMES)
sizes = sizes.assign(neurons=neurons.sum(axis=1), thickness_mm=thickness.sum(axis=1), surface_mm2=net["surface"])
heads = {"thickness_mm": "thickness (mm)", "surface_mm2": "surface (mm²)"}
report.save_table("sizes", sizes.round({"surface_mm2": 1}), "Neurons of the populations, and size.", heads)

# %% [markdown]
# ## Thickness of the layers

# %%
fig = style.figure(height_in=2.0)
microcircuit.draw_thickness(fig.subplots(), thickness)
report.save_figure(fig, "Thickness of the layers of the 34 areas. Layers with fewer than 5000 neurons are removed.")
layers = pd.DataFrame(thickness, columns=list(CORTICAL_LAYERS))
layers.insert(0, "area", AREAS)
report.save_table("thickness", layers, "Thickness of the layers in mm.")

# %% [markdown]
# ## Connectivity from the literature

# %%
report.save_table(
    "microcircuit", source_tables.microcircuit(),
    "Connection probabilities, neurons and external in-degrees of the microcircuit of Potjans and Diesmann (2014), "
    "which share out the synapses of each area.", {"external_in_degree": "external"}, [source_tables.microcircuit],
)  # fmt: skip
report.save_table(
    "synapse_to_soma", source_tables.synapse_to_soma(),
    "Probability that a synapse from another area in a layer belongs to a population; the tables of human E cells and "
    "of the cat that it comes from.", code=[source_tables.synapse_to_soma],
)  # fmt: skip

# %% [markdown]
# ## Data sets

# %%
report.save_table(
    "sources", source_tables.data_sets(report.input("tables"), report.input("published")),
    "Every data set with citation, licence and place in the archive; numbers of raw files.",
    code=[source_tables.data_sets],
)  # fmt: skip

# %% [markdown]
# ## Published and here
#
# Totals of these tables; check numbers of the construction are in the report on the model.

# %%
report.values(model_values.tables(net))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
