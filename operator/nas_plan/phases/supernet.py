"""Between scoring and the search: supernets, whose weights candidates share or in which architectures are derived.

What is trained follows from the search's spec alone, of its guidance from what holds when the trial is made. So trials
that are missing, for whatever reason, are created again until the first candidate has a trial. From then on what was
derived is what the trials have recorded, as with scores, and the address of the shared weights is that in the search's
status.
"""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.gradient import gradient_of
from nas_core.api.guidance import HeldGuidance
from nas_core.api.search import NASSearchSpec
from nas_core.api.supernet_rules import supernet_epochs
from nas_core.api.trial import NASTrialSpec
from nas_core.reasons import SearchReason
from nas_core.records.conditions import MESSAGE_LIMIT, find
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Work
from nas_plan.ask import trial_seed
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing


def step(look: Look, standing: Standing) -> Step | None:
    """Go on with supernets until each run has ended; without one that can be used the search has failed."""
    # From the first candidate on no supernet is trained any more: every decision has to see the same ones.
    if standing.over or look.first_index:
        return None
    trials = {j.trial.spec.index: j.trial for j in look.by_work[Work.SUPERNET]}
    asked = wanted(look.spec, look.search.generation)
    missing = [trial for trial in asked if trial.index not in trials]
    if missing or not all(trial.recorded for trial in trials.values()):
        if not standing.go:
            return Step(standing)
        if standing.reason == SearchReason.RUNNING:
            standing = Standing(SearchReason.TRAINING_SUPERNET, _progress(look.spec, list(trials.values())))
        return Step.creating(look, standing, missing)
    if asked and not (look.derived if gradient_of(look.spec.strategy) else look.supernet):
        return Step(_failed(list(trials.values())) if standing.go else standing)
    return None


def wanted(spec: NASSearchSpec, generation: int = 0) -> list[NASTrialSpec]:
    """Return the trials of all supernets that a search trains itself, one a run; none if it needs none.

    What guidance holds now they keep to the end. ``generation`` is that of the spec.
    """
    gradient, shared = gradient_of(spec.strategy), spec.evaluation.supernet
    runs = gradient.runs if gradient else int(shared is not None and shared.from_ is None)
    held = HeldGuidance.of(spec.strategy_guidance, generation)
    return [
        NASTrialSpec(index=run, basis=0, work=Work.SUPERNET, seed=trial_seed(spec.strategy.seed, run), guidance=held)
        for run in range(runs)
    ]


def _progress(spec: NASSearchSpec, trials: Sequence[TrialView]) -> str:
    gradient = gradient_of(spec.strategy)
    going = [trial.status.epoch or 0 for trial in trials if not trial.recorded]
    farthest = max(going, default=0)
    at = f"; epoch {farthest} of {supernet_epochs(spec)}" if farthest else ""
    if gradient is None:
        return f"the weights that candidates share are trained{at}"
    ended = sum(trial.recorded for trial in trials)
    runs = f"{ended} of {gradient.runs} runs have ended" if gradient.runs > 1 else "in one run"
    return f"architectures are derived in a supernet, {runs}{at}"


def _failed(trials: Sequence[TrialView]) -> Standing:
    conditions = (find(trial.status.conditions, ConditionType.FAILED) for trial in trials)
    why = next((f"{c.reason}: {c.message}" for c in conditions if c and c.status == "True"), "no result")
    names = trials[0].meta.name + (" and others" if len(trials) > 1 else "")
    remedy = f". Correct the cause and delete the trials of work Supernet ({names}), and they are trained again"
    # The message is cut rather than the remedy.
    cause = f"no supernet can be used: {why}"[: MESSAGE_LIMIT - len(remedy)].rstrip(". ")
    return Standing(SearchReason.SUPERNET_FAILED, cause + remedy)
