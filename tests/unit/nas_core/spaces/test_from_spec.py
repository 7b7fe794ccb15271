from __future__ import annotations

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.nas_bench_201 import NasBench201


def test_a_search_names_its_space() -> None:
    assert isinstance(get_space(SearchSpaceSpec(name="nas-bench-201")), NasBench201)


def test_the_space_is_made_once_so_that_its_distinct_architectures_are_found_once() -> None:
    assert get_space(SearchSpaceSpec()).distinct is get_space(SearchSpaceSpec(width=32)).distinct
