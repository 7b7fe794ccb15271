"""GDAS: every edge computes one option, drawn by the Gumbel trick; a step costs what one architecture costs.

The option is the greatest of log-probability plus Gumbel noise, which draws it with its probability. Its result counts
once, but the gradient is that of the softmax of the same numbers divided by a temperature (straight-through); it falls
in a line from 10 to 0.1, from gradients of little bias and noise between the options to those of the choice itself.
Reference: Dong & Yang, "Searching for a Robust Neural Architecture in Four GPU Hours", CVPR 2019, arXiv:1910.04465,
section 3.2. As there the gradient goes through the option that was computed.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nas_trial.supernet.gradient.method import Drawn, Method, moved

FIRST_TEMPERATURE, LAST_TEMPERATURE = 10.0, 0.1
LEAST = 1e-9
"""Probability that counts as none, whose logarithm is still a number."""


class GdasMethod(Method):
    """One option an edge."""

    def draw(self, alpha: Tensor, share: float, generator: torch.Generator, shift: Tensor | None = None) -> Drawn:
        """Return the options that are drawn; their weights are 1, with the gradient of the soft ones."""
        uniform = torch.rand(alpha.shape, generator=generator).clamp_min(torch.finfo(alpha.dtype).tiny)
        logits = (
            functional.log_softmax(alpha, -1)
            if shift is None
            else moved(self.mean(alpha), shift).clamp_min(LEAST).log().masked_fill(alpha == -torch.inf, -torch.inf)
        )
        soft = functional.softmax((logits - (-uniform.log()).log()) / temperature(share), -1)  # (E, O)
        path = soft.detach().argmax(-1)  # (E,)
        hard = functional.one_hot(path, alpha.shape[-1]).to(soft.dtype)
        return Drawn(hard - soft.detach() + soft, tuple(path.tolist()))

    def judged(self, alpha: Tensor) -> Drawn:
        """Return the likeliest options."""
        path = alpha.argmax(-1)
        return Drawn(functional.one_hot(path, alpha.shape[-1]).to(alpha.dtype), tuple(path.tolist()))


def temperature(share: float) -> float:
    """Return the temperature when a share of the search is over."""
    return FIRST_TEMPERATURE + (LAST_TEMPERATURE - FIRST_TEMPERATURE) * share
