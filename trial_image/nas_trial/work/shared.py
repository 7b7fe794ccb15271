"""One candidate judged with the shared weights of a supernet, instead of being trained.

Its network is an ordinary one of the space, with its part of the weights and statistics of its own
(`nas_trial.supernet`); it is measured and judged as one that was trained.
"""

from __future__ import annotations

import torch

from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialResult
from nas_core.states import Outcome
from nas_model.errors import CandidateRejected
from nas_storage.faults import NotFound
from nas_trial.data.examples import Examples
from nas_trial.errors import Stopped
from nas_trial.measuring import measure
from nas_trial.process.device import pick_dtype
from nas_trial.supernet.recalibration import Recalibration
from nas_trial.supernet.shared_weights import SharedWeights
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.hooks import Hooks
from nas_trial.training.recipe import Recipe
from nas_trial.training.tensor_message import Tensors
from nas_trial.training.validation import Validator
from nas_trial.work.as_written import as_written
from nas_trial.work.attempt import MEASURED, Attempt
from nas_trial.work.constraint_check import broken_constraint, refused
from nas_trial.work.supernet import TRAINED


class Judge:
    """What judges the candidates of a trial: the shared weights, and what gives networks their statistics."""

    def __init__(self, attempt: Attempt, examples: Examples, device: torch.device) -> None:
        trial = attempt.trial
        evaluation, settings = trial.evaluation, trial.evaluation.supernet
        assert settings is not None
        tensors = attempt.from_first(lambda: stored(attempt), Tensors())
        self.weights = SharedWeights.stored(trial.space, examples.signature, tensors).to(device)
        beat, dtype = attempt.watchdog.beat, pick_dtype(evaluation.precision, device)
        size = min(evaluation.batch_size, len(examples.train))
        self.recalibrate = Recalibration(examples, settings.recalibration, size, device, dtype, beat)
        constraints = [constraint.metric for constraint in trial.constraints]
        named = Recipe(evaluation, trial.seed, trial.objectives, constraints).named
        self.validator = Validator(examples, device, dtype, Hooks(attempt.stop, beat=beat), attempt.group, named)


class BySharedWeights:
    """Judges the candidates of a trial. What all of them need is loaded for the first."""

    def __init__(self) -> None:
        self._judge: Judge | None = None

    def __call__(
        self, candidate: CandidateSpec, attempt: Attempt, examples: Examples, device: torch.device
    ) -> TrialResult:
        """Judge a candidate by the validation examples, unless it breaks a constraint already.

        Raises:
            CandidateRejected: if there is no such network, or the supernet cannot be used for it.
            Stopped: if asked to stop before it was begun.
            StorageUnavailable: if the supernet could not be read for minutes.
        """
        if attempt.stop.is_set():
            raise Stopped
        trial = attempt.trial
        with attempt.watching(f"judging candidate {candidate.id}"):
            judge = self._judge = self._judge or Judge(attempt, examples, device)
            network = judge.weights.extract(candidate.architecture)
            hardware, contended = attempt.from_first(
                lambda: measure.hardware_metrics(network, examples.signature, device), MEASURED
            )
            hardware |= as_written(trial.space, candidate.architecture, examples.signature)
            if why := broken_constraint(hardware, contended, trial.constraints):
                return refused(hardware, why, trial.identity.attempt).model_copy(update={"dataset_hash": examples.hash})
            judge.recalibrate(network)
            found = judge.validator.metrics(network, examples.val, judge.recalibrate.batch_size)
        return TrialResult(
            outcome=Outcome.SUCCEEDED,
            metrics={f"{examples.judged}_{name}": value for name, value in found.items()} | hardware,
            attempt=trial.identity.attempt,
            dataset_hash=examples.hash,
            contended=contended,
            warnings=list(examples.warnings),
        )


def stored(attempt: Attempt) -> dict[str, torch.Tensor]:
    """Return the shared weights by name, from the storage.

    Raises:
        CandidateRejected: if there are none at the address, or they are damaged.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    trial = attempt.trial
    assert trial.storage is not None and attempt.store is not None
    if trial.supernet is None:
        raise CandidateRejected("SupernetUnusable", "evaluation.supernet: the trial was given no address of weights")
    checkpoints = Checkpoints(attempt.store, "", trial.storage.bucket, trial.identity.attempt, TRAINED)
    try:
        return checkpoints.weights(trial.supernet)
    except NotFound as error:
        raise CandidateRejected(
            "SupernetUnusable",
            f"evaluation.supernet: there are no weights at {trial.supernet} any more; make a new search, which trains "
            "them again",
        ) from error
    except ValueError as error:
        raise CandidateRejected("SupernetUnusable", f"evaluation.supernet: {error}; make a new search") from error
