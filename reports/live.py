# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Simulations of this run
#
# The simulations of the samplesheet, which this run has made: their spikes, and their rates beside mean-field theory
# and beside the archived run of the same experiment. The figures of the paper show the run that is closest to the
# published one, mostly the archived one, for it is longer.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
theory: dict[str, str] = {}
published = ""

# %%
from humam.reports.live_report import LiveReport
from humam.reports.report import Report

report = Report("live", {"statistics": statistics, "theory": theory, "published": published})
figure = LiveReport(report, statistics)
figure.introduce()

# %% [markdown]
# ## The whole figure

# %%
figure.show_whole()

# %% [markdown]
# ## Panels

# %%
figure.show_panels()

# %% [markdown]
# ## Numbers

# %%
figure.note_values()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
