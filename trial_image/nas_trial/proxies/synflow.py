"""synflow: the flow through the whole network when all weights are positive, without data.

References: Tanaka, Kunin, Yamins & Ganguli, "Pruning neural networks without any data by iteratively conserving
synaptic flow", NeurIPS 2020, arXiv:2006.05467; summed over a network, and without the normalisations, which would undo
it, by Abdelfattah et al. 2021, arXiv:2101.08134.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from nas_model.signature import Inputs
from nas_trial.measuring.eval_modes import plain_kernels
from nas_trial.proxies.base import Loss, weights, working_copy

NORMALISATIONS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum of w dR/dw, R the sum of the outputs for one example of ones; in 64 bits.

    Every weight is replaced by its absolute value, activations with a ceiling (ReLU6), which the flow would reach, by
    ReLU. Of the inputs only names and shapes count; tokens and codes are 1.
    """
    # 64 bits: the flow is a product over all layers, which 32 bits do not hold.
    copied = _linear(working_copy(network).double())
    trained = weights(copied)
    with plain_kernels(copied):  # the scores of attention are so large that a fused kernel's are not finite
        flow = copied({name: _ones(values) for name, values in inputs.items()}).sum()
        gradients = torch.autograd.grad(flow, trained, materialize_grads=True)
    return sum(float((weight.detach() * gradient).sum()) for weight, gradient in zip(trained, gradients, strict=True))


def _linear(network: nn.Module) -> nn.Module:
    """Make all weights positive, take the normalisations out, lift the ceilings."""
    # Listed before: the loop replaces what it walks over.
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, NORMALISATIONS):
                setattr(parent, name, nn.Identity())
            elif isinstance(child, nn.Hardtanh):  # ReLU6 is one
                setattr(parent, name, nn.ReLU())
    with torch.no_grad():
        for values in (*network.parameters(), *network.buffers()):
            if values.is_floating_point():
                values.abs_()
    return network


def _ones(values: Tensor) -> Tensor:
    one = values[:1]
    if values.is_floating_point():
        return torch.ones_like(one, dtype=torch.float64)
    return torch.ones_like(one).minimum(values.amax(0, keepdim=True))  # a column may have no code but 0
