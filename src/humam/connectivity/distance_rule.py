"""How many of an area's own synapses stay inside the simulated column (type I against type II).

The connection profile is exp(-d / lambda). With the column a disk of radius R and the area a concentric disk, the
number of synapses onto neurons of the column is proportional to

    I(R') = int_0^z (z - h) int_0^(R + R') 2 pi r L(R, R', r) exp(-sqrt(r^2 + h^2) / lambda) dr dh,

where L(R, R', r), the area common to disks of radii R and R' at distance r, gives the distribution of distances
between a point of one and a point of the other. The share inside the column is I(R) / I(R_area). The published code
integrates the four-dimensional form adaptively (100 s); this takes milliseconds.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_CUTOFF = 50.0  # space constants; exp(-50) of the profile lies beyond
_NODES_R, _WEIGHTS_R = np.polynomial.legendre.leggauss(160)
_NODES_Z, _WEIGHTS_Z = np.polynomial.legendre.leggauss(96)


def lens_area(radius_1: float, radius_2: float, distance: Array) -> Array:
    """Return the area common to two disks whose centres lie ``distance`` apart (same unit as the radii, squared).

    Examples
    --------
    >>> lens_area(1.0, 2.0, np.array([0.0, 1.0, 3.0])).round(6).tolist()
    [3.141593, 3.141593, 0.0]
    """
    small, large = sorted((radius_1, radius_2))
    d = np.clip(distance, large - small, large + small)
    # At d = 0 (equal radii) the formula has a 0/0; its value there is the whole disk.
    safe = np.where(d > 0, d, 1.0)
    cos_s = np.clip((d**2 + small**2 - large**2) / (2 * safe * small), -1.0, 1.0)
    cos_l = np.clip((d**2 + large**2 - small**2) / (2 * safe * large), -1.0, 1.0)
    root = np.sqrt(
        np.clip((-d + small + large) * (d + small - large) * (d - small + large) * (d + small + large), 0.0, None)
    )
    lens = small**2 * np.arccos(cos_s) + large**2 * np.arccos(cos_l) - root / 2
    return np.where(d > large - small, lens, np.pi * small**2)


def vertical_profile(distance: Array, height: float, space_constant: float) -> Array:
    """Return int_0^height (height - h) exp(-sqrt(distance^2 + h^2) / space_constant) dh."""
    top = min(height, _CUTOFF * space_constant)
    h = (_NODES_Z + 1) / 2 * top
    profile = np.exp(-np.hypot(distance[..., None], h) / space_constant)
    return (profile * (height - h)) @ (_WEIGHTS_Z * top / 2)


def disk_integral(radius: float, source_radius: float, height: float, space_constant: float) -> float:
    """Return I(R') of the module for targets within ``radius`` and sources within ``source_radius``."""
    edges = np.unique(
        np.clip([0.0, abs(source_radius - radius), source_radius + radius], 0.0, _CUTOFF * space_constant)
    )
    total = 0.0
    for low, high in pairwise(edges):
        r = low + (_NODES_R + 1) / 2 * (high - low)
        integrand = 2 * np.pi * r * lens_area(radius, source_radius, r) * vertical_profile(r, height, space_constant)
        total += float(integrand @ _WEIGHTS_R) * (high - low) / 2
    return total


def share_inside_column(
    surface: Array,
    thickness: Array,
    column_surface: float,
    space_constant: float,
    height_unit: str = "published",
) -> Array:
    """Return the share of within-area synapses whose source lies in the simulated column.

    Parameters
    ----------
    surface : (n,) array
        Surface of each area [mm^2].
    thickness : (n,) array
        Total thickness of each area [mm].
    column_surface : float
        Surface of the column [mm^2].
    space_constant : float
        lambda [um].
    height_unit : {"published", "corrected"}
        ``published`` enters the thickness in mm beside lengths in um, as the published numbers do: the vertical
        extent is in effect ignored. ``corrected`` enters it in um.

    Returns
    -------
    (n,) array
        P_in / (P_in + P_out), between 0 and 1.
    """
    radius = 1e3 * np.sqrt(column_surface / np.pi)
    heights = thickness * (1e3 if height_unit == "corrected" else 1.0)
    shares = [
        disk_integral(radius, radius, height, space_constant)
        / disk_integral(radius, max(1e3 * np.sqrt(s / np.pi), radius), height, space_constant)
        for s, height in zip(surface, heights, strict=True)
    ]
    return np.array(shares)
