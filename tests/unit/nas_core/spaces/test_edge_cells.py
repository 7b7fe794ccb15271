from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.edge_cells import EdgeCells, live_edges

OPERATIONS = ["none", "skip_connect", "conv_1x1", "conv_3x3", "avg_pool_3x3"]


def space(nodes: int, *, reduction: bool = False) -> EdgeCells:
    cell = {"kind": "edges", "nodes": nodes, "operations": OPERATIONS, "reduction": reduction}
    found = get_space(SearchSpaceSpec.model_validate({"cell": cell}))
    assert isinstance(found, EdgeCells)
    return found


def by_every_naming(cell: dict[str, str], *, halving: bool) -> str:
    """Return the least text of what a cell computes over all namings of its convolutions: slow, and simple."""
    values: dict[int, Counter[Any]] = {0: Counter({"x": 1})}
    convolutions: list[Any] = []
    for edge, op in cell.items():
        source, target = map(int, edge.split("-"))
        node = values.setdefault(target, Counter())
        if op == "none" or not values[source]:
            continue
        if op == "skip_connect" and not (halving and source == 0):
            node.update(values[source])
            continue
        given = tuple(sorted(values[source].items(), key=repr))
        # A pooling of one value is one; each other operation has weights of its own.
        term = (op, given, None if op == "avg_pool_3x3" else edge)
        convolutions += [term] if term[2] and term not in convolutions else []
        node[term] += 1

    def write(term: Any, names: dict[Any, int]) -> str:
        if term == "x":
            return "x"
        inside = "+".join(sorted(f"{times}{write(other, names)}" for other, times in term[1]))
        return f"{term[0]}{names.get(term, '')}({inside})"

    def all_of(names: dict[Any, int]) -> str:
        last = values[max(values)]
        return "+".join(sorted(f"{times}{write(term, names)}" for term, times in last.items()))

    def needed(term: Any) -> set[Any]:
        return set() if term == "x" else {term}.union(*(needed(other) for other, _ in term[1]))

    used = set().union(*(needed(term) for term in values[max(values)])) if values[max(values)] else set()
    convolutions = [term for term in convolutions if term in used]
    return min(
        all_of(dict(zip(convolutions, p, strict=True))) for p in itertools.permutations(range(len(convolutions)))
    )


@pytest.mark.parametrize("halving", [False, True])
@pytest.mark.parametrize("nodes", [3, 4])
def test_one_form_is_one_network(nodes: int, halving: bool) -> None:
    one, rng = space(nodes), np.random.default_rng(0)
    two = space(nodes, reduction=True)
    cells = list(one.enumerate()) if nodes == 3 else [one.sample(rng) for _ in range(1500)]
    forms, networks = defaultdict(set), defaultdict(set)
    for cell in cells:
        form = one.canonical(cell)
        if halving:
            both = {f"{name}.{edge}": op for name in ("normal", "reduce") for edge, op in cell.items()}
            form = two.canonical(both).partition(" ")[2]
        network = by_every_naming(cell, halving=halving)
        forms[form].add(network)
        networks[network].add(form)
    assert all(len(found) == 1 for found in (*forms.values(), *networks.values()))


def test_a_convolution_that_is_read_twice_is_not_two() -> None:
    cells = space(4)
    twice = cells.parse("|conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|")
    two = cells.parse("|conv_3x3~0|+|conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|")
    assert cells.canonical(twice) == "conv_3x3(1*0);2*1"
    assert cells.canonical(two) == "conv_3x3(1*0);conv_3x3(1*0);1*1+1*2"


def test_a_pooling_of_one_input_is_the_same_on_either_path() -> None:
    cells = space(4)
    pool = cells.parse("|avg_pool_3x3~0|+|avg_pool_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|")
    assert cells.canonical(pool) == "avg_pool_3x3(1*0);2*1"


def test_the_largest_cells_take_no_time() -> None:
    """Four convolutions beside each other, each with one after it: 576 orders, all alike."""
    cells = space(6)
    ops = {edge: "conv_3x3" if edge[0] == "0" or edge[2] == "5" else "none" for edge in cells.edges}
    assert cells.canonical(ops).count("conv_3x3") == 9


def test_edges_that_lead_nowhere_are_dead() -> None:
    cells = space(4)
    assert live_edges(cells.parse("|conv_3x3~0|+|conv_3x3~0|none~1|+|none~0|skip_connect~1|none~2|")) == {"0-1", "1-3"}
    assert live_edges(cells.parse("|none~0|+|none~0|conv_1x1~1|+|none~0|conv_1x1~1|conv_1x1~2|")) == set()
