"""What all proxies share: their form, a copy of the network to work on, the gradients of its weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from nas_model.signature import Inputs
from nas_trial.errors import CandidateRejected

Loss = Callable[[Tensor, Tensor], Tensor]
"""Mean loss of outputs (N, outputs) and targets (N): `nas_trial.learning_tasks.LearningTask.loss`."""

Proxy = Callable[[nn.Module, Inputs, Tensor, Loss], float]
"""``score(network, inputs, targets, loss)``: greater promises more. The network is left as it was found.

What is drawn (random inputs, dropout inside of layers) comes from torch's global generator.
"""


@dataclass(frozen=True)
class Batch:
    """One minibatch of N examples, on the network's device, and the loss of the task."""

    inputs: Inputs
    targets: Tensor
    loss: Loss


def working_copy(network: nn.Module) -> nn.Module:
    """Return a copy in training mode, without dropout, gradients and operations in place: scores are of this one."""
    copied = copy.deepcopy(network).train()
    copied.zero_grad(set_to_none=True)
    for module in copied.modules():
        if isinstance(module, _DropoutNd):
            module.eval()  # a score must not depend on which units happen to be dropped
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    return copied


def weights(network: nn.Module) -> list[nn.Parameter]:
    """Return the trainable weights that connect units: not biases, nor the vectors of normalisations."""
    return [p for p in network.parameters() if p.requires_grad and p.dim() >= 2]


def weight_gradients(
    network: nn.Module, batch: Batch, *, differentiable: bool = False
) -> list[tuple[nn.Parameter, Tensor]]:
    """Return each weight with the gradient of the batch's loss; zeros where none arrives."""
    trained = weights(network)
    loss = batch.loss(network(batch.inputs), batch.targets)
    # Zeros for weights that the loss does not reach: search spaces have such, behind a cut-off edge.
    gradients = torch.autograd.grad(loss, trained, create_graph=differentiable, materialize_grads=True)
    return list(zip(trained, gradients, strict=True))


def unsuitable(proxy: str, why: str) -> CandidateRejected:
    """Return the error for a network of which a proxy can say nothing."""
    return CandidateRejected("ProxyUnsuitable", f"proxy {proxy} cannot score this network: {why}; use another proxy")
