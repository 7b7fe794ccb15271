"""The tables of the rules; the rules themselves are tried by `test_search`, and by the API server's tests."""

from __future__ import annotations

from typing import get_args

from nas_core.api.space_names import NEEDS, SpaceName
from nas_core.api.task import Dataset, Task
from nas_core.api.task_rules import BUILT_IN, INPUTS


def test_every_type_of_task_space_and_data_set_is_known() -> None:
    assert {*INPUTS, "multi-modal-classification"} == {*get_args(Task.model_fields["type"].annotation)}
    assert NEEDS.keys() == {*get_args(SpaceName)}
    assert BUILT_IN.keys() == {*get_args(get_args(Dataset.model_fields["name"].annotation)[0])}


def test_every_single_kind_of_data_has_a_space() -> None:
    assert {*INPUTS.values()} <= {*NEEDS.values()}
