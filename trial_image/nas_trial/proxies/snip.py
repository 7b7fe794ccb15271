"""snip: how much the loss would change if each connection were cut, added up.

References: Lee, Ajanthan & Torr, "SNIP: Single-shot Network Pruning based on Connection Sensitivity", ICLR 2019,
arXiv:1810.02340; summed over a network by Abdelfattah et al. 2021, arXiv:2101.08134.
"""

from __future__ import annotations

from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.proxies.base import Batch, Loss, weight_gradients, working_copy


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum of abs(w dL/dw)."""
    # To first order the loss changes by -w dL/dw when w becomes 0.
    pairs = weight_gradients(working_copy(network), Batch(inputs, targets, loss))
    return sum(float((weight.detach() * gradient).abs().sum()) for weight, gradient in pairs)
