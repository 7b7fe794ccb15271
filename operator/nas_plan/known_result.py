"""Trials whose result is known when they are made (`NASTrialSpec.known`): they end without a Job. Pure."""

from __future__ import annotations

from nas_core.api.trial import NASTrialSpec
from nas_core.contract import CandidateResult, TrialResult
from nas_core.records.trial import TrialView
from nas_core.states import Outcome, State, Work
from nas_plan.judgement import Judgement


def judge_known(trial: TrialView) -> Judgement:
    """Judge a trial that has ended when it was made, to be recorded."""
    return Judgement(trial, State.ENDED, result=_result(trial.spec))


def _result(trial: NASTrialSpec) -> TrialResult:
    if trial.work == Work.EARLIER:
        # The spec has it already.
        return TrialResult(outcome=Outcome.SUCCEEDED)
    results = [
        CandidateResult(id=candidate.id, outcome=Outcome.SUCCEEDED, metrics=known.values)
        for candidate, known in zip(trial.candidates, trial.known, strict=True)
    ]
    # Of several candidates the check takes the best as that of the whole (`nas_plan.result_check`).
    return TrialResult(outcome=Outcome.SUCCEEDED, metrics=results[0].metrics, candidates=results)
