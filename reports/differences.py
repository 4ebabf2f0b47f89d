# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Where we differ, and why
#
# Experiments with the archived runs and the published arrays that show why numbers of ours lie outside the tolerance
# of the published ones. The table of the front page links each such number to its experiment.

# %% tags=["parameters"]
network: dict[str, str] = {}
statistics: dict[str, str] = {}
published = ""

# %%
from humam.plotting import style
from humam.reports.differences_report import DifferencesReport
from humam.reports.report import Report

report = Report("differences", {"network": network, "statistics": statistics, "published": published})
figure = DifferencesReport(report, statistics)

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=19.5)
top, middle, bottom, *wide = fig.subfigures(10, 1, height_ratios=[1] * 9 + [1.38])
parts = dict(zip("AB", top.subfigures(1, 2, width_ratios=(1, 1.6)), strict=True)) | {"C": middle}
parts |= dict(zip("DE", bottom.subfigures(1, 2), strict=True)) | dict(zip("FGHIJKL", wide, strict=True))
for letter, part in parts.items():
    figure.draw(part, letter)
    style.panel_letter(part.axes[0], letter)
report.save_figure(fig, "Experiments on what differs.")

# %% [markdown]
# ## Best fit: an area that falls silent

# %%
figure.show("A")
figure.show("B")

# %% [markdown]
# ## Best fit: slow fluctuations of the activity

# %%
figure.show("C")

# %% [markdown]
# ## Base: a few fast neurons

# %%
figure.show("D")

# %% [markdown]
# ## Series: shorter runs

# %%
figure.show("E")

# %% [markdown]
# ## Variants in the low state: functional connectivity in time

# %%
figure.show("F")

# %% [markdown]
# ## Variants in the low state: which neurons

# %%
figure.show("G")

# %% [markdown]
# ## Series: which neurons

# %%
figure.show("H")

# %% [markdown]
# ## Series: how active the area is

# %%
figure.show("I")

# %% [markdown]
# ## Variants in the active state

# %%
figure.show("J")

# %% [markdown]
# ## Series of variants: which neurons

# %%
figure.show("K")

# %% [markdown]
# ## How well tolerances tell versions of the model apart

# %%
figure.show("L")

# %% [markdown]
# ## Numbers

# %%
figure.note_values()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
