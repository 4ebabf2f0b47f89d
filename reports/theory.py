# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Mean-field theory
#
# Stationary rates ν of all populations solve ν = φ(μ(ν), σ(ν)), with the rate φ of a leaky integrate-and-fire neuron
# with exponential synaptic currents under white noise. The published procedure integrates dν/dt = −ν + φ in
# pseudo-time from random rates; its last step is within 2·10⁻³ spikes/s of the fixed point. Theory describes
# states of low activity: up to χ = 1.9 it leads to one, beyond it the same procedure runs into saturated rates.

# %% tags=["parameters"]
network: dict[str, str] = {}
theory: dict[str, str] = {}
statistics: dict[str, str] = {}
published = ""

# %%
from humam import network as networks
from humam import published as paper
from humam import theory_file
from humam.analysis import figure_values
from humam.analysis.series import Runs
from humam.plotting import agreement, matrices, spiking, style, theory_panels
from humam.reports.report import Report

inputs = {"network": network, "theory": theory, "statistics": statistics, "published": published}
report = Report("theory", inputs)
net = networks.read(report.input("network", "base"))
predicted = theory_file.read(report.input("theory", "base"))
report.parameters("base", networks.parameters(net).model_dump(mode="json"))
report.origin("base", networks.origin(net)["origin"])

final = predicted["rate_pseudo_time"].isel(step=-1)
runs = Runs(statistics)
name = runs.closest("base")
run = runs[name] if name else None
if run is not None:
    report.input("statistics", name)
    simulated = run.data["rate"]
    scale = spiking.scales(run)
    neurons = net["neurons"].values
    against = list(figure_values.theory_against_simulation(neurons, final.values, simulated.values, run.status))


# %%
def draw_pseudo_time(ax, tick_size):
    """Rates along pseudo-time."""
    theory_panels.pseudo_time(
        ax, predicted["pseudo_time"].values, predicted["rate_pseudo_time"].values, tick_size=tick_size
    )


def draw_comparison(ax, tick_size):
    """Theory against simulation."""
    agreement.draw_agreement(ax, final.values, simulated.values, "theory", f"simulation, {scale}")
    r = {value.quantity: value.value for value in against}
    text = f"r = {r['pearson_r']:.4f}\n(of logarithms {r['log_rate_correlation']:.4f})"
    ax.text(0.97, 0.04, text, transform=ax.transAxes, ha="right", va="bottom", fontsize=tick_size + 1)


PANELS = {"A": draw_pseudo_time} | ({"B": draw_comparison} if run is not None else {})

# %% [markdown]
# ## The whole figure

# %%
fig = style.figure(height_in=2.4)
axes = fig.subplots(1, len(PANELS), squeeze=False)
for (letter, draw), ax in zip(PANELS.items(), axes.flat, strict=True):
    draw(ax, tick_size=3.2)
    style.panel_letter(ax, letter)
report.save_figure(fig, "Mean-field theory of the base version.")

# %% [markdown]
# ## Panels

# %%
fig = style.figure(3.6, 3.4)
draw_pseudo_time(fig.subplots(), tick_size=5)
report.save_panel(
    fig,
    "A",
    "Rates of the 254 populations of the base version along pseudo-time, from rates drawn uniformly between 0 and "
    "10 spikes/s. Eight populations per area, II/III E, II/III I ... VI I from top to bottom.",
    matrices.frame(predicted["rate_pseudo_time"].where(net["neurons"] > 0)),
    [theory_panels.pseudo_time],
)

# %%
if run is not None:
    fig = style.figure(2.6, 2.4, square_cells=True)
    draw_comparison(fig.subplots(), tick_size=5)
    caption = (
        f"Rates of run {name} ({scale}; from 500 ms on) against the last step of theory; dotted: equal. Populations "
        "that fired no spike are not shown. r: Pearson correlation of the rates over the populations. "
    )
    if run.down_scaled:
        caption += "The published panel shows the full-scale model: a down-scaled run does not stand in for it."
    elif run.incomparable:
        caption += f"Not compared with the published panel: {run.incomparable}."
    data = final.rename("theory").drop_vars("step", errors="ignore").to_dataframe().join(simulated.to_series())
    report.save_panel(fig, "B", caption, data.reset_index(), [agreement.draw_agreement])

# %% [markdown]
# ## Numbers

# %%
report.values(figure_values.theory(net, predicted))
report.values(figure_values.theory_against_published(predicted, dict(paper.theory_rates(report.input("published")))))
if "best_fit" in report.available("theory"):
    report.values(figure_values.saturated_theory(theory_file.read(report.input("theory", "best_fit")), chi=2.5))
if run is not None:
    report.values(value._replace(run=name) for value in against)
report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
