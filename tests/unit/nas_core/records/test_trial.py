from __future__ import annotations

from tests.support.factories import START, raw_trial, stamp

from nas_core.records.trial import TrialView


def test_a_trial() -> None:
    waiting = TrialView.of(raw_trial(4))
    assert waiting.spec.index == 4 and not waiting.recorded and not waiting.succeeded
    condition = {"type": "Succeeded", "status": "True", "reason": "Completed", "lastTransitionTime": stamp(START)}
    ended = TrialView.of(raw_trial(4, {"sequence": 1, "conditions": [condition]}))
    assert ended.recorded and ended.succeeded
    failed = TrialView.of(raw_trial(4, {"sequence": 1, "conditions": [condition | {"status": "False"}]}))
    assert failed.recorded and not failed.succeeded
