from __future__ import annotations

from nas_core.reasons import TrackingReason
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.pauses import Pauses

FAULT = TrackingFault(TrackingReason.SERVER_ERROR, "why")


def test_pauses_double_and_end() -> None:
    now = [0.0]
    pauses = Pauses(lambda: now[0])
    assert pauses.of("a") is None
    assert [pauses.failed("a", FAULT) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pauses.of("a", "b") == (FAULT, 60) and pauses.of("b") is None
    now[0] = 60.0
    assert pauses.of("a") is None
    assert pauses.failed("a", FAULT) == 60, "in a row"
    pauses.succeeded("a")
    assert pauses.of("a") is None and pauses.failed("a", FAULT) == 1
