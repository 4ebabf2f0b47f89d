"""Brain maps and sketches of Figure 1."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from humam.analysis import figure_values
from humam.connectivity.between_areas import MORPHOLOGY
from humam.connectivity.within_areas import CONNECTION_PROBABILITIES
from humam.errors import HumamError
from humam.labels import AREAS, N_LABELS, SHORT_NAMES
from humam.plotting import agreement, brain, microcircuit, style


@pytest.fixture(autouse=True)
def in_style():
    style.use()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_area_is_labelled_once_over_both_views():
    labelled = []
    for view in brain.VIEWS:
        ax = Figure().subplots()
        brain.draw(ax, view, dict.fromkeys(AREAS, 1.0), mpl.colormaps["viridis"], mpl.colors.Normalize(0, 1))
        labelled += texts(ax)
    assert sorted(labelled) == sorted(SHORT_NAMES)


@pytest.mark.parametrize("view", brain.VIEWS)
def test_outlines_do_not_overlap(view):
    grid = np.stack(np.meshgrid(np.linspace(-120, 120, 121), np.linspace(-80, 80, 81)), axis=-1).reshape(-1, 2)
    inside = np.array([path.contains_points(grid, radius=-0.5) for path in brain.outlines(view).values()])
    assert inside.any(axis=1).sum() >= 15  # nearly every area holds a point of the grid
    assert inside.sum(axis=0).max() == 1


def test_labels_inside_outlines_do_not_touch():
    for view in brain.VIEWS:
        places = [brain.label_positions(view)[area][:2] for area in brain.labelled_in(view)]
        assert min(np.hypot(*np.subtract(a, b)) for a, b in itertools.combinations(places, 2)) > 4


def test_an_area_without_a_value_is_grey():
    ax = Figure().subplots()
    brain.draw(ax, "lateral", {"insula": 1.0}, mpl.colormaps["viridis"], mpl.colors.Normalize(0, 1), labels=False)
    colours = [mpl.colors.to_hex(c) for c in ax.collections[1].get_facecolors()]
    assert colours.count(brain.OTHER) == len(colours) - 1
    assert colours[list(brain.outlines("lateral")).index("insula")] == mpl.colors.to_hex(mpl.colormaps["viridis"](1.0))


def test_unknown_areas_and_views_are_refused():
    ax = Figure().subplots()
    with pytest.raises(HumamError, match="did you mean 'insula'"):
        brain.draw(ax, "lateral", {"insulla": 1.0}, mpl.colormaps["viridis"], mpl.colors.Normalize(0, 1))
    with pytest.raises(HumamError, match="no brain view 'dorsal'"):
        brain.outlines("dorsal")


def test_the_column_has_a_line_for_each_strong_connection():
    ax = Figure().subplots()
    microcircuit.draw_column(ax, CONNECTION_PROBABILITIES, smallest=0.1)
    lines = [patch for patch in ax.patches if isinstance(patch, mpl.patches.FancyArrowPatch)]
    assert len(lines) == np.count_nonzero(CONNECTION_PROBABILITIES >= 0.1)
    from_inhibitory = [line for line in lines if mpl.colors.to_hex(line.get_edgecolor()) == style.INHIBITORY]
    assert len(from_inhibitory) == np.count_nonzero(CONNECTION_PROBABILITIES[:, 1::2] >= 0.1)


def test_dendrites_reach_the_layers_of_the_morphology_table():
    ax = Figure().subplots()
    microcircuit.draw_targeting(ax, MORPHOLOGY, smallest=0.05)
    dots = [c for c in ax.collections if isinstance(c, mpl.collections.PathCollection)]
    assert len(dots) == np.count_nonzero(MORPHOLOGY >= 0.05)
    assert {"SLN", "feedforward", "lateral", "feedback"} <= set(texts(ax))


def test_stacks_of_population_sizes_add_up_to_the_areas():
    neurons = np.random.default_rng(1).integers(0, 100_000, N_LABELS)
    ax = Figure().subplots()
    microcircuit.draw_population_sizes(ax, neurons)
    heights = np.array([[bar.get_height() for bar in container] for container in ax.containers])
    assert heights.shape == (8, 34)
    np.testing.assert_allclose(heights.sum(axis=0), neurons.reshape(34, 8).sum(axis=1) / 1000)
    assert min(bar.get_y() for container in ax.containers for bar in container) == pytest.approx(0, abs=1e-9)


def test_theory_against_a_silent_simulation_says_so():
    ax = Figure().subplots()
    agreement.draw_agreement(ax, np.ones(272), np.zeros(272), "theory", "simulation")
    assert "too few spikes" in " ".join(texts(ax)).replace("\n", " ")
    values = {
        v.quantity: v.value
        for v in figure_values.theory_against_simulation(np.ones(272), np.ones(272), np.zeros(272), "incomparable")
    }
    assert np.isnan(values["pearson_r"])
    assert np.isnan(values["log_rate_correlation"])
