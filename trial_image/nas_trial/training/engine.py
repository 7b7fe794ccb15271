"""Training: one loop, resumable at any step, with the same result as if it had never been stopped.

The order of the examples derives from (seed, epoch), everything else that is drawn from (seed, step), and the learning
rate from the step alone, so a checkpoint needs only weights, optimiser state and the place in the epoch. The loop never
waits for the device but once a second, to report, and for a copy of its state when a checkpoint is due.

Metrics that are named here: ``train_loss`` and ``train_<progress>`` of the epoch's training examples, ``micro_batch``,
``examples_per_second``, and ``device_wait_share``, the share of an epoch's time that was spent waiting for data; those
of `nas_trial.learning_tasks` get the prefix of the split, as in ``val_accuracy``.
Shapes: those of `nas_model.signature`; N examples of a batch, n of a part of it.
"""

from __future__ import annotations

import hashlib
import math
import random
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from nas_core.api.curve import Curve
from nas_trial.data.examples import Batch, Examples, Split
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.device import pick_dtype
from nas_trial.process.log import log
from nas_trial.training.activation_checkpointing import checkpoint_blocks
from nas_trial.training.asked import Asked, asked
from nas_trial.training.augment import make_augmentation
from nas_trial.training.best_epoch import is_best, is_exhausted, note_best
from nas_trial.training.compiling import compiled
from nas_trial.training.distributed import Agreement, Group
from nas_trial.training.hooks import Hooks
from nas_trial.training.lessons import Lessons
from nas_trial.training.not_finite import remedy
from nas_trial.training.pace import Pace, step_ends
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.running_sums import RunningSums
from nas_trial.training.schedule import rate_factor
from nas_trial.training.step_rule import Lesson, StepRule
from nas_trial.training.train_state import TrainState
from nas_trial.training.validation import Validator

REPORT_INTERVAL_S = 1.0


