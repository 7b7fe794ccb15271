"""The rival: the loop that somebody writes for one network by hand, as fast as it gets without tricks.

No metrics but loss and accuracy of each epoch, no checkpoints, no way to stop it. Layout, precision, optimiser and
schedule are those of the engine, so that only the loops differ.
"""

from __future__ import annotations

import torch
from tests.support.whole_split import whole
from torch import nn
from torch.nn import functional

from nas_core.api.evaluation import Evaluation
from nas_trial.data.examples import Examples
from nas_trial.process.device import pick_dtype


def train(network: nn.Module, data: Examples, evaluation: Evaluation, device: torch.device) -> float:
    """Train a network and return its accuracy on the validation examples."""
    spec, batch = evaluation.optimizer, evaluation.batch_size
    steps = len(data.train) // batch
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=float(spec.learning_rate or 0),
        momentum=float(spec.momentum),
        weight_decay=float(spec.weight_decay or 0),
        nesterov=True,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, evaluation.epochs * steps)
    dtype = pick_dtype(evaluation.precision, device)
    mean, std = data.scales["image"]
    every = whole(data.train)
    images, labels = every.rows["image"], every.targets
    accuracy = 0.0
    for _ in range(evaluation.epochs):
        network.train()
        order = torch.randperm(len(labels), device=device)
        loss_sum = torch.zeros((), device=device)
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                loss = functional.cross_entropy(
                    network({"image": (images[chosen].float() - mean) / std}), labels[chosen]
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.detach()
        loss_sum.item()
        accuracy = validate(network, data, dtype)
    return accuracy


@torch.no_grad()
def validate(network: nn.Module, data: Examples, dtype: torch.dtype) -> float:
    """Return the accuracy on the validation examples."""
    network.eval()
    mean, std = data.scales["image"]
    every = whole(data.val)
    images, labels = every.rows["image"], every.targets
    right = torch.zeros((), device=labels.device)
    for start in range(0, len(labels), 512):
        x = (images[start : start + 512].float() - mean) / std
        with torch.autocast(labels.device.type, dtype, enabled=dtype != torch.float32):
            outputs = network({"image": x})
        right += (outputs.argmax(1) == labels[start : start + 512]).sum()
    return right.item() / len(labels)
