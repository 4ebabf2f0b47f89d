# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Figure 5: similarity of model and human activity
#
# How close simulated activity comes to human single units (medial frontal cortex, Minxha et al. 2020) and to human
# functional connectivity (7 T fMRI, Senden et al.), for the factor χ on excitatory connections between areas.
#
# <div class="notice"><p>Curves, distributions and matrices of this report are the <b>published</b> ones: the authors'
# full-scale simulations as stored in their repository. What is compared below was computed again from their arrays
# with this archive's definitions, so it confirms the analysis, not the model.</p></div>

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""

# %%
import numpy as np
import pandas as pd

from humam import published as results
from humam.analysis import statistics as runs_on_disk
from humam.analysis.fc import block_means
from humam.analysis.similarity import ks_similarity, off_diagonal
from humam.plotting import scaling, spiking, style
from humam.plotting.missing import draw_missing
from humam.report import Report

report = Report("figure5", {"statistics": statistics, "published": published})
folder = report.input("published")
report.origin("curves, distributions and matrices", "the authors' repository, by way of the published tables")

curves = results.similarity("scaling", folder)
preprint = results.similarity("scaling_preprint", folder)
chi_of = results.states(folder).query("series == 'scaling'").set_index("state")["chi"]
units = {
    state: {
        name: part["value"].to_numpy()
        for name, part in results.single_units(state=state, folder=folder).groupby("quantity")
    }
    for state in scaling.STATE_STYLES
}
connectivity = {
    state: results.functional_connectivity(state=state, folder=folder).to_numpy() for state in ("base", "best_fit")
}

SERIES = ("base", "best_fit", "scaling")  # the experiments that are points of the published curves
runs = {
    name: run
    for name, run in ((name, runs_on_disk.read(path)) for name, path in statistics.items())
    if spiking.experiment_of(run) in SERIES and run.data.attrs["n_windows"]
}
for name in runs:
    report.input("statistics", name)
own = [scaling.similarities_of_run(run, units["human"]) for run in runs.values()]
OWN = "; ".join(
    f"{name} ({spiking.scales(run)}, {run.data.attrs['t_sim_ms'] / 1000:g} s)" for name, run in runs.items()
)
OWN = f"Circles: runs of this archive: {OWN}. " if runs else ""

MISSING = (
    "Human functional connectivity (7 T, 19 subjects) is not drawn: it needs the time series rsDATA_7T_DKparcel.npy "
    "(7.8 MB), which are not at hand here."
)


# %%
def draw_curves(fig):
    """Similarity against chi."""
    ax = fig.subplots()
    scaling.draw_similarity(ax, preprint, faint=True)
    scaling.draw_similarity(ax, curves)
    for table in own:
        scaling.draw_runs(ax, table)
    ax.axvline(chi_of["best_fit"], color="black", linestyle="--", linewidth=0.6)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def draw_rates(fig):
    """Distribution of rates."""
    ax = fig.subplots()
    scaling.draw_rates(ax, {state: values["rate"] for state, values in units.items()})
    ax.legend()
    return ax


def draw_cv(fig):
    """Distribution of CV."""
    ax = fig.subplots()
    scaling.draw_densities(ax, {state: values["cv"] for state, values in units.items()}, "CV")
    return ax


def draw_lvr(fig):
    """Distribution of LvR."""
    ax = fig.subplots()
    scaling.draw_densities(ax, {state: values["lvr"] for state, values in units.items()}, "LvR")
    return ax


def draw_human(fig):
    """The matrix that is not to be had."""
    ax = fig.subplots()
    draw_missing(ax, MISSING)
    ax.set_box_aspect(1)
    ax.set_title("human")
    return ax


def draw_matrix(state):
    """Return the function that draws the matrix of a state."""

    def draw(fig):
        ax = fig.subplots()
        image = scaling.draw_connectivity(ax, connectivity[state])
        ax.set_title(f"{scaling.STATE_STYLES[state][0]}, $\\chi$ = {chi_of[state]:g}")
        bar = fig.colorbar(image, ax=ax, shrink=0.7, aspect=20, ticks=[-1, 0, 1])
        bar.set_label("correlation", labelpad=-2)
        return ax

    return draw


PANELS = {
    "A": draw_curves,
    "B": draw_rates,
    "C": draw_cv,
    "D": draw_lvr,
    "E": draw_human,
    "F": draw_matrix("base"),
    "G": draw_matrix("best_fit"),
}

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=5.4)
top, middle, bottom = fig.subfigures(3, 1, height_ratios=(1.55, 1.35, 1.9))
parts = [top, *middle.subfigures(1, 3), *bottom.subfigures(1, 3, width_ratios=(0.85, 1, 1))]
for (letter, draw), part in zip(PANELS.items(), parts, strict=True):
    ax = draw(part)
    style.panel_letter(ax, letter, ax.get_title())
report.save_figure(fig, "Similarity to human data, as published.")

