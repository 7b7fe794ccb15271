"""The table of commands, and what `main` makes of what comes out of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nas_client.cli import options, watch
from nas_client.cli.commands import COMMANDS
from nas_client.cli.main import main
from nas_client.errors import ApiUnreachable, SearchNotFound
from nas_client.search_state import SearchState
from nas_core.api.search_status import TargetStatus

Build = Callable[..., SearchState]


class Cluster:
    """A reader that answers with one thing."""

    def __init__(self, answer: SearchState | BaseException) -> None:
        self.answer = answer

    def read(self, _: str) -> SearchState:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    def give(answer: SearchState | BaseException) -> None:
        for module in (options, watch):
            monkeypatch.setattr(module, "connect", lambda *_: Cluster(answer))

    return give


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_what_main_asks_of_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = COMMANDS[name].load()
    assert command.INTERRUPTED and callable(command.command)
    assert main([name, "--help"]) == 0
    assert f"Usage: nasctl {name}" in capsys.readouterr().out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(command.help in shown for command in COMMANDS.values())


@pytest.mark.parametrize("arguments", [[], ["wacth", "fashion"], ["watch"]])
def test_a_mistake_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Usage: nasctl" in capsys.readouterr().err


def test_a_word_that_is_nearly_a_command_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wacth", "fashion"]) == 2
    assert "Did you mean 'watch'?" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nasctl ")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SearchNotFound("there is no NASSearch"), 3, "there is no NASSearch"),
        (ApiUnreachable("503"), 3, "503"),
        (KeyboardInterrupt(), 130, "stopped watching; the search goes on"),
    ],
)
def test_what_goes_wrong_is_a_line_and_an_exit_code(
    error: BaseException, code: int, said: str, answer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(error)
    assert main(["watch", "fashion"]) == code
    assert capsys.readouterr().err == f"nasctl: {said}\n"


def test_watching_ends_with_the_search(build: Build, answer: Callable[[Any], None]) -> None:
    answer(build(("Succeeded", "True", "BudgetSpent")))
    assert main(["watch", "fashion"]) == 0
    answer(build(("Failed", "True", "NoTrialSucceeded")))
    assert main(["watch", "fashion"]) == 1


def test_the_best_is_told_to_people_and_programs(
    half_way: SearchState, answer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(half_way)
    assert main(["best", "fashion"]) == 0
    assert "fashion-00000: s3://nas/demo/best.safetensors" in capsys.readouterr().out
    assert main(["best", "fashion", "-o", "json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert told == half_way.status.best[0].to_dict()


def test_of_a_retraining_the_bundle_is_told(
    half_way: SearchState, answer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    again = half_way.status.best[0].model_copy(update={"trial": "fashion-r0", "bundle": "s3://nas/demo/bundle/a001/"})
    status = half_way.status.model_copy(update={"retrained": [again]})
    answer(SearchState(replace(half_way.search, status=status), half_way.trials))
    assert main(["best", "fashion"]) == 0
    printed = capsys.readouterr().out
    assert "fashion-r0: s3://nas/demo/bundle/a001/" in printed and "safetensors" not in printed


def test_programs_are_told_that_the_device_was_shared(
    half_way: SearchState, answer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    first, *others = half_way.trials
    first = replace(first, status=first.status.model_copy(update={"contended": True}))
    answer(SearchState(half_way.search, (first, *others)))
    assert main(["best", "fashion", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["contended"] is True


def test_of_a_search_with_targets_each_has_its_best(
    half_way: SearchState, answer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    best = half_way.status.best[0]
    again = best.model_copy(update={"trial": "fashion-r0", "bundle": "s3://nas/demo/bundle/a001/"})
    targets = [TargetStatus(name="phone", best=[best], retrained=[again]), TargetStatus(name="mcu", best=[best])]
    status = half_way.status.model_copy(update={"targets": targets})
    answer(SearchState(replace(half_way.search, status=status), half_way.trials))
    assert main(["best", "fashion"]) == 0
    printed = capsys.readouterr().out
    assert printed.index("for phone") < printed.index("trained again in full") < printed.index("for mcu")
    assert printed.count("fashion-00000: s3://nas/demo/best.safetensors") == 1
    assert main(["best", "fashion", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["target"], one["trial"]) for one in told] == [("phone", "fashion-r0"), ("mcu", "fashion-00000")]


def test_without_a_best_the_exit_code_says_so(
    build: Build, answer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(build())
    assert main(["best", "fashion"]) == 1
    assert capsys.readouterr().out == "no trial has succeeded yet\n"
