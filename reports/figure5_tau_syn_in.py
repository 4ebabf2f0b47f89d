# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Scaling with slow inhibition, 4 ms
#
# The scaling experiment with a time constant of inhibitory currents of 4 ms instead of 2 ms; in the preprint only.
#
# It is not said whether the slower currents have the same weight or the same postsynaptic potential as before. Here it
# is the potential, chosen because rate and similarities of the base version are then as published (docs/model.md), so
# that their agreement is no test of the model.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
tables = ""
conventions = "published"

# %%
from humam.reports.report import Report
from humam.reports.scaling_report import ScalingReport

inputs = {"statistics": statistics, "published": published, "tables": tables, "conventions": conventions}
report = Report("figure5_tau_syn_in", inputs)
figure = ScalingReport(report, statistics, "tau_syn_in")
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
