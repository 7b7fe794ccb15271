"""Work on candidates by PyTorch: the data is read once, then each candidate is evaluated on it."""

from __future__ import annotations

from collections.abc import Callable

import torch

from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialResult
from nas_trial.data.examples import Examples
from nas_trial.data.load import Opener, find_data
from nas_trial.data.prepared.message import PreparedForm
from nas_trial.data.prepared.prepared import Prepared
from nas_trial.errors import CandidateRejected
from nas_trial.process.allocator import keep_memory
from nas_trial.process.device import free_memory, pick_device
from nas_trial.process.torch_startup import keep_compiler_out
from nas_trial.work import packing
from nas_trial.work.attempt import Attempt
from nas_trial.work.initial_weights import prepared_for

Evaluate = Callable[[CandidateSpec, Attempt, Examples, torch.device], TrialResult]
"""What is done with one candidate."""


def evaluate_candidates(attempt: Attempt, evaluate: Evaluate, *, retraining: bool = False) -> TrialResult:
    """Evaluate the trial's candidates, one or several.

    ``retraining``: on training and validation examples together, judged by the test split; where an epoch is to be
    chosen, on the training examples.

    Raises:
        CandidateRejected: if the data cannot be learned from, or the only candidate is rejected.
        Stopped: if asked to stop.
        StorageUnavailable: if the data could not be read for minutes.
    """
    trial, group = attempt.trial, attempt.group
    examples, device = open_examples(attempt, retraining=retraining)
    if len(trial.candidates) == 1:
        return evaluate(trial.candidates[0], attempt, examples, device)
    return packing.evaluate_all(
        trial,
        lambda candidate: evaluate(candidate, attempt, examples, device),
        attempt.store,
        attempt.endpoint.begin,
        group,
        free_memory,
    )


def open_examples(attempt: Attempt, *, retraining: bool = False) -> tuple[Examples, torch.device]:
    """Return the data of the trial, opened on its device, and that device.

    Raises:
        CandidateRejected: if the data cannot be learned from.
        Stopped: if asked to stop.
        StorageUnavailable: if the data could not be read for minutes.
    """
    keep_memory()
    # Before any optimiser: it is the first call of a wrapped method that loads the compiler.
    keep_compiler_out()
    trial, group = attempt.trial, attempt.group
    device = pick_device(deterministic=trial.evaluation.deterministic, processes=group.of_pod if group else 1)

    def find() -> Prepared:
        with attempt.watching("reading the data", computing=True):
            data = find_data(trial.task, trial.storage, trial.data_seed, attempt.stop, trial.prepared)
            return prepared_for(attempt, data).for_others(test=retraining)

    def opened(data: Prepared) -> Examples:
        with attempt.watching("opening the data", computing=True):
            examples = Opener(data, trial.task, device, attempt.stop, group.of_pod if group else 1).examples()
            choosing = trial.evaluation.report == "best" or trial.evaluation.patience is not None
            examples = examples.for_retraining(choosing=choosing) if retraining else examples
            # A retraining learns from all that it may learn from.
            if trial.evaluation.folds and not retraining:
                if trial.task.dataset.time:
                    raise CandidateRejected(
                        "SpecInvalid", "evaluation.folds divides at random, and dataset.time by age; remove one of them"
                    )
                examples = examples.in_folds(trial.evaluation.folds, trial.data_seed)
            return examples

    # Only the names of files are sent: each process reads them for itself, on the disk of its pod.
    return opened(attempt.from_first(find, PreparedForm(), each_pod=True)), device
