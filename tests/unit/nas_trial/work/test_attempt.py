from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.trials import trial_input

from nas_trial.process.messages import Json
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt

TEXT: Json[str] = Json(str)


def attempt(group: Any = None) -> Attempt:
    trial = trial_input()
    return Attempt(trial, StopFlag(), Watchdog(pytest.fail), MetricsEndpoint(trial.identity), group=group)


def test_a_process_alone_makes_what_the_first_would() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("here")
        return "it"

    assert attempt().from_first(make, TEXT) == "it" and made == ["here"]


def test_in_a_group_the_first_process_makes_it() -> None:
    group = SimpleNamespace(from_first=lambda make, form, each_pod: f"{make()}, from the first")
    assert attempt(group).from_first(lambda: "it", TEXT) == "it, from the first"
