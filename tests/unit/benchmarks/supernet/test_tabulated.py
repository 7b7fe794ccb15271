"""The space that a table has: nothing else is ever drawn, and children stay near what they would have been."""

import itertools

import numpy as np
from benchmarks.supernet.architectures import choose
from benchmarks.supernet.tabulated import TabulatedCells

KNOWN = [one.architecture for one in choose(20, 5, seed=0)]


def test_only_what_the_table_has_is_drawn_and_never_a_parent() -> None:
    space, rng = TabulatedCells(KNOWN), np.random.default_rng(0)
    assert len(space.distinct) == 25
    for first, second in itertools.pairwise(KNOWN):
        mutant, child = space.mutate(first, rng), space.crossover(first, second, rng)
        assert mutant in KNOWN and mutant != first
        assert child in KNOWN and child not in (first, second)
        assert space.sample(rng) in KNOWN


def test_a_mutant_that_the_table_has_is_taken() -> None:
    strong = dict.fromkeys(KNOWN[0], "nor_conv_3x3")
    near = strong | {"0-1": "skip_connect"}
    space = TabulatedCells([strong, near, KNOWN[0]])
    rng = np.random.default_rng(0)
    assert all(space.mutate(strong, rng) == near for _ in range(10))
