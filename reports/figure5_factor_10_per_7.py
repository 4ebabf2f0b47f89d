# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Scaling series "factor 10 per 7"
#
# Published curves only: what the authors changed in this series is not public (the name is all there is), and its χ
# = 0 point differs from that of the main series, so the local network was changed, too. No definition is guessed
# here. Best fit of the paper: χ = 4.4.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
tables = ""
conventions = "published"

# %%
from humam.reports.report import Report
from humam.reports.scaling_report import ScalingReport

inputs = {"statistics": statistics, "published": published, "tables": tables, "conventions": conventions}
report = Report("figure5_factor_10_per_7", inputs)
figure = ScalingReport(report, statistics, "factor_10_per_7")
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
