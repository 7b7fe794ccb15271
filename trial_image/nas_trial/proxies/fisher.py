"""fisher: how much the loss would change if each channel of the activations were removed, added up over the weights.

References: Theis, Korshunova, Tejani & Huszár, "Faster gaze prediction with dense networks and Fisher pruning", 2018,
arXiv:1801.05787; for whole networks Turner et al., "BlockSwap: Fisher-guided Block Substitution for Network Compression
on a Budget", ICLR 2020, arXiv:1906.04113, and Abdelfattah et al. 2021, arXiv:2101.08134.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from nas_model.signature import Inputs
from nas_trial.proxies.base import Loss, working_copy


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum over channels of mean((sum over places of activation times gradient)^2) / 2 times its weights.

    Activations are the outputs of convolutions (N, C, ...) and linear layers (N, ..., C). A channel counts once for
    each weight in it: so do Abdelfattah et al., from whose code all published numbers are.
    """
    copied = working_copy(network)
    activations: list[Tensor] = []
    layers: list[_ConvNd | nn.Linear] = []  # that made them

    def note(module: _ConvNd | nn.Linear, _: object, output: Tensor) -> Tensor:
        activations.append(output)
        layers.append(module)
        return output.clone()  # whatever the network writes over is the clone

    for module in copied.modules():
        if isinstance(module, _ConvNd | nn.Linear):
            module.register_forward_hook(note)
    value = loss(copied(inputs), targets)
    gradients = torch.autograd.grad(value, activations, materialize_grads=True)
    total = 0.0
    for activation, gradient, layer in zip(activations, gradients, layers, strict=True):
        # How the loss changes, to first order, where the activation is scaled down: (N, C, ...) or (N, ..., C).
        product = activation.detach() * gradient
        if isinstance(layer, nn.Linear):
            product = product.movedim(-1, 1)  # (N, C, ...)
        of_channels = product.flatten(2).sum(2) if product.dim() > 2 else product  # (N, C)
        total += float(of_channels.square().mean(0).sum() / 2) * layer.weight[0].numel()
    return total
