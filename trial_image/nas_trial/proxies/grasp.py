"""grasp: how much the weights add to the flow of gradients, to first order.

References: Wang, Zhang & Grosse, "Picking Winning Tickets Before Training by Preserving Gradient Flow", ICLR 2020,
arXiv:2002.07376, equation 8; summed over a network by Abdelfattah et al. 2021, arXiv:2101.08134.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.measuring.eval_modes import plain_kernels
from nas_trial.proxies.base import Batch, Loss, weight_gradients, working_copy


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum of -w (H g), g the gradient and H the Hessian of the loss."""
    copied = working_copy(network)
    with plain_kernels(copied):  # fused ones have no second derivative
        pairs = weight_gradients(copied, Batch(inputs, targets, loss), differentiable=True)
        # The derivative of (constant g) g is H g: the Hessian itself, (weights, weights), is never built.
        flow = torch.stack([(gradient.detach() * gradient).sum() for _, gradient in pairs]).sum()
        if not flow.requires_grad:
            return 0.0  # the loss is linear in the weights
        products = torch.autograd.grad(flow, [weight for weight, _ in pairs], materialize_grads=True)
    return -sum(float((weight.detach() * product).sum()) for (weight, _), product in zip(pairs, products, strict=True))
