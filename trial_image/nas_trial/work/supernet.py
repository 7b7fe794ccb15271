"""Work of kind Supernet: weights that all networks of the space share are trained, or an architecture with them.

Its result names the checkpoint with the weights, with which trials of work Train judge candidates
(`nas_trial.work.shared`), and the architectures that the training itself has chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import torch

from nas_core.api.supernet import Supernet
from nas_core.api.trial import Derived
from nas_core.contract import MOST_WARNINGS, TrialResult
from nas_core.states import Outcome
from nas_trial.data.examples import Examples
from nas_trial.process.log import log
from nas_trial.supernet import train
from nas_trial.supernet.gradient import run
from nas_trial.training.defaults import with_defaults
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.train_state import TrainState
from nas_trial.work.attempt import Attempt
from nas_trial.work.candidates import open_examples
from nas_trial.work.training_run import TrainingRun

TRAINED = "supernet"
"""What is trained, as its checkpoints name it."""


def train_supernet(attempt: Attempt) -> TrialResult:
    """Train to the end from the newest checkpoint, and return what came of it.

    Raises:
        CandidateRejected: if it cannot be trained.
        Stopped: if asked to stop; the checkpoint is stored then, unless the storage is away.
        StorageUnavailable: if the data could not be read for minutes.
    """
    trial = attempt.trial
    examples, device = open_examples(attempt)
    constraints = [constraint.metric for constraint in trial.constraints]
    recipe = Recipe(with_defaults(trial.evaluation, trial.task.type), trial.seed, trial.objectives, constraints)
    with attempt.watching("training the supernet"), ExitStack() as closing:
        state, examples, recipe, derive = _prepared(attempt, examples, recipe, device, closing)
        training = TrainingRun(attempt, examples, recipe, device, TRAINED)
        log("start", trial=trial.identity.trial, device=str(device), epochs=recipe.evaluation.epochs)
        attempt.endpoint.reset()
        checkpoints = training.checkpoints(trial.identity.trial)
        start, skipped = training.starting_point(state, checkpoints)
        # Noted before training, which changes it.
        resumed_from = start.epoch if start else None
        trained = training.train(state, start or Progress(), checkpoints)
        progress = trained.progress
        # By every process: a controller judges its choice by the examples of all of them.
        derived = derive(progress)
    return TrialResult(
        outcome=Outcome.SUCCEEDED,
        metrics={**progress.metrics, "train_seconds": progress.seconds},
        epochs=progress.epoch,
        resumed_from_epoch=resumed_from,
        checkpoint=trained.address,
        derived=derived,
        attempt=trial.identity.attempt,
        dataset_hash=examples.hash,
        warnings=[*skipped, *trained.warnings, *examples.warnings][:MOST_WARNINGS],
    )


def _prepared(
    attempt: Attempt, examples: Examples, recipe: Recipe, device: torch.device, closing: ExitStack
) -> tuple[TrainState, Examples, Recipe, Callable[[Progress], list[Derived]]]:
    """Return what is trained, on what and how, and what tells the architectures that were chosen."""
    trial, beat = attempt.trial, attempt.watchdog.beat
    held = trial.guidance.given if trial.guidance else None
    if trial.strategy and (settings := run.settings_of(trial.strategy)):
        search = run.prepare(trial.space, settings, examples, recipe, device, attempt.group, held)
        closing.callback(search.rule.loss.examples.close)
        return search.state, search.examples, search.recipe, lambda progress: [search.derived(progress.metrics)]
    sharing = trial.evaluation.supernet or Supernet()
    prepared = train.prepare(trial.space, sharing, examples, recipe, device, beat, attempt.group, held)
    return prepared.state, prepared.examples, prepared.recipe, lambda _: prepared.rule.derived()
