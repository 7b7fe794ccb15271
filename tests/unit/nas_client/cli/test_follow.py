from collections.abc import Callable
from typing import cast

import pytest

from nas_client.cli.follow import SIGN_OF_LIFE_S, LineDisplay, follow
from nas_client.errors import ApiUnreachable, SearchNotFound
from nas_client.reader import Reader
from nas_client.search_state import SearchState


class Script:
    """A reader that answers with what it was given, in order."""

    def __init__(self, *answers: SearchState | Exception) -> None:
        self.answers = list(answers)

    def read(self, name: str) -> SearchState:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Recorder:
    def __init__(self) -> None:
        self.shown: list[str] = []
        self.troubles: list[str] = []

    def show(self, state: SearchState) -> None:
        self.shown.append(state.summary.value)

    def trouble(self, message: str) -> None:
        self.troubles.append(message)


def run(*answers: SearchState | Exception) -> tuple[SearchState, Recorder, list[float]]:
    display = Recorder()
    pauses: list[float] = []
    last = follow(cast(Reader, Script(*answers)), "fashion", display, pauses.append)
    return last, display, pauses


def test_follows_until_the_search_is_over(build: Callable[..., SearchState], half_way: SearchState) -> None:
    last, display, pauses = run(build(), half_way, build(("Succeeded", "True", "BudgetSpent")))
    assert display.shown == ["New", "Active", "Succeeded"]
    assert last.summary.value == "Succeeded"
    assert len(pauses) == 1, "no pause before the end is shown"


def test_an_api_server_that_is_away_is_waited_for(build: Callable[..., SearchState], half_way: SearchState) -> None:
    _, display, _ = run(half_way, ApiUnreachable("refused"), build(("Failed", "True", "NoTrialSucceeded")))
    assert display.shown == ["Active", "Active", "Failed"]
    assert "refused" in display.troubles[0]


def test_a_search_deleted_meanwhile_ends_it(half_way: SearchState) -> None:
    with pytest.raises(SearchNotFound):
        run(half_way, SearchNotFound("there is no NASSearch"))


def test_an_unreachable_server_at_the_start_is_an_error() -> None:
    with pytest.raises(ApiUnreachable):
        run(ApiUnreachable("refused"))


def test_silence_gets_a_sign_of_life(half_way: SearchState) -> None:
    written: list[str] = []
    now = [0.0]
    display = LineDisplay(written.append, lambda: now[0])
    display.show(half_way)
    first = len(written)
    now[0] = SIGN_OF_LIFE_S - 1
    display.show(half_way)
    assert len(written) == first
    now[0] = SIGN_OF_LIFE_S
    display.show(half_way)
    assert written[first].endswith("running: fashion-00001 epoch 2/4")
