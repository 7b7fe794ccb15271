"""Why a trial was tried and what came of it, from what is on record. Pure: a search and a trial in, sections out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nas_client.result_rank import comparable, is_valid, rank
from nas_client.search_state import SearchState, duration, trial_state
from nas_core.api.trial import CandidateSpec
from nas_core.history import Observation
from nas_core.objectives import bounds_of, cost_of, violation
from nas_core.reasons import TrialReason
from nas_core.records.conditions import find
from nas_core.records.trial import TrialView, observed
from nas_core.states import ConditionType, Work

Value = str | int | float | list[str]
Facts = Iterator[tuple[str, Value]]
"""Names, and what they are."""

ORIGINS: Mapping[str, str] = {
    "Random": "drawn at random",
    "Grid": "the next one of the grid",
    "Mutation": "its parent with a change",
    "Crossover": "put together from its parents",
    "Model": "chosen by a model of the results",
    "Score": "drawn at random, and chosen by its scores",
    "Supernet": "derived in a supernet",
    "Retry": "its parent, which failed, once more",
    "Injected": "asked for by spec.guidance",
    "Preferred": "drawn near the values that spec.guidance prefers",
    "WarmStart": "one of the best of an earlier search",
}
WORKS: Mapping[Work, str] = {
    Work.PREPARE: "prepares the data for all other trials",
    Work.SCORE: "scores candidates without training",
    Work.SUPERNET: "trains a supernet, before the search",
    Work.EARLIER: "keeps results of an earlier search",
    Work.TRAIN: "evaluates for the search",
    Work.RETRAIN: "trains one of the best in full",
}


@dataclass(frozen=True)
class Section:
    """Some facts under a title."""

    title: str
    facts: Mapping[str, Value]


@dataclass(frozen=True)
class Explanation:
    """A trial of a search, explained."""

    state: SearchState
    trial: TrialView

    @property
    def sections(self) -> list[Section]:
        """All that is to say; of several candidates each has a section on its choice and one on its result."""
        found = [Section("trial", dict(self._trial()))]
        if self.trial.compared:
            for place, candidate in enumerate(self.trial.spec.candidates):
                of = f" of candidate {self.trial.spec.index + place}" if self.trial.size > 1 else ""
                found.append(Section(f"choice{of}", dict(self._choice(place, candidate))))
                found.append(Section(f"result{of}", dict(self._result(place))))
        found.append(Section("attempts", dict(self._attempts())))
        found.append(Section("cost", dict(self._cost())))
        return [section for section in found if section.facts]

    def _trial(self) -> Facts:
        trial = self.trial
        yield "name", trial.meta.name
        yield "search", self.state.search.meta.name
        yield "work", WORKS[trial.spec.work]
        if not trial.compared and trial.size:
            yield "candidates", trial.size
        yield "state", str(trial_state(trial))
        guidance = self.state.spec.guidance
        ended = find(trial.status.conditions, ConditionType.SUCCEEDED)
        if ended and ended.reason == TrialReason.COMPLETED and ended.message:
            yield "extended", ended.message
        elif guidance and trial.meta.name in guidance.extend:
            yield "extended", "a person asks by spec.guidance.extend that it trains as long as the search allows"
        failed = find(trial.status.conditions, ConditionType.FAILED)
        if failed and failed.status == "True":
            yield "why it failed", f"{failed.reason}: {failed.message}"

    def _choice(self, place: int, candidate: CandidateSpec) -> Facts:
        spec, plan, index = self.trial.spec, self.state.status.plan, self.trial.spec.index + place
        yield "architecture", candidate.text or candidate.id
        if candidate.hyperparameters:
            yield "hyperparameters", [f"{name} {value}" for name, value in candidate.hyperparameters.items()]
        yield "index", index
        if plan:
            yield "strategy", plan.strategy + (f" ({plan.strategy_reason})" if plan.strategy_reason else "")
        if candidate.target:
            yield "target", candidate.target
        yield "origin", f"{candidate.origin}: {ORIGINS[candidate.origin]}"
        if candidate.source:
            yield "source", candidate.source
        if candidate.parents:
            yield "parents", [self._result_of(parent) for parent in candidate.parents]
        if spec.guidance:
            held = [f"pinned parent {index}" for index in spec.guidance.parents]
            held += [f"extend {spec.guidance.extend}"] if spec.guidance.extend else []
            yield "guidance", [f"generation {spec.guidance.generation}", *map(str, spec.guidance.decisions), *held]
        for name, value in self._scores(candidate):
            yield f"score {name}", value
        if spec.epochs is not None:
            yield "epochs", spec.epochs
        seen = [one for one in self._searched if one.sequence <= spec.basis]
        if spec.work == Work.TRAIN:
            yield "results seen", len(seen)
            if failed := sum(one.metrics is None for one in seen):
                yield "of these failed", failed
            known = {one.index for one in seen}
            yield "candidates awaited then", sum(one < index and one not in known for one in self._names)
        if spec.continues:
            yield "goes on from", spec.continues
        # What is trained further was chosen for a result of its own, the last one that was there.
        earned = [one for one in seen if one.index == index and is_valid(one, self.state.spec)]
        if self.trial.extended:
            yield "promoted", "as a person asked by spec.guidance.extend, whatever its rank"
        if earned and (spec.continues or spec.work == Work.RETRAIN):
            why = "its rank then" if self.trial.extended else "chosen for its rank"
            yield why, self._ranked(earned[-1], seen if spec.continues else self._searched)

    def _compared(self, index: int) -> Facts:
        """Yield what people have said of a candidate."""
        guidance = self.state.spec.guidance
        said = guidance.comparisons if guidance else []
        if worse := [self._result_of(one.worse) for one in said if one.better == index]:
            yield "preferred to", worse
        if better := [self._result_of(one.better) for one in said if one.worse == index]:
            yield "preferred to it", better

    def _result(self, place: int) -> Facts:
        trial, spec = self.trial, self.state.spec
        if not trial.recorded:
            return
        mine = trial.observations[place]
        metrics = mine.metrics or {}
        yield "sequence", mine.sequence
        if trial.status.candidates and mine.metrics is None:
            one = trial.status.candidates[place]
            yield "why it failed", f"{one.reason}: {one.message}"
        for objective in spec.objectives:
            if objective.metric in metrics:
                yield f"{objective.metric} ({objective.goal})", metrics[objective.metric]
        for constraint in spec.constraints:
            if constraint.metric in metrics:
                low, high = bounds_of(constraint)
                broken = constraint.broken_by(metrics[constraint.metric])
                limits = f"allowed: {low:.6g} to {high:.6g}"
                yield (
                    f"constraint {constraint.metric}",
                    f"{'broken' if broken else 'kept'}: {metrics[constraint.metric]:.6g} ({limits})",
                )
        if trial.status.stop_evidence:
            yield "stopped early", trial.status.stop_evidence.describe()
        if is_valid(mine, spec):
            alike = self._searched if trial.spec.work == Work.TRAIN else self._results(trial.spec.work)
            before = [one for one in alike if one.sequence < mine.sequence]
            yield from self._against_the_best(mine, before)
            yield "rank when it came", self._ranked(mine, before)
            yield "rank now", self._ranked(mine, alike)
        yield from self._compared(mine.index)

    def _against_the_best(self, mine: Observation, before: Sequence[Observation]) -> Facts:
        """Compare a result with the best one before it; with several objectives there is no one best."""
        spec = self.state.spec
        feasible = [one for one in comparable(before, mine, spec) if not violation(one.metrics, spec.constraints)]
        if len(spec.objectives) > 1 or not feasible:
            return
        [objective] = spec.objectives
        costs = {one.index: cost_of(objective, (one.metrics or {})[objective.metric]) for one in feasible}
        best = min(costs, key=costs.__getitem__)
        gain = costs[best] - cost_of(objective, (mine.metrics or {})[objective.metric])
        yield "best until then", f"{cost_of(objective, costs[best]):.6g} of {self._names[best]}"
        yield "against it", f"{abs(gain):.4g} {'better' if gain > 0 else 'worse'}" if gain else "equal"

    def _ranked(self, mine: Observation, results: Sequence[Observation]) -> str:
        others = comparable(results, mine, self.state.spec)
        after = f" after {mine.epochs} epochs" if mine.epochs else ""
        return f"{rank(mine, others, self.state.spec)} of {len(others) + 1}{after}"

    def _result_of(self, index: int) -> str:
        """Say what a candidate has reached, the newest result of it."""
        results = [one for one in self._searched if one.index == index]
        name = self._names.get(index, f"candidate {index}, whose trial was deleted")
        metrics = (results[-1].metrics if results else None) or {}
        values = [f"{o.metric} {metrics[o.metric]:.6g}" for o in self.state.spec.objectives if o.metric in metrics]
        return f"{name}: {', '.join(values) or 'no result'}"

    def _scores(self, candidate: CandidateSpec) -> Iterator[tuple[str, float]]:
        scored = (one for one in self._results(Work.SCORE) if one.candidate.id == candidate.id)
        yield from next((one.metrics.items() for one in scored if one.metrics), ())

    def _attempts(self) -> Facts:
        for past in self.trial.status.attempts:
            reason = f" ({past.reason})" if past.reason and past.reason != past.outcome else ""
            took = ""
            if past.start_time and past.completion_time:
                took = f", {duration(max(0.0, (past.completion_time - past.start_time).total_seconds()))}"
            yield str(past.number), f"{past.outcome.value}{reason}{took}"

    def _cost(self) -> Facts:
        yield "trial-seconds", self.trial.status.trial_seconds
        yield "GPU-seconds", self.trial.status.gpu_seconds

    @cached_property
    def _searched(self) -> list[Observation]:
        return self._results(Work.TRAIN)

    @cached_property
    def _names(self) -> dict[int, str]:
        """The trials of the search by the indices of their candidates; of several on rungs the first."""
        names: dict[int, str] = {}
        for trial in self.state.trials:
            if trial.spec.work == Work.TRAIN:
                for place in range(trial.size):
                    names.setdefault(trial.spec.index + place, trial.meta.name)
        return names

    def _results(self, work: Work) -> list[Observation]:
        """Return the results of a kind of work in the order of recording."""
        seen = observed(trial for trial in self.state.trials if trial.spec.work == work)
        return sorted(seen, key=lambda one: one.sequence)
