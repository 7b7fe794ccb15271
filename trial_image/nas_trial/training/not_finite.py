"""Why a loss is not finite, as far as the data tell: the remedy is another one than for a step that was too long."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

import torch
from torch import Tensor

from nas_trial.data.examples import Batch, Examples, Split
from nas_trial.learning_tasks import Regression

FAR = 1_000.0
"""Standard deviations from the mean beyond which a value is taken for the cause. Of N training examples, none can be
further away than the square root of N, and then alone."""
STANDARDISED = {"image", "series", "numeric"}
"""Inputs that are in standard deviations."""
BATCH, MOST_BATCHES = 512, 40
"""Examples that are looked at: enough of any data that fit a test, and seconds of larger ones."""


def remedy(data: Examples, rate: float) -> str:
    """Return what to change: values far out of range, or else the learning rate."""
    lower = f"lower evaluation.optimizer.learningRate ({rate:g})"
    for split, name in ((data.train, "training"), (data.val, data.judged)):
        if found := _farthest(data, split):
            return f"{found} in the {name} examples: clean the data or clip such values, or {lower}"
    return lower


@torch.no_grad()
def _farthest(data: Examples, split: Split) -> str | None:
    """Return where a standardised input or target is far from all others, None if it is nowhere."""
    rows = torch.split(split.in_order(), BATCH)
    with closing(split.batches(rows[:MOST_BATCHES])) as batches:
        for batch in islice(batches, MOST_BATCHES):
            for name, values in _standardised(data, batch).items():
                most = values.nan_to_num(torch.inf).amax(0)  # (channels, columns or outputs,)
                if most.max() > FAR:
                    place = int(most.argmax()) + 1
                    return f"{name} {place} reaches {most.max():.3g} standard deviations from its mean"
    return None


def _standardised(data: Examples, batch: Batch) -> dict[str, Tensor]:
    """Return how far at most (n, …) each channel, column or output of a batch is from its mean, in deviations."""
    inputs = data.inputs(batch)
    sizes = {name: inputs[name].abs() for name in STANDARDISED & inputs.keys()}
    found = {name: values.flatten(2).amax(-1) if values.ndim > 2 else values for name, values in sizes.items()}
    if isinstance(data.task, Regression):
        found["target"] = data.task.scaled(batch.targets).abs()
    # A table may have no column of numbers.
    return {name: values for name, values in found.items() if values.shape[1]}
