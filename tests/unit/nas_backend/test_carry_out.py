from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.factories import raw_search

from nas_backend.carry_out import all_of, carry_out
from nas_core.api.search_status import NASSearchStatus
from nas_core.records.search import read_search
from nas_plan.actions import Actions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEARCH = read_search(raw_search())
EVERYTHING: Any = Actions(
    finalizer="add",
    records=("ended",),  # type: ignore[arg-type]
    delete_trials=("outdated",),  # type: ignore[arg-type]
    stop_jobs=("job",),  # type: ignore[arg-type]
    start_jobs=("attempt",),  # type: ignore[arg-type]
    create_trials=("trial",),  # type: ignore[arg-type]
    observations=("live",),  # type: ignore[arg-type]
    status=NASSearchStatus(),
)


class Recorder:
    """A backend that notes what it is asked to do."""

    def __init__(self, fails: str = "") -> None:
        self.done: list[str] = []
        self._fails = fails

    def __getattr__(self, step: str) -> Any:
        async def do(*_: Any, **__: Any) -> None:
            if step == self._fails:
                raise OSError(step)
            self.done.append(step)

        return do


async def test_decisions_are_written_after_the_endings_that_they_saw_and_before_the_status() -> None:
    backend = Recorder()
    await carry_out(backend, SEARCH, EVERYTHING, NOW, write_status=True)
    assert backend.done == [
        "finalizer", "record", "delete_trial", "stop", "begin", "start", "create", "record", "report"
    ]  # fmt: skip


async def test_a_status_whose_turn_has_not_come_is_left_out() -> None:
    backend = Recorder()
    await carry_out(backend, SEARCH, EVERYTHING, NOW, write_status=False)
    assert "report" not in backend.done


async def test_after_a_step_that_fails_those_beside_it_are_done_and_those_that_follow_are_not() -> None:
    backend = Recorder(fails="start")
    with pytest.raises(OSError, match="start"):
        await carry_out(backend, SEARCH, EVERYTHING, NOW, write_status=True)
    assert backend.done[-1] == "create"


async def test_of_a_search_that_cannot_be_read_nothing_is_started() -> None:
    backend = Recorder()
    unreadable = read_search(raw_search() | {"spec": {"task": {}}})
    await carry_out(backend, unreadable, replace(EVERYTHING, create_trials=()), NOW, write_status=True)
    assert not {"start", "create"} & set(backend.done)


async def test_the_first_error_is_raised_once_all_have_ended() -> None:
    done = []

    async def write(number: int) -> None:
        if number < 2:
            raise OSError(f"write {number}")
        done.append(number)

    with pytest.raises(OSError, match="write 0"):
        await all_of(write(number) for number in range(4))
    assert done == [2, 3]
