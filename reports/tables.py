# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Tables: areas, layers and populations
#
# Sizes of the 34 areas and their populations under 1 mm² of surface, from the layers measured by von Economo and
# Koskinas (1925).

# %% tags=["parameters"]
network: dict[str, str] = {}
published = ""

# %%
import pandas as pd
from IPython.display import HTML, display

from humam import network as networks
from humam.analysis import model_values
from humam.labels import AREAS, CORTICAL_LAYERS, LAYER_POPULATIONS, N_AREAS, N_POPULATIONS, SHORT_NAMES
from humam.page import table
from humam.plotting import microcircuit, style
from humam.report import Report

report = Report("tables", {"network": network, "published": published})
net = networks.read(report.input("network", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])
neurons = net["neurons"].to_numpy().reshape(N_AREAS, N_POPULATIONS)
thickness = net["thickness"].to_numpy()

# %% [markdown]
# ## Layers

# %%
fig = style.figure(height_in=2.0)
microcircuit.draw_thickness(fig.subplots(), thickness)
report.save_figure(fig, "Thickness of the layers of the 34 areas. Layers with fewer than 5000 neurons are removed.")

# %% [markdown]
# ## Neurons and size of the areas

# %%
populations = [f"{layer} {population}" for layer, population in LAYER_POPULATIONS]
sizes = pd.DataFrame(neurons, columns=populations).assign(all=neurons.sum(axis=1))
sizes = sizes.assign(thickness_mm=thickness.sum(axis=1), surface_mm2=net["surface"].to_numpy().round(1))
rows = [[area, short, *row] for area, short, row in zip(AREAS, SHORT_NAMES, sizes.to_numpy().tolist(), strict=True)]
header = ["Area", "Short", *populations, "Neurons", "Thickness (mm)", "Surface (mm²)"]
display(HTML(table(header, [[cell if isinstance(cell, str) else round(cell, 3) for cell in row] for row in rows])))

# %% [markdown]
# ## Thickness of the layers in mm

# %%
display(
    HTML(
        table(
            ["Area", *CORTICAL_LAYERS],
            [[area, *(round(value, 3) for value in row)] for area, row in zip(AREAS, thickness.tolist(), strict=True)],
        )
    )
)

# %% [markdown]
# ## Numbers

# %%
report.values(model_values.tables(net))
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
