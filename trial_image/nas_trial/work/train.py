"""One candidate: its network built, measured, and trained from its newest checkpoint if there is one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from nas_core.api.curve import Curve
from nas_core.api.evaluation import Evaluation
from nas_core.api.trial import CandidateSpec
from nas_core.contract import MOST_WARNINGS, TrialResult
from nas_core.states import Outcome
from nas_model.networks.build import build_network
from nas_model.networks.head import head_in_float32
from nas_trial.data.examples import Examples
from nas_trial.measuring import measure
from nas_trial.process.log import log
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.defaults import with_defaults
from nas_trial.training.ema import Ema
from nas_trial.training.hyperparameters import with_hyperparameters
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.regularize import add_dropout
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.spec_augment import add_spec_augment
from nas_trial.training.train_state import TrainState
from nas_trial.work import initial_weights
from nas_trial.work.as_written import as_written
from nas_trial.work.attempt import MEASURED, Attempt, Measured
from nas_trial.work.constraint_check import broken_constraint, refused
from nas_trial.work.training_run import TrainingRun
from nas_trial.work.trainings import Training, mean_result, trainings

MOST_SKIPPED = 4
"""Checkpoints that were skipped of which a result tells."""


def evaluate(candidate: CandidateSpec, attempt: Attempt, examples: Examples, device: torch.device) -> TrialResult:
    """Measure a candidate, train it to the end unless it breaks a constraint already, and return what came of it.

    Raises:
        CandidateRejected: if it cannot be trained.
        Stopped: if asked to stop; the checkpoint is stored then, unless the storage is away.
    """
    chosen = with_hyperparameters(attempt.trial.evaluation, candidate.hyperparameters)
    evaluation = with_defaults(chosen, attempt.trial.task.type)
    results: list[TrialResult] = []
    measured: Measured | None = None
    with attempt.watching(f"candidate {candidate.id}"):
        for training in trainings(evaluation, attempt.trial.task, examples, attempt.trial.seed, device):
            result, measured = CandidateTraining(candidate, evaluation, attempt, training, device).run(measured)
            results.append(result)
            if result.outcome == Outcome.REFUSED:
                break
    return mean_result(results)


@dataclass(frozen=True)
class CandidateTraining:
    """The steps from a candidate to its result, in the order of :meth:`run`."""

    candidate: CandidateSpec
    evaluation: Evaluation
    """The search's, with the candidate's hyperparameters in it."""
    attempt: Attempt
    training: Training
    device: torch.device

    @property
    def examples(self) -> Examples:
        """What is trained on."""
        return self.training.examples

    def run(self, measured: Measured | None = None) -> tuple[TrialResult, Measured]:
        """Return the result and what was measured of the network, which of several trainings only the first does."""
        trial, signature = self.attempt.trial, self.examples.signature
        network = self.network()
        init = self.evaluation.init_from
        started, report = initial_weights.load(network, init, self.attempt, self.examples) if init else (None, "")
        # By one process, for all: times differ, and all must come to the same decision about the constraints.
        hardware, contended = measured = measured or self.attempt.from_first(
            lambda: measure.hardware_metrics(network, signature, self.device), MEASURED
        )
        hardware |= as_written(trial.space, self.candidate.architecture, signature)
        self.announce(hardware)
        if why := broken_constraint(hardware, contended, trial.constraints):
            result = refused(hardware, why, trial.identity.attempt)
            known = {"dataset_hash": self.examples.hash, "contended": contended, "warnings": [*self.examples.warnings]}
            return result.model_copy(update=known), measured
        state = self.train_state(network)
        run = self.training_run()
        checkpoints = run.checkpoints(trial.identity.trial)
        start, skipped = run.starting_point(state, checkpoints)
        # Noted before training, which changes it.
        resumed_from = start.epoch if start else None
        trained = run.train(state, start or Progress(), checkpoints)
        progress = trained.progress
        metrics, address, lost = self.reported(progress, trained.address, checkpoints)
        result = TrialResult(
            outcome=Outcome.SUCCEEDED,
            # What was learned first: a result that is too long loses its last metrics.
            metrics={**metrics, **hardware, "train_seconds": progress.seconds},
            epochs=progress.epoch,
            resumed_from_epoch=resumed_from,
            checkpoint=address,
            attempt=trial.identity.attempt,
            dataset_hash=self.examples.hash,
            initial_weights=started,
            contended=contended,
            curve=Curve(**progress.curve) if progress.curve else None,
            warnings=[
                *filter(None, [report]),
                *skipped[:MOST_SKIPPED],
                *lost,
                *trained.warnings,
                *self.memory_warning(progress),
                *self.examples.warnings,
            ][:MOST_WARNINGS],
        )
        return result, measured

    def network(self) -> nn.Module:
        """Return the network with its first weights, which the training's seed decides, on the device."""
        torch.manual_seed(self.training.seed)
        signature = self.examples.signature
        # Built on the CPU, then moved: one seed gives the same weights on every device.
        network = build_network(self.attempt.trial.space, self.candidate.architecture, signature)
        head_in_float32(network, signature.outputs)
        add_dropout(network, float(self.evaluation.dropout), signature.outputs)
        if "spec-augment" in self.evaluation.augmentation:
            add_spec_augment(network)
        # Channels last: the layout that convolutions compute in on CPUs and GPUs alike.
        on_device: nn.Module = network.to(self.device).to(memory_format=torch.channels_last)
        return on_device

    def announce(self, hardware: dict[str, float]) -> None:
        """Tell the log and the live metrics what is trained from here on."""
        self.attempt.watchdog.beat()
        log(
            "start",
            trial=self.attempt.trial.identity.trial,
            architecture=self.candidate.text or self.candidate.architecture,
            device=str(self.device),
            **hardware,
        )
        self.attempt.endpoint.reset()
        self.attempt.endpoint.set(**hardware)

    def training_run(self) -> TrainingRun:
        """Return the training itself, which other work has too."""
        trial = self.attempt.trial
        constraints = [constraint.metric for constraint in trial.constraints]
        recipe = Recipe(self.evaluation, self.training.seed, trial.objectives, constraints, trial.last_epoch)
        folder = f"{self.candidate.id}/" if len(trial.candidates) > 1 else ""
        return TrainingRun(
            self.attempt, self.examples, recipe, self.device, self.candidate.id, folder + self.training.folder
        )

    def train_state(self, network: nn.Module) -> TrainState:
        """Return the network with its optimiser and, if the search wants one, its moving average."""
        decay = float(self.evaluation.average_decay)
        return TrainState(network, make_optimizer(network, self.evaluation), Ema(network, decay) if decay else None)

    def reported(
        self, progress: Progress, last: str | None, checkpoints: Checkpoints | None
    ) -> tuple[dict[str, float], str | None, list[str]]:
        """Return the metrics and the checkpoint that are the result, and what people should know of it.

        ``last`` is the address of the last epoch's weights. Where no objective tells the best epoch, it is the last.
        """
        if self.evaluation.report == "last" or not progress.best_epoch:
            return progress.metrics, last, []
        metrics = {**progress.best_metrics, "best_epoch": float(progress.best_epoch)}
        if checkpoints is None or checkpoints.holds(progress.best_checkpoint):
            return metrics, progress.best_checkpoint or None, []
        return metrics, None, [f"the checkpoint of the best epoch, {progress.best_epoch}, could not be stored"]

    def memory_warning(self, progress: Progress) -> list[str]:
        """Return what to change if batches had to be divided for want of memory."""
        if progress.parts <= self.evaluation.accumulation:
            return []
        return [
            f"candidate {self.candidate.id} ran out of GPU memory and was trained with each batch in "
            f"{progress.parts} parts; lower evaluation.batchSize or raise evaluation.accumulation to save the attempts"
        ]
