"""The rival: a network that somebody writes by hand, trained by the engine as the search's are (``python -m …``).

Six 3x3 convolutions with batch normalisation and ReLU, twice as wide after each max pooling, the mean over the map,
dropout, a linear layer: what tutorials have since VGG (Simonyan & Zisserman 2015, arXiv:1409.1556).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from nas_core.contract import RESULT_FILE_ENV, TRIAL_FILE_ENV, TrialInput, TrialResult
from nas_model.signature import Inputs
from nas_trial.data.load import load_examples
from nas_trial.measuring import measure
from nas_trial.process.allocator import keep_memory
from nas_trial.process.device import pick_device
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag
from nas_trial.process.torch_startup import keep_compiler_out
from nas_trial.training.defaults import with_defaults
from nas_trial.training.ema import Ema
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

WIDTH = 32
DROPOUT = 0.3


class HandMade(nn.Module):
    """From images (N, channels, H, W) to logits (N, classes)."""

    def __init__(self, channels: int, classes: int, width: int = WIDTH) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for stage in range(3):
            for _ in range(2):
                layers += [nn.Conv2d(channels, width << stage, 3, padding=1, bias=False)]
                layers += [nn.BatchNorm2d(width << stage), nn.ReLU(inplace=True)]
                channels = width << stage
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(DROPOUT)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the logits of ``image``."""
        logits: Tensor = self.classifier(self.dropout(self.features(inputs["image"]).mean((2, 3))))
        return logits


def main() -> int:
    """Train it on a trial's input, whose space and candidates mean nothing, and write a trial's result."""
    trial = TrialInput.model_validate_json(Path(os.environ[TRIAL_FILE_ENV]).read_text())
    keep_memory()
    keep_compiler_out()
    device = pick_device()
    examples = load_examples(trial.task, None, trial.data_seed, device, StopFlag())
    if trial.work == "Retrain":
        examples = examples.for_retraining()
    torch.manual_seed(trial.seed)
    assert examples.signature.image is not None
    network: nn.Module = HandMade(examples.signature.image.channels, examples.signature.outputs)
    network = network.to(device).to(memory_format=torch.channels_last)
    hardware, _ = measure.hardware_metrics(network, examples.signature, device)
    log("start", **hardware)
    evaluation = with_defaults(trial.evaluation, "image-classification")
    decay = float(evaluation.average_decay)
    state = TrainState(network, make_optimizer(network, evaluation), Ema(network, decay) if decay else None)
    hooks = Hooks(save=lambda progress: log("epoch", epoch=progress.epoch, step=progress.step, **progress.metrics))
    progress = Engine(state, examples, Recipe(evaluation, trial.seed), device, hooks).train(Progress())
    result = TrialResult(outcome="Succeeded", metrics={**progress.metrics, **hardware}, epochs=progress.epoch)
    Path(os.environ[RESULT_FILE_ENV]).write_text(result.model_dump_json(by_alias=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
