from __future__ import annotations

from nas_core.states import Work
from nas_trial.work.table import WORK


def test_every_kind_of_work_has_a_function() -> None:
    # Earlier results are only kept: no pod runs for them.
    assert WORK.keys() == set(Work) - {Work.EARLIER}
