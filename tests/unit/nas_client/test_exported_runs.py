from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.reports import reported

from nas_client.exported_runs import candidate_runs, numeric


@pytest.mark.parametrize(("values", "is_number"), [(["1", "0.5"], True), (["1", "none"], False), (["nan"], False)])
def test_a_parameter_is_a_number_where_it_is_one_in_all_runs(values: list[str], is_number: bool) -> None:
    [run] = candidate_runs(*reported(1))
    assert numeric(replace(run, params={"x": value}) for value in values) == {"x": is_number}
