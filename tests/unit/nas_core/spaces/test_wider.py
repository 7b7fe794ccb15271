from __future__ import annotations

from typing import Any

import pytest

from nas_core.api.guidance import Guidance
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset
from nas_core.spaces.guidance import guided
from nas_core.spaces.wider import wider

SPACE = SearchSpace(
    "any",
    [
        Choice("op", ("conv", "pool", "skip")),
        Integer("units", 1, 1_000_000),
        Real("rate", 0.1, 1.0),
        Subset("parts", ("a", "b", "c")),
    ],
)


def part(*entries: dict[str, Any]) -> SearchSpace:
    return guided(SPACE, Guidance.model_validate({"decisions": list(entries)})).space


NO_POOL, FEW_UNITS = {"name": "op", "forbid": ["pool"]}, {"name": "units", "min": 10, "max": 99}
RATES, WITH_A = {"name": "rate", "min": "0.2", "max": "0.5"}, {"name": "parts", "require": ["a"]}


@pytest.mark.parametrize(
    ("mine", "other", "found"),
    [
        ([], [], None),
        ([NO_POOL], [], None),
        ([], [NO_POOL], ("op", "pool")),
        ([{"name": "op", "require": ["skip"]}], [NO_POOL], None),
        ([{"name": "op", "require": ["pool"]}], [NO_POOL], ("op", "pool")),
        ([], [FEW_UNITS], ("units", "1")),
        ([{"name": "units", "min": 20}], [FEW_UNITS], ("units", "1000000")),
        ([{"name": "units", "min": 20, "max": 30}], [FEW_UNITS], None),
        ([{"name": "rate", "min": "0.3", "max": "0.4"}], [RATES], None),
        ([{"name": "rate", "min": "0.3"}], [RATES], ("rate", "1")),
        ([WITH_A], [{"name": "parts", "forbid": ["c"]}], ("parts", "a+c")),
        ([WITH_A, {"name": "parts", "forbid": ["c"]}], [WITH_A], None),
    ],
)
def test_what_one_part_has_and_another_has_not(
    mine: list[dict[str, Any]], other: list[dict[str, Any]], found: tuple[str, str] | None
) -> None:
    assert wider(part(*mine), part(*other)) == found
