"""epe_nas: jacob_cov, class by class: examples of a class should be answered alike.

Reference: Lopes, Alirezazadeh & Alexandre, "EPE-NAS: Efficient Performance Estimation Without Training for Neural
Architecture Search", ICANN 2021, arXiv:2102.08099; the form for at most 100 classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.proxies.base import Loss, unsuitable
from nas_trial.proxies.jacobian import correlations, jacobian

OFFSET = 1e-5
"""The paper's k, which keeps the logarithm finite."""


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum over classes of abs(sum of log(abs(correlation) + k)) of the Jacobians of its examples.

    Raises:
        CandidateRejected: if the targets are no classes, or the network has neither inputs that are numbers nor
            embeddings.
    """
    if targets.is_floating_point():
        raise unsuitable("epe_nas", "the targets are numbers, not classes")
    rows = jacobian("epe_nas", network, inputs)  # (N, D)
    total = 0.0
    for label in torch.unique(targets):
        correlated = correlations(rows[targets == label])  # (n, n) of the class's examples
        total += abs(float((correlated.abs() + OFFSET).log().sum()))
    return total
