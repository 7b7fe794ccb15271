"""Work of kind Retrain: a candidate is trained in full, and becomes a model that others can use: a bundle."""

from __future__ import annotations

import torch

from nas_core.api.trial import CandidateSpec
from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH, TrialResult
from nas_core.states import Outcome
from nas_storage.faults import NotFound
from nas_trial.data.examples import Examples
from nas_trial.work import bundle, train
from nas_trial.work.attempt import Attempt


def evaluate(candidate: CandidateSpec, attempt: Attempt, examples: Examples, device: torch.device) -> TrialResult:
    """Train a candidate and store its bundle; return the result, which names it.

    Raises:
        CandidateRejected: if it cannot be trained.
        Stopped: if asked to stop; the checkpoint is stored then.
        StorageUnavailable: if the bundle could not be stored for minutes; another attempt does it.
    """
    result = train.evaluate(candidate, attempt, examples, device)
    if attempt.store is None or result.outcome != Outcome.SUCCEEDED:
        return result
    with attempt.watching("storing the bundle"):
        try:
            contents = bundle.contents(attempt, candidate, result, examples, device)
        except (NotFound, ValueError) as error:
            # The numbers are right all the same; training once more would cost as much again.
            warning = f"there is no bundle of this model, as its weights are lost: {error}"[:WARNING_LENGTH]
            return result.model_copy(update={"warnings": [warning, *result.warnings][:MOST_WARNINGS]})
        return result.model_copy(update={"bundle": bundle.publish(contents, attempt)})
