"""Trainings side by side: none is left out, no more than asked for run at a time, each has its share of time."""

from collections.abc import Iterator

from benchmarks.supernet.side_by_side import Shares, run


def test_all_are_run_and_no_more_than_there_are_lanes_at_a_time() -> None:
    waiting, ended, running, most = list(range(7)), [], set(), 0

    def training(number: int) -> Iterator[bool]:
        nonlocal most
        running.add(number)
        most = max(most, len(running))
        for _ in range(number % 3 + 3):
            yield True
        running.remove(number)
        ended.append(number)

    run(lambda lane: training(waiting.pop(0)) if waiting else None, 3, Shares())
    assert sorted(ended) == list(range(7))
    assert most == 3


def test_a_lane_that_is_free_gets_the_next() -> None:
    lanes: list[int] = []
    waiting = [1, 5, 1, 1]

    def start(lane: int) -> Iterator[bool] | None:
        if not waiting:
            return None
        lanes.append(lane)
        return iter([True] * waiting.pop(0))

    run(start, 2, Shares())
    assert lanes == [0, 1, 0, 0]


def test_it_ends_when_none_is_begun() -> None:
    asked: list[int] = []

    def start(lane: int) -> None:
        asked.append(lane)

    run(start, 4, Shares())
    assert asked == [0]


def test_each_has_its_share_of_the_time() -> None:
    seconds = iter([0.0, 2.0, 6.0, 7.0])
    shares = Shares(clock=lambda: next(seconds))
    shares.tick(1)
    assert shares.now == 2
    shares.tick(4)
    assert shares.now == 3
    shares.tick(0)
    assert shares.now == 4