@dataclass
class Engine:
    """Trains one network on one data set."""

    state: TrainState
    data: Examples
    recipe: Recipe
    device: torch.device
    hooks: Hooks
    group: Group | None = None
    """The processes that train this network in step, each with its share of every batch."""

    def __post_init__(self) -> None:
        evaluation = self.recipe.evaluation
        self.dtype = pick_dtype(evaluation.precision, self.device)
        # float16 has too few small numbers for gradients: they are scaled up, and back before the step.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self.batch = min(evaluation.batch_size, len(self.data.train))
        self.ends = step_ends(len(self.data.train), self.batch)
        self.steps = len(self.ends)
        self.rule: StepRule = self.state.rule
        self.least = self.rule.least_examples(self.state.network)
        self.parts = evaluation.accumulation
        # Set by `nas_trial.training.defaults` where the search does not.
        self.rate = float(evaluation.optimizer.learning_rate or 0)
        own = partial(asked, self.hooks)
        self.asked = Agreement(own, self.group, self.steps) if self.group else own
        self.smoothing = float(evaluation.label_smoothing)
        self._require_what_fits()
        augment = make_augmentation(evaluation, self.data.signature, bool(self.data.classes))
        self.lessons = Lessons(self.data, augment, self.smoothing, self.device, self.dtype)
        if evaluation.activation_checkpointing:
            checkpoint_blocks(self.state.network)
        self.forward = compiled(self.state.network) if evaluation.compile else self.state.network
        self.validator = Validator(self.data, self.device, self.dtype, self.hooks, self.group, self.recipe.named)

    def _require_what_fits(self) -> None:
        processes = self.group.size if self.group else 1
        # The batches of an epoch differ by one example.
        if len(self.data.train) // self.steps < processes * self.least:
            where = f"each of {processes} GPUs" if processes > 1 else "a batch"
            needed = "1 example" if self.least == 1 else "2 examples, as the network has batch normalisation"
            raise CandidateRejected(
                "SpecInvalid", f"batches of {self.batch}: {where} needs at least {needed}; raise evaluation.batchSize"
            )
        if self.smoothing and not self.data.classes:
            raise CandidateRejected("SpecInvalid", "evaluation.labelSmoothing is for classification; remove it")

    def train(self, progress: Progress) -> Progress:
        """Train from where ``progress`` stands to the end, or as long as patience lasts; it is changed and returned.

        Raises:
            Stopped: after saving, if asked to stop.
            CandidateRejected: if the loss is not finite.
        """
        if progress.scale is not None:
            state = {"scale": progress.scale, "_growth_tracker": progress.scale_steps}
            self.scaler.load_state_dict(self.scaler.state_dict() | state)
        self.parts = max(self.parts, progress.parts)
        # The epoch last: who reads in between must not take the epoch before for this one.
        self.hooks.report(**progress.metrics, epoch=progress.epoch)
        patience = self.recipe.evaluation.patience
        while (
            progress.epoch < self.recipe.stop_at and not is_exhausted(progress, patience) and not self.rule.finished()
        ):
            self._epoch(progress)
            self._judge(progress)
            # What the rule shows here too: an epoch may be over before it was due.
            self.hooks.report(**{**self.rule.shown(), **progress.metrics}, epoch=progress.epoch)
            self._save(progress)
        return progress

    def _epoch(self, progress: Progress) -> None:
        """Train the rest of an epoch."""
        self.state.network.train()
        train = self.data.train
        starts = [0, *self.ends[:-1]]
        order = train.order(self.recipe.seed, progress.epoch)  # (training examples,)
        chosen = [order[start:end] for start, end in zip(starts, self.ends, strict=True)][progress.step :]
        first_process = self.group is None or self.group.rank == 0
        # A checkpoint's sums are those of all processes together: one of them goes on from them.
        sums = RunningSums.of(progress.sums if first_process else {}, self.device)
        pace, first, spent = Pace(), progress.step, progress.seconds
        batches = train.batches([self.group.shard(rows) for rows in chosen] if self.group else chosen)
        with closing(batches):
            for step in range(first, self.steps):
                if (what := self.asked()) != Asked.NOTHING:
                    self._save_within(progress, sums)
                    if what == Asked.STOP:
                        raise Stopped
                with pace.waiting():
                    batch = next(batches)
                examples = self.ends[step] - starts[step]
                self._step(batch, examples, progress.epoch * self.steps + step, sums)
                progress.step = step + 1
                pace.examples += examples
                progress.seconds = spent + pace.seconds
                if pace.due(REPORT_INTERVAL_S):
                    self._report(sums, pace)
        progress.sums = self._synchronise(sums)
        self._check(progress.sums["loss"], "training")
        progress.metrics |= pace.metrics()

    def _report(self, sums: RunningSums, pace: Pace) -> None:
        """Show how the epoch goes; this waits for the device."""
        so_far = sums.read()
        if not self.group:  # of several processes none may leave alone: they look when they meet
            self._check(so_far["loss"], "training")
        self.hooks.report(
            learning_rate=self.state.optimizer.param_groups[0]["lr"],
            **pace.metrics(),
            **self.rule.shown(),
            train_loss=so_far["loss"] / so_far["seen"],
            **{f"train_{self.data.task.progress}": so_far["correct"] / so_far["seen"]},
        )

    def _judge(self, progress: Progress) -> None:
        """End an epoch: validate, and enter its metrics and the point of the learning curve."""
        mine = math.ceil(self.ends[0] / self.group.size) if self.group else self.ends[0]
        micro_batch = math.ceil(mine / self.parts)
        validation = self.rule.judge(
            lambda network: self._metrics(network, self.data.val, self.data.judged, micro_batch), self.state.judged
        )
        self._check(validation[f"{self.data.judged}_loss"], "validation")
        sums = progress.sums
        progress.metrics |= {
            "train_loss": sums["loss"] / sums["seen"],
            f"train_{self.data.task.progress}": sums["correct"] / sums["seen"],
            **validation,
        }
        if self.parts > self.recipe.evaluation.accumulation:
            progress.metrics["micro_batch"] = float(micro_batch)
        progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
        best = is_best(progress, self.recipe.objectives)
        # Only where this epoch may be the one that is reported.
        if self.data.held_out and (best or self.recipe.evaluation.report == "last"):
            progress.metrics |= self._metrics(self.state.judged, self.data.held_out, "test", micro_batch)
        if best:
            note_best(progress)
        names = [objective.metric for objective in self.recipe.objectives]
        if point := {name: progress.metrics[name] for name in names if name in progress.metrics}:
            progress.curve = Curve(**progress.curve).with_point(progress.epoch, point).to_dict()

    def _metrics(self, network: nn.Module, split: Split, name: str, micro_batch: int) -> dict[str, float]:
        """Return the metrics of a network on a split, with the split's name before theirs."""
        found = self.validator.metrics(network, split, micro_batch)
        return {f"{name}_{metric}": value for metric, value in found.items()}

    def _synchronise(self, sums: RunningSums) -> dict[str, float]:
        """Bring all processes to one state, at the end of an epoch or when stopped; return the sums over all."""
        if not self.group:
            return sums.read()
        for network in self.state.networks.values():
            self.group.average_running_statistics(network)
        # One that ran out of memory has taken smaller parts; a checkpoint is for all of them.
        self.parts = int(self.group.maximum(self.parts)[0])
        return self.group.sum(sums.read())

    def _save_within(self, progress: Progress, sums: RunningSums) -> None:
        """Save in the middle of an epoch; training goes on as if it had not been, wherever the clock let it happen."""
        parts, networks = self.parts, self.state.networks.values()
        with self.group.averaged(networks) if self.group else nullcontext():
            progress.sums = self._synchronise(sums)
            # Nobody is to go on from weights that are lost.
            self._check(progress.sums["loss"], "training")
            self._save(progress)
        self.parts = parts

    def _step(self, mine: Batch, examples: int, step: int, sums: RunningSums) -> None:
        """Learn from one batch, of which this process has its part; ``step`` is counted over all epochs."""
        optimizer, evaluation = self.state.optimizer, self.recipe.evaluation
        warmup = evaluation.optimizer.warmup_epochs * self.steps
        # The schedule is over all epochs of the search, also where a trial stops before: it is continued later.
        factor = rate_factor(step, self.steps * evaluation.epochs, warmup, evaluation.optimizer.schedule)
        for group in optimizer.param_groups:
            group["lr"] = self.rate * factor
        self.rule.begin(draw_seed(self.recipe.seed, step), step, self.rate * factor)
        while not (parts := self._gradients(mine, len(mine) / examples, step)):
            self._take_smaller_parts()
        if self.group:
            self.group.all_reduce_gradients(self.state.network)
        for loss, correct in parts:
            sums.add(loss, correct, examples)
        sums.seen += len(mine)
        if clip := float(evaluation.optimizer.clip_norm or 0):
            self.scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(self.state.network.parameters(), clip)
        self.scaler.step(optimizer)
        self.scaler.update()
        if self.state.ema:
            self.state.ema.update(step)
        self.hooks.beat()

    def _gradients(self, mine: Batch, share: float, step: int) -> list[tuple[Tensor, Tensor]]:
        """Compute the gradients of some examples, a ``share`` of the batch.

        Returns what :meth:`_part` does for each part of them; nothing if they need more memory.
        """
        self.state.optimizer.zero_grad(set_to_none=True)
        # Seeded by the step: one that is tried again with smaller parts, or after a restart, draws the same.
        seed = draw_seed(self.recipe.seed, step) + (self.group.rank if self.group else 0)
        torch.manual_seed(seed)
        draw, most = random.Random(seed), max(1, len(mine) // self.least)
        parts = min(self.parts, most)
        try:
            return [self._part(part, share * len(part) / len(mine), draw) for part in mine.parts(parts)]
        except torch.OutOfMemoryError:
            if parts == most:
                raise
            return []

    def _take_smaller_parts(self) -> None:
        # Not while the error is handled: its traceback holds what fills the memory.
        self.parts *= 2
        torch.cuda.empty_cache()
        log("out-of-memory", message=f"trying again with each batch in {self.parts} parts")

    def _part(self, part: Batch, share: float, draw: random.Random) -> tuple[Tensor, Tensor]:
        """Add a part's share to the gradients; return its share of the loss, and how many it got right (scalars)."""
        run, loss_of = self.lessons.of(part, self.forward, draw)
        # The mean over the batch is the sum of the parts' means, each weighted by its share.
        outputs, loss = self.rule.learn(Lesson(run, loss_of, lambda loss: self._backward(loss * share)))
        with torch.no_grad():
            return loss.detach() * share, self.data.task.correct(outputs, part.targets)

    def _backward(self, loss: Tensor) -> None:
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

    def _save(self, progress: Progress) -> None:
        if self.scaler.is_enabled():
            scaler = self.scaler.state_dict()
            progress.scale, progress.scale_steps = scaler["scale"], scaler["_growth_tracker"]
        progress.parts = self.parts
        self.hooks.save(progress)

    def _check(self, loss: float, kind: str) -> None:
        if not math.isfinite(loss):
            raise CandidateRejected("LossNotFinite", f"the {kind} loss is {loss}; {remedy(self.data, self.rate)}")


def draw_seed(*parts: int) -> int:
    """Return a seed that differs for different whole numbers, such as the trial's seed and a step."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=7).digest(), "big")
