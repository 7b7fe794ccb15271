from __future__ import annotations

from typing import get_args

from nas_core.contract import TrialInput
from nas_trial.work.table import WORK


def test_every_kind_of_work_of_the_contract_has_a_function() -> None:
    assert WORK.keys() == set(get_args(TrialInput.model_fields["work"].annotation))
