"""The outputs of a network for the examples that judge it, for the card: by class, by confidence, by error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nas_model.precision import autocast
from nas_trial.card.facts import SplitFacts
from nas_trial.data.examples import Examples, Split

BATCH = 64
"""Examples at once: few enough for any network that could be trained."""


def judging_split(examples: Examples) -> tuple[str, Split]:
    """Return the examples that a model is judged by, with the name of the split: test where there is one."""
    if examples.held_out is not None:
        return "test", examples.held_out
    return examples.judged, examples.val


def split_facts(examples: Examples) -> list[SplitFacts]:
    """Return what a card says of the splits that a model was trained on and judged by."""
    classes = len(examples.classes)
    # A retraining learns from training and validation examples together.
    learned = "train" if examples.judged == "val" else "train and val"
    splits = {learned: examples.train, examples.judged: examples.val}
    if examples.held_out is not None:
        splits["test"] = examples.held_out
    return [SplitFacts(name, len(split), _by_class(split, classes)) for name, split in splits.items()]


def _by_class(split: Split, classes: int) -> list[int]:
    if not classes:
        return []
    targets = split.targets.cpu().numpy()
    counts = np.bincount(targets, minlength=classes) if targets.ndim == 1 else (targets > 0.5).sum(0)
    return [int(count) for count in counts]


@torch.inference_mode()
def outputs_of(
    network: nn.Module,
    examples: Examples,
    split: Split,
    device: torch.device,
    dtype: torch.dtype,
    alive: Callable[[], None],
) -> NDArray[np.float32]:
    """Return a network's outputs for the examples of a split (N, outputs).

    Args:
        network: in evaluation mode, on the device.
        examples: that the split is of.
        split: those to judge by.
        device: where to compute.
        dtype: arithmetic of the network.
        alive: called for each batch; may raise Stopped.
    """
    found = []
    with closing(split.batches(torch.split(split.in_order(), BATCH))) as batches, autocast(device, dtype):
        for batch in batches:
            alive()
            found.append(network(examples.inputs(batch)).float().cpu().numpy())
    return np.concatenate(found)
