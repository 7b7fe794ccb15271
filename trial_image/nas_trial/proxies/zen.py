"""zen: how much the features of a Gaussian network change with its inputs, its normalisations counted back.

Reference: Lin et al., "Zen-NAS: A Zero-Shot NAS for High-Performance Deep Image Recognition", ICCV 2021,
arXiv:2102.01063, algorithm 1. The paper takes residual links out of the network before; here they stay.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from nas_model.signature import Inputs
from nas_trial.proxies.base import Loss, unsuitable, working_copy

STEP = 0.01
"""The paper's alpha: how far the inputs are moved."""
EXAMPLES, REPEATS = 16, 4
"""Inputs that are drawn at once, and how often."""
LEAST = 1e-12
"""What differences and variances below it count as: a network that is cut through would give minus infinity."""


@torch.no_grad()
def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return log E[norm of f(x + a e) - f(x)] + sum of log sigma over the batch normalisations, x and e Gaussian.

    f is the last feature map (what a module gives with places besides channels), or the outputs where there is none.

    Raises:
        CandidateRejected: if no input is a number.
    """
    if not any(values.is_floating_point() and values.numel() for values in inputs.values()):
        raise unsuitable("zen", "no input is a number")
    copied = working_copy(network)
    _draw_weights(copied)
    features: list[Tensor] = []
    variances: list[Tensor] = []

    def note_features(module: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() > 2 and output[0, 0].numel() > 1:
            features[:] = [output]  # the last such output is left when the pass ends

    def note_variance(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        by_channel = arguments[0].transpose(0, 1).flatten(1)  # (C, N * places)
        variances.append(by_channel.var(1, correction=0).mean())

    for module in copied.modules():
        module.register_forward_hook(note_features)
        if isinstance(module, _BatchNorm):
            module.register_forward_pre_hook(note_variance)

    given = {name: values[:EXAMPLES] for name, values in inputs.items()}

    def run(x: Inputs) -> Tensor:
        features.clear()
        variances.clear()
        outputs = copied(x)
        return features[0] if features else outputs

    scores = []
    for _ in range(REPEATS):
        drawn = {name: torch.randn_like(v) if v.is_floating_point() else v for name, v in given.items()}
        moved = {name: v + STEP * torch.randn_like(v) if v.is_floating_point() else v for name, v in drawn.items()}
        # The moved ones first: the variances that are counted are those of the pass that comes last.
        difference = (run(moved) - run(drawn)).flatten(1).norm(dim=1).mean().clamp_min(LEAST).log()
        scores.append(difference + sum(0.5 * variance.clamp_min(LEAST).log() for variance in variances))
    return float(torch.stack(scores).mean())


def _draw_weights(network: nn.Module) -> None:
    """Draw the weights of convolutions and linear layers from a Gaussian; biases and normalisations do nothing."""
    for module in network.modules():
        if isinstance(module, _ConvNd | nn.Linear):
            nn.init.normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, _BatchNorm) and module.affine:
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
