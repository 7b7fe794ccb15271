"""A training with its checkpoints: of a candidate's network, or of a supernet.

Above `nas_trial.training.engine`, which knows neither trials nor the storage.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from nas_core.api.base import parse_duration
from nas_core.contract import CHECKPOINT_TIME
from nas_core.layout import checkpoint_prefix
from nas_trial.data.examples import Examples
from nas_trial.errors import Stopped
from nas_trial.process.log import log
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.saver import Saver
from nas_trial.training.train_state import TrainState
from nas_trial.work.attempt import Attempt


@dataclass(frozen=True)
class Trained:
    """A training that is over."""

    progress: Progress
    address: str | None
    """Of the last checkpoint, if there is a storage."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingRun:
    """What is trained on, how, and where its checkpoints are."""

    attempt: Attempt
    examples: Examples
    recipe: Recipe
    device: torch.device
    trained: str
    """What is trained, as checkpoints name it: those of anything else are not resumed from."""
    folder: str = ""
    """Of its checkpoints below those of the trial, with a slash behind; empty: the trial has no others."""

    def checkpoints(self, name: str) -> Checkpoints | None:
        """Return where the checkpoints of the trial with a name are, None without a storage."""
        trial = self.attempt.trial
        if self.attempt.store is None or trial.storage is None:
            return None
        return Checkpoints(
            self.attempt.store,
            checkpoint_prefix(trial.storage.root, name) + self.folder,
            trial.storage.bucket,
            trial.identity.attempt,
            self.trained,
        )

    def starting_point(self, state: TrainState, checkpoints: Checkpoints | None) -> tuple[Progress | None, list[str]]:
        """Load the newest whole checkpoint into the state.

        It is this trial's own or, if it has none yet, that of the trial which it continues. Returns where it stands,
        None if training starts from the beginning, and what people should know of checkpoints that were skipped.
        """
        continues = self.attempt.trial.continues
        start = checkpoints.resume(state) if checkpoints else None
        skipped = list(checkpoints.skipped) if checkpoints else []
        if start is None and continues and (below := self.checkpoints(continues)):
            start = below.resume(state)
            skipped += below.skipped
            if start is None:
                skipped.insert(0, f"trial {continues} has no complete checkpoint: training started from the beginning")
        if self.attempt.group:  # only its first process has read the storage
            start = self.attempt.group.synchronise(state, start)
        self.attempt.watchdog.beat()
        return start, skipped

    def _stored(self, at: float) -> None:
        self.attempt.endpoint.set(**{CHECKPOINT_TIME: at})

    def train(self, state: TrainState, start: Progress, checkpoints: Checkpoints | None) -> Trained:
        """Train to the end.

        Raises:
            Stopped: if asked to stop; the checkpoint is stored then.
            CandidateRejected: if it cannot be trained.
        """
        storage = self.attempt.trial.storage
        lost_s = parse_duration(storage.checkpoint_interval).total_seconds() if storage else 0.0
        saver = Saver(checkpoints, lost_s, self._stored) if checkpoints else None

        def save(progress: Progress) -> None:
            # Within an epoch the metrics are still those of the one before.
            log(
                "checkpoint" if progress.step else "epoch", epoch=progress.epoch, step=progress.step, **progress.metrics
            )
            if saver and checkpoints:
                best = progress.step == 0 and progress.epoch == progress.best_epoch
                if best:
                    progress.best_checkpoint = checkpoints.address(progress)
                saver.save(state, progress, keep=best and self.recipe.evaluation.report == "best")

        hooks = Hooks(self.attempt.stop, self.attempt.endpoint.set, save, beat=self.attempt.watchdog.beat)
        if saver:
            hooks.due = saver.due
        engine = Engine(state, self.examples, self.recipe, self.device, hooks, self.attempt.group)
        try:
            progress = engine.train(start)
        # The save that is under way must end before the process does.
        except Stopped:
            if saver:
                saver.finish()
            raise
        address = saver.finish() if saver else None
        if saver and address is None:
            # The last save failed, or the checkpoint that was resumed from is of the last epoch: its address is not
            # known.
            save(progress)
            address = saver.finish()
        return Trained(progress, address, saver.stretched() if saver else [])
