"""``torch.compile`` where the image has what it needs."""

from __future__ import annotations

import shutil
from typing import cast

import torch
from torch import nn

from nas_trial.process.log import log


def compiled(network: nn.Module) -> nn.Module:
    """Return the network compiled at its first use, sharing all weights; itself if there is no C++ compiler.

    PyTorch's compiler needs one for CPUs and for GPUs alike.
    """
    # Looked up here: torch.compile itself would fail only in the middle of the first step.
    if not (shutil.which("g++") or shutil.which("clang++")):
        log(
            "not-compiled", message="evaluation.compile: the image has no C++ compiler (g++, clang++); going on without"
        )
        return network
    return cast(nn.Module, torch.compile(network))
