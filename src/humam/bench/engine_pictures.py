"""The pictures of ``docs/engine.md``: ``python -m humam.bench.engine_pictures`` writes them to ``docs/images/``."""

from __future__ import annotations

from typing import Final

import matplotlib.patches as patches
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from humam import errors
from humam.bench import deviations, tasks
from humam.engines.procedural.counts import count_distribution, group_parameters
from humam.engines.procedural.scheduling import TEAMS
from humam.engines.procedural.tables import WINDOWS, delay_cdf
from humam.labels import within_areas
from humam.plotting import style
from humam.resources import shipped

GENERATE, QUEUE, WITHIN, UPDATE, WAIT = "#c44e52", "#e8a5a7", "#4c72b0", "#8dd3c7", "#dddddd"
"""Colours of what an area does in a window, the same as in the benchmark."""
ARROW: Final = {"arrowstyle": "-|>", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 1, "mutation_scale": 6}


def main() -> None:
    """Draw all pictures."""
    style.use()
    images = shipped("docs", "images")
    figure = style.figure(height_in=4.7)
    axes = figure.subplots(3, 1, height_ratios=(1.25, 1.25, 0.8))
    draw_within(axes[0])
    draw_between(axes[1])
    draw_window(axes[2])
    for ax, letter, title in zip(
        axes,
        "ABC",
        ("within an area: events are pulled from recent spikes", "between areas: events wait in a queue", "a window"),
        strict=True,
    ):
        ax.axis("off")
        style.panel_letter(ax, letter, title)
    style.save(figure, images / "engine_window")

    figure = style.figure(height_in=1.7)
    axes = figure.subplots(1, 3)
    draw_counts(axes[0])
    draw_delays(axes[1])
    draw_raised(axes[2])
    for ax, letter in zip(axes, "ABC", strict=True):
        style.panel_letter(ax, letter)
    style.save(figure, images / "engine_approximations")

    figure = style.figure(width_in=2.8, height_in=1.8)
    draw_tasks(figure.subplots())
    style.save(figure, images / "engine_tasks")


def box(ax: Axes, x: float, y: float, text: str, width: float, height: float, colour: str = "white") -> None:
    """Draw a box with a text in it; x and y are its centre."""
    corner = (x - width / 2, y - height / 2)
    ax.add_patch(patches.FancyBboxPatch(corner, width, height, "round,pad=0,rounding_size=0.4", fc=colour, lw=0.5))
    ax.text(x, y, text, ha="center", va="center", fontsize=5)


def arrow(ax: Axes, begin: tuple[float, float], end: tuple[float, float], colour: str = "black") -> None:
    """Draw an arrow."""
    ax.annotate("", end, begin, arrowprops=ARROW | {"color": colour})


def draw_within(ax: Axes) -> None:
    """Draw recent spikes, one group of events, and the inputs of a block."""
    rng = np.random.default_rng(5)
    ax.set(xlim=(0, 100), ylim=(-3, 22))
    # Recent spikes: 20 steps of 8 populations.
    steps, populations = np.nonzero(rng.random((20, 8)) < 0.17)
    chosen = int(np.flatnonzero((steps > 9) & (steps < 14) & (populations > 3))[0])
    x, y = 3 + steps * 1.3, 2 + populations * 2.2
    ax.plot(x, y, "o", ms=2.2, color=WITHIN, alpha=0.45)
    ax.plot(x[chosen], y[chosen], "o", ms=3.5, color=WITHIN)
    now = 3 + 20.5 * 1.3
    ax.plot([now, now], [0.5, 19], color="black", linewidth=0.7)
    ax.text(now, 19.5, "now", ha="center", fontsize=5)
    ax.text(2.5, 19.5, "spikes of the last 60 steps", fontsize=5)
    ax.annotate("", (now, -0.4), (x[chosen], -0.4), arrowprops=ARROW | {"arrowstyle": "<|-|>", "color": style.GREY})
    ax.plot([x[chosen]] * 2, [-0.4, y[chosen]], ":", color=style.GREY, linewidth=0.5)
    ax.text((x[chosen] + now) / 2, -2.6, "age = delay", ha="center", fontsize=5, color=style.GREY)
    text = "group: key = hash(neuron, block, delay)\nn = Poisson number from the key"
    text += "\nevent i = hash(key, i): target, weight"
    box(ax, 50, y[chosen], text, 30, 7.5, "#e9eef6")
    arrow(ax, (x[chosen] + 0.8, y[chosen]), (35, y[chosen]), WITHIN)
    # Inputs of one block.
    left, top = 70, 10.5
    for i in range(20):
        ax.add_patch(patches.Rectangle((left + i, top - 5), 1, 2, fc="white", ec=style.GREY, lw=0.3))
    for i, shift in ((2, 0), (5, 1), (11, 2), (12, 3), (17, 4)):
        ax.add_patch(patches.Rectangle((left + i, top - 5), 1, 2, fc=WITHIN, ec=style.GREY, lw=0.3))
        arrow(ax, (65, y[chosen] - 2 + shift), (left + i + 0.5, top - 3), WITHIN)
    text = "inputs of the block in this step:\nat most 32 768 integers, 128 kB, in the cache"
    ax.text(left + 10, top - 6.5, text, ha="center", va="top", fontsize=5)


