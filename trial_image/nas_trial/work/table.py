"""The kinds of work that a trial can be for, each with what does it. A new kind is entered here; a test compares it
with the contract's.

What needs PyTorch is imported only when it is asked for: preparing data does without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nas_core.contract import TrialResult
from nas_core.states import Work
from nas_trial.work.attempt import Attempt


def _train(attempt: Attempt) -> TrialResult:
    from nas_trial.work import candidates, shared, train

    evaluate = shared.BySharedWeights() if attempt.trial.evaluation.supernet else train.evaluate
    return candidates.evaluate_candidates(attempt, evaluate)


def _retrain(attempt: Attempt) -> TrialResult:
    from nas_trial.work import candidates, retrain

    return candidates.evaluate_candidates(attempt, retrain.evaluate, retraining=True)


def _score(attempt: Attempt) -> TrialResult:
    from nas_trial.work import candidates, score

    return candidates.evaluate_candidates(attempt, score.evaluate)


def _prepare(attempt: Attempt) -> TrialResult:
    from nas_trial.work import prepare

    return prepare.prepare(attempt)


def _export(attempt: Attempt) -> TrialResult:
    from nas_trial.work import export

    return export.export(attempt)


def _supernet(attempt: Attempt) -> TrialResult:
    from nas_trial.work import supernet

    return supernet.train_supernet(attempt)


WORK: Mapping[Work, Callable[[Attempt], TrialResult]] = {
    Work.PREPARE: _prepare,
    Work.TRAIN: _train,
    Work.RETRAIN: _retrain,
    Work.SCORE: _score,
    Work.EXPORT: _export,
    Work.SUPERNET: _supernet,
}
