from __future__ import annotations

import pytest

from nas_operator.names import job_name, trial_name


@pytest.mark.parametrize(
    ("index", "name"), [(0, "s-00000"), (12345, "s-12345"), (99_999, "s-99999"), (100_000, "s-100000")]
)
def test_trials_are_named_by_index(index: int, name: str) -> None:
    assert trial_name("s", index) == name


def test_jobs_are_named_by_attempt() -> None:
    assert job_name("s-00007", 3) == "s-00007-a3"
