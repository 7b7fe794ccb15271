"""Training: one loop, resumable at any step, with the same result as if it had never been stopped.

The order of the examples derives from (seed, epoch), everything else that is drawn from (seed, step), and the learning
rate from the step alone, so a checkpoint needs only weights, optimiser state and the place in the epoch. The loop never
waits for the device but once a second, to report. Shapes: those of `nas_trial.data_signature`.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nas_core.api.curve import Curve
from nas_core.api.evaluation import Evaluation
from nas_trial.data.examples import Examples, Split
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.device import pick_dtype
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag
from nas_trial.training.augment import Mixed, make_augmentation
from nas_trial.training.checkpoint import Progress
from nas_trial.training.compiling import compiled
from nas_trial.training.distributed import AgreedStop, Group
from nas_trial.training.ema import Average
from nas_trial.training.regularize import smoothed_loss
from nas_trial.training.schedule import rate_factor

REPORT_INTERVAL_S = 1.0
EVALUATION_BATCH = 512


@dataclass
class Sums:
    """What is summed over an epoch's examples: on the device, in 64 bits, so that nobody waits and order is all."""

    loss: Tensor
    correct: Tensor
    seen: int = 0

    @classmethod
    def of(cls, values: dict[str, float], device: torch.device) -> Sums:
        """Return sums that go on from those of a checkpoint."""
        loss, correct = (
            torch.tensor(values.get(name, 0.0), dtype=torch.float64).to(device) for name in ("loss", "correct")
        )
        return cls(loss, correct, int(values.get("seen", 0)))

    def read(self) -> dict[str, float]:
        """Return the sums as numbers; this waits for the device."""
        return {"loss": self.loss.item(), "correct": self.correct.item(), "seen": float(self.seen)}


