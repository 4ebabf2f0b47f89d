# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 6: spiking activity of the best-fit version
#
# Spikes of three areas, and firing rate, irregularity and correlation of all populations, in the best-fit version of
# the model (χ = 2.5).

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
conventions = "published"

# %%
from humam.plotting import spiking
from humam.reports.report import Report
from humam.reports.spiking_report import SpikingReport

report = Report("figure6", {"statistics": statistics, "published": published, "conventions": conventions})
figure = SpikingReport(report, statistics, experiment="best_fit")
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