def draw_between(ax: Axes) -> None:
    """Draw the spikes of the last window, the draw of their events, and the ring of windows."""
    ax.set(xlim=(0, 100), ylim=(0, 25))
    rng = np.random.default_rng(2)
    for i, name in enumerate(("area 1", "area 2", "…", "area 34")):
        y = 20.5 - i * 5.3
        ax.text(0.5, y, name, fontsize=5, va="center")
        if name == "…":
            continue
        ax.add_patch(patches.Rectangle((8, y - 1.8), 8, 3.6, fc="none", ec=style.GREY, lw=0.4))
        for _ in range(3):
            ax.plot(9 + 6 * rng.random(), y - 1.2 + 2.4 * rng.random(), "o", ms=2.2, color=GENERATE)
        arrow(ax, (16.5, y), (24, 12.5), GENERATE)
    ax.text(12, 24, "spikes of the last window", ha="center", fontsize=5)
    text = "for each spike and each area it projects to\nkey = hash(neuron, area)\nn = Poisson number from the key"
    box(ax, 40, 12.5, text + "\nevent i = hash(key, i): block, neuron,\nweight, delay", 32, 11, "#f8ecec")
    # The ring of windows of one area.
    centre, outer, inner, n = (78, 12.5), 10.5, 6.8, 28
    heights = np.exp(-0.5 * ((np.arange(n) - 9) / 4.5) ** 2)
    aspect = 1.05
    for i in range(n):
        theta1, theta2 = 90 - 360 * (i + 1) / n, 90 - 360 * i / n
        angles = np.radians(np.linspace(theta1, theta2, 8))
        for low, high, colour in ((inner, outer, "white"), (inner, inner + (outer - inner) * heights[i], QUEUE)):
            ring = [(centre[0] + aspect * high * np.cos(a), centre[1] + high * np.sin(a)) for a in angles]
            ring += [(centre[0] + aspect * low * np.cos(a), centre[1] + low * np.sin(a)) for a in angles[::-1]]
            first = i == 0
            ax.add_patch(
                patches.Polygon(ring, fc=colour, ec="black" if first else style.GREY, lw=0.9 if first else 0.3)
            )
    ax.text(*centre, f"ring of {WINDOWS}\nwindows of\nthe target area", ha="center", va="center", fontsize=5)
    arrow(ax, (56.3, 12.5), (centre[0] - aspect * outer - 0.5, 12.5), GENERATE)
    ax.text(61.5, 13.3, "4 bytes", ha="center", fontsize=5)
    ax.text(61.5, 11.7, "each", ha="center", va="top", fontsize=5)
    ax.text(91, 23, "this window:\nread once,\nadded to the\ninputs, freed", fontsize=5, va="top")
    arrow(ax, (centre[0] + 2.2, 22.0), (90.5, 21.8))


def draw_window(ax: Axes) -> None:
    """Draw what two threads do in a window."""
    ax.set(xlim=(0, 100), ylim=(-4.5, 8.5))
    parts = ((GENERATE, 0.22), (QUEUE, 0.1), (WITHIN, 0.4), (UPDATE, 0.28))
    tasks_of = (((1, 26), (4, 17), (5, 15), (7, 10), (9, 8)), ((2, 23), (3, 21), (6, 14), (8, 9), (10, 7)))
    longest = max(sum(width for _, width in row) for row in tasks_of)
    for thread, row in enumerate(tasks_of):
        x, y = 10.0, 4.5 - 4 * thread
        ax.text(1, y + 1.4, f"thread {thread + 1}", fontsize=5, va="center")
        for area, width in row:
            at = x
            for colour, share in parts:
                ax.add_patch(patches.Rectangle((at, y), width * share, 2.8, fc=colour, lw=0))
                at += width * share
            ax.add_patch(patches.Rectangle((x, y), width, 2.8, fc="none", lw=0.5))
            ax.text(
                x + width / 2,
                y + 1.4,
                f"area {area}" if width > 9 else str(area),
                fontsize=4.5,
                ha="center",
                va="center",
            )
            x += width
        ax.add_patch(patches.Rectangle((x, y), 10 + longest - x + 0.01, 2.8, fc=WAIT, lw=0))
    for x, text in ((9.6, "barrier"), (10.4 + longest, "barrier")):
        ax.plot([x, x], [-0.2, 8], color="black", linewidth=1)
        ax.text(x, 8.2, text, ha="center", fontsize=5)
    labels = ("draw and queue events between areas", "read queue", "pull events within", "4 steps of neurons", "wait")
    x = 10.0
    for colour, label in zip((GENERATE, QUEUE, WITHIN, UPDATE, WAIT), labels, strict=True):
        ax.add_patch(patches.Rectangle((x, -3.4), 2, 1.6, fc=colour, lw=0))
        ax.text(x + 2.6, -2.6, label, fontsize=5, va="center")
        x += 5.5 + 0.66 * len(label)


