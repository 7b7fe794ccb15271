"""Dropout for any network."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn import functional

from nas_model.networks.head import head_of
from nas_trial.errors import CandidateRejected


def add_dropout(network: nn.Module, rate: float, outputs: int) -> None:
    """Drop a share of the features before the last linear layer while training (Srivastava et al. 2014).

    Raises:
        CandidateRejected: if no linear layer makes the network's outputs.
    """
    if not rate:
        return
    if (head := head_of(network, outputs)) is None:
        raise CandidateRejected("SpecInvalid", "evaluation.dropout: the network does not end in a linear layer")

    def drop(module: nn.Module, features: tuple[Any, ...]) -> tuple[Any, ...]:
        return functional.dropout(features[0], rate, module.training), *features[1:]

    head.register_forward_pre_hook(drop)
