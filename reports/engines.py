# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Two engines on one network
#
# NEST stores every synapse, the procedural engine regenerates them at each spike. Both simulate the same down-scaled
# network here, with random numbers of their own; so single spikes differ, statistics must not. NEST draws
# the slowest of 10 000 delays again, since each of its neurons has input buffers as long as the longest delay; the
# procedural engine cuts none. Scales are small, for
# NEST cannot hold the full network on one machine; `bin/humam validate-engine` compares ensembles of seeds.

# %% tags=["parameters"]
statistics: dict[str, str] = {}
published = ""

# %%
from IPython.display import Markdown, display

from humam.analysis.similarity import ks_similarity
from humam.plotting import agreement, engines, spiking, style
from humam.plotting.missing import draw_missing
from humam.reports.report import Report

report = Report("engines", {"statistics": statistics, "published": published})
pair = engines.choose_pair(statistics)
if pair is None:
    display(Markdown("**No two runs of this samplesheet differ in the engine alone**, so there is nothing to compare."))
else:
    nest_name, nest, twin_name, twin = pair
    for name in (nest_name, twin_name):
        report.input("statistics", name)
    report.parameters(nest_name, nest.manifest["network_parameters"])
    report.origin(nest_name, nest.manifest["origin"]["origin"])
    labels = (f"NEST ({spiking.scales(nest)})", "procedural engine")
    rates = (nest.data["rate"].values, twin.data["rate"].values)
    neurons = {"NEST": nest.neurons["rate"].to_numpy(), "procedural": twin.neurons["rate"].to_numpy()}


# %%
def draw_populations(ax):
    """Rates of the populations."""
    agreement.draw_agreement(ax, *rates, *labels)


def draw_neurons(ax):
    """Rates of single neurons."""
    engines.neuron_rates(ax, neurons)


# %%
fig = style.figure(height_in=2.6)
if pair is None:
    draw_missing(fig.subplots(), "No two runs of this samplesheet differ in the engine alone.", width=60)
else:
    for ax, letter, draw in zip(fig.subplots(1, 2), "AB", (draw_populations, draw_neurons), strict=True):
        draw(ax)
        style.panel_letter(ax, letter)
report.save_figure(fig, "NEST and the procedural engine on the same down-scaled network.")

# %%
if pair is not None:
    fig = style.figure(2.8, 2.6, square_cells=True)
    draw_populations(fig.subplots())
    table = nest.data["rate"].rename("nest").to_dataframe().join(twin.data["rate"].rename("procedural").to_series())
    caption = f"Population rates of runs {nest_name} and {twin_name} from 500 ms on; dotted: equal."
    report.save_panel(fig, "A", caption, table.reset_index(), [agreement.draw_agreement])

# %%
if pair is not None:
    fig = style.figure(2.8, 2.4)
    draw_neurons(fig.subplots())
    table = engines.neuron_rates_table(neurons)
    report.save_panel(fig, "B", "Rates of the neurons that fired.", table, [engines.neuron_rates])
    report.value("B", "ks_distance_neuron_rates", 1 - ks_similarity(*neurons.values()), "1", note="between two engines")

# %%
if pair is not None:
    report.comparison_table()

# %% [markdown]
# ## Sources

# %%
report.sources()
