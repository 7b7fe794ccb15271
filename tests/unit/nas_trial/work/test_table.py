from __future__ import annotations

from nas_core.states import Work
from nas_trial.work.table import WORK


def test_every_kind_of_work_has_a_function() -> None:
    assert WORK.keys() == set(Work)
