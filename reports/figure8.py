# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 8: temporal hierarchy of areas
#
# Which areas lead, which follow, in the sustained activity of the best-fit version? The lag of a pair of areas is the
# peak of the cross-correlation of their rates, where parts of the run agree on it; the hierarchy places the areas such
# that differences of positions are close to the lags. The authors report that activity flows mainly from parietal to
# occipital and from temporal to frontal areas.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""

# %%
from humam.analysis import hierarchy as analysis
from humam.plotting import hierarchy
from humam.reports.hierarchy_report import HierarchyReport
from humam.reports.report import Report

report = Report("figure8", {"statistics": statistics, "published": published})
figure = HierarchyReport(report, statistics)
figure.introduce()

# %% [markdown]
# ## The whole figure

# %%
figure.show_whole()

# %% [markdown]
# ## Panels

# %%
figure.show_panel("A", [analysis.temporal_hierarchy, analysis.lags, hierarchy.draw_lags])
figure.show_panel("B", [analysis.hierarchy, hierarchy.draw_brain])

# %% [markdown]
# ## Numbers

# %%
figure.note_values()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
