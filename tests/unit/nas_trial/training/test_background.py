from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nas_trial.training.background import Background


def test_only_the_newest_of_what_waits_is_done() -> None:
    background, began, go, done = Background(), threading.Event(), threading.Event(), list[int]()

    def first() -> None:
        began.set()
        assert go.wait(10)
        done.append(1)

    def work(number: int) -> Callable[[], None]:
        return lambda: done.append(number)

    background.do(first)
    assert began.wait(10)
    for number in (2, 3, 4):
        background.do(work(number))
    assert done == []
    go.set()
    background.drain()
    assert done == [1, 4]


def test_it_does_not_hold_the_caller_up() -> None:
    background, go, done = Background(), threading.Event(), threading.Event()
    background.do(lambda: done.set() if go.wait(10) else None)
    assert not done.is_set()
    go.set()
    background.drain()
    assert done.is_set()


def test_nothing_to_drain() -> None:
    Background().drain()


def test_what_goes_wrong_is_told() -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    background = Background()
    background.do(fail)
    with pytest.raises(RuntimeError, match="a bug"):
        background.drain()
    with pytest.raises(RuntimeError, match="a bug"):
        background.do(fail)
