"""Asks the strategy again for every candidate of a recorded search, and compares.

For `nasctl replay`; the operator does not use it. A decision is a function of the spec, the results that the strategy
had seen (`basis`), the index and the seed. All of these are recorded. So a difference means one of three things: the
record was changed by hand, trials were deleted, or another version of the operator chose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from nas_core.api.judgement import HeldJudgement
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, Scored
from nas_core.records.search import SearchView, UnreadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.ask import strategy_of
from nas_plan.earlier import on_record
from nas_plan.look import derived, scores
from nas_plan.resolve import resolve
from nas_search import RecordedTrial
from nas_search.replay import ask_again


@dataclass(frozen=True)
class Difference:
    """A decision that the strategy does not repeat."""

    trial: str
    """Name of the NASTrial."""
    index: int
    basis: int
    """Sequence number of the last result that the decision had seen."""
    recorded: CandidateSpec
    again: CandidateSpec | None
    """None: today nothing is left to try, or the promotion to a higher rung was not earned."""


@dataclass(frozen=True)
class Record:
    """What a search has decided so far."""

    spec: NASSearchSpec
    scores: tuple[Scored, ...]
    derived: tuple[Scored, ...]
    earlier: tuple[Earlier, ...]
    decisions: tuple[tuple[str, RecordedTrial], ...]
    """Each with the name of its trial, in the order in which they were taken."""
    judged_by: Mapping[str, HeldJudgement]
    """By the name of a trial the limits and weights that held, of those that had some."""

    @classmethod
    def of(cls, search: SearchView, trials: Sequence[TrialView]) -> Record:
        """Take the record out of a search and all of its trials. Only what was trained for the search was decided.

        Raises:
            ValueError: if the spec cannot be read; the message names the field.
        """
        # A shared space was taken over into the status before the first trial, so it is not looked up again.
        resolved = resolve(search, None)
        if isinstance(resolved, UnreadableSearch):
            raise ValueError(resolved.error)
        searched = [trial for trial in trials if trial.spec.work == Work.TRAIN]
        decisions = [(trial.meta.name, decision) for trial in searched for decision in _decisions(trial)]
        # What strategies remember of a history grows with it and is made anew when it shrinks.
        decisions.sort(key=lambda entry: (entry[1].basis, entry[1].index))
        spec = resolved.spec
        held = {trial.meta.name: trial.spec.judged_by for trial in searched if trial.spec.judged_by}
        return cls(spec, scores(trials), derived(spec, trials), on_record(trials), tuple(decisions), held)

    @property
    def missing(self) -> list[int]:
        """Indices of candidates whose trials were deleted: decisions that saw them cannot be repeated."""
        known = {decision.index for _, decision in self.decisions}
        return [index for index in range(max(known, default=-1) + 1) if index not in known]

    def sample(self, most: int) -> list[int]:
        """Return the places of at most ``most`` decisions, spread evenly from the first to the last."""
        count = len(self.decisions)
        if count <= most:
            return list(range(count))
        return sorted({round(k * (count - 1) / max(1, most - 1)) for k in range(most)})

    def ask_again(self, places: Sequence[int]) -> Iterator[Difference | None]:
        """Ask the strategy again for the decisions at some places; None for each that is the same."""
        everything = [decision for _, decision in self.decisions]
        chosen = [self.decisions[place] for place in places]
        # Those under the same limits by one strategy, which remembers what it has reckoned.
        for held, same in groupby(chosen, key=lambda entry: self.judged_by.get(entry[0], HeldJudgement())):
            named = list(same)
            strategy, asked = strategy_of(self._under(held)), [decision for _, decision in named]
            answers = ask_again(strategy, everything, asked, self.scores, self.derived, self.earlier)
            for (name, decision), difference in zip(named, answers, strict=True):
                if difference is None:
                    yield None
                else:
                    yield Difference(name, decision.index, decision.basis, decision.candidate, difference.again)

    def _under(self, held: HeldJudgement) -> NASSearchSpec:
        """Return the spec as it was with some limits and weights."""
        objectives = held.weighed(self.spec.objectives)
        return self.spec.model_copy(update={"constraints": held.constraints, "objectives": objectives})


def _decisions(trial: TrialView) -> list[RecordedTrial]:
    """Return what a trial records, one a candidate."""
    basis, held = trial.spec.basis, trial.spec.guidance
    given = held.given if held else None
    if not trial.recorded:
        return [
            RecordedTrial(p.index, basis, p.candidate, epochs=p.epochs, guidance=given, extended=trial.extended)
            for p in trial.pending
        ]
    return [
        RecordedTrial(o.index, basis, o.candidate, o.sequence, o.metrics, o.epochs, given, o.extended)
        for o in trial.observations
    ]
