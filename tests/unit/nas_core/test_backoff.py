from __future__ import annotations

import pytest

from nas_core.backoff import backoff


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0.5), (1, 0.5), (2, 1.0), (5, 8.0), (6, 10.0), (100, 10.0)])
def test_each_failure_doubles_the_wait_up_to_the_limit(failures: int, seconds: float) -> None:
    assert backoff(failures, 0.5, 10.0) == seconds


@pytest.mark.parametrize("failures", [1025, 10**6, 10**30])
def test_no_number_of_failures_is_too_large(failures: int) -> None:
    assert backoff(failures, 0.2, 60.0) == 60.0