def draw_counts(ax: Axes) -> None:
    """Draw the distribution of the number of synapses in a group beside the Poisson distribution."""
    for mean, colour in ((1.0, style.BASE), (3.0, style.INHIBITORY), (9.0, style.EXCITATORY)):
        n = np.arange(20)
        p = count_distribution(*(float(x) for x in group_parameters(mean)))[:20]
        ax.plot(n, stats.poisson.pmf(n, mean), "-", color=colour, linewidth=0.7, label=f"mean {mean:g}")
        ax.plot(np.arange(len(p)), p, "o", ms=2, color=colour)
    ax.set(xlabel="synapses in a group", ylabel="probability")
    ax.legend(title="line: Poisson", title_fontsize=5)


def draw_delays(ax: Axes) -> None:
    """Draw the distribution of delays within areas on the grid."""
    steps = np.arange(64)
    for mean, colour, label in ((1.5, style.EXCITATORY, "E, 1.5 ms"), (0.75, style.INHIBITORY, "I, 0.75 ms")):
        cdf = delay_cdf(steps, mean, 0.5, "lognormal", 0.1)
        ax.step(steps * 0.1, np.diff(cdf, prepend=0.0), where="mid", color=colour, label=label, linewidth=0.7)
    ax.set(xlabel="delay within areas (ms)", ylabel="probability per step", yscale="log", ylim=(1e-6, 0.3))
    ax.legend()


def draw_raised(ax: Axes) -> None:
    """Draw the share of delays below the window against the mean delay between areas, and where synapses are."""
    job = deviations.base_job()
    delay, synapses = job.network["delay"].values, job.network["synapses"].values
    between = ~within_areas() & (synapses > 0)
    means = np.unique(delay[between])
    for window, colour in ((4, "black"), (2, style.GREY)):
        raised = [float(delay_cdf(window - 1, m, 0.5, "lognormal", 0.1)) for m in means]
        ax.plot(means, raised, "-", color=colour, linewidth=0.8, label=f"window of {window} steps")
    ax.set(yscale="log", ylim=(1e-20, 1), xlabel="mean delay between areas (ms)", ylabel="share of delays raised")
    ax.legend(loc="upper right")
    twin = ax.twinx()
    twin.hist(delay[between], bins=40, weights=synapses[between] / synapses[between].sum(), color=QUEUE, zorder=0)
    twin.text(0.62, 0.08, "bars: synapses", transform=twin.transAxes, fontsize=5, color="#b07577")
    twin.set(yticks=[], ylim=(0, 0.3))
    twin.spines["right"].set_visible(False)
    ax.set_zorder(twin.get_zorder() + 1)
    ax.patch.set_visible(False)


def draw_tasks(ax: Axes) -> None:
    """Draw the largest possible speed-up against the number of threads, for threads that work alone and for teams."""
    threads = np.unique(np.round(2.0 ** np.arange(0, 7.01, 0.25)).astype(int))
    cost = tasks.costs(deviations.base_job())
    ways = (("an area is a thread's", 1 << 30, style.INHIBITORY), (f"at most {TEAMS} teams", TEAMS, style.EXCITATORY))
    for label, teams, colour in ways:
        ax.plot(threads, [tasks.speed_up(cost, int(t), teams) for t in threads], color=colour, label=label)
    ax.plot(threads, threads, ":", color=style.GREY, label="ideal")
    ax.set(xscale="log", yscale="log", xlabel="threads", ylabel="largest speed-up")
    ticks = [1, 2, 4, 8, 16, 32, 64, 128]
    ax.set_xticks(ticks, [str(t) for t in ticks])
    ax.set_yticks(ticks, [str(t) for t in ticks])
    ax.minorticks_off()
    ax.legend()


if __name__ == "__main__":
    errors.run(main)
