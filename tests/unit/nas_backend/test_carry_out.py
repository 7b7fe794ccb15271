from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.factories import raw_search, raw_trial

from nas_backend.carry_out import all_of, carry_out
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView
from nas_plan.actions import Actions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEARCH = read_search(raw_search())
TRIAL = TrialView.of(raw_trial(0)).spec
EVERYTHING: Any = Actions(
    finalizer="add",
    records=("ended",),  # type: ignore[arg-type]
    delete_trials=("outdated",),  # type: ignore[arg-type]
    stop_jobs=("job",),  # type: ignore[arg-type]
    start_jobs=("attempt",),  # type: ignore[arg-type]
    create_trials=(TRIAL,),
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
        "finalizer", "record", "delete_trial", "stop", "begin", "start", "create", "start", "record", "report"
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


async def test_of_new_trials_none_is_recorded_after_one_that_was_denied() -> None:
    made = []

    async def create(_: Any, spec: NASTrialSpec) -> TrialView:
        # The first ones take the longest: side by side the last would be there first.
        for _turn in range(10 - spec.index):
            await asyncio.sleep(0)
        if spec.index == 2:
            raise OSError("429 TooManyRequests")
        made.append(spec.index)
        return TrialView.of(raw_trial(spec.index))

    backend: Any = Recorder()
    backend.create = create
    new = tuple(TRIAL.model_copy(update={"index": index}) for index in range(5))
    with pytest.raises(OSError, match="429"):
        await carry_out(backend, SEARCH, replace(EVERYTHING, create_trials=new, start_jobs=()), NOW, write_status=True)
    assert made == [0, 1] and backend.done.count("start") == 2 and "report" not in backend.done


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
