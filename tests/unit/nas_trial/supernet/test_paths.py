from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.decisions import Choice, Integer, Real
from nas_core.spaces.guidance import guided
from nas_trial.supernet.paths import among, covering, fair, largest, smallest, values_of


def test_numbers_are_in_order_and_names_as_they_are() -> None:
    assert values_of(Choice("width", ("2", "0.5", "1"))) == ["0.5", "1", "2"]
    assert values_of(Choice("op", ("conv", "none"))) == ["conv", "none"]
    assert len(values_of(Integer("units", 1, 1000))) == len(values_of(Real("share", 0.0, 1.0))) == 32


def test_the_largest_and_the_smallest_network() -> None:
    space = get_space(SearchSpaceSpec(name="text-transformer", depth=2))
    values = {decision.name: values_of(decision) for decision in space.decisions}
    assert largest(space)["layers"] == "2" and largest(space)["embedding"] == "2"
    assert smallest(space, values)["layers"] == "1" and smallest(space, values)["embedding"] == "0.5"
    assert largest(space, values) == largest(space)


def test_fair_paths_have_every_option_of_every_edge_once() -> None:
    space = get_space(SearchSpaceSpec(name="nas-bench-201"))
    paths = fair(space, np.random.default_rng(0))
    assert len(paths) == 5
    for edge in paths[0]:
        assert set(Counter(path[edge] for path in paths).values()) == {1}
    assert paths != fair(space, np.random.default_rng(1))


PARTS: dict[str, dict[str, Any]] = {
    "nas-bench-201": {"name": "*", "forbid": ["none", "avg_pool_3x3"]},
    "nas-bench-301": {"name": "*.op?", "forbid": ["max_pool_3x3"]},
    "mobilenet": {"name": "*.kernel", "max": 5},
}


@pytest.mark.parametrize("name", PARTS)
def test_in_a_part_of_a_space_no_path_leaves_it(name: str) -> None:
    space = get_space(SearchSpaceSpec(name=name))
    part = guided(space, Guidance.model_validate({"decisions": [PARTS[name]]})).space
    values = {decision.name: values_of(decision) for decision in part.open}
    rng = np.random.default_rng(0)
    found = [largest(part), largest(part, values), smallest(part, values)]
    for _ in range(20):
        found += [*fair(part, rng), among(part, values, rng)]
    for path in found:
        space.validate(path)
        assert not part.outside(path)
    for edge in fair(part, rng)[0] if name == "nas-bench-201" else ():
        assert set(Counter(path[edge] for path in fair(part, rng)).values()) == {1}, "of what is left each is as often"


@pytest.mark.parametrize("name", ["mobilenet", "text-transformer", "tabular", "nasnet", "nas-bench-301"])
def test_covering_architectures_are_of_the_space_and_have_every_value(name: str) -> None:
    space = get_space(SearchSpaceSpec(name=name))
    seen: dict[str, set[str]] = {}
    for architecture in covering(space):
        space.validate(architecture)
        for decision, value in architecture.items():
            seen.setdefault(decision, set()).add(value)
    assert seen == {decision.name: set(values_of(decision)) for decision in space.decisions}


def test_draws_among_some_values_have_no_others() -> None:
    space = get_space(SearchSpaceSpec(name="mobilenet"))
    allowed = {decision.name: values_of(decision)[-1:] for decision in space.decisions}
    assert among(space, allowed, np.random.default_rng(0)) == largest(space)


def test_where_a_rule_leaves_none_of_what_is_allowed_it_is_any_of_the_space() -> None:
    # The largest of this space has more edges than its rule allows.
    space = get_space(SearchSpaceSpec(name="nas-bench-101"))
    allowed = {decision.name: values_of(decision)[-1:] for decision in space.decisions}
    space.validate(among(space, allowed, np.random.default_rng(0)))
