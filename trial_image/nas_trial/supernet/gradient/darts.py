"""DARTS: every edge computes the mixture of all options, weighted by the softmax of its parameters.

Reference: Liu, Simonyan & Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, arXiv:1806.09055. Of its two
gradients of the parameters, the first-order one is that of the loss at the present weights; the second-order one is in
`nas_trial.supernet.gradient.second_order`. With many epochs it is known to choose mostly skip connections: the cures
of this package are for that.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nas_trial.supernet.gradient.method import Drawn, Method, moved


class DartsMethod(Method):
    """Mixtures by softmax; nothing is drawn."""

    def draw(self, alpha: Tensor, share: float, generator: torch.Generator, shift: Tensor | None = None) -> Drawn:
        """Return the mixture."""
        return Drawn(moved(self.mean(alpha), shift))