# %% [markdown]
# ## Panels

# %%
fig = style.figure(height_in=2.2)
draw_curves(fig)
report.save_panel(
    fig,
    "A",
    "Similarity (1: equal) of simulated and human activity against χ, right hemisphere. Single units: 1 minus the "
    "Kolmogorov-Smirnov distance of the distributions. fMRI: Pearson correlation of the off-diagonal entries of the "
    "matrices, and exp(−RMSE/RMS). Light marks: the series of the preprint, another seed, which shows the spread from "
    "seed to seed. "
    + OWN
    + "Dashed: the best-fit version. Pearson correlation is highest before the transition and falls at it, "
    "while the other measures rise: best fit is a compromise.",
    pd.concat([curves, preprint, *(table.assign(series="this archive") for table in own)]),
    [scaling.draw_similarity, results.similarity],
)

# %%
fig = style.figure(2.4, 1.9)
draw_rates(fig)
report.save_panel(
    fig,
    "B",
    "Rates of single neurons in 2-s windows, at least one spike (0.5 spikes/s): fractions in bins of 0.5 spikes/s. "
    "Model: caudalanteriorcingulate.",
    pd.DataFrame({state: scaling.rate_frequencies(values["rate"]) for state, values in units.items()}).assign(
        rate_from=scaling.RATE_EDGES[:-1]
    ),
    [scaling.draw_rates, results.single_units],
)

# %%
for panel, draw, name in (("C", draw_cv, "CV"), ("D", draw_lvr, "LvR")):
    fig = style.figure(2.4, 1.9)
    draw(fig).legend()
    report.save_panel(
        fig,
        panel,
        f"{name} of the intervals between spikes, windows of 2 s at least 10 spikes: histogram and kernel density.",
        code=[scaling.draw_densities, results.single_units],
    )

# %%
fig = style.figure(2.4, 2.2)
draw_human(fig)
report.save_panel(
    fig,
    "E",
    "Functional connectivity of human subjects at rest. <b>Not available</b>: the time series (600 volumes, 85 "
    "regions, 19 subjects) are a file of 7.8 MB in the authors' repository that was not at hand. With the file "
    "<code>experimental_data/senden/rsData_7T_DKparcel/rsDATA_7T_DKparcel.npy</code> the panel is the mean over "
    "subjects of the correlations between regions 48 to 81.",
)

# %%
for panel, state in (("F", "base"), ("G", "best_fit")):
    fig = style.figure(2.8, 2.4)
    draw_matrix(state)(fig)
    report.save_panel(
        fig,
        panel,
        f"Functional connectivity of the simulated {scaling.STATE_STYLES[state][0]} version: correlation of synaptic "
        "input currents, 2.5 to 12.5 s. Areas in the order of resting-state networks (Kabbara et al. 2017).",
        results.functional_connectivity(state=state, folder=folder).to_dataframe("correlation").reset_index(),
        [scaling.draw_connectivity, results.functional_connectivity],
    )

# %% [markdown]
# ## Numbers

# %%
STATISTICS = {"mean": np.mean, "sd": np.std, "median": np.median}
AGAIN = {"status": "published"}

for quantity, panel, unit in (("rate", "B", "1/s"), ("cv", "C", "1"), ("lvr", "D", "1")):
    human = units["human"][quantity]
    for state, values in units.items():
        numbers = values[quantity]
        report.value(panel, f"{quantity}_n[state={state}]", len(numbers), **AGAIN)
        for name, function in STATISTICS.items():
            report.value(panel, f"{quantity}_{name}[state={state}]", function(numbers), unit, **AGAIN)
        if quantity == "rate":
            for left, fraction in zip(scaling.RATE_EDGES[:4], scaling.rate_frequencies(numbers)[:4], strict=True):
                report.value(panel, f"rate_fraction[state={state};bin={left:g}]", fraction, **AGAIN)
        if state != "human":
            similarity = ks_similarity(numbers, human)
            key = f"chi={chi_of[state]:g}" if quantity == "rate" else f"state={state};min_spikes=10"
            report.value("A", f"similarity_{quantity}[{key}]", similarity, **AGAIN)

for panel, state in (("F", "base"), ("G", "best_fit")):
    entries = off_diagonal(connectivity[state])
    for name, function in {"mean": np.mean, "sd": np.std, "min": np.min, "max": np.max}.items():
        report.value(panel, f"fc_{name}[state={state}]", function(entries), **AGAIN)
    for (first, second), mean in block_means(connectivity[state]).items():
        report.value(panel, f"fc_block_mean[state={state};networks={first}-{second}]", mean, **AGAIN)
together = np.corrcoef([off_diagonal(matrix) for matrix in connectivity.values()])[0, 1]
report.value("G", "fc_correlation[states=base-best_fit]", together, **AGAIN)
report.value("E", "fc_mean[state=human]", np.nan, status="unavailable", note="rsDATA_7T_DKparcel.npy is not at hand")
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
