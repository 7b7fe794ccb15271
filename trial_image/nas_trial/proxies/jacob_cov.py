"""jacob_cov: how differently the network answers to small changes of different examples.

References: Mellor, Turner, Storkey & Crowley, "Neural Architecture Search without Training", first version of 2020,
arXiv:2006.04647v1; by this name in Abdelfattah et al. 2021, arXiv:2101.08134.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nas_model.signature import Inputs
from nas_trial.proxies.base import Loss
from nas_trial.proxies.jacobian import correlations, jacobian

OFFSET = 1e-5
"""The paper's k, which keeps logarithm and quotient finite."""


def score(network: nn.Module, inputs: Inputs, targets: Tensor, loss: Loss) -> float:
    """Return the sum of -(log(v + k) + 1 / (v + k)) over the eigenvalues v of the Jacobians' correlations.

    Raises:
        CandidateRejected: if the network has neither inputs that are numbers nor embeddings.
    """
    rows = jacobian("jacob_cov", network, inputs)  # (N, D)
    # Rounding makes eigenvalues of a correlation matrix slightly negative, which have no logarithm.
    eigenvalues = torch.linalg.eigvalsh(correlations(rows)).clamp_min(0) + OFFSET  # (N,)
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())
