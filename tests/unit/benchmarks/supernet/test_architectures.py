"""The choice of architectures: distinct, the same each time, most drawn, some known to be strong."""

from benchmarks.supernet.architectures import SPACE, choose

from nas_core.spaces import get_space


def test_they_are_distinct_and_as_many_as_asked_for() -> None:
    chosen = choose(140, 20, seed=0)
    assert len({one.id for one in chosen}) == len(chosen) == 160
    assert [one.id for one in chosen] == [get_space(SPACE).canonical_id(one.architecture) for one in chosen]
    assert sum(one.origin == "strong" for one in chosen) == 20


def test_the_same_seed_chooses_the_same_in_the_same_order() -> None:
    assert choose(20, 5, seed=3) == choose(20, 5, seed=3)
    assert choose(20, 5, seed=3) != choose(20, 5, seed=4)


def test_the_strong_are_convolutions_but_for_two_edges() -> None:
    strong = [one for one in choose(10, 8, seed=1) if one.origin == "strong"]
    assert all(list(one.architecture.values()).count("nor_conv_3x3") >= 4 for one in strong)
    assert any(set(one.architecture.values()) == {"nor_conv_3x3"} for one in strong)


def test_the_first_ones_are_a_sample_of_all() -> None:
    assert {one.origin for one in choose(140, 20, seed=0)[:30]} == {"random", "strong"}
