# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 4: spiking activity of the base version
#
# Spikes of three areas, and firing rate, irregularity and correlation of all populations, in the base version of the
# model (χ = 1).

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
conventions = "published"

# %%
from humam.plotting import spiking
from humam.reports.report import Report
from humam.reports.spiking_report import SpikingReport

report = Report("figure4", {"statistics": statistics, "published": published, "conventions": conventions})
figure = SpikingReport(report, statistics, experiment="base")
figure.introduce()

# %% [markdown]
# ## The whole figure

# %%
figure.show_whole()

# %% [markdown]
# ## Panels

# %%
for panel in spiking.PANELS:
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
