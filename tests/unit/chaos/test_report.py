from __future__ import annotations

from tests.chaos.play import Outcome
from tests.chaos.report import report


def test_the_table_says_what_was_run_and_what_failed() -> None:
    good, bad = Outcome((), 20.4, ()), Outcome(("it_ends: not ended",), 300, ())
    table = report({"kill": [good, bad, bad], "none": [good]}, 7, 40)
    assert "Searches of 40 trials, 8 at a time, in ordered mode; seeds from 7." in table
    assert "| `kill` | the operator is killed (SIGKILL), 5 times | 3 | 1 | 300 | it_ends: not ended |" in table
    assert "| `none` | nothing | 1 | 1 | 20 | - |" in table
