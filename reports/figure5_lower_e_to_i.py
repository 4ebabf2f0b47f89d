# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Scaling with weaker drive of inhibitory neurons
#
# The scaling experiment with χ on connections between areas to inhibitory neurons, too (not 2 χ), and the fractions
# of excitatory neurons of Binzegger et al. Best fit of the paper: χ = 2.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
tables = ""
conventions = "published"

# %%
from humam.reports.report import Report
from humam.reports.scaling_report import ScalingReport

inputs = {"statistics": statistics, "published": published, "tables": tables, "conventions": conventions}
report = Report("figure5_lower_e_to_i", inputs)
figure = ScalingReport(report, statistics, "lower_e_to_i")
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
