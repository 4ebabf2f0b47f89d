# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Rasters of all areas
#
# One second of activity of every area in the best-fit version, as in Figure 6 A to C: a sample of the neurons of each
# population, layer II/III on top, excitatory (blue) above inhibitory (red).

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""

# %%
from humam.plotting import rasters, style
from humam.reports.report import Report
from humam.reports.run_report import RunReport

report = Report("rasters", {"statistics": statistics, "published": published})
figure = RunReport(report, statistics, "best_fit")
figure.introduce()

# %% [markdown]
# ## All areas

# %%
fig = style.figure(height_in=7.6)
figure.draw_rasters(fig, figure.areas, columns=6, small=True)
report.save_figure(fig, "One second of every area.")

# %% [markdown]
# ## Page by page

# %%
for letter, areas in figure.pages(12).items():
    fig = style.figure(height_in=7.5)
    figure.draw_rasters(fig, areas, columns=3)
    report.save_panel(fig, letter, ", ".join(areas) + ".", figure.raster_table(areas), [rasters.draw_raster])

# %% [markdown]
# ## Sources

# %%
report.sources()
