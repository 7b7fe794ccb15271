"""What is told of a search while it goes on. Metrics that are named here:

``arch_entropy``: mean entropy, over all edges, of the probabilities of their options, in nats: from the logarithm of
the number of options (nothing is decided) to 0 (all is).
``arch_gradient_conflict``: mean, over the epoch's steps so far, of (1 - c) / 2, where c is the cosine of the angle
between the architecture's gradients of a step and of the one before: 0 where they agree, about 0.5 where they are
noise, 1 where each takes back the other.
``alpha_<cell>_<source>_<target>_<option>``: the probability of an option; only where there are at most 64 of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from nas_trial.supernet.gradient.cells import MixedCell

MOST_SHOWN = 64


def entropy(means: Mapping[str, Tensor]) -> float:
    """Return the mean entropy, in nats, of probabilities: for each kind of cell (edges, options)."""
    rows = torch.cat([torch.special.entr(mean.detach()).sum(-1) for mean in means.values()])
    return float(rows.mean())


def conflict(one: Tensor, other: Tensor) -> float:
    """Return how much two gradients (all parameters) are against each other, from 0 to 1; 0.5 if one of them is 0."""
    norms = one.norm() * other.norm()
    return float((1 - (one @ other) / norms) / 2) if norms > 0 else 0.5


def probabilities(cells: Sequence[MixedCell], means: Mapping[str, Tensor]) -> dict[str, float]:
    """Return the probability of each option as a metric; nothing if there are too many."""
    if sum(mean.numel() for mean in means.values()) > MOST_SHOWN:
        return {}
    return {
        f"alpha_{cell.name}_{edge.replace('-', '_')}_{option}": value
        for cell in cells
        for edge, row in zip(cell.edges, means[cell.name].tolist(), strict=True)
        for option, value in zip(cell.options, row, strict=True)
    }
