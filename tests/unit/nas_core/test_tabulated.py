from __future__ import annotations

import pytest

from nas_core.spaces import SearchSpace
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.tabulated import Naming, naming


@pytest.mark.parametrize(
    ("space", "header", "expected"),
    [
        (NasBench201(), ["arch_index", "arch_str"], Naming("arch_str", by_network=False)),
        (NasBench201(), ["arch_str", "architecture"], Naming("architecture", by_network=False)),
        (NasBench201(), ["module_hash"], None),
        (NasBench101(), ["architecture"], Naming("architecture", by_network=False)),
        (NasBench101(), ["architecture", "module_hash"], Naming("module_hash", by_network=True)),
        (NasBench101(), [], None),
    ],
)
def test_a_column_names_the_architectures(space: SearchSpace, header: list[str], expected: Naming | None) -> None:
    assert naming(space, header) == expected
