"""One number of a figure, under the key of its published counterpart (``datasets/published/figures.csv``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Value(NamedTuple):
    """One number of a figure."""

    panel: str
    quantity: str
    value: float
    unit: str = "1"
    status: str = ""
    note: str = ""
    seed_difference: float = float("nan")
    run: str = ""


def with_seed_difference(values: Iterable[Value], other: Iterable[Value]) -> Iterator[Value]:
    """Yield values with their difference to those of a run with another seed."""
    twin = {value[:2]: value.value for value in other}
    for value in values:
        yield value._replace(seed_difference=value.value - twin.get(value[:2], float("nan")))