@dataclass
class Engine:
    """Trains one network on one data set."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    data: Examples
    evaluation: Evaluation
    seed: int
    device: torch.device
    stop: StopFlag
    report: Callable[..., None]
    """Called with the newest values, about once a second."""
    save: Callable[[Progress], None]
    """Called after each epoch, and when asked to stop."""
    average: Average | None = None
    """Follows the network and is judged in its place."""
    beat: Callable[[], None] = lambda: None
    """Called at each step, of training and of judging: a sign of life."""
    objectives: Sequence[str] = ()
    """Metrics whose course is kept."""
    group: Group | None = None
    """The processes that train this network in step, each with its share of every batch."""
    last_epoch: int | None = None
    """Where to stop on the way to the evaluation's epochs; None: train them all."""

    def __post_init__(self) -> None:
        spec = self.evaluation
        self.dtype = pick_dtype(spec.precision, self.device)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self.batch = min(spec.batch_size, len(self.data.train))
        if self.group and self.batch < self.group.size:
            raise CandidateRejected(
                "SpecInvalid",
                f"a batch of {self.batch} cannot be divided among {self.group.size} GPUs; raise evaluation.batchSize",
            )
        self.first = self.group is None or self.group.rank == 0
        # A last batch of one example would break batch normalisation; the rest of an epoch comes in the next order.
        self.steps = max(1, len(self.data.train) // self.batch)
        if self.group:
            self.stop = AgreedStop(self.stop, self.group, self.steps)
        self.parts, self.judged_at_once = spec.accumulation, EVALUATION_BATCH
        self.rate, self.clip = float(spec.optimizer.learning_rate), float(spec.optimizer.clip_norm)
        self.smoothing = float(spec.label_smoothing)
        if self.smoothing and not self.data.classes:
            raise CandidateRejected("SpecInvalid", "evaluation.labelSmoothing is for classification; remove it")
        self.augment = make_augmentation(spec, self.data.signature, bool(self.data.classes))
        self.forward = compiled(self.network) if spec.compile else self.network

    def train(self, progress: Progress) -> Progress:
        """Train from where ``progress`` stands to the end.

        Raises:
            Stopped: after saving, if asked to stop.
            CandidateRejected: if the loss is not finite.
        """
        if progress.scale is not None:
            self.scaler.load_state_dict({**self.scaler.state_dict(), "scale": progress.scale})
        self.parts = max(self.parts, progress.parts)
        # The epoch last: who reads in between must not take the epoch before for this one.
        self.report(**progress.metrics, epoch=progress.epoch)
        while progress.epoch < (self.last_epoch or self.evaluation.epochs):
            self._epoch(progress)
            found = self.evaluate(self.data.val)
            self._check(found["loss"], "validation")
            sums = progress.sums
            progress.metrics |= {
                "train_loss": sums["loss"] / sums["seen"],
                f"train_{self.data.task.progress}": sums["correct"] / sums["seen"],
                **{f"{self.data.judged}_{name}": value for name, value in found.items()},
            }
            if self.parts > self.evaluation.accumulation:
                mine = math.ceil(self.batch / self.group.size) if self.group else self.batch
                progress.metrics["micro_batch"] = float(math.ceil(mine / self.parts))
            progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
            if told := {name: progress.metrics[name] for name in self.objectives if name in progress.metrics}:
                progress.curve = Curve(**progress.curve).with_point(progress.epoch, told).to_dict()
            self.report(**progress.metrics, epoch=progress.epoch)
            self._save(progress)
        return progress

    def _epoch(self, progress: Progress) -> None:
        self.network.train()
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + progress.epoch)
        order = torch.randperm(len(self.data.train), generator=generator).to(self.device)
        sums = Sums.of(progress.sums if self.first else {}, self.device)
        started, reported, first = time.monotonic(), time.monotonic(), progress.step
        spent = progress.seconds
        for step in range(progress.step, self.steps):
            if self.stop.is_set():
                progress.sums = self._meet(sums)
                self._save(progress)
                raise Stopped
            self._step(order[step * self.batch : (step + 1) * self.batch], progress.epoch * self.steps + step, sums)
            progress.step = step + 1
            now = time.monotonic()
            progress.seconds = spent + now - started
            if now - reported >= REPORT_INTERVAL_S:
                reported, so_far = now, sums.read()
                if not self.group:  # of several processes none may leave alone: they look when they meet
                    self._check(so_far["loss"], "training")
                self.report(
                    learning_rate=self.optimizer.param_groups[0]["lr"],
                    examples_per_second=(step + 1 - first) * self.batch / (now - started),
                    train_loss=so_far["loss"] / so_far["seen"],
                    **{f"train_{self.data.task.progress}": so_far["correct"] / so_far["seen"]},
                )
        progress.sums = self._meet(sums)
        self._check(progress.sums["loss"], "training")
        rate = (self.steps - first) * self.batch / max(1e-9, time.monotonic() - started)
        progress.metrics["examples_per_second"] = rate

    def _meet(self, sums: Sums) -> dict[str, float]:
        """Bring all processes to one state, at the end of an epoch or when stopped; return the sums over all."""
        if not self.group:
            return sums.read()
        for network in (self.network, self.average.network) if self.average else (self.network,):
            self.group.even_out(network)
        self.parts = int(self.group.greatest(self.parts)[0])
        return self.group.totals(sums.read())

    def _step(self, chosen: Tensor, step: int, sums: Sums) -> None:
        """Learn from one batch: the indices of its examples."""
        warmup = self.evaluation.optimizer.warmup_epochs * self.steps
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * rate_factor(step, self.steps * self.evaluation.epochs, warmup)
        mine = self.group.share(chosen) if self.group else chosen
        while not (found := self._gradients(mine, len(mine) / len(chosen), step)):
            self._take_smaller_parts()
        if self.group:
            self.group.add_up_gradients(self.network)
        for loss, correct in found:
            sums.loss.add_(loss, alpha=len(chosen))
            sums.correct.add_(correct)
        sums.seen += len(mine)
        if self.clip:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average:
            self.average.update(step)
        self.beat()

    def _gradients(self, chosen: Tensor, share: float, step: int) -> list[tuple[Tensor, Tensor]]:
        """Make the gradients of some examples, a ``share`` of the batch.

        Returns what :meth:`_part` does for each part of them; nothing if they need more memory.
        """
        self.optimizer.zero_grad(set_to_none=True)
        seed = draw_seed(self.seed, step) + (self.group.rank if self.group else 0)
        torch.manual_seed(seed)
        draw, parts = random.Random(seed), min(self.parts, len(chosen))
        try:
            return [self._part(part, share * len(part) / len(chosen), draw) for part in chosen.tensor_split(parts)]
        except torch.OutOfMemoryError:
            if parts == len(chosen):
                raise
            return []

    def _take_smaller_parts(self) -> None:
        # Not while the error is handled: its traceback holds what fills the memory.
        self.parts *= 2
        torch.cuda.empty_cache()
        log("out-of-memory", message=f"trying again with each batch in {self.parts} parts")

    def _part(self, chosen: Tensor, share: float, draw: random.Random) -> tuple[Tensor, Tensor]:
        """Add a part's share to the gradients; return its share of the loss, and how many it got right."""
        x, y = self.data.batch(self.data.train, chosen)
        mixed: Mixed | None = None
        if self.augment:
            mixed = self.augment(x["image"], draw)
            x["image"] = mixed.images
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            outputs = self.forward(x)
            loss = smoothed_loss(self.data.task, outputs, y, self.smoothing)
            if mixed and mixed.partner is not None:
                partners = smoothed_loss(self.data.task, outputs, y[mixed.partner], self.smoothing)
                loss = mixed.share * loss + (1 - mixed.share) * partners
        if share < 1:
            loss = loss * share
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            return loss.detach(), self.data.task.correct(outputs, y)

    def _save(self, progress: Progress) -> None:
        progress.scale = self.scaler.get_scale() if self.scaler.is_enabled() else None
        progress.parts = self.parts
        self.save(progress)

    def _check(self, loss: float, kind: str) -> None:
        if not math.isfinite(loss):
            given = self.evaluation.optimizer.learning_rate
            raise CandidateRejected(
                "LossNotFinite", f"the {kind} loss is {loss}; lower evaluation.optimizer.learningRate ({given})"
            )

    @torch.no_grad()
    def evaluate(self, split: Split) -> dict[str, float]:
        """Return the task's metrics on some examples."""
        judged = self.average.network if self.average else self.network
        judged.eval()
        outputs = torch.zeros(len(split), self.data.signature.outputs, device=self.device)
        done, end = self.group.span(len(split)) if self.group else (0, len(split))
        while done < end:
            chosen = torch.arange(done, min(done + self.judged_at_once, end), device=self.device)
            try:
                outputs[done : done + len(chosen)] = self._outputs(judged, split, chosen)
                done += len(chosen)
            except torch.OutOfMemoryError:
                if len(chosen) == 1:
                    raise
                self.judged_at_once = len(chosen) // 2
            self.beat()
        if self.group:
            self.group.add_up([outputs])
        return self.data.task.metrics(outputs, split.targets)

    def _outputs(self, judged: nn.Module, split: Split, chosen: Tensor) -> Tensor:
        x, _ = self.data.batch(split, chosen)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            outputs: Tensor = judged(x)
        return outputs


def draw_seed(*parts: int) -> int:
    """Return a seed that differs for different whole numbers, such as the trial's seed and a step."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=7).digest(), "big")
