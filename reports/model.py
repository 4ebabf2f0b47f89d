# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Check numbers of the model
#
# Does this archive build the published network? Neuron and synapse numbers, weights, delays and drive against those of
# the authors' network, also for the two variants of its construction: the corrected unit of the vertical extent of a
# column, and the excitatory fractions of cat cortex.

# %% tags=["parameters"]
network: dict[str, str] = {}
tables = ""
published = ""

# %%
from humam import network as networks
from humam.analysis import model_values
from humam.anatomy import tables as anatomy_tables
from humam.reports.report import Report

report = Report("model", {"network": network, "tables": tables, "published": published})
net = networks.read(report.input("network", "base"))
anatomy = anatomy_tables.read(report.input("tables"))
parameters = networks.parameters(net)
report.parameters("base", parameters.model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])

# %%
corrected = networks.build(anatomy, parameters.model_copy(update={"column_height_unit": "corrected"}))
binzegger = networks.build(anatomy, parameters.model_copy(update={"excitatory_fractions": "binzegger"}))
report.values(model_values.model(net, corrected, binzegger))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
