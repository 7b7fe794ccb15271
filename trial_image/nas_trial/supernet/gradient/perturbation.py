"""A cure: the weights learn with an architecture that is moved a little, so that the loss is flat around it.

What is derived is some way from the mixture that was trained; where the loss is flat, it is about as good. Moved are
the probabilities of the options: at random, or to where the loss of the batch is worst (projected gradient ascent,
7 steps). The distance, in each probability, grows over the search from 0.03 to 0.3. Reference: Chen & Hsieh,
"Stabilizing Differentiable Architecture Search via Perturbation-based Regularization", ICML 2020, arXiv:2002.05283,
sections 3 and 5; numbers as in its code. Of methods that draw, the distribution is what is moved.
Shapes: E edges of a kind of cell, O options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from nas_trial.supernet.gradient.method import moved

FIRST_REACH, LAST_REACH = 0.03, 0.3
ASCENTS = 7

Shifts = Mapping[str, Tensor]
"""For each kind of cell what is added to the probabilities: (E, O)."""


def reach(epoch: int, epochs: int) -> float:
    """Return the greatest shift of a probability in an epoch, counted from 0."""
    return FIRST_REACH + (LAST_REACH - FIRST_REACH) * epoch / epochs


def random_shifts(means: Mapping[str, Tensor], most: float, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw shifts, each uniform between ``-most`` and ``most``."""
    return {cell: (2 * torch.rand(mean.shape, generator=generator) - 1) * most for cell, mean in sorted(means.items())}


def adversarial_shifts(
    means: Mapping[str, Tensor],
    most: float,
    generator: torch.Generator,
    gradients: Callable[[Mapping[str, Tensor]], list[Tensor]],
) -> dict[str, Tensor]:
    """Return shifts within ``most`` that raise the loss.

    ``gradients`` returns those of the loss in mixtures (E, O) of the cells, in their order; from it comes only the
    direction (its sign), as in all attacks of this kind.
    """
    shifts = random_shifts(means, most, generator)
    for _ in range(ASCENTS):
        mixtures = {cell: moved(mean, shifts[cell]) for cell, mean in means.items()}
        for (cell, mean), gradient in zip(means.items(), gradients(mixtures), strict=True):
            ahead = mixtures[cell] + 2 * most / ASCENTS * gradient.sign()
            shifts[cell] = (ahead - mean).clamp(-most, most)
    return shifts
