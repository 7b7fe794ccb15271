"""Dropout for any network."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn import functional

from nas_trial.errors import CandidateRejected


def add_dropout(network: nn.Module, rate: float, outputs: int) -> None:
    """Drop a share of the features before the last linear layer while training (Srivastava et al. 2014).

    Raises:
        CandidateRejected: if no linear layer makes the network's outputs.
    """
    if not rate:
        return
    # By its size, as networks name their last layer differently; of several the last one that is registered.
    heads = [module for module in network.modules() if isinstance(module, nn.Linear) and module.out_features == outputs]
    if not heads:
        raise CandidateRejected("SpecInvalid", "evaluation.dropout: the network does not end in a linear layer")

    def drop(module: nn.Module, features: tuple[Any, ...]) -> tuple[Any, ...]:
        return functional.dropout(features[0], rate, module.training), *features[1:]

    heads[-1].register_forward_pre_hook(drop)
