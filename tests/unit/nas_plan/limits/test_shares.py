"""Who gets free slots: examples of each rule, and properties that hold whatever the searches are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.support.factories import START

from nas_plan.limits.shares import Claimant, Most, Slots, hand_out

NOTHING = Slots()


def claimant(uid: str, trials: int = 0, gpus: int = 0, wants: int = 10, served: int = 0) -> Claimant:
    """``trials`` run, each with ``gpus``; the last was started in second ``served``."""
    return Claimant(uid, Slots(trials, trials * gpus), Slots(1, gpus), wants, START + timedelta(seconds=served))


def turns(most: Most, *claimants: Claimant, others: Slots = NOTHING) -> Mapping[str, int]:
    in_use = others
    for one in claimants:
        in_use = in_use.plus(one.has)
    return hand_out(most, in_use, claimants)


def test_equals_get_equal_shares_and_what_one_does_not_want_is_for_the_others() -> None:
    assert turns(Most(4), claimant("a"), claimant("b")) == {"a": 2, "b": 2}
    assert turns(Most(10), claimant("a", wants=1), claimant("b"), claimant("c")) == {"a": 1, "b": 5, "c": 4}


def test_who_has_less_comes_first_and_nothing_is_taken_away() -> None:
    assert turns(Most(4), claimant("first", trials=3), claimant("second")) == {"first": 0, "second": 1}
    assert turns(Most(4), claimant("first", trials=4), claimant("second")) == {"first": 0, "second": 0}


def test_of_equals_who_was_served_longest_ago_comes_first() -> None:
    assert turns(Most(1), claimant("a", served=2), claimant("b", served=1)) == {"a": 0, "b": 1}


def test_what_others_hold_is_not_free() -> None:
    assert turns(Most(3), claimant("a"), others=Slots(2)) == {"a": 1}
    assert turns(Most(3), claimant("a"), others=Slots(7)) == {"a": 0}, "the limit was lowered"


def test_who_needs_more_than_is_free_keeps_it_from_smaller_trials() -> None:
    small, large = claimant("small", trials=3, gpus=1), claimant("large", gpus=4)
    assert turns(Most(gpus=4), small, large) == {"small": 0, "large": 0}
    assert turns(Most(gpus=4), claimant("small", gpus=1, served=1), large) == {"small": 0, "large": 1}


def test_who_waits_for_gpus_keeps_nothing_from_trials_without() -> None:
    small, large = claimant("small", trials=3, gpus=1), claimant("large", gpus=4)
    assert turns(Most(6, 4), small, large, claimant("none", wants=9)) == {"small": 0, "large": 0, "none": 3}


def test_who_can_never_fit_keeps_nothing() -> None:
    assert turns(Most(gpus=4), claimant("huge", gpus=8), claimant("small", gpus=1)) == {"huge": 0, "small": 4}
    assert turns(Most(trials=0), claimant("a")) == {"a": 0}


def test_who_lacks_gpu_time_of_the_month_keeps_none_from_smaller_trials() -> None:
    long, short = (
        replace(claimant(name, wants=2), need=Slots(1, 0, seconds)) for name, seconds in (("l", 70), ("s", 20))
    )
    assert turns(Most(gpu_seconds=100), long, short, others=Slots(0, 0, 40)) == {"l": 0, "s": 2}
    assert turns(Most(gpu_seconds=100), long, short) == {"l": 1, "s": 1}


def test_the_dominant_share_counts() -> None:
    # Of 10 trials and 4 GPUs, two trials with a GPU each are half of what there is, three without three tenths.
    assert turns(
        Most(10, 4), claimant("gpu", trials=2, gpus=1, wants=1), claimant("cpu", trials=3), others=Slots(4)
    ) == {
        "gpu": 0,
        "cpu": 1,
    }


def test_without_limits_everybody_gets_everything() -> None:
    assert turns(Most(), claimant("a", wants=3), claimant("b", gpus=2, wants=5)) == {"a": 3, "b": 5}


searches = st.lists(
    st.builds(
        Claimant,
        uid=st.uuids().map(str),
        has=st.builds(Slots, st.integers(0, 6), st.integers(0, 6), st.integers(0, 60)),
        need=st.builds(Slots, st.just(1), st.integers(0, 3), st.integers(0, 30)),
        wants=st.integers(0, 8),
        served=st.integers(0, 3).map(lambda second: START + timedelta(seconds=second)),
    ),
    max_size=6,
    unique_by=lambda one: one.uid,
)
limits = st.builds(
    Most, st.none() | st.integers(0, 12), st.none() | st.integers(0, 12), st.none() | st.integers(0, 120)
)


@given(limits, searches)
def test_no_limit_is_broken_and_nobody_gets_more_than_he_wants(most: Most, claimants: list[Claimant]) -> None:
    given_ = turns(most, *claimants)
    assert given_.keys() == {one.uid for one in claimants}
    after = in_use = Slots()
    for one in claimants:
        assert 0 <= given_[one.uid] <= one.wants
        in_use, after = in_use.plus(one.has), after.plus(one.has.plus(one.need, given_[one.uid]))
    for limit, before, then in zip(most, in_use, after, strict=True):
        assert limit is None or then <= max(limit, before), "what runs may be above a limit that was lowered"


@given(st.integers(0, 12), searches)
def test_of_trials_alone_none_stays_free_that_somebody_wants(most: int, claimants: list[Claimant]) -> None:
    given_ = turns(Most(most), *claimants)
    left = most - sum(one.has.trials + given_[one.uid] for one in claimants)
    assert left <= 0 or all(given_[one.uid] == one.wants for one in claimants)


@given(st.integers(1, 12), searches)
def test_it_is_max_min(most: int, claimants: list[Claimant]) -> None:
    """Whoever wants more has at least as much, but for one trial, as anybody who was given any."""
    given_ = turns(Most(most), *claimants)
    has = {one.uid: one.has.trials + given_[one.uid] for one in claimants}
    unmet = [one.uid for one in claimants if given_[one.uid] < one.wants]
    served = [one.uid for one in claimants if given_[one.uid]]
    assert all(has[poor] >= has[rich] - 1 for poor in unmet for rich in served)


@given(
    st.integers(1, 4),
    st.integers(3, 6),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(1, 6)), min_size=2, max_size=5),
)
def test_whoever_wants_trials_gets_one_after_a_while(trials: int, gpus: int, kinds: list[tuple[int, int, int]]) -> None:
    """Searches that always want more, each with GPUs, parallel trials and seconds of a trial of its own."""
    running: list[tuple[int, int]] = []
    last, longest = dict.fromkeys(range(len(kinds)), 0), dict.fromkeys(range(len(kinds)), 0)
    for now in range(300):
        running = [(who, end) for who, end in running if end > now]
        counts = [sum(who == one for who, _ in running) for one in range(len(kinds))]
        claimants = [
            Claimant(str(who), Slots(counts[who], counts[who] * need), Slots(1, need), parallel - counts[who],
                     START + timedelta(seconds=last[who]))
            for who, (need, parallel, _) in enumerate(kinds)
        ]  # fmt: skip
        for who, more in turns(Most(trials, gpus), *claimants).items():
            place = int(who)
            running += [(place, now + kinds[place][2])] * more
            if more:
                last[place] = now
            longest[place] = max(longest[place], now - last[place])
    # Others may be served first, and each keeps what it has to its end.
    assert max(longest.values()) <= 2 * sum(seconds for _, _, seconds in kinds) + 6
