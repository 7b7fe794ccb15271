"""grad_norm: the Euclidean norms of the weights' gradients, added up.

Reference: Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, arXiv:2101.08134, section 3.2.
"""

from __future__ import annotations

from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.proxies.base import Batch, Loss, weight_gradients, working_copy


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum of the norms of dL/dw, a norm for each weight tensor."""
    pairs = weight_gradients(working_copy(network), Batch(inputs, targets, loss))
    # The sum of the norms, not the norm of all together: that is the published form.
    return sum(float(gradient.norm()) for _, gradient in pairs)
