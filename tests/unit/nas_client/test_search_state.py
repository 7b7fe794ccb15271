from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.nas_client.conftest import raw_search, running, state_of

from nas_client.cli.lines import still
from nas_client.search_state import SearchState, Summary, duration

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conditions", "summary"),
    [
        ((), Summary.NEW),
        ((("Progressing", "True", "Running"),), Summary.ACTIVE),
        ((("Accepted", "False", "InvalidSpec"),), Summary.REJECTED),
        ((("Suspended", "True", "Suspended"),), Summary.SUSPENDED),
        ((("Succeeded", "True", "BudgetSpent"), ("Failed", "False", "NotFailed")), Summary.SUCCEEDED),
        ((("Succeeded", "False", "NotFinished"), ("Failed", "True", "NoTrialSucceeded")), Summary.FAILED),
    ],
)
def test_conditions_give_the_summary(
    build: Callable[..., SearchState], conditions: tuple[tuple[str, str, str], ...], summary: Summary
) -> None:
    assert build(*conditions).summary is summary


def test_an_ended_search_whose_budget_was_raised_is_active_again(build: Callable[..., SearchState]) -> None:
    assert build(("Succeeded", "True", "BudgetSpent"), generation=2).summary is Summary.ACTIVE


def test_progress_counts_the_epochs_of_running_trials(half_way: SearchState) -> None:
    assert half_way.fraction == pytest.approx((1 + 2 / 4) / 4)
    assert half_way.ended == 1


def test_progress_counts_the_candidates_of_a_running_trial() -> None:
    packed = running(1, 2, candidate=2.0)
    packed["spec"]["candidates"] *= 4
    at = state_of(raw_search({"plan": {"candidates": 8, "epochs": 32, "strategy": "random"}}), packed)
    assert at.fraction == pytest.approx((2 + 2 / 4) / 8)
    assert at.at(at.trials[0]) == "2/4 of 3/4"


@pytest.mark.parametrize(
    ("work", "evaluation"),
    [("Train", {"epochs": 14, "supernet": {}}), ("Score", {"epochs": 14})],
    ids=["shared weights", "scores"],
)
def test_what_trains_nothing_has_no_epochs(work: str, evaluation: dict[str, Any]) -> None:
    pack = running(0, 0, candidate=2.0)
    pack["spec"] |= {"work": work, "candidates": pack["spec"]["candidates"] * 8}
    search = raw_search({}, evaluation=evaluation, storage={"bucket": "nas"})
    state = state_of(search, pack)
    assert state.at(state.trials[0]) == "candidate 3/8"
    assert still(state).endswith("running: fashion-00000 candidate 3/8")


def test_a_budget_that_was_lowered_below_what_has_begun_is_not_more_than_full() -> None:
    trials = {"total": 7, "refused": 1, "succeeded": 5, "running": 1}
    at = state_of(raw_search({"trials": trials}, budget={"maxTrials": 1}))
    assert (at.ended, at.planned) == (5, 6)


def test_objectives_and_constraints_are_shown_once_each(
    build: Callable[..., SearchState], half_way: SearchState
) -> None:
    assert half_way.metric_names == ["val_accuracy"]
    assert build(constraints=["parameters", "val_accuracy"]).metric_names == ["val_accuracy", "parameters"]


def test_time_runs_from_the_start(half_way: SearchState) -> None:
    assert half_way.seconds(STARTED + timedelta(seconds=70)) == 70
    assert half_way.seconds(STARTED - timedelta(seconds=3)) == 0, "clocks may differ"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (59, "59s"), (185, "3m05s"), (7620, "2h07m")])
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
