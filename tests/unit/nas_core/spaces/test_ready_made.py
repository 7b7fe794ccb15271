from __future__ import annotations

from typing import get_args

import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces.ready_made import DEFAULT, READY_MADE


def test_the_table_has_a_row_for_each_name_of_the_api() -> None:
    assert READY_MADE.keys() == set(get_args(SpaceName))
    assert DEFAULT in READY_MADE


@pytest.mark.parametrize("name", READY_MADE)
def test_each_space_is_known_by_its_name(name: SpaceName) -> None:
    """It enters the ids of architectures, so that two spaces never share one."""
    assert READY_MADE[name](SearchSpaceSpec(name=name)).name == name
