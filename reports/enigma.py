# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # The comparison with fMRI, with other subjects
#
# The recordings behind the paper's comparison with fMRI (7 T, 19 subjects) are not always at hand. Here the simulated
# functional connectivity meets that of other people: young adults of the Human Connectome Project (3 T), by way of the
# ENIGMA toolbox. The authors' own matrices give the reference. The two data sets rank the states differently, so this
# supports a check of plausibility, not a reproduction.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""
conventions = "published"

# %%
from humam.analysis import similarity
from humam.conventions import CORRECTED
from humam.plotting import scaling, style
from humam.reports.fmri_report import FmriReport
from humam.reports.report import Report

report = Report("enigma", {"statistics": statistics, "published": published, "conventions": conventions})
figure = FmriReport(report, statistics)

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=2.2)
parts = fig.subfigures(1, 3, width_ratios=(1.25, 1.25, 1.2))
for letter, part in zip("ABC", parts, strict=True):
    ax = part.subplots()
    figure.draw(part, ax, letter)
    style.panel_letter(ax, letter, ax.get_title())
report.save_figure(fig, "Similarity of simulated functional connectivity to that of other subjects.")

# %% [markdown]
# ## Panels

# %%
for letter, caption, code in (
    ("A", "Pearson correlation of off-diagonal entries", similarity.pearson_similarity),
    ("B", "exp(−RMSE/RMS) of off-diagonal entries", similarity.rmse_similarity),
):
    fig = style.figure(3.2, 2.6)
    figure.draw(fig, fig.subplots(), letter)
    text = f"{caption}, right hemisphere, by series. Yellow: base, blue: best fit; filled: the authors' runs."
    if report.conventions is CORRECTED:
        text += " Hollow: kernel of 2 ms, base version at χ = 1; the authors' matrices have the kernel of 20 ms."
    report.save_panel(fig, letter, text, figure.table(letter), [code, scaling.draw_by_series])

# %%
fig = style.figure(2.8, 2.4)
figure.draw(fig, fig.subplots(), "C")
caption = "Functional connectivity of these subjects, right hemisphere; negative values and the diagonal are 0."
report.save_panel(fig, "C", caption, figure.table("C"), [scaling.draw_connectivity])

# %% [markdown]
# ## Numbers

# %%
figure.note_values()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
