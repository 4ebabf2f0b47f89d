# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Distributions of firing rates
#
# Rates of single neurons in the best-fit version, by layer and cell type: one line per area, the mean over areas in
# black, its standard deviation as a band. Neurons that never spiked are absent, so the lowest rate is one spike in
# the whole run.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""

# %%
from humam.labels import LAYER_POPULATIONS
from humam.plotting import rate_distributions as panels
from humam.plotting import style
from humam.reports.report import Report
from humam.reports.run_report import RunReport

report = Report("rate_distributions", {"statistics": statistics, "published": published})
figure = RunReport(report, statistics, "best_fit")
figure.introduce()
letters = dict(zip("ABCDEFGH", range(len(LAYER_POPULATIONS)), strict=True))

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=6.0)
axes = fig.subplots(4, 2, sharex=True, sharey=True)
for (letter, index), ax in zip(letters.items(), axes.ravel(), strict=True):
    figure.draw_rates(ax, index)
    style.panel_letter(ax, letter, ax.get_title("center"))
    ax.label_outer()
report.save_figure(fig, "Rates of single neurons of the best-fit version.")

# %% [markdown]
# ## Panels

# %%
for letter, index in letters.items():
    fig = style.figure(2.8, 2.0)
    figure.draw_rates(fig.subplots(), index)
    caption = (
        f"Density of log10 rates of {' '.join(LAYER_POPULATIONS[index])} neurons, bins of 0.5 by their left edges."
    )
    report.save_panel(fig, letter, caption, figure.rate_table(index), [panels.draw_distribution])

# %% [markdown]
# ## Numbers

# %%
figure.note_rates()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
