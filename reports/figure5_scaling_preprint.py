# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Scaling with the seed of the preprint
#
# The scaling experiment with the seed 2106 of the preprint: with the main series (seed 2903) it shows the spread
# from seed to seed, which sets the tolerances of the comparison.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
tables = ""
conventions = "published"

# %%
from humam.reports.report import Report
from humam.reports.scaling_report import ScalingReport

inputs = {"statistics": statistics, "published": published, "tables": tables, "conventions": conventions}
report = Report("figure5_scaling_preprint", inputs)
figure = ScalingReport(report, statistics, "scaling_preprint")
figure.introduce()

# %% [markdown]
# ## The whole figure

# %%
figure.show_whole()

# %% [markdown]
# ## Panels

# %%
for panel in figure.panels:
    figure.show_panel(panel)

# %% [markdown]
# ## Numbers

# %%
figure.note_values()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
