"""Desikan-Killiany areas in terms of von Economo areas, and sub-layers in terms of layers."""

from __future__ import annotations

from typing import Final

VONECONOMO_AREAS: Final[dict[str, tuple[str, ...]]] = {
    "bankssts": ("PH",),
    "caudalanteriorcingulate": ("LA1", "LA2"),
    "caudalmiddlefrontal": ("FC", "FB"),
    "cuneus": ("OA", "OB"),
    "entorhinal": ("HA", "HB"),
    "fusiform": ("TF",),
    "inferiorparietal": ("PG",),
    "inferiortemporal": ("TE",),
    "isthmuscingulate": ("LD", "LC2"),
    "lateraloccipital": ("OA",),
    "lateralorbitofrontal": ("FG",),
    "lingual": ("OA", "OB", "PH"),
    "medialorbitofrontal": ("FH", "FL"),
    "middletemporal": ("TE",),
    "parahippocampal": ("HC", "HD"),
    "paracentral": ("PA", "PB1", "PB2", "PC"),
    "parsopercularis": ("FCBm",),
    "parsorbitalis": ("FF",),
    "parstriangularis": ("FDt",),
    "pericalcarine": ("OC",),
    "postcentral": ("PC",),
    "posteriorcingulate": ("LC1", "LC2", "LC3"),
    "precentral": ("FA",),
    "precuneus": ("PE",),
    "rostralanteriorcingulate": ("LA1", "LA2"),
    "rostralmiddlefrontal": ("FDΔ", "FD", "FC"),
    "superiorfrontal": ("FC", "FD", "FB"),
    "superiorparietal": ("PE",),
    "superiortemporal": ("TA",),
    "supramarginal": ("PF",),
    "frontalpole": ("FE",),
    "temporalpole": ("TG",),
    "transversetemporal": ("TC", "TD"),
    "insula": ("IA", "IB"),
}
"""Von Economo areas that make up each area (Goulas et al. 2016, Table 1), keys in canonical order."""

SUBLAYERS: Final[dict[str, tuple[str, ...]]] = {
    "I": ("I", "Ia", "Ib"),
    "II/III": ("II", "II+III", "III", "III(II)", "III(IV)", "IIIa", "IIIa/b", "IIIb", "IIIb/c", "IIIc"),
    "IV": ("IV", "IVa", "IVb", "IVc"),
    "V": ("V", "V+VI", "Va", "Va1", "Va2", "Vb"),
    "VI": ("VI", "VIa", "VIa1", "VIa2", "VIb"),
}
"""Sub-layers of von Economo & Koskinas (1925) that make up each layer; others are ignored."""
