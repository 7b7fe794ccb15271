"""Replay: ask the strategy again for every trial, from what its ask saw, and compare.

A difference means that the record was changed, or that the strategy is not a function of history, seed and index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nas_core.api.guidance import Guidance
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, Observation, Pending, Scored, history_at
from nas_search.for_targets import ForTargets
from nas_search.rungs import WithRungs
from nas_search.strategy import Strategy

ASKED_FOR = ("Retry", "Injected")
"""Origins of candidates that a person has named, and no strategy."""


@dataclass(frozen=True)
class RecordedTrial:
    """A candidate as recorded: what was chosen, after which results, and what came of it."""

    index: int
    basis: int
    candidate: CandidateSpec
    sequence: int | None = None
    """None while there is no result."""
    metrics: Mapping[str, float] | None = None
    """None as well when it failed."""
    epochs: int | None = None
    """With rungs: the epochs that the trial trains to."""
    guidance: Guidance | None = None
    """What people had told the strategy."""
    extended: bool = False
    """With rungs: a person had it promoted, and no rank."""


@dataclass(frozen=True)
class Mismatch:
    """A decision that the strategy does not repeat.

    ``again`` is None when it finds the space exhausted, and of a promotion that was not earned.
    """

    index: int
    recorded: CandidateSpec
    again: CandidateSpec | None


def replay(
    strategy: Strategy,
    decisions: Sequence[RecordedTrial],
    scores: tuple[Scored, ...] = (),
    derived: tuple[Scored, ...] = (),
    earlier: tuple[Earlier, ...] = (),
) -> Iterator[Mismatch]:
    """Yield the decisions that the strategy takes differently; none, if all is well.

    ``scores``, ``derived`` and ``earlier``: what was known before the first decision.
    """
    return filter(None, ask_again(strategy, decisions, decisions, scores, derived, earlier))


def ask_again(
    strategy: Strategy,
    record: Sequence[RecordedTrial],
    asked: Sequence[RecordedTrial],
    scores: tuple[Scored, ...] = (),
    derived: tuple[Scored, ...] = (),
    earlier: tuple[Earlier, ...] = (),
) -> Iterator[Mismatch | None]:
    """Yield for each decision that is ``asked`` again how the strategy differs from it, None if it does not.

    ``record``: all decisions of the search, from which follows what each of them saw. That a target was due is not
    asked again: it depends on when targets were added.
    """
    seen = [
        Observation(d.index, d.sequence, d.candidate, d.metrics, d.epochs, d.extended)
        for d in record
        if d.sequence is not None
    ]
    pending = [Pending(d.index, d.candidate, d.epochs) for d in record if d.sequence is None]
    total = max((d.index for d in record), default=-1) + 1
    for decision in asked:
        own = _of_target(strategy, decision.candidate.target)
        if decision.candidate.origin in ASKED_FOR or decision.extended or own is None:
            # A person has asked for it, and no strategy; or it was for a target that somebody has removed.
            yield None
            continue
        first = own.ladder.first_epochs(decision.index) if isinstance(own, WithRungs) else None
        # A promotion is not asked for: it has to be earned by the results that its decision had seen.
        if isinstance(own, WithRungs) and decision.epochs and decision.epochs != first:
            history = history_at(seen, pending, total, decision.basis, scores, derived, earlier)
            promotable = own.is_promotable(history, total, decision.index, decision.epochs)
            yield None if promotable else Mismatch(decision.index, decision.candidate, None)
            continue
        history = history_at(seen, pending, decision.index, decision.basis, scores, derived, earlier, decision.guidance)
        again = next(iter(own.ask(history, 1)), None)
        yield None if again == decision.candidate else Mismatch(decision.index, decision.candidate, again)


def _of_target(strategy: Strategy, target: str | None) -> Strategy | None:
    """Return what chose for a target, or without one; None if the search has no such target any more."""
    if isinstance(strategy, ForTargets):
        return strategy.only(target)
    return strategy if target is None else None
