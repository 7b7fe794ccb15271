from __future__ import annotations

from nas_core.api.trial import CandidateSpec
from nas_search import History, Observation, Pending, history_at


def candidate(name: str) -> CandidateSpec:
    return CandidateSpec(id=name, architecture={}, origin="Random")


def observed(index: int, sequence: int) -> Observation:
    return Observation(index, sequence, candidate(f"c{index}"), {"quality": 0.5})


def waiting(index: int) -> Pending:
    return Pending(index, candidate(f"c{index}"))


def test_nothing_was_seen_before_the_first_result() -> None:
    empty = History()
    assert (empty.basis, empty.next_index, empty.seen_ids()) == (0, 0, set())


def test_basis_is_the_last_sequence_and_next_index_follows_the_highest() -> None:
    history = History((observed(3, 1), observed(0, 2)), (waiting(1), waiting(2)))
    assert (history.basis, history.next_index) == (2, 4)
    assert history.seen_ids() == {"c0", "c1", "c2", "c3"}


def test_the_next_index_may_be_given_because_trials_can_be_deleted() -> None:
    assert History((observed(0, 1),), next_index=9).next_index == 9


def test_a_chosen_candidate_is_pending_for_the_next() -> None:
    before = History((observed(0, 1),), next_index=5)
    after = before.with_pending(candidate("new"))
    assert after == History(before.observations, (Pending(5, candidate("new")),), 6)
    assert before.pending == ()


def test_what_a_trial_saw_is_rebuilt_from_its_index_and_basis() -> None:
    seen = [observed(4, 5), observed(0, 2), observed(2, 1), observed(1, 3), observed(5, 4)]
    history = history_at(seen, [waiting(6), waiting(3)], index=5, basis=2)
    assert history == History((observed(2, 1), observed(0, 2)), (waiting(1), waiting(3), waiting(4)), 5)
