"""Our spaces as Syne Tune's; skipped where it is not installed (`make build/peers`)."""

from __future__ import annotations

import pytest

from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real

pytest.importorskip("syne_tune")

from nas_benchmark.other_libraries.syne_tune_space import domains, values_of

SPACE = SearchSpace(
    "mixed",
    [
        Choice("op", ("conv", "pool", "none")),
        Integer("kernel", 1, 7, step=2),
        Integer("width", 8, 256, log=True),
        Real("rate", 1e-4, 1e-1, log=True),
    ],
)


def test_what_is_drawn_is_of_the_space() -> None:
    for _ in range(50):
        SPACE.validate(values_of(SPACE, {name: domain.sample() for name, domain in domains(SPACE).items()}))


def test_steps_are_counted() -> None:
    values = values_of(SPACE, {"op": "pool", "kernel": 2, "width": 64, "rate": 0.001})
    assert values == {"op": "pool", "kernel": "5", "width": "64", "rate": "0.001"}
