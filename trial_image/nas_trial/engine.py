"""Training: one loop, resumable at any step, with the same result as if it had never been stopped.

The order of the examples derives from (seed, epoch) and the learning rate from the step alone, so a checkpoint needs
only weights, optimiser state and the place in the epoch. Shapes: those of `nas_trial.signature`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nas_core.api.evaluation import Evaluation
from nas_trial.checkpoint import Progress
from nas_trial.data import Examples, Split
from nas_trial.device import pick_dtype
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.stop import StopFlag

REPORT_INTERVAL_S = 1.0
SUMS = ("loss", "correct", "seen")
"""What is summed over an epoch's examples."""
EVALUATION_BATCH = 512


def make_optimizer(network: nn.Module, evaluation: Evaluation) -> torch.optim.Optimizer:
    """Return the optimiser that the search asks for."""
    spec = evaluation.optimizer
    rate, decay = float(spec.learning_rate), float(spec.weight_decay)
    if spec.name == "adamw":
        return torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)
    momentum = float(spec.momentum)
    return torch.optim.SGD(network.parameters(), lr=rate, weight_decay=decay, momentum=momentum, nesterov=momentum > 0)


def cosine(step: int, steps: int) -> float:
    """Return the factor of the learning rate at a step of ``steps``: from 1 down to 0 (Loshchilov & Hutter 2017)."""
    return 0.5 * (1 + math.cos(math.pi * step / steps))


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

    def __post_init__(self) -> None:
        self.dtype = pick_dtype(self.evaluation.precision, self.device)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self.batch = min(self.evaluation.batch_size, len(self.data.train))
        # A last batch of one example would break batch normalisation; the rest of an epoch comes in the next order.
        self.steps = max(1, len(self.data.train) // self.batch)
        self.rate = float(self.evaluation.optimizer.learning_rate)

    def train(self, progress: Progress) -> Progress:
        """Train from where ``progress`` stands to the end.

        Raises:
            Stopped: after saving, if asked to stop.
            CandidateRejected: if the loss is not finite.
        """
        if progress.scale is not None:
            self.scaler.load_state_dict({**self.scaler.state_dict(), "scale": progress.scale})
        self.report(epoch=progress.epoch, **progress.metrics)
        while progress.epoch < self.evaluation.epochs:
            self._epoch(progress)
            found = self.evaluate(self.data.val)
            self._check(found["loss"], "validation")
            sums = progress.sums
            progress.metrics |= {
                "train_loss": sums["loss"] / sums["seen"],
                "train_accuracy": sums["correct"] / sums["seen"],
                **{f"val_{name}": value for name, value in found.items()},
            }
            progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
            self.report(epoch=progress.epoch, **progress.metrics)
            self._save(progress)
        return progress

    def _epoch(self, progress: Progress) -> None:
        self.network.train()
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + progress.epoch)
        order = torch.randperm(len(self.data.train), generator=generator).to(self.device)
        totals = torch.tensor([progress.sums.get(name, 0.0) for name in SUMS], dtype=torch.float64)
        totals = totals.to(self.device)
        started, reported, first = time.monotonic(), time.monotonic(), progress.step
        spent = progress.seconds
        for step in range(progress.step, self.steps):
            if self.stop.is_set():
                self._pause(progress, totals)
            chosen = order[step * self.batch : (step + 1) * self.batch]
            totals += self._step(chosen, progress.epoch * self.steps + step)
            progress.step = step + 1
            now = time.monotonic()
            progress.seconds = spent + now - started
            if now - reported >= REPORT_INTERVAL_S:
                reported = now
                loss, correct, seen = totals.tolist()
                self._check(loss, "training")
                self.report(
                    train_loss=loss / seen,
                    train_accuracy=correct / seen,
                    learning_rate=self.optimizer.param_groups[0]["lr"],
                    examples_per_second=(step + 1 - first) * self.batch / (now - started),
                )
        progress.sums = dict(zip(SUMS, totals.tolist(), strict=True))
        self._check(progress.sums["loss"], "training")
        rate = (self.steps - first) * self.batch / max(1e-9, time.monotonic() - started)
        progress.metrics["examples_per_second"] = rate

    def _step(self, chosen: Tensor, step: int) -> Tensor:
        """Learn from one batch; return its (loss sum, correct, seen) without waiting for the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * cosine(step, self.steps * self.evaluation.epochs)
        x, y = self.data.batch(self.data.train, chosen)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            outputs = self.network(x)
            loss = self.data.task.loss(outputs, y)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimizer)
        self.scaler.update()
        with torch.no_grad():
            correct = self.data.task.correct(outputs, y)
            return torch.stack([loss.double() * len(y), correct.double(), correct.new_tensor(len(y)).double()])

    def _pause(self, progress: Progress, totals: Tensor) -> None:
        progress.sums = dict(zip(SUMS, totals.tolist(), strict=True))
        self._save(progress)
        raise Stopped

    def _save(self, progress: Progress) -> None:
        progress.scale = self.scaler.get_scale() if self.scaler.is_enabled() else None
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
        self.network.eval()
        outputs = []
        for start in range(0, len(split), EVALUATION_BATCH):
            chosen = torch.arange(start, min(start + EVALUATION_BATCH, len(split)), device=self.device)
            x, _ = self.data.batch(split, chosen)
            with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
                outputs.append(self.network(x))
        return self.data.task.metrics(torch.cat(outputs), split.targets)
