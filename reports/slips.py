# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Known slips of the published analysis
#
# What the paper's code does differs in places from what the paper says or from what was meant. This archive reproduces
# the published way by default, since that is what published numbers are to be compared with, but for the axis of
# Figure 2 D and the times of Figure 7 C, and offers the corrected one beside it. `bin/humam run --conventions
# corrected`, or `bin/humam report` with this option, draws the figures without the slips; here every slip is shown
# both ways.

# %% tags=["parameters"]
network: dict[str, str] = {}
theory: dict[str, str] = {}
structure: dict[str, str] = {}
statistics: dict[str, str] = {}
published = ""
tables = ""

# %%
from humam.analysis import currents, slips
from humam.connectivity import distance_rule
from humam.plotting import slips as panels
from humam.plotting import style
from humam.reports.report import Report
from humam.reports.slips_report import SlipsReport

kinds = {"network": network, "theory": theory, "structure": structure, "statistics": statistics}
report = Report("slips", {**kinds, "published": published, "tables": tables})
figure = SlipsReport(report, statistics)

# %% [markdown]
# ## All of them

# %%
figure.show_table()

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=2.2)
axes = fig.subplots(1, 3)
for letter, ax in zip("ABC", axes, strict=True):
    figure.draw(ax, letter)
    style.panel_letter(ax, letter, ax.get_title())
report.save_figure(fig, "What three of the slips change.")

# %% [markdown]
# ## Panels

# %%
for letter, caption, code in (
    ("A", "Functional connectivity with the kernel of 2 ms against that of 20 ms, one dot per pair of areas.",
     [currents.area_currents, panels.draw_kernels]),
    ("B", "Share of the synapses from within an area that come from the simulated column, by area.",
     [distance_rule.share_inside_column, panels.draw_shares]),
    ("C", "Similarity curves of the variant with distributed neuron parameters (published): what is drawn as base is "
     "χ = 0, not χ = 1.", [slips.of_published_arrays, panels.draw_variant]),
):  # fmt: skip
    fig = style.figure(2.8, 2.2)
    figure.draw(fig.subplots(), letter)
    report.save_panel(fig, letter, caption, figure.table(letter), code)

# %% [markdown]
# ## Numbers

# %%
figure.note_values()
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
