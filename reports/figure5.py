# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 5: similarity of model and human activity
#
# How close simulated activity comes to human single units (medial frontal cortex, Minxha et al. 2020) and to human
# functional connectivity (7 T fMRI, Senden et al.), for the factor χ on excitatory connections between areas.
# Single-unit similarity jumps between χ = 2.4 and 2.5; the correlation of functional connectivity is highest just
# before: best fit is a compromise.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
tables = ""
conventions = "published"

# %%
from humam.reports.report import Report
from humam.reports.scaling_report import ScalingReport

inputs = {"statistics": statistics, "published": published, "tables": tables, "conventions": conventions}
report = Report("figure5", inputs)
figure = ScalingReport(report, statistics, "scaling")
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
