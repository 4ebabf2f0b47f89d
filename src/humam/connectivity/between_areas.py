"""Synapses between areas at population level (type III): from SLN and dendrites to source and target populations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from humam.anatomy.columns import Columns
from humam.errors import HumamError
from humam.labels import AREAS, CORTICAL_LAYERS, LAYERS, N_AREAS, N_POPULATIONS
from humam.parameters import Parameters

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MORPHOLOGY = np.array(
    [
        [0.9278774811692967, 0.909748357973469, 0.4162649934194968, 0, 0],
        [0.0668572994545314, 0.083453428814039, 0.490646804597804, 0.1497274751515097, 0],
        [
            0.005265219376171895,
            0.005428066629491999,
            0.061860804254694896,
            0.4769364895274995,
            0.0954296854918162,
        ],
        [0, 0.0013701465830000094, 0.031227397728004324, 0.37333603532099074, 0.9045703145081838],
    ]
)
"""P(excitatory cell of layer | synapse in layer), Mohan et al. (2015); rows II/III, IV, V, VI, columns I ... VI."""

CAT = np.array(
    [
        [0.567082554283337, 0, 0, 0, 0],
        [0, 0.16304434207349616, 0, 0, 0],
        [0.17328245714496945, 0.8369556579265038, 0.7258933731905455, 0, 0],
        [0, 0, 0.15914115512152516, 0, 0],
        [0.2568327220638478, 0, 0.026277562606296354, 0.760757867472445, 0],
        [0, 0, 0, 0.10406630543342058, 0],
        [0.002802266507845749, 0, 0.08868790908163299, 0.13517582709413395, 0.8533038600077738],
        [0, 0, 0, 0, 0.14669613999222625],
    ]
)
"""P(population | synapse in layer) in the cat, Binzegger et al. (2004); rows II/III E ... VI I, columns I ... VI."""


def target_probability_table() -> Array:
    """Return P(target population | synapse layer), shape (8, 5), rows II/III E ... VI I.

    Binzegger's table tells how the synapses of a layer are shared between E and I cells, the human morphologies
    to which layers the E cells belong; inhibitory cells are reached in their own layer only.

    Examples
    --------
    >>> target_probability_table().sum(axis=0).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    table = np.zeros((N_POPULATIONS, len(CORTICAL_LAYERS)))
    table[0::2] = MORPHOLOGY * CAT[0::2].sum(axis=0)
    inhibitory = CAT[1::2].sum(axis=0)
    for i, layer in enumerate(LAYERS):
        column = CORTICAL_LAYERS.index(layer)
        table[2 * i + 1, column] = inhibitory[column]
    return table


def target_layer_weights(thickness: Array, sln: Array, parameters: Parameters) -> Array:
    """Return the share of a projection's synapses in each layer of the target area, shape (target, source, 5).

    Feedforward projections end in IV (in II/III where there is no IV), feedback ones everywhere else, lateral ones in
    all layers, each in proportion to layer thickness.
    """
    layers = {layer: i for i, layer in enumerate(CORTICAL_LAYERS)}
    weights = np.repeat(thickness[:, None, :], sln.shape[1], axis=1)
    feedforward, feedback = sln > parameters.sln_feedforward, sln < parameters.sln_feedback
    granular = thickness[:, layers["IV"]] > 0
    only = {
        "IV": np.arange(5) == layers["IV"],
        "II/III": np.arange(5) == layers["II/III"],
        "not IV": np.arange(5) != layers["IV"],
    }
    weights[feedforward & granular[:, None]] *= only["IV"]
    weights[feedforward & ~granular[:, None]] *= only["II/III"]
    weights[feedback] *= only["not IV"]
    return weights / weights.sum(axis=2, keepdims=True)


def source_fractions(columns: Columns, sln: Array) -> Array:
    """Return the share of each source population in a projection, shape (target, source, 8).

    SLN comes from II/III E, the rest from V E and VI E in proportion to their density x thickness, where they have
    neurons.
    """
    excitatory = columns.population_density[:, :, 0] * columns.thickness[:, 1:] * (columns.neurons[:, :, 0] > 0)
    infragranular = excitatory[:, 2:]
    share = infragranular / infragranular.sum(axis=1, keepdims=True)
    fractions = np.zeros((*sln.shape, N_POPULATIONS))
    fractions[..., 0] = sln
    fractions[..., 4] = (1 - sln) * share[None, :, 0]
    fractions[..., 6] = (1 - sln) * share[None, :, 1]
    return fractions


def target_probabilities(columns: Columns, sln: Array, parameters: Parameters) -> Array:
    """Return P(target population | projection), shape (target, source, 8); feedback ones put Z on E populations."""
    layer_share = target_layer_weights(columns.thickness, sln, parameters)
    probability = layer_share @ target_probability_table().T
    probability *= (columns.neurons.reshape(N_AREAS, N_POPULATIONS) > 0)[:, None, :]
    probability /= probability.sum(axis=2, keepdims=True)
    feedback = sln < parameters.sln_feedback
    z = parameters.excitatory_target_share
    for offset, share in ((0, z), (1, 1 - z)):
        part = probability[..., offset::2]
        total = part.sum(axis=2, keepdims=True)
        scaled = share * part / np.where(total > 0, total, 1.0)
        probability[..., offset::2] = np.where(feedback[..., None], scaled, part)
    return probability


def check_sources(columns: Columns, parameters: Parameters) -> None:
    """Check that every area has the excitatory neurons that projections to other areas start from.

    Raises
    ------
    HumamError
        If an area has none in layer II/III, or none in V and VI together.
    """
    excitatory = columns.neurons[:, :, 0]
    for layers, there in (("II/III", excitatory[:, 0] > 0), ("V and VI", excitatory[:, 2:].sum(axis=1) > 0)):
        if not there.all():
            raise HumamError(
                f"column_surface = {parameters.column_surface:g} mm2: no excitatory neurons are left in {layers} of "
                f"{AREAS[int(np.argmin(there))]!r}, since a layer of an area with fewer than min_layer_neurons = "
                f"{parameters.min_layer_neurons} is removed; allowed: a larger surface or a smaller min_layer_neurons"
            )


def projection_synapses(area_synapses: IntArray, columns: Columns, sln: Array, parameters: Parameters) -> IntArray:
    """Return the synapses between populations of different areas, shape (272, 272), zero within areas.

    Parameters
    ----------
    area_synapses : (34, 34) integer array
        Synapses of pairs of areas (target, source); the diagonal is ignored.
    columns : Columns
        The columns.
    sln : (34, 34) array
        Supragranular fraction of each projection.

    Raises
    ------
    HumamError
        If an area lacks the neurons that its projections start from.
    """
    check_sources(columns, parameters)
    between = area_synapses.astype(float)
    np.fill_diagonal(between, 0.0)
    targets = target_probabilities(columns, sln, parameters)
    sources = source_fractions(columns, sln)
    # (target area, source area, target population, source population) -> (272, 272)
    synapses = between[:, :, None, None] * targets[..., :, None] * sources[..., None, :]
    size = N_AREAS * N_POPULATIONS
    return np.rint(synapses.transpose(0, 2, 1, 3).reshape(size, size)).astype(np.int64)
