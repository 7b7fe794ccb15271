from __future__ import annotations

from decimal import Decimal

import pytest
from kubernetes.utils.quantity import parse_quantity as library

from nas_core.quantities import count_gpus, parse_quantity

SUFFIXES = ["", "m", "u", "n", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3"]
GIVEN = [f"{number}{suffix}" for number in ("0", "1", "1.5") for suffix in SUFFIXES]


@pytest.mark.parametrize("text", GIVEN)
def test_a_quantity_means_what_the_library_says(text: str) -> None:
    assert parse_quantity(text) == library(text)


def test_numbers_are_quantities_too() -> None:
    assert parse_quantity(2) == Decimal(2)


@pytest.mark.parametrize("text", ["", "Gi", "4GB", "1ki", "one", "NaN", "Infinity", "1 Gi"])
def test_what_is_no_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("limits", "count"),
    [
        (None, 0),
        ({"cpu": "500m"}, 0),
        ({"nvidia.com/gpu": "1", "amd.com/gpu": "2"}, 3),
        ({"nvidia.com/gpu": "1k"}, 1000),
        ({"nvidia.com/gpu": "500m"}, 0),
        ({"nvidia.com/gpu": "0.5"}, 0),
        ({"nvidia.com/gpu": "1e1"}, 10),
        ({"nvidia.com/gpu": "1e400", "amd.com/gpu": "9223372036854775807"}, 1_999_998),
    ],
)
def test_gpus_are_counted_in_any_quantity(limits: dict[str, str] | None, count: int) -> None:
    assert count_gpus(limits) == count
