"""DrNAS: mixtures drawn from a Dirichlet distribution for each edge, whose concentration is learnt.

The concentration is elu(alpha) + 1, so about 1 at first: every mixture is as likely. Drawing explores; the gradient
comes through the draw (pathwise derivatives). The paper holds the concentration near 1 by a penalty on its distance
(the anchor): as in its code this is the weight decay of the parameters, because the concentration is 1 where a
parameter is 0. Only the weights learn in the first tenth of the epochs. The stages of its search on few operations
and many channels are left out. Reference: Chen, Wang, Cheng, Tang & Hsieh, "DrNAS: Dirichlet Neural Architecture
Search", ICLR 2021, arXiv:2006.10355, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Dirichlet
from torch.nn import functional

from nas_trial.supernet.gradient.method import Drawn, Method, moved

LEAST = 1e-4
"""Concentration that an option has at least: draws of a smaller one are 0, and have no gradient."""


class DrNasMethod(Method):
    """Mixtures by Dirichlet distributions."""

    warm_up = 0.1

    def mean(self, alpha: Tensor) -> Tensor:
        """Return the mean mixture (E, O)."""
        concentration = concentrations(alpha).masked_fill(alpha == -torch.inf, 0.0)
        return concentration / concentration.sum(-1, keepdim=True)

    def draw(self, alpha: Tensor, share: float, generator: torch.Generator, shift: Tensor | None = None) -> Drawn:
        """Return a mixture that is drawn."""
        concentration = concentrations(alpha)
        if shift is not None:
            total = concentration.sum(-1, keepdim=True)
            concentration = (moved(concentration / total, shift) * total).clamp_min(LEAST)
        # The distribution knows only torch's own generator, which others draw from in the same step. Not
        # `torch.manual_seed`, which would seed those of GPUs too.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(torch.randint(2**62, (), generator=generator)))
            weights = Dirichlet(concentration, validate_args=False).rsample()
        if not (forbidden := alpha == -torch.inf).any():
            return Drawn(weights)
        # The rest of a draw, brought to a sum of 1, is a draw of the rest's own distribution.
        left = weights.masked_fill(forbidden, 0.0)
        return Drawn(left / left.sum(-1, keepdim=True))


def concentrations(alpha: Tensor) -> Tensor:
    """Return the concentrations (E, O) of parameters."""
    return (functional.elu(alpha) + 1).clamp_min(LEAST)
